//! The pictures of the guide: the sample's way from its first press to its answers, so that they
//! show what a person meets. What each picture shows is asserted in the library.

use attune_contract::params;
use attune_store::ProjectId;

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, say_with};

const QUESTION: &str = "The chain fell off again, can you fix it?";

#[test]
fn the_sample_from_its_start_to_its_answers() {
    let journey = Journey::begin("guide-sample");
    let window = journey.open();
    steps::wait_route(&window, "welcome");
    journey.album.guide_picture(&window, "welcome");
    columns(&journey, &window);
    steps::to_welcome(&window);
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    steps::wait_state(&window, "ready");
    steps::open_row(&window, 2);
    journey.album.guide_picture(&window, "examples");
    steps::go_ready(&window, Place::Check);
    window.sees(&say_with("check.lead.good", &params!["n" => 240_u64]));
    journey.album.guide_picture(&window, "check");
    let project = steps::newest_project(&journey.library());
    train(&journey, &window, project);
    test(&journey, &window, project);
    window.quit();
}

/// The sample as a table of one's own, up to the choice of its columns.
#[track_caller]
fn columns(journey: &Journey, window: &Window) {
    let file = journey.equipment.file("messages.csv", attune_dataset::sample::MESSAGES_CSV);
    steps::pick(journey, window, &file);
    steps::wait_route(window, "import");
    window.sees("messages.csv");
    journey.album.guide_picture(window, "import");
}

#[track_caller]
fn train(journey: &Journey, window: &Window, project: ProjectId) {
    steps::go_ready(window, Place::Train);
    journey.album.guide_picture(window, "plan");
    window.press("button", &say("train.start"));
    let launch = steps::wait_launch(journey, window, project, "running");
    steps::wait_losses(journey, window, &launch.launch_id, 4);
    journey.album.guide_picture(window, "train");
    window.wait_text(Wait::Training, &say("train.title.done"));
    let launch = steps::wait_launch(journey, window, project, "succeeded");
    steps::they_fall(&steps::losses(&journey.library(), &launch.launch_id));
}

#[track_caller]
fn test(journey: &Journey, window: &Window, project: ProjectId) {
    window.press("button", &say("train.done.test"));
    steps::wait_route(window, "test");
    window.press("button", &say("test.start.button"));
    let finished = || {
        let latest = journey.library().evaluation_latest(project).ok()??;
        (latest.state == "finished").then_some(latest)
    };
    let test = crate::support::until(Wait::Training, finished)
        .unwrap_or_else(|| window.give_up("the test to finish"));
    let (answers, total) = journey.library().answers(test.id, 0, 200, false).unwrap();
    let right = answers.iter().filter(|answer| answer.right).count();
    assert_eq!(total, 24);
    assert!(right >= 15, "{right} of 24 right: guessing gets about 5");
    window.wait_text(Wait::Usual, &say("test.rows.heading"));
    journey.album.guide_picture(window, "test");
    window.press("tab", &say("test.tab.chat"));
    window.fill("textbox", &say("chat.field"), QUESTION);
    window.press("button", &say("chat.send"));
    let answered = || {
        let lines = journey.library().chat_messages(project, &test.launch_id).ok()?;
        (lines.len() == 2).then(|| lines[1].content.clone())
    };
    let answer = crate::support::until(Wait::Training, answered)
        .unwrap_or_else(|| window.give_up("an answer in the library"));
    window.sees(&answer);
    journey.album.guide_picture(window, "chat");
}
