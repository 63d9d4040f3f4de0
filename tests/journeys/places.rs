//! A place to train is connected with a key on a computer without a password vault: what cannot be a
//! key is refused beside its field, a good one is tried and kept only as the person says, and it
//! stands in no file.

use attune_testkit::fake_service::{FakeService, FakeSettings};

use crate::desk;
use crate::steps;
use crate::support::{Journey, say};

#[test]
fn a_place_is_connected_and_its_key_is_gone_with_the_session() {
    let service = FakeService::start(FakeSettings::default());
    let journey = Journey::begin("places");
    let window = journey.open();
    desk::open_places(&window);
    steps::wait_state(&window, "empty");
    window.press("button", &say("services.connect"));
    window.press_beginning(&say("services.kind.compatible"));
    window.fill("textbox", &say("services.own.title"), "Our cluster");
    window.fill("textbox", &say("services.own.address"), &service.base_url());
    window.choose_card(&say("services.keep.session"));
    window.fill("textbox", &say("services.field"), FakeSettings::ADMIN_TOKEN);
    window.press("button", &say("services.save.new"));
    window.sees(&say("failure.key_is_admin"));
    journey.album.take(&window, "refused");
    window.is_accessible();

    window.fill("textbox", &say("services.field"), FakeSettings::TOKEN);
    window.press("button", &say("services.save.new"));
    window.sees(&say("services.verdict.works_unknown_models"));
    window.sees("6789");
    window.is_accessible();
    journey.album.take(&window, "connected");
    assert!(service.ledger().rows().is_empty() && service.files().is_empty());
    journey.quit_without_trace(window, &[FakeSettings::TOKEN, FakeSettings::ADMIN_TOKEN]);

    let window = journey.open();
    desk::open_places(&window);
    window.sees(&say("services.key.gone"));
    journey.album.take(&window, "gone");
    window.is_accessible();
    window.quit();
}
