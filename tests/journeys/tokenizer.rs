//! A place other than OpenAI cuts text in a way that Attune lacks, until the person chooses the file
//! that says how: then the text is counted by that, and the most on the button comes down.

use std::collections::BTreeSet;

use attune_contract::params;
use attune_dataset::sample::MESSAGES_CSV;
use attune_testkit::fake_service::FakeSettings;
use serde_json::{Map, Value, json};

use crate::amounts::{self, Price};
use crate::desk::{self, Desk};
use crate::money::{self, OWN, OWN_MODEL};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, say_with, until};

/// What a file is called that can be used, and one that cannot.
const FILE: &str = "tokenizer.json";
const OTHER_FILE: &str = "notes.json";

#[test]
fn a_tokenizer_file_brings_the_most_down() {
    let desk = Desk::begin_unconnected("tokenizer", FakeSettings::default());
    let window = desk.open();
    money::connect_own(&desk, &window);
    let guessed = come_to_a_guess(&desk, &window);
    refuse_another_file(&desk, &window, &guessed);
    let counted = choose_the_file(&desk, &window, &guessed);
    come_back_to(&window, &counted);

    window.press("button", &say("order.tokenizer.forget"));
    wait_the_price(&window, &guessed);
    window.sees(&say("order.tokenizer.forgotten"));
    window.sees(&counted_elsewhere());
    wait_focus(&window, &say("order.tokenizer.choose"));
    assert_eq!(kept(&desk), None);

    // What was chosen by mistake is taken back with one press.
    let file = desk.journey.equipment.file(FILE, tokenizer());
    desk.journey.equipment.will_pick(&file);
    window.press("button", &say("order.tokenizer.choose"));
    window.sees(&say_with("order.tokenizer.chosen", &params!["file" => FILE]));
    window.press("button", &say("action.undo"));
    until(Wait::Usual, || kept(&desk).is_none().then_some(()))
        .unwrap_or_else(|| window.give_up("the file to be forgotten"));
    wait_the_price(&window, &guessed);
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// Comes to the price of the sample at the place of one's own, whose model has a typed price.
#[track_caller]
fn come_to_a_guess(desk: &Desk, window: &Window) -> Price {
    desk::come_to_the_plan(window);
    window.choose_card(OWN);
    window.fill("textbox", &say("order.model"), OWN_MODEL);
    window.sees(&say("order.price.unknown"));
    money::add_price(desk, window, "4.25");
    let guessed = amounts::wait_open_price(window);
    window.sees(&counted_elsewhere());
    amounts::show_card(window, &say("order.notices"));
    desk.look_everywhere(window, "elsewhere");
    guessed
}

/// A file of another kind is refused, and a dialog that is left changes nothing.
#[track_caller]
fn refuse_another_file(desk: &Desk, window: &Window, guessed: &Price) {
    let other = desk.journey.equipment.file(OTHER_FILE, "{\"notes\": []}");
    desk.journey.equipment.will_pick(&other);
    window.press("button", &say("order.tokenizer.choose"));
    let refused = say_with("failure.tokenizer_broken", &params!["file" => OTHER_FILE]);
    window.sees(&refused);
    window.sees(&counted_elsewhere());
    assert_eq!((amounts::wait_open_price(window), kept(desk)), (guessed.clone(), None));
    desk.look_everywhere(window, "broken");

    // Nothing is left to be picked: the dialog is closed without a choice.
    window.press("button", &say("order.tokenizer.choose"));
    desk::wait_unsaid(window, &refused);
    // Only then does no question for a file stand open that would take the next one.
    window.wait_for(
        Wait::Usual,
        "the dialog to be left",
        "return document.querySelector('main button[aria-busy=true]') === null;",
    );
    window.find("button", &say("order.tokenizer.choose"));
    assert_eq!((amounts::wait_open_price(window), kept(desk)), (guessed.clone(), None));
}

/// Chooses the model's file; its content is kept, so that it may go.
#[track_caller]
fn choose_the_file(desk: &Desk, window: &Window, guessed: &Price) -> Price {
    let file = desk.journey.equipment.file(FILE, tokenizer());
    desk.journey.equipment.will_pick(&file);
    window.press("button", &say("order.tokenizer.choose"));
    window.sees(&say_with("order.tokenizer.chosen", &params!["file" => FILE]));
    window.sees(&counted_by_file());
    let is_lower = |price: &Price| {
        let (Some(now), Some(before)) = (price.on_button(), guessed.on_button()) else {
            return false;
        };
        price.why.is_empty() && now > 0 && now < before
    };
    let counted = amounts::wait_price(window, "below the guessed one", is_lower);
    assert!(!window.reads(&counted_elsewhere()));
    wait_focus(window, &say("order.tokenizer.forget"));
    assert_eq!(kept(desk).as_deref(), Some(FILE));
    window.put_note_away();
    desk.look_everywhere(window, "tokenizer");
    std::fs::remove_file(file).unwrap();
    counted
}

/// Looks at something else and comes back to the same price.
#[track_caller]
fn come_back_to(window: &Window, price: &Price) {
    steps::go(window, Place::Spending);
    steps::wait_state(window, "empty");
    window.press("button", &say("action.done"));
    steps::wait_route(window, "train");
    wait_the_price(window, price);
    window.sees(&counted_by_file());
}

#[track_caller]
fn wait_the_price(window: &Window, price: &Price) {
    amounts::wait_price(window, &format!("like {price:?}"), |it| it == price);
}

/// Waits until the keyboard is at this control.
#[track_caller]
fn wait_focus(window: &Window, name: &str) {
    until(Wait::Usual, || (window.focus()["name"].as_str() == Some(name)).then_some(()))
        .unwrap_or_else(|| window.give_up(&format!("the focus on `{name}`")));
}

fn counted_elsewhere() -> String {
    say_with("order.notice.counted_elsewhere", &params!["title" => OWN])
}

fn counted_by_file() -> String {
    say_with("order.notice.counted_by_file", &params!["file" => FILE, "title" => OWN])
}

/// The file that counts for the model, as the library has it.
#[track_caller]
fn kept(desk: &Desk) -> Option<String> {
    let library = desk.journey.library();
    let services = library.services().unwrap();
    let own = services.iter().find(|service| service.title == OWN).expect("it was connected");
    library.model_tokenizer(&own.name, OWN_MODEL).unwrap().map(|row| row.file_name)
}

/// A tokenizer to which every word of the sample is one token.
fn tokenizer() -> String {
    let words = MESSAGES_CSV.split(|it: char| !it.is_alphanumeric());
    let words: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
    let pieces = ["<unk>", ".", ",", "?", "!"].into_iter().chain(words).enumerate();
    let vocab: Map<String, Value> =
        pieces.map(|(id, piece)| (piece.to_owned(), json!(id))).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "<unk>" },
    })
    .to_string()
}
