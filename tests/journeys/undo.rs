//! Undo has no end, and no restart ends it.

use attune_contract::params;
use attune_testkit::{GroupTask, Pair, chat_jsonl};

use crate::steps::{self, Place};
use crate::support::{Journey, key, say, say_with};

#[test]
fn undo_reaches_back_over_a_restart() {
    let journey = Journey::begin("undo");
    let mut pairs = GroupTask { seed: 51, groups: 3, rows: 30 }.pairs();
    // Five examples without an answer, to be left out together.
    pairs.extend(
        (0..5).map(|number| Pair { question: format!("Number {number}?"), answer: String::new() }),
    );
    let file = journey.equipment.file("messages.jsonl", chat_jsonl(&pairs));
    let window = journey.open();
    let project = steps::bring_in(&journey, &window, &file);
    let now = || steps::snapshot(&journey.library(), project);
    let version = || journey.library().history(project).unwrap().version;
    let brought_in = now();
    assert_eq!(brought_in.len(), 35);

    steps::open_row(&window, 0);
    window.fill("textbox", &say("card.answer"), "quite another answer");
    steps::wait_saved(&window, "the edit", || now() != brought_in);
    let edited = now();

    steps::go_ready(&window, Place::Check);
    let leave_out = say_with("check.leave_out", &params!["n" => 5_u64]);
    window.press("button", &leave_out);
    steps::wait_saved(&window, "the five left out", || now().len() == 30);
    let left_out = now();
    journey.album.take(&window, "left-out");

    steps::go_ready(&window, Place::Examples);
    steps::undo(&journey, &window, project);
    steps::wait_saved(&window, "the five back", || now() == edited);
    steps::redo(&journey, &window, project);
    steps::wait_saved(&window, "the five left out again", || now() == left_out);
    let before_restart = version();
    window.quit();

    assert_eq!(now(), left_out, "what was shown as saved is there after the end");
    let window = journey.open();
    steps::wait_route(&window, "examples");
    steps::wait_state(&window, "ready");
    assert_eq!(version(), before_restart, "opening changes nothing");
    steps::undo(&journey, &window, project);
    steps::wait_saved(&window, "the five back after the restart", || now() == edited);
    // By keyboard, as everywhere else.
    window.chord(&[key::CONTROL], "z");
    steps::wait_saved(&window, "the edit undone", || now() == brought_in);
    steps::redo(&journey, &window, project);
    steps::wait_saved(&window, "the edit done again", || now() == edited);
    journey.album.take(&window, "after-restart");
    steps::undo(&journey, &window, project);
    steps::wait_saved(&window, "the edit undone again", || now() == brought_in);
    steps::undo(&journey, &window, project);
    steps::wait_saved(&window, "the import undone", || now().is_empty());
    steps::redo(&journey, &window, project);
    steps::wait_saved(&window, "the import done again", || now() == brought_in);
    journey.library().verify().unwrap();
    window.quit();
}
