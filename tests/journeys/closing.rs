//! Closing and quitting while it trains: the cross only hides the window, and the training goes on
//! to its end; Quit pauses at a saved moment, from which it goes on after opening again.

use attune_contract::params;

use crate::steps::{self, Place};
use crate::support::{Journey, Recorder, Wait, say, say_with};

/// Long enough to be closed in the middle, the same every time: the sample has a fixed seed.
const SETTINGS: [(&str, &str); 3] =
    [("setting.rounds", "30"), ("setting.layers", "1"), ("setting.width", "64")];

#[test]
fn quitting_pauses_and_opening_goes_on() {
    let journey = Journey::begin("closing");
    let window = journey.open();
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    let project = steps::newest_project(&journey.library());
    steps::start_training(&window, &SETTINGS);
    let whole = steps::wait_launch(&journey, &window, project, "succeeded");
    steps::they_fall(&steps::losses(&journey.library(), &whole.launch_id));
    let undisturbed = steps::valid_losses(&journey.library(), &whole.launch_id);
    assert!(undisturbed.len() >= 12, "too few looks to compare: {undisturbed:?}");
    window.sees(&say("train.title.done"));

    steps::start_training(&window, &SETTINGS);
    let launch = steps::wait_launch(&journey, &window, project, "running");
    assert_ne!(launch.launch_id, whole.launch_id);
    steps::wait_losses(&journey, &window, &launch.launch_id, 5);
    // The engine stands still for a moment, so that what the window says can be read in peace.
    let engine = window.engine();
    engine.freeze();
    steps::go_ready(&window, Place::Settings);
    window.press("button", &say("action.quit"));
    window.sees(&say("closing.heading"));
    window.sees(&say_with("closing.words", &params!["n" => 1_u64]));
    journey.album.take(&window, "closing");
    window.is_accessible();
    engine.thaw();
    window.family.wait_gone();
    drop(window);

    let paused = journey.library().launch(&launch.launch_id).unwrap();
    assert_eq!(paused.state, "paused", "{paused:?}");
    let known = steps::losses(&journey.library(), &launch.launch_id);
    let last = |losses: &[(u64, f64)]| losses.last().map(|&(step, _)| step);
    let total = undisturbed.keys().max().copied();
    assert!(last(&known) < total, "it had ended before it was closed: {known:?}");

    let window = journey.open();
    steps::go_ready(&window, Place::Train);
    window.sees(&say("train.title.paused"));
    window.sees(&say("train.state.paused"));
    journey.album.take(&window, "paused");
    window.is_accessible();
    assert_eq!(
        steps::losses(&journey.library(), &launch.launch_id).len(),
        known.len(),
        "nothing goes on unasked"
    );
    window.press("button", &say("action.go_on"));
    window.wait_text(Wait::Training, &say("train.title.done"));
    steps::wait_launch(&journey, &window, project, "succeeded");
    assert_eq!(last(&steps::losses(&journey.library(), &launch.launch_id)), total);
    assert_eq!(
        steps::valid_losses(&journey.library(), &launch.launch_id),
        undisturbed,
        "the pause changed what was learnt"
    );
    window.quit();
}

#[test]
fn close_while_training_hides_the_window_and_the_training_ends_well() {
    let journey = Journey::begin("close_while_training");
    let window = journey.open();
    let notes = Recorder::beside(&window);
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    let project = steps::newest_project(&journey.library());
    steps::start_training(&window, &SETTINGS);
    let launch = steps::wait_launch(&journey, &window, project, "running");
    steps::wait_losses(&journey, &window, &launch.launch_id, 2);
    // The engine stands still, so that the training cannot end before the window is closed.
    let engine = window.engine();
    engine.freeze();
    window.press_close(journey.display());
    // This bus has no tray, so the window hides and says so in a note.
    journey.equipment.wait_told("window.hidden");
    assert_eq!(notes.wait_note(&say("notice.hidden.title")), say("notice.hidden.words"));
    assert_eq!(journey.library().launch(&launch.launch_id).unwrap().state, "running");
    engine.thaw();

    let finished = steps::wait_launch(&journey, &window, project, "succeeded");
    assert_eq!(finished.launch_id, launch.launch_id);
    steps::they_fall(&steps::losses(&journey.library(), &launch.launch_id));
    notes.wait_note(&say("notice.done.title"));
    assert_eq!(window.family.programs().len(), 1, "the program goes on without its window");

    let second = journey.start_unseen(&[]);
    journey.equipment.wait_told("window.shown");
    second.family.wait_gone();
    assert_eq!(window.family.programs().len(), 1, "the library has one owner");
    window.sees(&say("train.title.done"));
    journey.album.take(&window, "shown-again");
    window.is_accessible();
    assert!(window.is_on_screen(journey.display()), "the second start shows the window");
    window.quit();
}
