//! Starting models through `app`: the shelf, fetching, plans, and the whole way of the starter.

use std::path::PathBuf;
use std::time::Duration;

use attune_app::{FetchSource, WantedFile, starter_file};
use attune_contract::models::{
    ExportKind, ExportPhase, ModelExportRequest, ModelMeasureRequest, ModelReadiness, ModelRequest,
    ModelShelf, ShelfModel,
};
use attune_contract::projects::ProjectRequest;
use attune_contract::settings::{Notify, SettingsChangeRequest};
use attune_contract::testing::{TestPhase, TestRowsRequest, TestStartRequest};
use attune_contract::training::{RunDetail, RunRequest, RunState, TrainPlanRequest, TrainSettings};
use attune_contract::{FailureCode, ProjectId};
use attune_testkit::GroupTask;

use crate::support::{House, LOOK, Shell, text};

const TASK: GroupTask = GroupTask { seed: 41, groups: 3, rows: 60 };
const LEFT_OUT: &str = "LEFT OUT: the starter is not given (set ATTUNE_STARTER to its file)";

fn starter_of(shelf: &ModelShelf) -> &ShelfModel {
    shelf.models.iter().find(|model| model.model == "starter").expect("it is always on the shelf")
}

fn small() -> TrainSettings {
    TrainSettings { rounds: Some(4), layers: Some(1), width: Some(32), ..TrainSettings::default() }
}

fn plan(project: ProjectId, model: &str, settings: TrainSettings) -> TrainPlanRequest {
    TrainPlanRequest { project, model: Some(model.to_owned()), settings }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_the_engine_would_do_and_what_cannot_be() {
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let planned = house.app.train_plan(plan(project, "lab", small())).await.unwrap();
    let value = |name: &str| planned.resolved.iter().find(|it| it.name == name).map(|it| it.value);
    assert_eq!((value("layers"), value("width")), (Some(1.0), Some(32.0)), "{planned:?}");
    assert!(planned.memory_bytes.is_some_and(|bytes| bytes > 0), "{planned:?}");
    assert!(planned.refusal.is_none(), "{planned:?}");
    let impossible = TrainSettings { heads: Some(5), width: Some(32), ..TrainSettings::default() };
    let refused = house.app.train_plan(plan(project, "lab", impossible)).await.unwrap();
    let code = refused.refusal.map(|failure| failure.code);
    assert_eq!(code, Some(FailureCode::SettingsImpossible));
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_a_shelf_stand_without_an_engine_too() {
    let house = House::open(|options| options.engine_program = PathBuf::from("/nowhere/attune"));
    let project = house.bring_in(TASK).await;
    let planned = house.app.train_plan(plan(project, "lab", small())).await.unwrap();
    assert!(planned.resolved.is_empty() && planned.refusal.is_none(), "{planned:?}");
    assert_eq!(planned.split.train + planned.split.validate + planned.split.test, 60);
    let shelf = house.shelf(project).await;
    assert_eq!(shelf.suggested, "lab");
    let named: Vec<&str> = shelf.models.iter().map(|model| model.model.as_str()).collect();
    assert_eq!(named, ["starter", "lab"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_starter_comes_whole_or_says_why_it_did_not() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("model.gguf");
    std::fs::write(&copy, b"not the promised file").unwrap();
    let wrong = WantedFile {
        source: FetchSource::Copy(copy),
        bytes: 21,
        sha256: "0".repeat(64),
        pause: Duration::from_millis(1),
    };
    let house = House::open(|options| options.starter = wrong);
    let project = house.bring_in(TASK).await;
    assert_eq!(starter_of(&house.shelf(project).await).readiness, ModelReadiness::NotFetched);
    let request = || ModelRequest { project, model: "starter".to_owned() };
    house.app.model_fetch(request()).await.unwrap();
    let readiness = loop {
        let shelf = house.shelf(project).await;
        match starter_of(&shelf).readiness.clone() {
            ModelReadiness::Fetching { .. } => tokio::time::sleep(LOOK).await,
            other => break other,
        }
    };
    let ModelReadiness::PartlyFetched { done_bytes: 0, failure: Some(failure) } = readiness else {
        panic!("{readiness:?}")
    };
    assert_eq!(failure.code, FailureCode::ModelHashWrong);
    let other = ModelRequest { project, model: "lab".to_owned() };
    let refused = house.app.model_fetch(other).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::InputInvalid);
    house.app.put_away().await;
}

/// What is here but damaged is no starter, and can be fetched again: cut off, or of the right size.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_starter_says_so_and_is_fetched_again() {
    const CONTENT: &[u8] = b"a starter of few bytes";
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("model.gguf");
    std::fs::write(&copy, CONTENT).unwrap();
    let wanted = WantedFile {
        source: FetchSource::Copy(copy),
        bytes: CONTENT.len() as u64,
        sha256: "b65adb747e690a9cbd452e50bd58248ddc7242ab230857ae97f472c9010d59aa".to_owned(),
        pause: Duration::from_millis(1),
    };
    let house = House::open(|options| options.starter = wanted);
    let project = house.bring_in(TASK).await;
    house.app.fetch_starter(&mut |_| {}).await.unwrap();
    let starter = house.home.path().join("models/starter");
    let file = std::fs::read_dir(starter).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(&file).unwrap(), CONTENT);
    let same_size = vec![b'x'; CONTENT.len()];
    for damaged in [&CONTENT[..5], &same_size] {
        std::fs::write(&file, damaged).unwrap();
        let shelf = house.shelf(project).await;
        let readiness = starter_of(&shelf).readiness.clone();
        let ModelReadiness::Unusable { failure } = readiness else { panic!("{readiness:?}") };
        assert_eq!(failure.code, FailureCode::ModelFileBroken, "{failure:?}");
        house.app.fetch_starter(&mut |_| {}).await.unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), CONTENT, "fetched again");
    }
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_a_model_is_refused_in_words() {
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    let empty = tempfile::tempdir().unwrap();
    let refused = house.app.register_model(empty.path()).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::ModelFilesMissing, "{refused:?}");
    let broken = empty.path().join("broken.gguf");
    std::fs::write(&broken, b"GGUF\x03\0\0\0 and then nothing").unwrap();
    let refused = house.app.register_model(&broken).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::ModelFileBroken, "{refused:?}");
    assert_eq!(house.shelf(project).await.models.len(), 2, "nothing was put on the shelf");
    house.app.put_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desktop_hears_of_the_end_and_stays_awake_only_if_wished() {
    for (notify, keep_awake) in [(Notify::Yes, true), (Notify::No, false)] {
        let house = House::open(|_| {});
        let change = SettingsChangeRequest {
            notify: Some(notify),
            keep_awake: Some(keep_awake),
            ..SettingsChangeRequest::default()
        };
        house.app.settings_change(change).await.unwrap();
        let project = house.bring_in(TASK).await;
        let run = house.start(project, "lab", small()).await;
        let done = house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
        assert_eq!((done.summary.base.as_str(), done.summary.parent), ("lab", None));
        assert_eq!(done.family.len(), 1);
        assert_eq!(done.promised_memory_bytes, Some(123_456));
        house.app.trackers_rest(Duration::from_secs(5)).await;
        house.app.put_away().await;
        let notes = house.desktop.notes.lock().unwrap().clone();
        let awake = house.desktop.awake.lock().unwrap().clone();
        match notify {
            Notify::Yes => {
                assert_eq!(notes.len(), 1, "{notes:?}");
                assert_eq!(notes[0].0, "Your assistant is ready");
                assert_eq!(awake, [false, true, false]);
            }
            Notify::No => {
                assert!(notes.is_empty(), "{notes:?}");
                assert_eq!(awake, [false]);
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_the_system_kills_pauses_its_training_and_goes_on() {
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    // Long enough to be met while it learns, on a busy computer too.
    let settings = TrainSettings { rounds: Some(50), layers: Some(2), width: Some(128), ..small() };
    let run = house.start(project, "lab", settings).await;
    let is_learning = |it: &RunDetail| {
        it.progress.as_ref().is_some_and(|progress| progress.step > 3)
            && it.summary.state == RunState::Running
    };
    house.wait(&run, is_learning).await;
    let engine_home = house.home.path().join("engine");
    let engines = attune_testkit::with_argument(engine_home.to_str().unwrap());
    assert_eq!(engines.len(), 1, "{engines:?}");
    engines[0].kill();
    let paused = house.wait(&run, |it| it.summary.state == RunState::Paused).await;
    let code = paused.summary.failure.map(|failure| failure.code);
    assert_eq!(code, Some(FailureCode::OutOfMemory));
    house.app.trackers_rest(Duration::from_secs(5)).await;
    house.app.run_resume(RunRequest { run: run.clone() }).await.unwrap();
    let done = house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
    assert!(done.summary.failure.is_none(), "{:?}", done.summary);
    house.app.put_away().await;
}

#[test]
fn models_and_exports_by_command_say_what_is_and_what_cannot_be() {
    let shell = Shell::new();
    let ended = shell.run(&["models", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let models = ended.json();
    let row = |name: &str| {
        let rows = models.as_array().unwrap();
        rows.iter().find(|row| row["model"] == name).unwrap_or_else(|| panic!("{models}")).clone()
    };
    assert_eq!((&row("lab")["kind"], &row("lab")["ready"]), (&"lab".into(), &true.into()));
    let starter = row("starter");
    assert_eq!((&starter["ready"], &starter["licence"]), (&false.into(), &"Apache-2.0".into()));
    assert_eq!(starter["bytes"], 98_362_432);
    shell.run(&["models", "fetch", "lab", "--json"]).is_refused("input_invalid");
    let to = shell.path("out");
    let never = "ft:starter:attune::never";
    let ended = shell.run(&["export", "--model", never, "--to", text(&to), "--json"]);
    ended.is_refused("model_missing");
    assert!(!to.exists(), "nothing is written for a model that is not there");
}

/// Fetch, measure, train, test against before, train on, take along: with the real starter.
#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_of_the_starter() {
    if !matches!(starter_file().source, FetchSource::Copy(_)) {
        println!("{LEFT_OUT}");
        return;
    }
    let house = House::open(|_| {});
    let project = house.bring_in(TASK).await;
    house.app.fetch_starter(&mut |_| {}).await.unwrap();
    let shelf = house.shelf(project).await;
    assert_eq!(starter_of(&shelf).readiness, ModelReadiness::Ready);
    assert_eq!(shelf.suggested, "starter");
    let settings = TrainSettings { rounds: Some(1), rank: Some(4), ..TrainSettings::default() };
    let model = || "starter".to_owned();
    let request = ModelMeasureRequest { project, model: model(), settings: settings.clone() };
    let fit = house.app.model_measure(request).await.unwrap();
    assert!(fit.tokens_per_second.is_some_and(|pace| pace > 0.0), "{fit:?}");
    assert!(fit.memory_bytes.is_some() && fit.refusal.is_none(), "{fit:?}");

    let run = house.start(project, "starter", settings.clone()).await;
    let first = house.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
    assert!(first.peak_memory_bytes.is_some(), "{first:?}");
    compares_with_before(&house, project, &run).await;

    let name = first.summary.model.clone().unwrap();
    let shelf = house.shelf(project).await;
    let on_shelf = shelf.models.iter().find(|model| model.model == name).expect("it is there");
    assert_eq!(on_shelf.run.as_deref(), Some(run.as_str()));
    let child = house.start(project, &name, settings).await;
    let second = house.wait(&child, |it| it.summary.state == RunState::Succeeded).await;
    let family: Vec<&str> = second.family.iter().map(|it| it.run.as_str()).collect();
    assert_eq!(family, [run.as_str(), child.as_str()]);
    assert_eq!(second.summary.base_title, "Training 1");
    is_taken_along(&house, &child).await;
    house.app.put_away().await;
}

async fn compares_with_before(house: &House, project: ProjectId, run: &str) {
    let request = TestStartRequest { project, run: run.to_owned(), most_micro_usd: None };
    house.app.test_start(request).await.unwrap();
    let report = loop {
        let state = house.app.test_read(ProjectRequest { project }).await.unwrap();
        let report = state.report.expect("it was started");
        if report.phase != TestPhase::Running {
            break report;
        }
        tokio::time::sleep(LOOK).await;
    };
    assert_eq!(report.phase, TestPhase::Finished, "{report:?}");
    assert!(report.before_right.is_some() && report.baseline.is_some(), "{report:?}");
    let verdict = report.verdict.expect("it is finished");
    assert_eq!(verdict.better + verdict.same + verdict.worse, report.total);
    let request = TestRowsRequest { test: report.test, start: 0, count: 50, only_wrong: false };
    let rows = house.app.test_rows(request).await.unwrap();
    assert!(rows.rows.iter().all(|row| row.before.is_some()), "{rows:?}");
    let before = rows.rows.iter().filter(|row| row.before_right == Some(true)).count() as u64;
    assert_eq!(Some(before), report.before_right);
}

async fn is_taken_along(house: &House, run: &str) {
    let folder = tempfile::tempdir().unwrap();
    house.pick(&folder.path().join("mine"));
    let request = ModelExportRequest { run: run.to_owned(), kind: ExportKind::Adapter };
    house.app.model_export(request).await.unwrap().export.expect("a folder was picked");
    let export = loop {
        let request = RunRequest { run: run.to_owned() };
        let export = house.app.model_export_read(request).await.unwrap().export.unwrap();
        if !matches!(export.phase, ExportPhase::Writing | ExportPhase::Proving) {
            break export;
        }
        tokio::time::sleep(LOOK).await;
    };
    assert_eq!(export.phase, ExportPhase::Done, "{export:?}");
    assert!(export.asked > 0 && export.same == export.asked, "{export:?}");
    assert_eq!(export.folder, "mine");
    assert!(folder.path().join("mine/adapter_model.safetensors").is_file());
}
