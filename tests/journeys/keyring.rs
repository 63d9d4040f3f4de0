//! A key is kept in a real keyring: it outlives the window and stands in no file as it is. A keyring
//! that is locked is spoken of, and the key can be kept another way.

use attune_testkit::fake_service::FakeSettings;

use crate::desk::{self, Desk, Keep};
use crate::support::say;

#[test]
fn a_key_in_the_keyring_outlives_the_window() {
    let desk = Desk::begin("keyring");
    let keyring = desk.journey.start_keyring();
    let window = desk.open_with(&[keyring.variable()]);
    desk::open_places(&window);
    window.press("button", &say("services.key.add"));
    window.sees(&say("services.keep.is.keyring"));
    desk.look_everywhere(&window, "asked");
    desk::save_key(&window, FakeSettings::TOKEN);
    window.sees(&desk::kept("keyring"));
    desk.look_everywhere(&window, "kept");
    assert!(!desk.journey.home().join("keys.sealed").exists(), "no file of keys is needed");
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);

    let window = desk.open_with(&[keyring.variable()]);
    desk::see_stored(&window);
    window.sees(&desk::kept("keyring"));
    // Only with the key can the place be asked for that.
    window.sees(&desk::of_place("stored.none"));
    desk.journey.album.take(&window, "found-again");
    window.is_accessible();
    desk::come_to_the_price(&window);
    assert!(desk.service.files().is_empty() && desk.service.ledger().rows().is_empty());
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn a_locked_keyring_says_so_and_the_key_is_kept_another_way() {
    let desk = Desk::begin("keyring-locked");
    let keyring = desk.journey.start_keyring();
    let window = desk.open_with(&[keyring.variable()]);
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Keyring);
    keyring.lock();
    window.press("button", &say("services.check"));
    window.sees(&say("failure.keyring_locked"));
    desk.look_everywhere(&window, "locked");

    window.press("button", &say("services.key.change"));
    window.fill("textbox", &say("services.field"), FakeSettings::TOKEN);
    window.press("button", &say("services.save.key"));
    // The other ways lie open once the usual one has failed.
    window.choose_card(&say("services.keep.session"));
    desk.look_everywhere(&window, "another-way");
    desk::save_key(&window, FakeSettings::TOKEN);
    window.sees(&desk::kept("session"));
    window.press("button", &say("services.check"));
    desk::wait_unsaid(&window, &say("failure.keyring_locked"));
    desk.journey.album.take(&window, "kept");
    window.is_accessible();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}
