//! From the welcome page to a running training without a pointer, and always seeing where one is.

use serde_json::{Value, json};

use crate::steps;
use crate::support::{Journey, Window, key, say};

/// So many stops a person may need to the main action (ux, heuristic 26).
const MOST_STOPS: usize = 25;

/// Presses Tab until the control has the focus; every stop on the way can be seen.
#[track_caller]
fn tab_to(window: &Window, is_it: impl Fn(&Value) -> bool, what: &str) -> usize {
    let mut passed = Vec::new();
    for stops in 1..=MOST_STOPS {
        window.keys(key::TAB);
        let focus = window.focus();
        passed.push(focus["name"].to_string());
        if focus.is_null() {
            continue; // The browser's own frame, between the last stop and the first.
        }
        assert_eq!(focus["hasRing"], true, "no ring can be seen on {focus}");
        assert_eq!(focus["isUncovered"], true, "something covers {focus}");
        if is_it(&focus) {
            return stops;
        }
    }
    window.give_up(&format!("{MOST_STOPS} stops of the Tab key to {what}, not {passed:?}"));
}

fn named(name: String) -> impl Fn(&Value) -> bool {
    move |focus| {
        focus["name"]
            .as_str()
            .is_some_and(|found| found == name || found.starts_with(&format!("{name},")))
    }
}

#[test]
fn the_sample_is_trained_by_keyboard() {
    let journey = Journey::begin("keyboard");
    let window = journey.open();
    window.script("window.presses = 0; addEventListener('pointerdown', () => { window.presses += 1; }, true); return true;", &json!([]));
    tab_to(&window, named(say("action.start_sample")), "the sample");
    journey.album.take(&window, "focus-welcome");
    window.keys(key::ENTER);
    steps::wait_route(&window, "examples");
    steps::wait_state(&window, "ready");
    journey.album.take(&window, "examples");

    // The list is one stop; its rows are reached with the arrows.
    tab_to(&window, |focus| focus["role"] == "row", "the list");
    window.keys(key::DOWN);
    assert_eq!(window.focus()["role"], "row");
    journey.album.take(&window, "focus-row");

    tab_to(&window, named(say("rail.train")), "the step Train");
    window.keys(key::ENTER);
    steps::wait_route(&window, "train");
    steps::wait_state(&window, "ready");
    tab_to(&window, named(say("train.start")), "the start");
    journey.album.take(&window, "focus-start");
    window.keys(key::ENTER);
    let project = steps::newest_project(&journey.library());
    let launch = steps::wait_launch(&journey, &window, project, "running");
    steps::wait_losses(&journey, &window, &launch.launch_id, 1);
    assert_eq!(window.script("return window.presses;", &json!([])), 0, "a pointer was used");
    window.quit();
}

#[test]
fn the_skip_link_leads_to_the_page() {
    let journey = Journey::begin("skip_link");
    let window = journey.open();
    let stops = tab_to(&window, named(say("app.skip")), "the skip link");
    assert!(stops <= 2, "{stops} stops to the skip link");
    window.keys(key::ENTER);
    assert_eq!(window.focus()["tag"], "h1");
    window.quit();
}
