//! What the starter learns in the window: two invented tasks, with both cores of a small computer.
//!
//! Ten minutes long, so it runs only where `ATTUNE_LONG_JOURNEYS` is set; `cargo xtask bench starter`
//! measures the same by command.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use attune_store::{LaunchRow, ProjectId};
use attune_testkit::Programs;
use attune_testkit::tasks::{self, Task};

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, until};

const SEED: u64 = 5;
/// The share of kept-aside answers that is right letter for letter.
const ENOUGH: f64 = 0.7;

#[test]
fn two_tasks_are_learnt_in_the_window() {
    let starter = crate::real_starter::starter();
    let (Some(starter), true) = (starter, std::env::var_os("ATTUNE_LONG_JOURNEYS").is_some())
    else {
        crate::say_past_the_runner("LEFT OUT: two tasks in the window (set ATTUNE_LONG_JOURNEYS)");
        return;
    };
    let journey = Journey::begin("taught_starter");
    let window = journey.open_with(&[("ATTUNE_STARTER", &starter.display().to_string())]);
    steps::go_ready(&window, Place::Settings);
    use_all_cores(&journey, &window);
    let mut taught = Vec::new();
    for task in [tasks::sort_messages(SEED), tasks::messages_to_json(SEED)] {
        let launch = teach(&journey, &window, &task);
        taught.push((task, launch));
    }
    window.quit();
    for (task, (launch, seconds)) in taught {
        let model = launch.result_model.expect("a success has a model");
        let right = share_of_right(&journey, &task, &model, &starter);
        crate::say_past_the_runner(&format!(
            "{}, in the window: {:.1} % of {} right, trained in {seconds:.0} s; {}",
            task.name,
            100.0 * right,
            task.kept_aside.len(),
            launch.progress_json.unwrap_or_default(),
        ));
        assert!(right >= ENOUGH, "{}: {right}", task.name);
    }
}

/// Moves the slider to its end, as a hand does.
#[track_caller]
fn use_all_cores(journey: &Journey, window: &Window) {
    const TO_THE_END: &str = "const slider = document.querySelector('main input[type=range]');\
        slider.value = slider.max;\
        slider.dispatchEvent(new Event('input', { bubbles: true }));\
        slider.dispatchEvent(new Event('change', { bubbles: true }));\
        return true;";
    window.script(TO_THE_END, &serde_json::json!([]));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let stored = || {
        let stored = journey.library().setting("settings").ok()??;
        stored.contains(&format!("\"trainingCores\":{cores}")).then_some(())
    };
    until(Wait::Usual, stored).unwrap_or_else(|| window.give_up("the cores to be stored"));
}

/// Brings a task in and trains with all that Attune chooses; the seconds are those a person waits.
#[track_caller]
fn teach(journey: &Journey, window: &Window, task: &Task) -> (LaunchRow, f64) {
    let lines = tasks::to_chat_jsonl(task.instructions, &task.train);
    let name = format!("{}.jsonl", task.name.replace(' ', "-"));
    let file = journey.equipment.file(&name, lines);
    let project: ProjectId = steps::bring_in(journey, window, &file);
    steps::open_plan(window);
    fetch_where_missing(window);
    window.choose_card("SmolLM2 135M Instruct");
    let began = Instant::now();
    window.press("button", &say("train.start"));
    window.wait_text(Wait::LongTraining, &say("train.title.done"));
    let seconds = began.elapsed().as_secs_f64();
    (steps::wait_launch(journey, window, project, "succeeded"), seconds)
}

#[track_caller]
fn fetch_where_missing(window: &Window) {
    const READY: &str =
        "return document.querySelector('[data-model=starter][data-readiness=ready]') !== null;";
    if window.script(READY, &serde_json::json!([])) == true {
        return;
    }
    window.press_beginning("Fetch it");
    window.wait_for(Wait::Training, "the starter to be here", READY);
}

/// Asks for every message that is kept aside, in sentences that no example is phrased by.
#[track_caller]
fn share_of_right(journey: &Journey, task: &Task, model: &str, starter: &Path) -> f64 {
    let lines = tasks::to_chat_jsonl(task.instructions, &task.kept_aside);
    let file = journey.equipment.file("kept-aside.jsonl", lines);
    let mut evaluate = Command::new(Programs::find().command_line());
    evaluate.arg("evaluate").arg(file).args(["--model", model, "--json"]);
    evaluate.env("ATTUNE_HOME", journey.home()).env("ATTUNE_STARTER", starter);
    let output = evaluate.output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let metrics = &report["metrics"];
    let share = metrics["exact_match"].as_f64().or_else(|| metrics["accuracy"].as_f64());
    share.unwrap_or_else(|| panic!("{report}"))
}
