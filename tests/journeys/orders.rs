//! A training is bought at a place far away: the price stands on the button, one press buys once, the
//! window shows it to its end and what it cost; a locked-out account pays nothing.

use attune_testkit::fake_service::FakeSettings;

use crate::desk::{self, Desk, Keep};
use crate::support::say;

#[test]
fn a_training_is_bought_for_the_price_on_the_button() {
    let desk = Desk::begin("orders");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    assert!(desk.service.files().is_empty(), "a price sends nothing");
    desk.look_everywhere(&window, "price");
    desk.journey.album.guide_picture(&window, "price");
    desk::press_start(&window);
    window.sees(&desk::of_place("train.title.running.far"));
    window.is_accessible();
    desk.journey.album.guide_picture(&window, "elsewhere");
    desk.wait_done(&window);
    window.sees(&desk::cost(""));
    desk.look_everywhere(&window, "done");
    desk.wait_removed(&window);
    desk::see_stored(&window);
    window.sees(&say("stored.remove"));
    desk.look_everywhere(&window, "stored");
    desk.bought_once();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn a_locked_out_account_reads_why_and_pays_nothing() {
    let desk = Desk::begin("locked-out");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::LOCKED_OUT_TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    window.sees(&desk::of_place("failure.account_locked_out"));
    window.is_accessible();
    window.sees(&desk::cost("0"));
    desk.look_everywhere(&window, "locked-out");
    desk.wait_removed(&window);
    assert!(desk.service.ledger().rows().is_empty());
    desk.journey.quit_without_trace(window, &[FakeSettings::LOCKED_OUT_TOKEN]);
}
