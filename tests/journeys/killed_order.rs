//! The light goes out while a training is ordered far away, or while it runs there. What was bought is
//! found and watched to its end, and nothing is bought twice.

use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, ListBehaviour, Rule};

use crate::desk::{self, Desk, JOBS, Keep};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, until};

const PASSPHRASE: &str = "correct horse battery";

#[test]
fn an_order_that_never_left_is_looked_for_and_given_anew() {
    let desk = Desk::begin("order-killed-before");
    let keyring = desk.journey.start_keyring();
    let window = desk.open_with(&[keyring.variable(), ("ATTUNE_HOLD", "order.sending")]);
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Keyring);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    desk.journey.equipment.wait_held("order.sending");
    window.kill();
    let lost = desk.latest();
    assert_eq!(lost.state, "sending", "that the order leaves is stored first");

    // As long as the place cannot list its trainings, the looking does not end: it can be seen in peace.
    desk.service.plan(FaultPlan::new().listing(ListBehaviour::Fails(u64::MAX)));
    let window = desk.open_with(&[keyring.variable()]);
    steps::go_ready(&window, Place::Train);
    window.sees(&say("train.state.ambiguous"));
    desk.journey.album.take(&window, "looking-for-it");
    window.is_accessible();
    desk.service.plan(FaultPlan::new());
    window.wait_text(Wait::Training, &say("failure.launch_unknown"));
    desk.look_everywhere(&window, "not-found");
    look_again(&desk, &window);
    assert_eq!(desk.asked("POST", JOBS), 0, "nothing is ordered by itself");

    window.press("button", &say("action.start_again"));
    desk::ask_the_price(&window);
    desk::press_start(&window);
    desk.wait_done(&window);
    assert_ne!(desk.latest().launch_id, lost.launch_id);
    desk.bought_once();
    // The lost order may still need its own for a day.
    desk.wait_removed_but_of(&window, &lost.launch_id);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// A press on the button asks the place once more.
#[track_caller]
fn look_again(desk: &Desk, window: &Window) {
    let before = desk.asked("GET", JOBS);
    window.press("button", &say("order.find"));
    until(Wait::Usual, || (desk.asked("GET", JOBS) > before).then_some(()))
        .unwrap_or_else(|| window.give_up("the place to be asked again"));
}

#[test]
fn an_order_on_its_way_is_found_and_bought_once() {
    let desk = Desk::begin("order-killed-on-its-way");
    let keyring = desk.journey.start_keyring();
    // The place takes the order, and its answer never comes.
    let unanswered = Rule::new("POST", JOBS, Fault::Hang { accept: true });
    desk.service.plan(FaultPlan::new().with(unanswered));
    let window = desk.open_with(&[keyring.variable()]);
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Keyring);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    until(Wait::Usual, || (!desk.service.ledger().rows().is_empty()).then_some(()))
        .unwrap_or_else(|| window.give_up("the order to reach the place"));
    window.sees(&say("train.state.sending"));
    desk.look_everywhere(&window, "on-its-way");
    window.kill();
    assert_eq!(desk.latest().state, "sending", "nobody here knows of the training yet");

    let window = desk.open_with(&[keyring.variable()]);
    steps::go_ready(&window, Place::Train);
    desk.wait_learning(&window);
    desk.journey.album.take(&window, "found");
    window.is_accessible();
    desk.wait_done(&window);
    desk.bought_once();
    desk.wait_removed(&window);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn a_running_training_is_watched_again_once_the_keys_are_open() {
    let desk = Desk::begin("order-killed-running");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Passphrase(PASSPHRASE));
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    desk.wait_learning(&window);
    window.kill();
    desk.journey.finds_no_trace(&[FakeSettings::TOKEN, PASSPHRASE]);

    let window = desk.open();
    steps::go_ready(&window, Place::Train);
    let unheard = desk::of_place("failure.training_unheard");
    window.sees(&unheard);
    desk.look_everywhere(&window, "unheard");
    desk::open_places(&window);
    window.sees(&say("services.sealed"));
    desk.look_everywhere(&window, "sealed");
    desk::open_keys(&window, PASSPHRASE);
    steps::go_ready(&window, Place::Train);
    desk::wait_unsaid(&window, &unheard);
    desk.wait_done(&window);
    desk.look_everywhere(&window, "done");
    desk.bought_once();
    desk.wait_removed(&window);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN, PASSPHRASE]);
}
