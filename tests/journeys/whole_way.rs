//! The whole way: from a person's own table to an assistant that answers.

use std::collections::BTreeSet;

use attune_contract::params;
use attune_store::{LaunchRow, ProjectId};
use attune_testkit::{GroupTask, Pair};
use serde_json::json;

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, say_with};

const TASK: GroupTask = GroupTask { seed: 41, groups: 3, rows: 90 };

/// A table with a column that is neither question nor answer, the answer before the question.
fn table(pairs: &[Pair]) -> String {
    let rows = pairs.iter().enumerate();
    let row = |(index, pair): (usize, &Pair)| {
        format!("{};{};{}\r\n", index + 100, pair.answer, pair.question)
    };
    format!("ticket;kind;said\r\n{}", rows.map(row).collect::<String>())
}

#[test]
fn welcome_to_chat() {
    let journey = Journey::begin("welcome_to_chat");
    let window = journey.open();
    steps::wait_route(&window, "welcome");
    journey.album.take(&window, "welcome");
    let pairs = TASK.pairs();
    let project = bring_in_by_columns(&journey, &window, &pairs);
    let edited = edit(&journey, &window, project);
    check(&journey, &window);
    let launch = train(&journey, &window, project, &edited);
    test(&journey, &window, project, &launch);
    chat(&journey, &window, project, &launch);
    another_task_learns_otherwise(&journey, window, &launch);
}

#[track_caller]
fn bring_in_by_columns(journey: &Journey, window: &Window, pairs: &[Pair]) -> ProjectId {
    let file = journey.equipment.file("tickets.csv", table(pairs));
    steps::pick(journey, window, &file);
    steps::wait_route(window, "import");
    window.sees("tickets.csv");
    window.choose(&say("import.question"), "said");
    window.choose(&say("import.answer"), "kind");
    journey.album.take(window, "columns");
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    window.sees(&say_with("import.done.good", &params!["n" => 90_u64]));
    journey.album.take(window, "brought-in");
    window.is_accessible();
    window.press("button", &say("import.done.see"));
    steps::wait_route(window, "examples");
    steps::wait_state(window, "ready");
    let library = journey.library();
    let project = steps::newest_project(&library);
    assert_eq!(steps::pairs_of(&library, project), pairs, "every row, in its order");
    project
}

/// Changes the second example and gives what the library then has.
#[track_caller]
fn edit(journey: &Journey, window: &Window, project: ProjectId) -> Vec<Pair> {
    steps::open_row(window, 1);
    let mut wanted = steps::pairs_of(&journey.library(), project);
    wanted[1].question += " and so on\nin two lines";
    window.fill("textbox", &say("card.question"), &wanted[1].question);
    steps::wait_saved(window, "the change", || {
        steps::pairs_of(&journey.library(), project) == wanted
    });
    journey.album.take(window, "edited");
    wanted
}

#[track_caller]
fn check(journey: &Journey, window: &Window) {
    steps::go_ready(window, Place::Check);
    window.sees(&say_with("check.lead.good", &params!["n" => 90_u64]));
    window.sees(&say_with("check.split.test", &params!["n" => 9_u64]));
    journey.album.take(window, "check");
}

#[track_caller]
fn train(journey: &Journey, window: &Window, project: ProjectId, pairs: &[Pair]) -> LaunchRow {
    steps::go_ready(window, Place::Train);
    steps::start_training(window, &steps::LIVE);
    window.sees(&say("train.title.running"));
    is_drawn_live(journey, window, project);
    journey.album.take(window, "training");
    window.is_accessible();
    window.wait_text(Wait::Training, &say("train.title.done"));
    let launch = steps::wait_launch(journey, window, project, "succeeded");
    journey.album.take(window, "trained");
    let losses = steps::losses(&journey.library(), &launch.launch_id);
    steps::they_fall(&losses);
    shows_the_losses(window, &losses);
    files_are_named_by_their_hash(journey, &launch, pairs);
    launch
}

/// While it learns, the line of the chart grows with the losses that come in.
#[track_caller]
fn is_drawn_live(journey: &Journey, window: &Window, project: ProjectId) {
    const POINTS: &str = "const line = document.querySelector('main svg[role=img] path');\
        const points = (line?.getAttribute('d') ?? '').split(/[ML]/).length - 1;\
        return points >= 2 ? points : null;";
    let first = window.wait_for(Wait::Training, "a line in the chart", POINTS);
    let launch = journey.library().launches(project).unwrap().remove(0);
    steps::wait_losses(journey, window, &launch.launch_id, 2);
    let grown = POINTS.replace(">= 2", &format!("> {first}"));
    window.wait_for(Wait::Training, "the line to grow", &grown);
}

/// The table behind the chart has the losses that are stored.
#[track_caller]
fn shows_the_losses(window: &Window, losses: &[(u64, f64)]) {
    window.press("button", &say("train.chart.show_table"));
    const ROWS: &str = "const rows = [...document.querySelectorAll('main figure tbody tr')];\
        return rows.length ? rows.map((row) => [...row.children].map((cell) => \
          cell.textContent.trim())) : null;";
    let rows = window.wait_for(Wait::Usual, "the table of the chart", ROWS);
    let rows = rows.as_array().unwrap();
    assert!(rows.len() >= 3, "{rows:?}");
    for row in rows {
        let number = |at: usize| row[at].as_str().unwrap().replace(',', "").parse::<f64>();
        let step = number(0).unwrap();
        let Ok(shown) = number(1) else { continue };
        let stored = losses.iter().find(|(known, _)| (*known as f64 - step).abs() < 0.5);
        let (_, stored) = stored.unwrap_or_else(|| panic!("no loss of step {step} is stored"));
        assert!((stored - shown).abs() < 0.01, "step {step}: {shown} is shown, {stored} stored");
    }
    window.press("button", &say("train.chart.hide_table"));
}

/// What was trained on is kept under its hash: every example once, none in two parts.
#[track_caller]
fn files_are_named_by_their_hash(journey: &Journey, launch: &LaunchRow, pairs: &[Pair]) {
    let library = journey.library();
    let mut stored = BTreeSet::new();
    for hash in [&launch.train_file, &launch.validate_file, &launch.test_file] {
        let bytes = std::fs::read(library.file_path(hash).unwrap()).unwrap();
        assert_eq!(blake3::hash(&bytes).to_string(), *hash);
        for line in String::from_utf8(bytes).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let said = |role: &str| {
                let messages = row["messages"].as_array().unwrap();
                let message = messages.iter().find(|message| message["role"] == role).unwrap();
                message["content"].as_str().unwrap().to_owned()
            };
            let is_new = stored.insert(Pair { question: said("user"), answer: said("assistant") });
            assert!(is_new, "one row in two parts: {line}");
        }
    }
    assert_eq!(stored, pairs.iter().cloned().collect(), "the edited examples, all of them");
}

#[track_caller]
fn test(journey: &Journey, window: &Window, project: ProjectId, launch: &LaunchRow) {
    window.press("button", &say("train.done.test"));
    steps::wait_route(window, "test");
    window.press("button", &say("test.start.button"));
    let finished = || {
        let latest = journey.library().evaluation_latest_of_launch(&launch.launch_id).ok()??;
        (latest.state == "finished").then_some(latest)
    };
    let evaluation = crate::support::until(Wait::Training, finished)
        .unwrap_or_else(|| window.give_up("the test to finish"));
    let (answers, total) = journey.library().answers(evaluation.id, 0, 200, false).unwrap();
    assert_eq!((evaluation.project, total, evaluation.done), (project, 9, 9));
    let right = answers.iter().filter(|answer| answer.right).count();
    for answer in &answers {
        assert_eq!(answer.right, answer.answer.trim() == answer.expected.trim(), "{answer:?}");
    }
    let count = u64::try_from(right).unwrap();
    window.sees(say_with("test.right", &params!["right" => count, "total" => 9_u64]).trim());
    for answer in &answers {
        window.sees(&answer.question.replace('\n', " "));
    }
    journey.album.take(window, "tested");
}

#[track_caller]
fn chat(journey: &Journey, window: &Window, project: ProjectId, launch: &LaunchRow) {
    window.press("tab", &say("test.tab.chat"));
    let question = TASK.pairs()[5].question.clone();
    window.fill("textbox", &say("chat.field"), &question);
    window.press("button", &say("chat.send"));
    let lines = || {
        let lines = journey.library().chat_messages(project, &launch.launch_id).ok()?;
        (lines.len() == 2).then_some(lines)
    };
    let lines = crate::support::until(Wait::Training, lines)
        .unwrap_or_else(|| window.give_up("question and answer in the library"));
    assert_eq!((lines[0].role.as_str(), lines[0].content.as_str()), ("user", question.as_str()));
    assert_eq!(lines[1].role, "assistant");
    assert!(!lines[1].content.trim().is_empty(), "an answer of nothing");
    window.sees(&lines[1].content);
    journey.album.take(window, "chat");
}

/// A second project in another invented language: other losses, and the first one's stay.
#[track_caller]
fn another_task_learns_otherwise(journey: &Journey, window: Window, first: &LaunchRow) {
    let before = steps::losses(&journey.library(), &first.launch_id);
    let other = GroupTask { seed: 42, ..TASK }.pairs();
    let file = journey.equipment.file("other.csv", attune_testkit::csv(&other));
    let project = steps::bring_in(journey, &window, &file);
    steps::start_training(&window, &steps::SMALL);
    let second = steps::wait_launch(journey, &window, project, "succeeded");
    let losses = steps::losses(&journey.library(), &second.launch_id);
    steps::they_fall(&losses);
    assert_ne!(losses, before, "other examples give other losses");
    assert_eq!(steps::losses(&journey.library(), &first.launch_id), before);
    window.quit();
}

#[test]
fn the_sample_reaches_a_real_loss_in_three_presses() {
    let journey = Journey::begin("sample");
    let window = journey.open();
    // Every press counts itself, so that no helper can press unseen; one that met nothing does not.
    window.script(
        "window.presses = 0; document.addEventListener('click', (event) => { \
           if (event.isTrusted) window.presses += 1; }, true); return true;",
        &json!([]),
    );
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    steps::go_ready(&window, Place::Train);
    window.press("button", &say("train.start"));
    let project = steps::newest_project(&journey.library());
    let launch = steps::wait_launch(&journey, &window, project, "running");
    steps::wait_losses(&journey, &window, &launch.launch_id, 1);
    window.wait_for(
        Wait::Training,
        "a score on the chart",
        "return document.querySelector('main svg[role=img] path')?.getAttribute('d') || null;",
    );
    let presses = window.script("return window.presses;", &json!([]));
    assert!(
        presses.as_u64().is_some_and(|presses| (1..=3).contains(&presses)),
        "{presses} presses"
    );
    journey.album.take(&window, "first-loss");
    window.quit();
    let row = journey.library().project(project).unwrap();
    assert!(row.sample, "the sample is marked as ours");
}
