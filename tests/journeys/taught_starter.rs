//! What the starter learns in the window: two invented tasks and real questions to a bank, with all
//! that Attune chooses and every core. Before and after are asked in sentences that were kept aside.
//!
//! Many minutes long, so it runs only where `ATTUNE_LONG_JOURNEYS` is set; `cargo xtask bench starter`
//! measures the same by command.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use attune_store::{LaunchRow, ProjectId};
use attune_testkit::tasks::{self, Task};
use attune_testkit::{Banking, LEFT_OUT_WORDS, Programs};
use serde_json::Value;

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, until};

const SEED: u64 = 5;
/// Shares of kept-aside answers that are right letter for letter: before at most, after at least.
const INVENTED: (f64, f64) = (0.2, 0.7);
/// The same for the rows of test.csv in the ten groups.
const BANKING: (f64, f64) = (0.3, 0.85);

#[test]
fn three_tasks_are_learnt_in_the_window() {
    let starter = crate::real_starter::starter();
    let (Some(starter), true) = (starter, std::env::var_os("ATTUNE_LONG_JOURNEYS").is_some())
    else {
        crate::say_past_the_runner(
            "LEFT OUT: three tasks in the window (set ATTUNE_LONG_JOURNEYS)",
        );
        return;
    };
    let journey = Journey::begin("taught_starter");
    let window = journey.open_with(&[("ATTUNE_STARTER", &starter.display().to_string())]);
    steps::go_ready(&window, Place::Settings);
    use_all_cores(&journey, &window);
    let mut taught = Vec::new();
    for (task, bounds) in all_tasks() {
        let launch = teach(&journey, &window, &task);
        taught.push((task, bounds, launch));
    }
    window.quit();
    for (task, (most_before, least_after), (launch, seconds)) in taught {
        let model = launch.result_model.expect("a success has a model");
        let (before, after) = shares_of_right(&journey, &task, &model, &starter);
        crate::say_past_the_runner(&format!(
            "{}, in the window: {:.1} % of {} right before, {:.1} % of {} after, trained in \
             {seconds:.0} s (within five minutes: {}); {}",
            task.name,
            100.0 * before,
            task.asked_before().len(),
            100.0 * after,
            task.kept_aside.len(),
            if seconds <= 300.0 { "yes" } else { "no" },
            launch.progress_json.unwrap_or_default(),
        ));
        assert!(before <= most_before, "{}: it was right before on {before}", task.name);
        assert!(after >= least_after, "{}: it is right now on {after}", task.name);
    }
}

/// The tasks, each with what is asked of it; real questions only where their folder is given.
fn all_tasks() -> Vec<(Task, (f64, f64))> {
    let mut all =
        vec![(tasks::sort_messages(SEED), INVENTED), (tasks::messages_to_json(SEED), INVENTED)];
    match Banking::find() {
        Some(banking) => all.push((banking.ten_groups(SEED), BANKING)),
        None => crate::say_past_the_runner(LEFT_OUT_WORDS),
    }
    all
}

/// Moves the slider to its end, as a hand does: the end is what the window offers at most.
#[track_caller]
fn use_all_cores(journey: &Journey, window: &Window) {
    const TO_THE_END: &str = "const slider = document.querySelector('main input[type=range]');\
        slider.value = slider.max;\
        slider.dispatchEvent(new Event('input', { bubbles: true }));\
        slider.dispatchEvent(new Event('change', { bubbles: true }));\
        return Number(slider.max);";
    let cores = window.script(TO_THE_END, &serde_json::json!([]));
    let cores = cores.as_u64().unwrap_or_else(|| panic!("the slider ends at {cores}"));
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

/// Asks the starter for some of what is kept aside, and what it became for all of it: the shares of
/// right answers before and after.
#[track_caller]
fn shares_of_right(journey: &Journey, task: &Task, model: &str, starter: &Path) -> (f64, f64) {
    let share = |examples: &[(String, String)], model: &str| {
        let lines = tasks::to_chat_jsonl(task.instructions, examples);
        let file = journey.equipment.file("asked.jsonl", lines);
        let mut evaluate = Command::new(Programs::find().command_line());
        evaluate.arg("evaluate").arg(file).args(["--model", model, "--json"]);
        evaluate.env("ATTUNE_HOME", journey.home()).env("ATTUNE_STARTER", starter);
        let output = evaluate.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        tasks::share_of_right(&report).unwrap_or_else(|| panic!("{report}"))
    };
    (share(&task.asked_before(), "starter"), share(&task.kept_aside, model))
}
