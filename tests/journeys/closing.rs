//! Closing the window while it trains only hides it; a second start shows it again. Quitting pauses
//! the training at a saved moment, the window says so, and after opening again it goes on.

use attune_contract::params;

use crate::steps;
use crate::support::{Journey, Wait, say, say_with};

/// Long enough to be closed in the middle, the same every time: the sample has a fixed seed.
const SETTINGS: [(&str, &str); 3] =
    [("setting.rounds", "12"), ("setting.layers", "1"), ("setting.width", "64")];

#[test]
fn closing_hides_and_quitting_pauses() {
    let journey = Journey::begin("closing");
    let window = journey.open();
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    let project = steps::newest_project(&journey.library());
    steps::start_training(&window, &SETTINGS);
    let whole = steps::wait_launch(&journey, &window, project, "succeeded");
    let undisturbed = steps::losses(&journey.library(), &whole.launch_id);
    steps::they_fall(&undisturbed);
    window.sees(&say("train.title.done"));

    steps::start_training(&window, &SETTINGS);
    let launch = steps::wait_launch(&journey, &window, project, "running");
    assert_ne!(launch.launch_id, whole.launch_id);
    steps::wait_losses(&journey, &window, &launch.launch_id, 5);
    window.press_close(journey.display());
    journey.equipment.wait_told("window.hidden");
    let heard = steps::losses(&journey.library(), &launch.launch_id).len();
    steps::wait_losses(&journey, &window, &launch.launch_id, heard + 5);
    let second = journey.start_unseen(&[]);
    second.family.wait_gone();
    journey.equipment.wait_told("window.shown");
    drop(second);

    // The engine stands still for a moment, so that what the window says can be read in peace.
    let engine = window.engine();
    engine.freeze();
    const QUIT: &str = "void window.__TAURI_INTERNALS__.invoke('app_quit', { request: {} });";
    window.script(QUIT, &serde_json::json!([]));
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
    assert!(known.len() < undisturbed.len(), "it had ended before it was closed");

    let window = journey.open();
    steps::wait_route(&window, "train");
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
    let losses = steps::losses(&journey.library(), &launch.launch_id);
    assert_eq!(losses.last(), undisturbed.last(), "the pause changed what was learnt");
    let (spans, others) = (steps::spans(&losses), steps::spans(&undisturbed));
    let common: Vec<_> = spans.keys().filter(|span| others.contains_key(span)).collect();
    assert!(common.len() >= 10, "too few spans to compare: {losses:?} and {undisturbed:?}");
    for span in common {
        assert!((spans[span] - others[span]).abs() < 1e-12, "steps {span:?} learnt otherwise");
    }
    window.quit();
}
