//! What was spent, what may be spent, and what using a model will cost, in every state.

use std::path::Path;

use attune_store::{LaunchRow, Library, LibraryOptions, SpendRow};

use super::{Gallery, Variables, force, remember};
use crate::steps::{self, Place};
use crate::support::{Journey, Window, say};

/// Writes down an order that a place far away refused, before the training `trained`, so that the list of
/// paid actions has a row.
#[track_caller]
pub(super) fn order_once(journey: &Journey, trained: &LaunchRow) {
    let at_ms = trained.created_at_ms - 1;
    let order = LaunchRow {
        launch_id: "01KAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        service: "openai".to_owned(),
        model: "gpt-4.1-mini-2025-04-14".to_owned(),
        state: "not_started".to_owned(),
        job_id: None,
        created_at_ms: at_ms,
        result_model: None,
        progress_json: None,
        ..trained.clone()
    };
    let spend = SpendRow {
        token_sha: "a token".to_owned(),
        launch_id: order.launch_id.clone(),
        request_sha: order.request_sha.clone(),
        expected_micro_usd: Some(1_234_567),
        ceiling_micro_usd: 1_240_000,
        confirmed_at_ms: at_ms,
    };
    let library = Library::open(LibraryOptions::new(journey.home().to_owned())).unwrap();
    library.launch_insert_paid(&order, &spend).unwrap();
}

/// The views of a project that was trained.
#[track_caller]
pub(super) fn walk(gallery: &mut Gallery, window: &Window) {
    steps::go_ready(window, Place::Spending);
    gallery.look_at(window, "spending", "ready", "");
    window.press("button", &say("prices.heading"));
    window.find("button", &say("prices.add"));
    gallery.look_at(window, "spending", "ready", "-prices");
    force(gallery, window, Place::Spending, "spending", "spend_read");
    outlook(gallery, window);
}

#[track_caller]
fn outlook(gallery: &mut Gallery, window: &Window) {
    let open = || {
        steps::go_ready(window, Place::Train);
        window.press("button", &say("order.outlook"));
        steps::wait_route(window, "outlook");
    };
    open();
    steps::wait_state(window, "ready");
    gallery.look_at(window, "outlook", "ready", "");
    gallery.journey.equipment.fail_commands(&["outlook_read"]);
    open();
    steps::wait_state(window, "failed");
    gallery.look_at(window, "outlook", "failed", "");
    gallery.journey.equipment.fail_commands(&[]);
    gallery.journey.equipment.hold_commands(&["outlook_read"]);
    open();
    steps::wait_state(window, "loading");
    gallery.look_at(window, "outlook", "loading", "");
    gallery.journey.equipment.hold_commands(&[]);
    steps::wait_state(window, "ready");
}

/// The views in a library without a project: nothing was paid for, and nothing can be worked out.
#[track_caller]
pub(super) fn empty(gallery: &mut Gallery, window: Window, home: &Path, system: Variables) {
    steps::go_ready(&window, Place::Settings);
    window.press("button", &say("settings.spending.open"));
    steps::wait_route(&window, "spending");
    steps::wait_state(&window, "empty");
    gallery.look_at(&window, "spending", "empty", "");
    steps::to_welcome(&window);
    window.press("button", &say("welcome.type"));
    steps::wait_route(&window, "examples");
    steps::wait_state(&window, "empty");
    // No button leads there from a project without examples, but a window may open there.
    let project = steps::newest_project(&Library::open_reading(home.to_owned()).unwrap());
    remember(&window, &format!("outlook@examples/{}", project.0));
    window.quit();
    let window = gallery.journey.start(home, system);
    steps::wait_route(&window, "outlook");
    steps::wait_state(&window, "empty");
    gallery.look_at(&window, "outlook", "empty", "");
    window.quit();
}
