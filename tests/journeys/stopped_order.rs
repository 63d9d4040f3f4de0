//! A training at a place far away is stopped in the window: it ends there and here, the page says what
//! it may cost, and nothing of it stays at the place.

use attune_contract::params;
use attune_testkit::fake_service::FakeSettings;

use crate::desk::{self, Desk, Keep};
use crate::support::{Wait, say, say_with};

#[test]
fn a_stop_ends_the_training_there_and_here() {
    let desk = Desk::begin("order-stopped");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    desk.wait_learning(&window);
    // The amount is in the pictures.
    let (title, most) = (desk::TITLE, "|");
    let unknown = say_with("order.stopped.unknown", &params![title, most]);
    window.sees(unknown.split('|').next().unwrap_or_default());
    desk.look_everywhere(&window, "learning");
    window.press("button", &say("action.stop"));
    // It may cost money and cannot be taken back.
    window.sees(&say("order.stop.for_good"));
    desk.look_everywhere(&window, "stop");
    window.press("button", &say("order.stop.keep"));
    desk::wait_unsaid(&window, &say("order.stop.for_good"));
    assert_ne!(desk.service.jobs()[0].status, "cancelled");
    window.press("button", &say("action.stop"));
    window.press("button", &say("order.stop.do"));
    window.wait_text(Wait::Training, &say("train.title.stopped"));
    // What a stopped training costs, the place does not tell: the most it may be is said.
    window.sees(&say("order.cost.ceiling"));
    desk.look_everywhere(&window, "stopped");
    assert_eq!(desk.latest().state, "cancelled");
    assert_eq!(desk.service.jobs()[0].status, "cancelled");
    let ledger = desk.service.ledger();
    assert!(ledger.rows()[0].is_settled && ledger.billed_micro_usd() > 0, "{ledger:?}");
    desk.bought_once();
    desk.wait_removed(&window);
    desk::see_stored(&window);
    window.sees(&desk::of_place("stored.none"));
    desk.journey.album.take(&window, "nothing-stored");
    window.is_accessible();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}
