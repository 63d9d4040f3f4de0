//! A model to start from: pointed to on this computer, or fetched; tried, trained, and asked as it
//! was before and as it is now.

use attune_store::{LaunchRow, ProjectId};
use attune_testkit::GroupTask;

use crate::steps;
use crate::support::{Journey, Wait, Window, say};

#[test]
fn a_model_of_ones_own_is_tried_trained_and_asked_before_and_now() {
    let journey = Journey::begin("starter");
    let window = journey.open();
    let pairs = GroupTask { seed: 52, groups: 3, rows: 60 }.pairs();
    let file = journey.equipment.file("own.csv", attune_testkit::csv(&pairs));
    let project = steps::bring_in(&journey, &window, &file);
    steps::open_plan(&window);
    steps::use_own_model(&journey, &window);
    steps::set(&window, &steps::ADD_ON);
    window.press("button", &say("fit.try"));
    window.wait_text(Wait::Training, &say("fit.fits"));
    window.sees(&say("fit.speed"));
    journey.album.take(&window, "fits");
    window.is_accessible();
    window.press("button", &say("train.start"));
    let launch = steps::wait_launch(&journey, &window, project, "succeeded");
    assert!(launch.model.starts_with("own:"), "{}", launch.model);
    window.wait_text(Wait::Training, &say("train.title.done"));
    steps::they_fall(&steps::losses(&journey.library(), &launch.launch_id));
    assert_eq!(steps::setting(&launch, "rank"), Some(4.0), "{launch:?}");
    journey.album.take(&window, "trained");
    window.is_accessible();
    before_and_now(&journey, &window, project, &launch);
    window.quit();
}

/// The test asks twice: every question has an answer of before and one of now.
#[track_caller]
fn before_and_now(journey: &Journey, window: &Window, project: ProjectId, launch: &LaunchRow) {
    window.press("button", &say("train.done.test"));
    steps::wait_route(window, "test");
    window.sees(&say("test.start.twice"));
    window.press("button", &say("test.start.button"));
    let finished = || {
        let latest = journey.library().evaluation_latest_of_launch(&launch.launch_id).ok()??;
        (latest.state == "finished").then_some(latest)
    };
    let test = crate::support::until(Wait::Training, finished)
        .unwrap_or_else(|| window.give_up("the test to finish"));
    assert_eq!((test.project, test.before_model.as_deref()), (project, Some(&*launch.model)));
    let (answers, total) = journey.library().answers(test.id, 0, 200, false).unwrap();
    assert_eq!((total, test.done), (6, 6));
    for answer in &answers {
        let before = answer.before.as_ref().unwrap_or_else(|| panic!("no before: {answer:?}"));
        assert_eq!(before.right, before.answer.trim() == answer.expected.trim(), "{answer:?}");
        assert_eq!(answer.right, answer.answer.trim() == answer.expected.trim(), "{answer:?}");
        window.sees(&answer.question);
    }
    let is_other = answers.iter().any(|row| row.before.as_ref().unwrap().answer != row.answer);
    assert!(is_other, "training changed no answer: {answers:?}");
    window.sees(&say("test.rows.before"));
    window.sees(&say("test.rows.after"));
    journey.album.take(window, "before-and-now");
    window.is_accessible();
}
