//! Every transition is a line; what must never happen is checked over all states.

use super::*;

/// A case is text: events separated by blanks, run from `intent`; the states passed come out.
#[track_caller]
fn check(events: &str, expected: &str) {
    let mut state = State::Intent;
    let mut passed = vec![state.as_str().to_owned()];
    for event in events.split(' ') {
        let (next, effects) = step(state, &parse(event));
        state = next;
        let effects = if effects.is_empty() { String::new() } else { format!("{effects:?}") };
        passed.push(format!("{state}{effects}"));
    }
    assert_eq!(passed.join(" "), expected);
}

fn parse(event: &str) -> Event {
    match event {
        "send" => Event::SendingBegan,
        "ack" => Event::Acknowledged,
        "refused" => Event::Refused,
        "lost" => Event::AnswerLost,
        "found" => Event::Found,
        "absent" => Event::Absent,
        "undecided" => Event::Undecided,
        "pause" => Event::PauseRequested,
        "resume" => Event::ResumeRequested,
        "cancel" => Event::CancelRequested,
        "ended" => Event::ServiceEnded,
        "withdrawn" => Event::Withdrawn,
        "noted" => Event::Noted,
        "given-up" => Event::GivenUp,
        "halted" => Event::Reported(RemoteStatus::Halted),
        "now-halted" => Event::Adopted(RemoteStatus::Halted),
        status => match status.strip_prefix("now-") {
            Some(status) => Event::Adopted(RemoteStatus::from(status)),
            None => Event::Reported(RemoteStatus::from(status)),
        },
    }
}

#[test]
fn a_plain_run_ends_with_a_model() {
    check(
        "send ack queued running succeeded",
        "intent sending[Send] validating[Follow] queued running succeeded[Notify]",
    );
}

#[test]
fn a_lost_answer_is_looked_up_and_never_sent_again() {
    check(
        "send lost found running",
        "intent sending[Send] ambiguous[Reconcile] validating[Follow] running",
    );
    check("send lost absent", "intent sending[Send] ambiguous[Reconcile] not_started");
    check("send lost undecided", "intent sending[Send] ambiguous[Reconcile] unknown");
}

#[test]
fn an_order_nobody_knows_of_may_be_found_later() {
    check(
        "send lost undecided noted ack found succeeded",
        "intent sending[Send] ambiguous[Reconcile] unknown unknown unknown validating[Follow] \
         succeeded[Notify]",
    );
}

#[test]
fn an_order_can_be_taken_back_until_it_is_sent() {
    check("withdrawn send ack", "intent cancelled cancelled cancelled");
    check("send withdrawn ack", "intent sending[Send] sending validating[Follow]");
}

#[test]
fn a_refusal_is_the_end() {
    check("send refused running", "intent sending[Send] not_started not_started");
}

#[test]
fn a_pause_waits_for_the_service_and_ignores_older_reports() {
    check(
        "send ack running pause running paused",
        "intent sending[Send] validating[Follow] running pausing[PauseRemote] pausing paused",
    );
    check(
        "send ack running pause paused resume paused running",
        "intent sending[Send] validating[Follow] running pausing[PauseRemote] paused \
         resuming[ResumeRemote, Follow] resuming running",
    );
}

#[test]
fn a_cancel_counts_only_when_the_service_confirms_it() {
    check(
        "send ack running cancel running cancelled",
        "intent sending[Send] validating[Follow] running cancelling[CancelRemote, Follow] cancelling cancelled",
    );
    check(
        "send ack running cancel succeeded",
        "intent sending[Send] validating[Follow] running cancelling[CancelRemote, Follow] succeeded[Notify]",
    );
}

#[test]
fn a_stop_of_what_nobody_tells_of_ends_unknown() {
    check(
        "send ack running given-up cancel given-up",
        "intent sending[Send] validating[Follow] running running \
         cancelling[CancelRemote, Follow] unknown",
    );
}

#[test]
fn an_engine_that_ended_leaves_a_paused_training() {
    check("send ack running ended", "intent sending[Send] validating[Follow] running paused");
}

#[test]
fn what_the_service_says_after_a_refusal_counts() {
    let running = "intent sending[Send] validating[Follow] running";
    check("send ack running ended now-succeeded", &format!("{running} paused succeeded[Notify]"));
    check(
        "send ack running pause now-succeeded",
        &format!("{running} pausing[PauseRemote] succeeded[Notify]"),
    );
    check(
        "send ack running ended resume now-running",
        &format!("{running} paused resuming[ResumeRemote, Follow] running[Follow]"),
    );
    check(
        "send ack running ended cancel now-failed",
        &format!("{running} paused cancelling[CancelRemote, Follow] failed[Notify]"),
    );
    check("send ack running ended now-paused", &format!("{running} paused paused"));
    check(
        "send ack running ended resume now-paused",
        &format!("{running} paused resuming[ResumeRemote, Follow] paused"),
    );
}

#[test]
fn a_full_disk_pauses_and_a_stop_ends_it() {
    let running = "intent sending[Send] validating[Follow] running";
    check("send ack running halted", &format!("{running} paused[Notify]"));
    check(
        "send ack running halted resume halted",
        &format!("{running} paused[Notify] resuming[ResumeRemote, Follow] paused"),
    );
    check(
        "send ack running halted now-halted cancel now-halted",
        &format!("{running} paused[Notify] paused cancelling[CancelRemote, Follow] cancelled"),
    );
}

#[test]
fn only_what_failed_for_want_of_room_is_halted() {
    for (status, code, expected) in [
        (RemoteStatus::Failed, Some("disk_full"), RemoteStatus::Halted),
        (RemoteStatus::Failed, Some("storage_error"), RemoteStatus::Halted),
        (RemoteStatus::Failed, Some("not_enough_memory"), RemoteStatus::Halted),
        (RemoteStatus::Failed, Some("trainer_panicked"), RemoteStatus::Halted),
        (RemoteStatus::Failed, Some("loss_not_a_number"), RemoteStatus::Failed),
        (RemoteStatus::Failed, None, RemoteStatus::Failed),
        (RemoteStatus::Running, Some("disk_full"), RemoteStatus::Running),
    ] {
        assert_eq!(status.with_code(code, true), expected, "{code:?}");
    }
    let refused = RemoteStatus::Failed.with_code(Some("not_enough_memory"), false);
    assert_eq!(refused, RemoteStatus::Failed, "what never began does not rest");
}

#[test]
fn an_unknown_status_changes_nothing() {
    check("send ack running dreaming", "intent sending[Send] validating[Follow] running running");
}

#[test]
fn settled_states_stay_settled_whatever_comes() {
    let events = [
        "send",
        "ack",
        "refused",
        "lost",
        "found",
        "absent",
        "undecided",
        "pause",
        "resume",
        "cancel",
        "ended",
        "withdrawn",
        "noted",
        "given-up",
        "running",
        "succeeded",
        "failed",
        "cancelled",
        "paused",
        "halted",
        "now-running",
        "now-succeeded",
        "now-halted",
    ];
    for state in State::ALL.iter().copied().filter(|state| state.is_settled()) {
        // What nobody can tell may still be found out.
        for event in events.iter().filter(|event| (state, **event) != (State::Unknown, "found")) {
            assert_eq!(step(state, &parse(event)), (state, vec![]), "{state} after {event}");
        }
    }
}

#[test]
fn names_survive_storing() {
    for state in State::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    assert!("running away".parse::<State>().is_err());
}
