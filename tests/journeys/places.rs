//! A place to train is connected with a key on a computer without a password vault: what cannot be a
//! key is refused beside its field, a good one is tried and kept only as the person says, and it
//! stands in no file.

use std::fs;
use std::path::Path;

use attune_testkit::fake_service::{FakeService, FakeSettings};

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say};

#[test]
fn a_place_is_connected_and_its_key_is_gone_with_the_session() {
    let service = FakeService::start(FakeSettings::default());
    let journey = Journey::begin("places");
    // No session bus, so no password vault, whatever the computer of the test has.
    let without_vault = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    let window = journey.open_with(&without_vault);
    open_places(&window);
    steps::wait_state(&window, "empty");
    window.press("button", &say("services.connect"));
    window.press_beginning(&say("services.kind.compatible"));
    window.fill("textbox", &say("services.own.title"), "Our cluster");
    window.fill("textbox", &say("services.own.address"), &service.base_url());
    window.choose_card(&say("services.keep.session"));
    window.fill("textbox", &say("services.field"), FakeSettings::ADMIN_TOKEN);
    window.press("button", &say("services.save.new"));
    window.wait_text(Wait::Usual, &say("failure.key_is_admin"));
    journey.album.take(&window, "refused");
    window.is_accessible();

    window.fill("textbox", &say("services.field"), FakeSettings::TOKEN);
    window.press("button", &say("services.save.new"));
    window.wait_text(Wait::Usual, &say("services.verdict.works_unknown_models"));
    window.wait_text(Wait::Usual, "6789");
    window.is_accessible();
    journey.album.take(&window, "connected");
    assert!(!window.text().contains(FakeSettings::TOKEN));
    assert!(service.ledger().rows().is_empty() && service.files().is_empty());
    window.quit();
    assert!(!lies_below(journey.home(), FakeSettings::TOKEN), "the key lies in a file");

    let window = journey.open_with(&without_vault);
    open_places(&window);
    window.wait_text(Wait::Usual, &say("services.key.gone"));
    journey.album.take(&window, "gone");
    window.is_accessible();
    window.quit();
}

fn open_places(window: &Window) {
    steps::go_ready(window, Place::Settings);
    window.press("button", &say("settings.places.open"));
    steps::wait_route(window, "services");
}

/// Whether a text stands in any file below a folder.
fn lies_below(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return lies_below(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
