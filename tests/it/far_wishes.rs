//! Wishes about a training far away: they are kept where nobody can be asked, and asked for once that is
//! mended; what stands otherwise over there than was wished stands so here too.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::FailureCode;
use attune_contract::services::ServiceRequest;
use attune_contract::training::{RunRequest, RunState};
use attune_testkit::fake_service::{FakeSettings, Fate, Fault, FaultPlan, Rule};

use crate::support::LOOK;
use crate::support::far::FarHouse;

/// Far longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(60);

fn named(run: &str) -> RunRequest {
    RunRequest { run: run.to_owned() }
}

/// A training that waits for a machine for ever.
async fn waiting() -> (FarHouse, String) {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    far.service.next_job(Fate::StuckInQueue);
    let run = far.order().await;
    comes_to(&far, &run, RunState::Queued).await;
    (far, run)
}

async fn comes_to(far: &FarHouse, run: &str, state: RunState) {
    let comes = async {
        while far.read(run).await.summary.state != state {
            tokio::time::sleep(LOOK).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, comes).await;
    assert!(in_time.is_ok(), "{:?} instead of {state:?}", far.read(run).await.summary);
}

/// A training that rests at the place.
async fn paused() -> (FarHouse, String) {
    let (far, run) = waiting().await;
    far.house.app.run_pause(named(&run)).await.unwrap();
    assert_eq!(far.rest(&run).await.summary.state, RunState::Paused);
    (far, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_over_there_again_rests_here_too() {
    let (far, run) = paused().await;
    // The place agrees, and somebody pauses it there before anybody looks.
    let job = far.service.jobs()[0].json.clone();
    let agrees = Fault::json(200, &job.to_string());
    let path = format!("/fine_tuning/jobs/{}/resume", job["id"].as_str().unwrap());
    far.plan(FaultPlan::new().with(Rule::new("POST", &path, agrees)));
    let going_on = far.house.app.run_resume(named(&run)).await.unwrap();
    assert!(matches!(going_on.summary.state, RunState::Resuming | RunState::Paused));
    assert_eq!(far.rest(&run).await.summary.state, RunState::Paused);
    // And it can be stopped from there.
    far.house.app.run_cancel(named(&run)).await.unwrap();
    assert_eq!(far.rest(&run).await.summary.state, RunState::Cancelled);
    assert_eq!(far.service.jobs()[0].status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_a_key_is_kept_and_asked_for_once_there_is_one() {
    let (far, run) = waiting().await;
    let far = far.reopened().await;
    let app = &far.house.app;
    app.service_key_remove(ServiceRequest { service: "openai".to_owned() }).await.unwrap();
    let refused = app.run_cancel(named(&run)).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::KeyMissing);
    let kept = far.rest(&run).await.summary;
    assert_eq!(kept.state, RunState::Cancelling);
    assert!(kept.failure.is_some(), "why it does not come about is said");
    assert_ne!(far.service.jobs()[0].status, "cancelled");
    far.give_key(FakeSettings::TOKEN).await;
    assert_eq!(far.rest(&run).await.summary.state, RunState::Cancelled);
    assert_eq!(far.service.jobs()[0].status, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_nobody_who_looks_in_vain() {
    let (far, run) = paused().await;
    // Whoever looks after the start how it stands gets no answer.
    let silent = Rule::new("GET", "/fine_tuning/jobs/*", Fault::DropBeforeRead).times(u64::MAX);
    far.plan(FaultPlan::new().with(silent));
    let far = far.restarted().await;
    let (app, asked) = (Arc::clone(&far.house.app), named(&run));
    let stopped = tokio::time::timeout(PATIENCE, app.run_cancel(asked)).await;
    stopped.expect("a stop answers").unwrap();
    assert_eq!(far.service.jobs()[0].status, "cancelled");
    far.plan(FaultPlan::new());
    assert_eq!(far.rest(&run).await.summary.state, RunState::Cancelled);
}
