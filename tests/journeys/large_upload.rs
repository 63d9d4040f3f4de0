//! Examples that are too large to be sent in one piece: the line breaks and the light goes out, twice,
//! and only what the place did not take is sent again.

use std::time::Duration;

use attune_contract::params;
use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, LoggedRequest, Pace, Rule};
use attune_testkit::{Pair, chat_jsonl};
use serde_json::{Value, json};

use crate::desk::{self, Desk, Keep};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, say_with, until};

/// With these, what is learnt from makes three parts, and what is watched is sent in one piece.
const ROWS: usize = 144;
const ANSWER_BYTES: usize = 150_000;
const PARTS: usize = 3;
/// Long words, since tokens are paid for: each is one.
const LINE: &str = " responsibilities recommendations administration communications\
    \u{20}characteristics representatives telecommunications environmental";
/// Where parts go to, and the rest of an upload's way.
const UPLOADS: &str = "/uploads/*";
/// The line breaks after so many bytes of a part.
const CUT: usize = 1 << 20;
/// A part's bytes, and what a form adds to them at most.
const PART: u64 = 8 << 20;
const FORM: u64 = 1_024;

#[test]
fn only_what_the_place_did_not_take_is_sent_again() {
    let desk = Desk::begin_with("large-upload", quick());
    let keyring = desk.journey.start_keyring();
    let window = desk.open_with(&[keyring.variable()]);
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Keyring);
    bring_in(&desk, &window);
    ask_for_one_round(&window);
    desk.service.plan(bad_line());
    desk::press_start(&window);
    let title = "OpenAI";
    let waits = say_with("failure.order_waits", &params![title]);
    window.sees(&waits);
    wait_taken(&desk, &window, 2);
    desk::wait_unsaid(&window, &waits);
    desk.look_everywhere(&window, "on-its-way");
    window.kill();

    desk.service.plan(FaultPlan::new());
    let window = desk.open_with(&[keyring.variable(), ("ATTUNE_HOLD", "upload.part")]);
    steps::go_ready(&window, Place::Train);
    window.find("progressbar", &say("order.uploading.label"));
    desk.journey.equipment.wait_held("upload.part");
    window.kill();
    assert_eq!(record(&desk).map(|record| parts(&record)), Some(PARTS), "it was stored first");

    let window = desk.open_with(&[keyring.variable()]);
    steps::go_ready(&window, Place::Train);
    desk.wait_done(&window);
    window.is_accessible();
    was_sent_once(&desk);
    desk.bought_once();
    desk.wait_removed(&window);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// A place that learns four steps a second.
fn quick() -> FakeSettings {
    let pace = Pace { step: Duration::from_millis(250), ..Pace::default() };
    FakeSettings { pace, ..FakeSettings::default() }
}

/// All three parts leave at once, and one arrives. The two others break off, and once more; then one
/// of them arrives, and the line falls silent.
fn bad_line() -> FaultPlan {
    let cut = Rule::new("POST", UPLOADS, Fault::CutRequest { bytes: CUT });
    let silent = Rule::new("POST", UPLOADS, Fault::Hang { accept: false });
    FaultPlan::new().with(cut.starting_at(2).times(4)).with(silent.starting_at(7))
}

/// Brings the long answers in, which takes longer than small files do.
#[track_caller]
fn bring_in(desk: &Desk, window: &Window) {
    let lines = LINE.repeat(ANSWER_BYTES / LINE.len());
    let pair = |number: usize| Pair {
        question: format!("What is in chapter {number}?"),
        answer: format!("Chapter {number}:{lines}"),
    };
    let pairs: Vec<Pair> = (1..=ROWS).map(pair).collect();
    let file = desk.journey.equipment.file("chapters.jsonl", chat_jsonl(&pairs));
    steps::to_welcome(window);
    steps::pick(&desk.journey, window, &file);
    steps::wait_route(window, "import");
    window.press("button", &say("import.start"));
    window.wait_text(Wait::Training, &say("import.done.heading"));
    window.press("button", &say("import.done.see"));
    steps::wait_route(window, "examples");
}

/// Walks to the price and asks for one round only.
#[track_caller]
fn ask_for_one_round(window: &Window) {
    steps::go(window, Place::Train);
    window.wait_text(Wait::Training, desk::TITLE);
    desk::ask_the_price(window);
    window.fill("textbox", &say("setting.rounds"), "1");
    window.wait_text(Wait::Training, &format!("{} 1 {}", say("order.rounds"), say("order.tokens")));
}

/// How far the sending of the examples is, as the library keeps it.
fn record(desk: &Desk) -> Option<Value> {
    let files = desk.journey.library().sent_files(&desk.latest().launch_id).ok()?;
    let json = files.into_iter().find_map(|file| file.upload_json)?;
    serde_json::from_str(&json).ok()
}

/// How many parts the place took.
fn parts(record: &Value) -> usize {
    record["parts"].as_object().map_or(0, serde_json::Map::len)
}

/// How many bytes they are together.
fn taken(record: &Value) -> u64 {
    let number = |name: &str| record[name].as_u64().unwrap_or_default();
    let (bytes, part) = (number("bytes"), number("part_bytes"));
    let places = record["parts"].as_object().into_iter().flat_map(serde_json::Map::keys);
    let places = places.filter_map(|place| place.parse::<u64>().ok());
    places.map(|place| part.min(bytes - place * part)).sum()
}

/// Waits until the place took so many parts and the page shows just their bytes as sent.
#[track_caller]
fn wait_taken(desk: &Desk, window: &Window, count: usize) {
    let shown = || {
        let record = record(desk).filter(|record| parts(record) == count)?;
        (sent(window)? == taken(&record)).then_some(())
    };
    until(Wait::Training, shown)
        .unwrap_or_else(|| window.give_up(&format!("{count} parts to be sent and shown")));
}

/// The bytes that the page shows as sent.
fn sent(window: &Window) -> Option<u64> {
    const SENT: &str = "const [label] = arguments;\
        const bars = [...document.querySelectorAll('[role=progressbar]')];\
        const bar = bars.find((one) => one.getAttribute('aria-label') === label);\
        return bar?.getAttribute('aria-valuenow') ?? null;";
    window.script(SENT, &json!([say("order.uploading.label")])).as_str()?.parse().ok()
}

/// There was one upload, and each part was taken once. What is sent again is at most what the broken
/// lines and the two kills cost: a part of each line that was open.
#[track_caller]
fn was_sent_once(desk: &Desk) {
    let uploads = desk.service.uploads();
    assert!(matches!(uploads.as_slice(), [(_, "completed")]), "{uploads:?}");
    let log = desk.service.log();
    let is_part = |request: &&LoggedRequest| request.path.ends_with("/parts");
    let (taken, lost): (Vec<_>, Vec<_>) =
        log.iter().filter(is_part).partition(|request| request.status == Some(200));
    assert_eq!(taken.len(), PARTS, "{taken:?}");
    let again: u64 = lost.iter().map(|request| request.body_bytes).sum();
    assert!(again <= 4 * CUT as u64 + PART + FORM, "{again} bytes were sent again: {lost:?}");
}
