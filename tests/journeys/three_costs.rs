//! The three costs of a project stand together: what the person's own time came to, its trainings, and
//! its use; and when a training has paid for itself can be worked out.

use std::time::{Duration, Instant};

use attune_contract::params;
use attune_store::{Library, LibraryOptions};
use attune_testkit::fake_service::FakeSettings;

use crate::amounts;
use crate::desk::{self, Desk, Keep};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, say_with, until};

/// What is trained in the table, and what is asked instead of it.
const TRAINED: &str = "gpt-4o-mini-2024-07-18";
const UNTUNED: &str = "gpt-5.1";
/// Long enough that whole seconds are counted.
const WORKED: Duration = Duration::from_secs(3);

/// When a training has paid for itself, as the page says of the model.
fn paid(window: &Window) -> Option<String> {
    // The table of the places comes first and says nothing of it.
    let rows = amounts::rows(window);
    let of_model = |row: &&Vec<String>| row.first().is_some_and(|it| it.contains(TRAINED));
    let row = rows.iter().rev().find(of_model).filter(|row| row.len() == 4)?;
    row.last().cloned()
}

#[track_caller]
fn wait_paid(window: &Window, what: &str, is_it: impl Fn(&str) -> bool) -> String {
    until(Wait::Usual, || paid(window).filter(|words| is_it(words)))
        .unwrap_or_else(|| window.give_up(&format!("that the training is paid {what}")))
}

/// The number of questions in words such as `after 12,400 questions in 124 days`.
fn questions(words: &str) -> Option<u64> {
    let number = words.strip_prefix("after ")?.split(' ').next()?;
    number.replace(',', "").parse().ok()
}

#[track_caller]
fn open_outlook(window: &Window) {
    steps::go_ready(window, Place::Train);
    window.press("button", &say("order.outlook"));
    steps::wait_route(window, "outlook");
    steps::wait_state(window, "ready");
}

#[test]
fn a_training_is_held_against_a_model_without_any() {
    let desk = Desk::begin("pays");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    open_outlook(&window);
    window.sees(&say("pays.none"));
    window.press("button", &say("pays.add"));
    window.press("button", &say("pays.dialog.save"));
    window.sees(&say("prices.field.model.missing"));
    window.fill("textbox", &say("prices.field.model"), UNTUNED);
    window.fill("textbox", &say("pays.dialog.input"), "2.00");
    window.fill("textbox", &say("pays.dialog.cached"), "0.50");
    window.fill("textbox", &say("pays.dialog.output"), "8,00");
    desk.journey.album.take(&window, "dialog");
    window.is_accessible();
    window.press("button", &say("pays.dialog.save"));
    window.sees(&say("pays.dialog.saved"));
    window.put_note_away();
    let first = wait_paid(&window, "after some questions", |it| questions(it).is_some());
    amounts::show_card(&window, &say("pays.heading"));
    desk.journey.album.guide_picture(&window, "pays");
    desk.look_everywhere(&window, "pays");

    window.fill("textbox", &say("pays.told"), "20,000");
    let longer = wait_paid(&window, "sooner", |it| it != first && questions(it).is_some());
    assert!(questions(&longer) < questions(&first), "{longer} and {first}");
    window.fill("textbox", &say("pays.told"), "a lot");
    window.sees(&say("pays.told.bad"));
    window.press("switch", &say("outlook.later"));
    window.fill("textbox", &say("pays.told"), "");
    window.sees(&say("pays.later"));
    window.press("switch", &say("outlook.later"));
    wait_paid(&window, "as before", |it| it == first);

    let kept = desk.journey.library().price_corrections().unwrap();
    let kept: Vec<_> = kept.iter().map(|row| (row.model.as_str(), row.micro_usd)).collect();
    let prices = [2_000_000, 500_000, 8_000_000];
    assert_eq!(kept, prices.map(|price| (UNTUNED, Some(price))));
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn time_is_counted_when_asked_for_and_forgotten_when_wished() {
    let desk = Desk::begin("costs");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    let project = steps::newest_project(&desk.journey.library());
    let worked = || desk.journey.library().worked_seconds(project).unwrap();

    // Nobody asked for it yet.
    work(&window);
    steps::go_ready(&window, Place::Check);
    open_outlook(&window);
    window.sees(&say("costs.time.off"));
    assert_eq!(worked(), 0);

    window.press("switch", &say("costs.count"));
    window.fill("textbox", &say("costs.hour"), "many");
    window.sees(&say("costs.hour.bad"));
    window.fill("textbox", &say("costs.hour"), "40");
    let is_stored = || desk.journey.library().setting("work").unwrap();
    let stored = until(Wait::Usual, || is_stored().filter(|json| json.contains("40000000")));
    assert!(stored.is_some(), "{:?}", is_stored());
    steps::go_ready(&window, Place::Examples);
    work(&window);
    steps::go_ready(&window, Place::Check);
    until(Wait::Usual, || (worked() > 0).then_some(()))
        .unwrap_or_else(|| window.give_up("some time to be counted"));
    open_outlook(&window);
    let an_hour = params!["time" => "", "amount" => "US$40.00"];
    window.sees(say_with("costs.time.at", &an_hour).trim());

    // A day on which more was done; the window finds its way back to where it was.
    window.quit();
    let library = Library::open(LibraryOptions::new(desk.journey.home().to_owned())).unwrap();
    let counted = u32::try_from(library.worked_seconds(project).unwrap()).unwrap();
    library.worked_add(project, "2026-11-20", 9_600 - counted).unwrap();
    drop(library);
    let window = desk.open();
    steps::wait_route(&window, "outlook");
    steps::wait_state(&window, "ready");
    window.sees("2 h 40 min");
    amounts::show_card(&window, &say("costs.heading"));
    desk.journey.album.guide_picture(&window, "costs");
    desk.look_everywhere(&window, "costs");

    window.press("button", &say("costs.forget"));
    desk.journey.album.take(&window, "forget");
    window.is_accessible();
    window.press("button", &say("costs.forget.do"));
    window.sees(&say("costs.time.on"));
    assert_eq!(worked(), 0);
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// Looks through the examples for some seconds, as a person does.
#[track_caller]
fn work(window: &Window) {
    steps::go_ready(window, Place::Examples);
    let begun = Instant::now();
    let is_enough = || {
        window.keys("\u{E015}");
        (begun.elapsed() > WORKED).then_some(())
    };
    until(Wait::Usual, is_enough).unwrap_or_else(|| window.give_up("some seconds to pass"));
}
