//! A training that rests is never a dead end: what the engine knows of it counts, also when nobody
//! heard it in time, and what the disk stopped goes on.

use std::path::{Path, PathBuf};

use attune_contract::projects::ProjectRequest;
use attune_contract::testing::{TestPhase, TestStartRequest};
use attune_contract::training::{RunDetail, RunRequest, RunState, TrainPlanRequest, TrainSettings};
use attune_contract::{FailureCode, ProjectId};
use attune_store::{LaunchChange, Library, LibraryOptions};
use attune_testkit::{GroupTask, library_file};
use serde_json::{Value, json};

use crate::support::{House, LOOK};

const TASK: GroupTask = GroupTask { seed: 43, groups: 3, rows: 60 };

fn small() -> TrainSettings {
    TrainSettings { rounds: Some(4), layers: Some(1), width: Some(32), ..TrainSettings::default() }
}

/// Seconds on a fast computer, so that it can be paused in its midst on any.
fn long() -> TrainSettings {
    TrainSettings { rounds: Some(50), layers: Some(2), width: Some(128), ..small() }
}

fn request(run: &str) -> RunRequest {
    RunRequest { run: run.to_owned() }
}

/// The library at `home` believes that a training is in `state` and knows nothing of its end.
fn believe(home: &Path, run: &str, state: &str) {
    let options = LibraryOptions { home: home.to_owned(), on_point: |_| {}, extra_migration: None };
    let stale = LaunchChange {
        state: Some(state.to_owned()),
        result_model: Some(String::new()),
        error_json: Some(json!({"code": "engine_stopped", "reason": "once"}).to_string()),
        ..LaunchChange::default()
    };
    Library::open(options).unwrap().launch_update(run, &stale).unwrap();
}

/// The file in which the engine keeps its only job.
fn job_file(home: &Path) -> PathBuf {
    let jobs = std::fs::read_dir(home.join("engine/jobs")).unwrap();
    let folders: Vec<PathBuf> = jobs.map(|job| job.unwrap().path()).collect();
    let [folder] = folders.as_slice() else { panic!("one job, not {folders:?}") };
    folder.join("job.json")
}

fn job(home: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(job_file(home)).unwrap()).unwrap()
}

/// The engine's job failed with `code`, as far as its file tells.
fn fail(home: &Path, code: &str, change: impl FnOnce(&mut Value)) {
    let mut job = job(home);
    job["status"] = json!("failed");
    job["error"] = json!({"code": code, "message": "as the test has it", "param": null});
    change(&mut job);
    std::fs::write(job_file(home), job.to_string()).unwrap();
}

/// A training that was paused after a moment was kept.
async fn paused_house() -> (House, ProjectId, String) {
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let run = house.start(project, "lab", long()).await;
    let has_kept = |it: &RunDetail| {
        let kept = it.progress.as_ref().and_then(|progress| progress.saved_step);
        kept.is_some() && it.summary.state == RunState::Running
    };
    house.wait(&run, has_kept).await;
    house.app.run_pause(request(&run)).await.unwrap();
    house.wait(&run, |it| it.summary.state == RunState::Paused).await;
    (house, project, run)
}

#[track_caller]
fn has_its_model(detail: &RunDetail) {
    let summary = &detail.summary;
    assert_eq!(summary.state, RunState::Succeeded, "{summary:?}");
    assert!(summary.model.as_deref().is_some_and(|it| it.starts_with("ft:lab:")), "{summary:?}");
    assert!(summary.failure.is_none(), "what was wrong is not wrong any more: {summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_nobody_heard_of_is_taken_over_by_a_start_and_by_either_button() {
    let mut house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let run = house.start(project, "lab", small()).await;
    house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;

    house = house.reopen(|home| believe(home, &run, "paused")).await;
    house.app.recover().await.unwrap();
    has_its_model(&house.wait(&run, |it| it.summary.state == RunState::Succeeded).await);

    house = house.reopen(|home| believe(home, &run, "paused")).await;
    has_its_model(&house.app.run_resume(request(&run)).await.unwrap());

    house = house.reopen(|home| believe(home, &run, "paused")).await;
    has_its_model(&house.app.run_cancel(request(&run)).await.unwrap());
    let plan = TrainPlanRequest { project, model: Some("lab".to_owned()), settings: small() };
    let planned = house.app.train_plan(plan).await.unwrap();
    assert!(planned.refusal.is_none(), "the project can train again: {planned:?}");
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_a_moment_after_the_success_keeps_the_model() {
    let mut house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let run = house.start(project, "lab", small()).await;
    house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
    // Nobody follows it now, as in the moment before the next look.
    house = house.reopen(|home| believe(home, &run, "running")).await;
    house.app.put_away().await;
    let launch = house.library().launch(&run).unwrap();
    assert_eq!(launch.state, "succeeded", "{launch:?}");
    assert!(launch.result_model.is_some_and(|model| model.starts_with("ft:lab:")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_goes_on_only_when_it_is_asked_to() {
    let (mut house, _, run) = paused_house().await;
    house = house.reopen(|_| {}).await;
    house.app.recover().await.unwrap();
    house.app.trackers_rest(std::time::Duration::from_secs(30)).await;
    let rests = house.app.run_read(request(&run)).await.unwrap();
    assert_eq!(rests.summary.state, RunState::Paused, "nothing goes on unasked");
    house.app.run_resume(request(&run)).await.unwrap();
    has_its_model(&house.wait(&run, |it| it.summary.state == RunState::Succeeded).await);
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_halted_pauses_with_its_reason_and_goes_on_or_stops() {
    for (code, shown) in [
        ("disk_full", FailureCode::TrainingDiskFull),
        ("storage_error", FailureCode::TrainingDiskFailed),
        ("not_enough_memory", FailureCode::OutOfMemory),
        ("trainer_panicked", FailureCode::EngineStopped),
    ] {
        let (mut house, _, run) = paused_house().await;
        let before = |home: &Path| {
            fail(home, code, |_| {});
            believe(home, &run, "running");
        };
        house = house.reopen(before).await;
        house.app.recover().await.unwrap();
        let paused = house.wait(&run, |it| it.summary.state == RunState::Paused).await;
        assert_eq!(paused.summary.failure.map(|failure| failure.code), Some(shown));
        if code != "storage_error" {
            house.app.run_resume(request(&run)).await.unwrap();
            has_its_model(&house.wait(&run, |it| it.summary.state == RunState::Succeeded).await);
        } else {
            let kept = job_file(house.home.path()).with_file_name("checkpoints");
            assert!(kept.is_dir());
            house.app.run_cancel(request(&run)).await.unwrap();
            let stopped = house.wait(&run, |it| it.summary.state == RunState::Cancelled).await;
            assert!(stopped.summary.failure.is_none(), "{:?}", stopped.summary);
            assert!(!kept.exists(), "stopping gives the room back");
        }
        house.app.put_away().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_is_no_number_leaves_the_best_kept_moment_or_says_that_there_is_none() {
    let (mut house, project, run) = paused_house().await;
    let lost = |home: &Path| {
        fail(home, "loss_not_a_number", |_| {});
        believe(home, &run, "running");
    };
    house = house.reopen(lost).await;
    house.app.recover().await.unwrap();
    let kept = house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
    let code = kept.summary.failure.map(|failure| failure.code);
    assert_eq!(code, Some(FailureCode::TrainingDivergedKept));
    let step = kept.best_step.expect("the moment has a step");
    let model = kept.summary.model.expect("a kept moment answers");
    assert!(model.ends_with(&format!(":ckpt-step-{step}")), "{model}");
    house
        .app
        .test_start(TestStartRequest { project, run: run.clone(), most_micro_usd: None })
        .await
        .unwrap();
    let report = loop {
        let state = house.app.test_read(ProjectRequest { project }).await.unwrap();
        let report = state.report.expect("it was started");
        if report.phase != TestPhase::Running {
            break report;
        }
        tokio::time::sleep(LOOK).await;
    };
    assert_eq!((report.phase, report.done), (TestPhase::Finished, 6), "{report:?}");

    let nothing_kept = |home: &Path| {
        fail(home, "loss_not_a_number", |job| job["checkpoints"] = json!([]));
        believe(home, &run, "running");
    };
    house = house.reopen(nothing_kept).await;
    house.app.recover().await.unwrap();
    house.app.trackers_rest(std::time::Duration::from_secs(30)).await;
    let lost = house.app.run_read(request(&run)).await.unwrap().summary;
    assert_eq!(lost.state, RunState::Failed, "{lost:?}");
    assert_eq!(lost.failure.map(|failure| failure.code), Some(FailureCode::TrainingDiverged));
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_cannot_be_written_hears_the_rest_later() {
    const REFUSE: &str = "CREATE TRIGGER refuse BEFORE INSERT ON run_event \
        BEGIN SELECT RAISE(ABORT, 'as the test has it'); END";
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let run = house.start(project, "lab", long()).await;
    house.wait(&run, |it| it.summary.state == RunState::Running).await;
    let library = rusqlite::Connection::open(library_file(house.home.path())).unwrap();
    library.execute_batch(REFUSE).unwrap();
    // The engine comes to its end, of which the library can keep nothing.
    while job(house.home.path())["status"] != "succeeded" {
        tokio::time::sleep(LOOK).await;
    }
    library.execute_batch("DROP TRIGGER refuse").unwrap();
    house.app.trackers_rest(std::time::Duration::from_secs(60)).await;
    has_its_model(&house.app.run_read(request(&run)).await.unwrap());
    let last = house.library().run_events(&run, Some("metrics"), 0, 100_000).unwrap();
    let last = last.last().and_then(|row| row.event.step);
    assert_eq!(last, job(house.home.path())["step"].as_u64(), "the whole curve is there");
    house.app.put_away().await;
}
