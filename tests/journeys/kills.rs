//! Ten kills: the window or the engine is ended at the worst moment, as a power cut would. What was
//! acknowledged is there afterwards, the program opens again, and the work goes on.

use attune_contract::params;
use attune_store::{LaunchRow, ProjectId};
use attune_testkit::{GroupTask, Pair, chat_jsonl, csv};

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, say_with, until};

const TASK: GroupTask = GroupTask { seed: 61, groups: 3, rows: 60 };

fn table(journey: &Journey, rows: usize) -> std::path::PathBuf {
    journey.equipment.file("messages.csv", csv(&GroupTask { rows, ..TASK }.pairs()))
}

#[test]
fn during_an_import() {
    let journey = Journey::begin("kill_import");
    let file = table(&journey, 200);
    let window = journey.open_holding("import.mid");
    steps::pick(&journey, &window, &file);
    steps::wait_route(&window, "import");
    window.press("button", &say("import.start"));
    journey.equipment.wait_held("import.mid");
    window.kill();

    let window = journey.open();
    let projects = journey.library().projects().unwrap();
    assert!(projects.iter().all(|project| project.examples == 0), "half an import: {projects:?}");
    steps::to_welcome(&window);
    let project = steps::bring_in(&journey, &window, &file);
    assert_eq!(steps::snapshot(&journey.library(), project).len(), 200);
    journey.library().verify().unwrap();
    window.quit();
}

#[test]
fn after_an_edit_that_was_shown_as_saved() {
    let journey = Journey::begin("kill_edit");
    let file = table(&journey, 40);
    let window = journey.open();
    let project = steps::bring_in(&journey, &window, &file);
    for (row, text) in [(0, "first change"), (3, "second change")] {
        steps::open_row(&window, row);
        window.fill("textbox", &say("card.answer"), text);
        // Only what the window itself says counts as acknowledged.
        let saved = "return document.querySelector('main')?.innerText.includes(arguments[0]);";
        let words = serde_json::json!([say("card.saved")]);
        until(Wait::Usual, || (window.script(saved, &words) == true).then_some(()))
            .unwrap_or_else(|| window.give_up("to read that it is saved"));
    }
    window.kill();
    let answers = steps::pairs_of(&journey.library(), project);
    assert_eq!(
        (answers[0].answer.as_str(), answers[3].answer.as_str()),
        ("first change", "second change")
    );
    let window = journey.open();
    steps::go_ready(&window, Place::Examples);
    window.sees("first change");
    window.sees("second change");
    journey.library().verify().unwrap();
    window.quit();
}

#[test]
fn in_a_bulk_undo() {
    let journey = Journey::begin("kill_undo");
    let mut pairs = TASK.pairs();
    pairs.extend(
        (0..120)
            .map(|number| Pair { question: format!("Number {number}?"), answer: String::new() }),
    );
    let file = journey.equipment.file("messages.jsonl", chat_jsonl(&pairs));
    let window = journey.open();
    let project = steps::bring_in(&journey, &window, &file);
    let brought_in = steps::snapshot(&journey.library(), project);
    steps::go_ready(&window, Place::Check);
    window.press("button", &say_with("check.leave_out", &params!["n" => 120_u64]));
    let now = || steps::snapshot(&journey.library(), project);
    steps::wait_saved(&window, "the bulk deletion", || now().len() == 60);
    let left_out = now();
    window.quit();

    let window = journey.open_holding("undo.mid");
    steps::go_ready(&window, Place::Examples);
    steps::undo(&journey, &window, project);
    journey.equipment.wait_held("undo.mid");
    window.kill();
    assert_eq!(
        now(),
        left_out,
        "the undo happened wholly or not at all, and it was never answered"
    );

    let window = journey.open();
    steps::go_ready(&window, Place::Examples);
    steps::undo(&journey, &window, project);
    steps::wait_saved(&window, "the bulk undo", || now() == brought_in);
    journey.library().verify().unwrap();
    window.quit();
}

#[test]
fn between_upload_and_job() {
    let journey = Journey::begin("kill_launch");
    let file = table(&journey, 60);
    let window = journey.open_holding("launch.between");
    let project = steps::bring_in(&journey, &window, &file);
    let before = steps::snapshot(&journey.library(), project);
    steps::start_training(&window, &steps::SMALL);
    journey.equipment.wait_held("launch.between");
    window.kill();
    let launches = journey.library().launches(project).unwrap();
    assert_eq!(launches.len(), 1, "the intent stands before anything is sent");

    let window = journey.open();
    let found = steps::wait_launch(&journey, &window, project, "not_started");
    assert_eq!(found.launch_id, launches[0].launch_id);
    steps::go_ready(&window, Place::Train);
    window.sees(&say("train.state.not_started"));
    journey.album.take(&window, "not-started");
    window.is_accessible();
    window.press("button", &say("action.start_again"));
    window.press("button", &say("train.start"));
    let again = || {
        let launches = journey.library().launches(project).ok()?;
        launches.into_iter().find(|launch| launch.launch_id != found.launch_id)
    };
    let again = until(Wait::Usual, again).unwrap_or_else(|| window.give_up("a second training"));
    steps::wait_losses(&journey, &window, &again.launch_id, 1);
    assert_eq!(steps::snapshot(&journey.library(), project), before);
    window.quit();
}

/// Starts a training that stands still at `point` in the engine.
#[track_caller]
fn held_training(
    journey: &Journey,
    point: &str,
    settings: &[(&str, &str)],
) -> (Window, ProjectId, LaunchRow) {
    let file = table(journey, 60);
    let window = journey.open_holding(point);
    let project = steps::bring_in(journey, &window, &file);
    steps::start_training(&window, settings);
    journey.equipment.wait_held(point);
    // The engine has it and stands still; the window must have heard so before either is killed.
    let launch = steps::wait_launch(journey, &window, project, "running");
    (window, project, launch)
}

/// The engine died under the window: the window says so, and after a restart of all the same
/// training goes on to its end.
#[track_caller]
fn the_engine_dies_and_the_training_goes_on(name: &'static str, point: &str) {
    let journey = Journey::begin(name);
    let (window, project, launch) = held_training(&journey, point, &steps::SMALL);
    let known = steps::losses(&journey.library(), &launch.launch_id);
    window.engine().kill();
    window.sees(&say("failure.out_of_memory"));
    journey.album.take(&window, "engine-died");
    window.is_accessible();
    let paused = steps::wait_launch(&journey, &window, project, "paused");
    assert_eq!(paused.launch_id, launch.launch_id);
    window.quit();
    goes_on_to_the_end(&journey, project, &launch, &known);
}

/// Opens again, presses "go on", and sees every step once and what was known before unchanged.
#[track_caller]
fn goes_on_to_the_end(
    journey: &Journey,
    project: ProjectId,
    launch: &LaunchRow,
    known: &[(u64, f64)],
) {
    let window = journey.open();
    steps::go_ready(&window, Place::Train);
    window.sees(&say("train.title.paused"));
    window.press("button", &say("action.go_on"));
    window.wait_text(Wait::Training, &say("train.title.done"));
    let done = steps::wait_launch(journey, &window, project, "succeeded");
    assert_eq!(done.launch_id, launch.launch_id, "the same training, not another one");
    assert_eq!(journey.library().launches(project).unwrap().len(), 1);
    let losses = steps::losses(&journey.library(), &launch.launch_id);
    for point in known {
        assert!(losses.contains(point), "the loss {point:?} was shown before and is lost");
    }
    let progress: serde_json::Value =
        serde_json::from_str(&done.progress_json.expect("it got on")).unwrap();
    let total = progress["total_steps"].as_u64().unwrap();
    assert_eq!(losses.last().map(|&(step, _)| step), Some(total), "the last steps are missing");
    steps::they_fall(&losses);
    journey.library().verify().unwrap();
    window.quit();
}

#[test]
fn in_the_first_step() {
    the_engine_dies_and_the_training_goes_on("kill_first_step", "engine.step.first");
}

#[test]
fn in_the_write_of_a_checkpoint() {
    the_engine_dies_and_the_training_goes_on("kill_checkpoint", "engine.checkpoint.mid");
}

#[test]
fn between_the_last_step_and_the_result() {
    let journey = Journey::begin("kill_result");
    let (window, project, launch) = held_training(&journey, "engine.result.before", &steps::SMALL);
    let known = steps::losses(&journey.library(), &launch.launch_id);
    // This time the light goes out.
    window.cut_power();
    goes_on_to_the_end(&journey, project, &launch, &known);
}

/// A home with a trained model and two lines of chat.
#[track_caller]
fn trained(journey: &Journey) -> (ProjectId, LaunchRow) {
    let file = table(journey, 60);
    let window = journey.open();
    let project = steps::bring_in(journey, &window, &file);
    steps::start_training(&window, &steps::SMALL);
    let launch = steps::wait_launch(journey, &window, project, "succeeded");
    ask(journey, &window, project, &launch, "the first question", 2);
    window.quit();
    (project, launch)
}

/// Asks and waits until the chat has so many stored lines.
#[track_caller]
fn ask(
    journey: &Journey,
    window: &Window,
    project: ProjectId,
    launch: &LaunchRow,
    question: &str,
    lines: usize,
) {
    send(window, question);
    let answered = || {
        let stored = journey.library().chat_messages(project, &launch.launch_id).ok()?;
        (stored.len() == lines).then_some(())
    };
    until(Wait::Training, answered).unwrap_or_else(|| window.give_up("an answer"));
}

#[track_caller]
fn send(window: &Window, question: &str) {
    steps::go(window, Place::Test);
    window.press("tab", &say("test.tab.chat"));
    window.fill("textbox", &say("chat.field"), question);
    window.press("button", &say("chat.send"));
}

#[test]
fn while_a_model_is_loaded() {
    let journey = Journey::begin("kill_model_loading");
    let (project, launch) = trained(&journey);
    let window = journey.open_holding("engine.model.loading");
    send(&window, "a question that is lost on the way");
    journey.equipment.wait_held("engine.model.loading");
    window.engine().kill();
    window.sees(&say("failure.engine_stopped"));
    journey.album.take(&window, "engine-died");
    window.quit();
    still_answers(&journey, project, &launch);
}

#[test]
fn during_a_chat() {
    let journey = Journey::begin("kill_chat");
    let (project, launch) = trained(&journey);
    let window = journey.open_holding("engine.chat.mid");
    send(&window, "a question in whose answer the light goes out");
    journey.equipment.wait_held("engine.chat.mid");
    window.kill();
    still_answers(&journey, project, &launch);
}

/// The first question and its answer are there, and a new one is answered.
#[track_caller]
fn still_answers(journey: &Journey, project: ProjectId, launch: &LaunchRow) {
    let stored = journey.library().chat_messages(project, &launch.launch_id).unwrap();
    assert_eq!(stored[0].content, "the first question");
    assert_eq!(stored[1].role, "assistant");
    assert_eq!(journey.library().launch(&launch.launch_id).unwrap().state, "succeeded");
    let window = journey.open();
    ask(journey, &window, project, launch, "one more question", stored.len() + 2);
    window.sees("the first question");
    window.sees("one more question");
    journey.library().verify().unwrap();
    window.quit();
}

#[test]
fn during_a_second_migration() {
    let journey = Journey::begin("kill_migration");
    let file = table(&journey, 60);
    let window = journey.open();
    let project = steps::bring_in(&journey, &window, &file);
    let before = steps::snapshot(&journey.library(), project);
    window.quit();
    for point in ["migration.backup", "migration.mid"] {
        let variables = [("ATTUNE_HOLD", point), ("ATTUNE_EXTRA_MIGRATION", "1")];
        let program = journey.start_unseen(&variables);
        journey.equipment.wait_held(point);
        program.family.kill();
        assert_eq!(steps::snapshot(&journey.library(), project), before, "{point}");
        journey.library().verify().unwrap();
    }
    // The old program opens it, then the new one carries the migration through.
    let window = journey.open();
    steps::go_ready(&window, Place::Examples);
    window.quit();
    let window = journey.open_with(&[("ATTUNE_EXTRA_MIGRATION", "1")]);
    steps::go_ready(&window, Place::Examples);
    window.sees(&before_words(&before));
    window.quit();
    let backups = std::fs::read_dir(journey.home().join("backups")).unwrap().count();
    assert!(backups >= 1, "no backup was made before the migration");
}

fn before_words(before: &steps::Snapshot) -> String {
    let row: serde_json::Value = serde_json::from_str(&before[0].2).unwrap();
    row["messages"][0]["content"].as_str().unwrap().to_owned()
}
