//! A key that a place does not know, or does not know any more: it is refused in words beside its
//! field, it buys nothing, and a training that is watched says what to do and is heard again with a new
//! key.

use attune_testkit::fake_service::{Account, FakeSettings, TokenKind};

use crate::desk::{self, Desk, Keep};
use crate::steps::{self, Place};
use crate::support::{Wait, say};

const UNKNOWN: &str = "sk-nobody-knows-this-0123-4567";
const RENEWED: &str = "sk-fake-renewed-9876543210";

/// The wrong field is marked and has the focus.
const REFUSED_FIELD: &str = "const field = document.activeElement;\
    return field.type === 'password' && field.getAttribute('aria-invalid') === 'true';";

#[test]
fn an_unknown_key_is_refused_at_its_field_and_kept_nowhere() {
    let desk = Desk::begin("key-unknown");
    let window = desk.open();
    desk::open_places(&window);
    window.press("button", &say("services.key.add"));
    window.choose_card(&say("services.keep.session"));
    window.fill("textbox", &say("services.field"), UNKNOWN);
    window.press("button", &say("services.save.key"));
    window.sees(&desk::of_place("failure.key_refused"));
    window.wait_for(Wait::Usual, "the refused key to be marked", REFUSED_FIELD);
    desk.look_everywhere(&window, "refused");
    window.press("button", &say("action.cancel"));
    window.sees(&say("services.key.none"));
    let place = desk.journey.library().service("openai").unwrap().unwrap();
    assert!(!place.options_json.contains("4567"), "{}", place.options_json);
    let log = desk.service.log();
    assert!(log.iter().all(|request| request.method == "GET"), "{log:?}");
    desk.journey.quit_without_trace(window, &[UNKNOWN]);
}

#[test]
fn with_a_revoked_key_nothing_is_bought() {
    let desk = Desk::begin("key-revoked-before");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    desk.service.revoke(FakeSettings::TOKEN);
    desk::press_start(&window);
    window.sees(&desk::of_place("failure.key_refused"));
    window.sees(&desk::cost("0"));
    desk.look_everywhere(&window, "not-bought");
    assert_eq!(desk.latest().state, "not_started");
    assert!(desk.service.ledger().rows().is_empty() && desk.service.files().is_empty());
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn a_watched_training_is_heard_again_with_a_new_key() {
    let mut settings = FakeSettings::default();
    settings.accounts.push(Account::new(RENEWED, TokenKind::Normal));
    let desk = Desk::begin_with("key-revoked", settings);
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    desk.wait_learning(&window);
    desk.service.revoke(FakeSettings::TOKEN);
    let unheard = desk::of_place("failure.training_unheard");
    window.sees(&unheard);
    desk.look_everywhere(&window, "unheard");

    desk::open_places(&window);
    window.press("button", &say("services.check"));
    window.sees(&desk::of_place("services.verdict.refused"));
    desk.look_everywhere(&window, "no-longer-taken");
    window.press("button", &say("services.key.change"));
    desk::save_key(&window, RENEWED);
    window.sees("3210");

    steps::go_ready(&window, Place::Train);
    desk::wait_unsaid(&window, &unheard);
    desk.wait_done(&window);
    window.is_accessible();
    desk.bought_once();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN, RENEWED]);
}
