//! Trainings that cost money, from the price to the model: bought once or not at all, whatever breaks.

use attune_contract::orders::{OrderQuoteRequest, OrderSettings};
use attune_contract::services::ServiceRequest;
use attune_contract::training::{RunRequest, RunState};
use attune_contract::{Failure, FailureCode};
use attune_testkit::fake_service::{
    FakeSettings, Fate, Fault, FaultPlan, ListBehaviour, RetryAfter, Rule,
};

use crate::support::far::{FarHouse, MODEL, one_round};

fn code(failure: Option<&Failure>) -> Option<FailureCode> {
    failure.map(|failure| failure.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_is_the_invoice_and_nothing_stays_at_the_service() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let quote = far.quote(OrderSettings::default()).await;
    assert!(quote.rounds_are_usual, "{quote:?}");
    // gpt-4.1-mini, far fewer than 500 examples.
    assert_eq!(quote.usual_batch_size, Some(1));
    assert_eq!(quote.usual_learning_rate_multiplier, Some(2.0));
    assert!(far.service.files().is_empty(), "a price sends nothing");
    let run = far.place(&quote).await.unwrap().summary.run;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::Succeeded, "{:?}", done.summary.failure);
    assert!(done.summary.model.as_deref().unwrap().starts_with("ft:"));
    assert!(done.curve.len() > 5);

    let ledger = far.service.ledger();
    let [row] = ledger.rows() else { panic!("{ledger:?}") };
    assert_eq!(row.launch_id.as_deref(), Some(run.as_str()));
    assert_eq!(row.billed_tokens, quote.billed_tokens);
    let cost = done.cost.unwrap();
    assert_eq!(cost.billed_tokens, Some(row.billed_tokens));
    assert_eq!(cost.actual_micro_usd, i64::try_from(row.billed_micro_usd).ok());
    assert_eq!(cost.expected_micro_usd, cost.actual_micro_usd);
    assert!(cost.ceiling_micro_usd >= cost.actual_micro_usd.unwrap());
    let left: Vec<_> = far.service.files().into_iter().map(|file| file.filename).collect();
    assert!(left.iter().all(|name| !name.starts_with("attune-")), "{left:?}");
}

/// E-04: presses that come at once, and requests that are played again.
#[tokio::test(flavor = "multi_thread")]
async fn one_token_buys_one_training_however_often_it_is_pressed() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    for round in 1..=20 {
        let quote = far.quote(one_round()).await;
        let presses = (0..10).map(|_| far.place(&quote));
        let answers = futures(presses).await;
        let placed: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(placed.len(), 1, "{answers:?}");
        let done = far.rest(&placed[0].summary.run).await;
        assert_eq!(done.summary.state, RunState::Succeeded);
        assert_eq!(code(far.place(&quote).await.err().as_ref()), Some(FailureCode::QuoteOutdated));
        assert_eq!(far.service.ledger().rows().len(), round);
    }
    assert!(far.service.ledger().bought_twice().is_empty());
}

async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut done = Vec::new();
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_or_other_examples_order_nothing() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let mut quote = far.quote(one_round()).await;
    quote.ceiling_micro_usd = quote.ceiling_micro_usd.map(|ceiling| ceiling + 1);
    let refused = far.place(&quote).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::AmountDiffers);

    let quote = far.quote(one_round()).await;
    let added = attune_contract::examples::ExampleAddRequest {
        project: far.project,
        after: None,
        question: "Is this new?".to_owned(),
        answer: "yes".to_owned(),
    };
    far.house.app.example_add(added).await.unwrap();
    let refused = far.place(&quote).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::QuoteOutdated);
    assert!(far.service.log().iter().all(|request| request.method != "POST"));
}

/// What OpenAI does to most accounts in 2026: it takes the files and then refuses.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_out_account_pays_nothing_and_leaves_nothing_there() {
    let far = FarHouse::open(FakeSettings::LOCKED_OUT_TOKEN).await;
    let run = far.order().await;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::NotStarted);
    assert_eq!(code(done.summary.failure.as_ref()), Some(FailureCode::AccountLockedOut));
    assert_eq!(done.cost.unwrap().actual_micro_usd, Some(0));
    assert!(far.service.ledger().rows().is_empty());
    assert!(far.service.files().is_empty(), "{:?}", far.service.files());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_credit_is_not_tried() {
    let far = FarHouse::open(FakeSettings::NO_CREDIT_TOKEN).await;
    let run = far.order().await;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::NotStarted, "{:?}", done.summary);
    assert_eq!(code(done.summary.failure.as_ref()), Some(FailureCode::ServiceNoCredit));
    assert!(far.service.ledger().rows().is_empty() && far.service.files().is_empty());
}

/// E-02: everything that can become of the order on its way, and of the list it is looked for in.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_answer_is_lost_is_found_and_never_sent_again() {
    let faults = [
        Fault::DropBeforeRead,
        Fault::DropAfterAccept,
        Fault::ErrorAfterAccept,
        Fault::BadGateway { accept: true },
        Fault::BadGateway { accept: false },
        Fault::Drip { bytes: 60, pause_ms: 1 },
        Fault::TruncatedJson,
        Fault::WrongContentType,
        Fault::WithoutId,
        Fault::TooMany { retry_after: RetryAfter::Text("soon".to_owned()) },
        Fault::Conflict,
    ];
    let lists = [
        ListBehaviour::Instant,
        ListBehaviour::Lag(5),
        ListBehaviour::Lag(60),
        ListBehaviour::Fails(3),
        ListBehaviour::FilterIgnored,
        ListBehaviour::CursorLoop,
        ListBehaviour::WithoutMetadata,
    ];
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    for list in lists {
        for fault in &faults {
            let before = far.service.ledger().rows().len();
            let orders = far.posted_orders();
            let rule = Rule::new("POST", "/fine_tuning/jobs", fault.clone());
            far.plan(FaultPlan::new().with(rule).listing(list.clone()));
            let run = far.order().await;
            let done = far.rest(&run).await;
            let cell = format!("{fault:?} with {list:?}: {:?}", done.summary.failure);
            let bought = far.service.ledger().rows().len() - before;
            assert_eq!(bought, usize::from(fault.accepts()), "{cell}");
            let expected = if bought == 1 { RunState::Succeeded } else { RunState::Unknown };
            assert_eq!(done.summary.state, expected, "{cell}");
            assert_eq!(far.posted_orders() - orders, 1, "{cell}");
        }
    }
    assert!(far.service.ledger().bought_twice().is_empty());
}

/// E-05: nothing can be ordered but what was quoted to this very program.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_gave_orders_nothing() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let mut quote = far.quote(one_round()).await;
    let real = quote.token.take().unwrap();
    for number in 0..20_u8 {
        // One digit of the real one is another, or it is cut.
        let mut token = real.clone().into_bytes();
        token[usize::from(number)] ^= 1;
        quote.token = Some(String::from_utf8(token).unwrap()[usize::from(number % 3)..].to_owned());
        let refused = far.place(&quote).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::QuoteOutdated);
    }
    assert_eq!(far.posted_orders(), 0);
    quote.token = Some(real);
    far.place(&quote).await.unwrap();
}

/// E-08: a stop at any moment, and a restart after some: what stands here is what stands there.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_at_any_moment_ends_as_the_service_says() {
    let mut far = FarHouse::open(FakeSettings::TOKEN).await;
    let mut stopped = 0;
    for round in 0..60_u64 {
        let run = far.order().await;
        tokio::time::sleep(std::time::Duration::from_millis(round * 2 % 50)).await;
        let asked = far.house.app.run_cancel(RunRequest { run: run.clone() }).await;
        let code = code(asked.err().as_ref());
        assert!(matches!(code, None | Some(FailureCode::RunNotInState)), "{code:?}");
        if round % 4 == 0 {
            far.house = far.house.reopen(|_| ()).await;
            far.house.app.recover().await.unwrap();
        }
        let done = far.rest(&run).await.summary.state;
        let jobs = far.service.jobs();
        let job = jobs.iter().find(|job| job.json["metadata"]["launch_id"] == run.as_str());
        let expected = match job.map(|job| job.status) {
            // It was about to leave when the program ended: nobody can tell, and nothing is there.
            None if round % 4 == 0 && done == RunState::Unknown => RunState::Unknown,
            // It was taken back before it left.
            None | Some("cancelled") => RunState::Cancelled,
            Some("succeeded") => RunState::Succeeded,
            other => panic!("{other:?} in round {round}"),
        };
        assert_eq!(done, expected, "round {round}");
        stopped += usize::from(done == RunState::Cancelled);
    }
    assert!(stopped > 10, "only {stopped} of 60 were stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_tell_is_found_when_somebody_looks_again() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let empty = Fault::json(200, r#"{"object":"list","data":[],"has_more":false}"#);
    let run = lost_order(&far, empty).await;
    let unknown = far.rest(&run).await;
    assert_eq!(unknown.summary.state, RunState::Unknown);
    assert_eq!(code(unknown.summary.failure.as_ref()), Some(FailureCode::LaunchUnknown));
    let look = || far.house.app.run_find(RunRequest { run: run.clone() });
    let looking = look().await.unwrap();
    assert!(looking.is_looked_for, "{looking:?}");
    let in_vain = far.rest(&run).await;
    assert_eq!((in_vain.summary.state, in_vain.is_looked_for), (RunState::Unknown, false));
    far.plan(FaultPlan::new());
    look().await.unwrap();
    let found = far.rest(&run).await;
    assert!(!found.is_looked_for);
    assert_eq!((found.summary.state, far.service.ledger().rows().len()), (RunState::Succeeded, 1));
    assert_eq!(found.summary.failure, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_place_does_not_let_look_for_can_be_looked_for_again() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let run = lost_order(&far, no_list(404)).await;
    assert!(nobody_can_tell(&far, &run).await.contains(NO_LIST));
    // A key that may not look leaves it as it is, and the warning stays in sight.
    far.plan(FaultPlan::new().with(looking(no_list(401))));
    let request = || RunRequest { run: run.clone() };
    far.house.app.run_find(request()).await.unwrap();
    assert!(nobody_can_tell(&far, &run).await.contains("key"));
    far.plan(FaultPlan::new());
    far.house.app.run_find(request()).await.unwrap();
    is_found(&far, &run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_may_not_look_for_waits_for_another_one() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let run = lost_order(&far, no_list(403)).await;
    let waits = far.rest(&run).await.summary;
    assert_eq!(waits.state, RunState::Ambiguous);
    assert_eq!(code(waits.failure.as_ref()), Some(FailureCode::TrainingUnheard));
    far.plan(FaultPlan::new());
    let far = far.restarted().await;
    is_found(&far, &run).await;
}

/// What a place says that does not list its trainings.
const NO_LIST: &str = "There is no list of trainings.";

fn no_list(status: u16) -> Fault {
    Fault::json(status, &format!(r#"{{"error":{{"message":"{NO_LIST}","code":null}}}}"#))
}

/// Whoever looks for trainings is answered so.
fn looking(answer: Fault) -> Rule {
    Rule::new("GET", "/fine_tuning/jobs", answer).times(1_000)
}

/// An order whose answer is lost, at a place that answers so to whoever looks for it.
async fn lost_order(far: &FarHouse, answer: Fault) -> String {
    let lost = Rule::new("POST", "/fine_tuning/jobs", Fault::DropAfterAccept);
    far.plan(FaultPlan::new().with(lost).with(looking(answer)));
    far.order().await
}

/// The person reads that it may have been bought; gives the reason beside it.
async fn nobody_can_tell(far: &FarHouse, run: &str) -> String {
    let unknown = far.rest(run).await.summary;
    assert_eq!(unknown.state, RunState::Unknown);
    assert_eq!(code(unknown.failure.as_ref()), Some(FailureCode::LaunchUnknown));
    unknown.failure.and_then(|failure| failure.detail).unwrap_or_default()
}

/// It was bought once, and it is this one.
async fn is_found(far: &FarHouse, run: &str) {
    let found = far.rest(run).await.summary;
    assert_eq!((found.state, found.failure), (RunState::Succeeded, None));
    assert_eq!(far.service.ledger().rows().len(), 1, "it was ordered twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_for_a_while_ends_nothing() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let away =
        |path: &str| Rule::of_any_method(path, Fault::DropBeforeRead).starting_at(3).times(12);
    far.plan(FaultPlan::new().with(away("/files*")).with(away("/fine_tuning/jobs/*")));
    let run = far.order().await;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::Succeeded, "{:?}", done.summary.failure);
    assert_eq!((done.summary.failure, far.service.ledger().rows().len()), (None, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_fails_there_says_why_and_what_it_cost() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let message = "The job failed due to an unsafe file.";
    far.service.next_job(Fate::FailsAfter {
        steps: 3,
        code: "server_error".to_owned(),
        message: message.to_owned(),
    });
    let run = far.order().await;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::Failed);
    let failure = done.summary.failure.unwrap();
    assert_eq!(failure.code, FailureCode::TrainingFailed);
    assert!(format!("{failure:?}").contains(message));
    assert!(far.service.files().iter().all(|file| !file.filename.starts_with("attune-")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_asked_for_until_it_has_come_about() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    far.service.next_job(Fate::StuckInQueue);
    let cut = Rule::new("POST", "/fine_tuning/jobs/*", Fault::DropBeforeRead).times(3);
    far.plan(FaultPlan::new().with(cut));
    let run = far.order().await;
    far.house.wait(&run, |detail| detail.summary.state == RunState::Queued).await;
    // The line is cut while it is asked for the first three times, by whomever.
    let asked = far.house.app.run_cancel(RunRequest { run: run.clone() }).await;
    let failure = code(asked.err().as_ref());
    assert!(matches!(failure, None | Some(FailureCode::ServiceUnreachable)), "{failure:?}");
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::Cancelled);
    assert_eq!(far.service.jobs()[0].status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_taken_back_while_its_examples_are_on_their_way() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    far.plan(FaultPlan::new().with(Rule::new("POST", "/files", Fault::Hang { accept: true })));
    let run = far.order().await;
    far.house.wait(&run, |detail| detail.upload.is_some()).await;
    let back = far.house.app.run_cancel(RunRequest { run: run.clone() }).await.unwrap();
    assert_eq!(back.summary.state, RunState::Cancelled);
    assert!(far.service.ledger().rows().is_empty());
    // Another one can be ordered at once.
    far.plan(FaultPlan::new());
    let run = far.order().await;
    assert_eq!(far.rest(&run).await.summary.state, RunState::Succeeded);
    assert_eq!(far.service.ledger().rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_nobody_knows_needs_a_ceiling_of_the_person() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let ask = |ceiling: Option<i64>| OrderQuoteRequest {
        project: far.project,
        service: "openai".to_owned(),
        model: "gpt-nobody-knows".to_owned(),
        settings: one_round(),
        typed_ceiling_micro_usd: ceiling,
    };
    let unknown = far.house.app.order_quote(ask(None)).await.unwrap();
    assert_eq!((unknown.token, unknown.ceiling_micro_usd, unknown.price), (None, None, None));
    let bounded = far.house.app.order_quote(ask(Some(2_000_000))).await.unwrap();
    assert_eq!(bounded.ceiling_micro_usd, Some(2_000_000));
    assert!(bounded.token.is_some());
    for wrong in [0, -1, i64::MAX] {
        let refused = far.house.app.order_quote(ask(Some(wrong))).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid);
    }
}

/// The most that was typed binds, and nothing decides the price behind the price's back.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_costs_more_than_was_typed_or_quoted() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let ask = |settings: OrderSettings, ceiling: Option<i64>| OrderQuoteRequest {
        project: far.project,
        service: "openai".to_owned(),
        model: MODEL.to_owned(),
        settings,
        typed_ceiling_micro_usd: ceiling,
    };
    let above = far.house.app.order_quote(ask(one_round(), Some(1))).await.unwrap();
    assert_eq!(
        (code(above.refusal.as_ref()), above.token),
        (Some(FailureCode::AboveCeiling), None)
    );
    for name in ["n_epochs", "batch_size", "learning_rate_multiplier"] {
        let extra = [(name.to_owned(), "50".to_owned())].into();
        let settings = OrderSettings { extra, ..one_round() };
        let refused = far.house.app.order_quote(ask(settings, None)).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_at_the_service_is_listed_and_can_be_removed() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let run = far.order().await;
    let model = far.rest(&run).await.summary.model.unwrap();
    let named = || ServiceRequest { service: "openai".to_owned() };
    let things = far.house.app.stored_list(named()).await.unwrap().things;
    let thing = things.iter().find(|thing| thing.id == model).unwrap();
    assert!(thing.is_ours);
    let request = attune_contract::orders::StoredDeleteRequest {
        service: "openai".to_owned(),
        kind: thing.kind,
        id: thing.id.clone(),
    };
    let left = far.house.app.stored_delete(request).await.unwrap().things;
    assert!(left.iter().all(|thing| thing.id != model), "{left:?}");
    assert_eq!(MODEL, "gpt-4.1-mini-2025-04-14");
}

/// E-01: a restart in the midst of everything: the order is neither lost nor given twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_moment_buys_once() {
    let mut far = FarHouse::open(FakeSettings::TOKEN).await;
    let mut lost = 0;
    for round in 0..200_u64 {
        let run = far.order().await;
        tokio::time::sleep(std::time::Duration::from_millis(round * 7 % 61)).await;
        far.house = far.house.reopen(|_| ()).await;
        far.house.app.recover().await.unwrap();
        let done = far.rest(&run).await;
        let bought = far.service.ledger().jobs_of(&run).count();
        // One that was about to leave when the program ended is never sent again, so nobody can tell.
        let expected = if bought == 1 { RunState::Succeeded } else { RunState::Unknown };
        let story = format!("{round}: bought {bought}, {:?}", done.summary.failure);
        assert_eq!((done.summary.state, bought < 2), (expected, true), "{story}");
        lost += usize::from(bought == 0);
    }
    // How many end in the moment between storing and sending depends on the disk; some must get through.
    assert!(lost < 100, "{lost} of 200 never left");
}
