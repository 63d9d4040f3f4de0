//! A training is bought at a place far away: the price stands on the button, one press buys once, the
//! window shows it to its end and what it cost; a locked-out account pays nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use attune_contract::params;
use attune_store::{Library, LibraryOptions, ServiceRow};
use attune_testkit::fake_service::{FakeService, FakeSettings};
use serde_json::json;

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, say_with};

/// Unfolds what has these words.
const UNFOLD: &str = "for (const one of document.querySelectorAll('summary')) \
    if (one.textContent.includes(arguments[0])) one.click(); return true;";
const THEME: &str = "document.documentElement.dataset.theme = arguments[0]; return true;";

/// Time at the service, which runs faster while this is there.
struct Clock {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn of(service: &Arc<FakeService>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (service, stopped) = (Arc::clone(service), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                service.advance(Duration::from_secs(2));
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// A library that knows OpenAI at the address of the fake.
fn prepare(journey: &Journey, service: &FakeService) {
    let library = Library::open(LibraryOptions::new(journey.home().to_owned())).unwrap();
    let row = ServiceRow {
        name: "openai".to_owned(),
        kind: "openai".to_owned(),
        title: "OpenAI".to_owned(),
        base_url: service.base_url(),
        options_json: "{}".to_owned(),
        check_json: None,
        created_at_ms: 1,
    };
    library.service_put(&row).unwrap();
}

/// Gives the key, begins the sample and chooses OpenAI on the training page.
fn come_to_the_price(window: &Window, token: &str) {
    steps::go_ready(window, Place::Settings);
    window.press("button", &say("settings.places.open"));
    steps::wait_route(window, "services");
    window.press("button", &say("services.key.add"));
    window.choose_card(&say("services.keep.session"));
    window.fill("textbox", &say("services.field"), token);
    window.press("button", &say("services.save.key"));
    window.wait_text(Wait::Usual, "6789");
    // The note of it would stand in the pictures.
    window.press("button", &say("action.close"));
    window.press("button", &say("services.back"));
    steps::to_welcome(window);
    window.press("button", &say("action.start_sample"));
    steps::wait_route(window, "examples");
    steps::go_ready(window, Place::Train);
    window.choose_card("OpenAI");
    window.wait_text(Wait::Usual, &say("order.tokens"));
}

/// Pictures in every size and theme; nothing sticks out and axe finds nothing in any of them.
fn look_everywhere(journey: &Journey, window: &Window, name: &str) {
    for theme in ["light", "dark"] {
        window.script(THEME, &json!([theme]));
        for (size, width, height) in [("", 1280, 820), ("-800x600", 800, 600)] {
            window.resize(width, height);
            journey.album.take(window, &format!("{name}{size}"));
            window.is_accessible();
        }
    }
    window.script(THEME, &json!(["light"]));
    window.resize(1280, 820);
}

/// The start button, whatever amount stands on it.
fn press_start(window: &Window) {
    let amount = "";
    window.press_beginning(say_with("train.start.paid", &params![amount]).trim_end());
}

#[test]
fn a_training_is_bought_for_the_price_on_the_button() {
    let service = Arc::new(FakeService::start(FakeSettings::default()));
    let journey = Journey::begin("orders");
    prepare(&journey, &service);
    let window = journey.open_with(&[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")]);
    come_to_the_price(&window, FakeSettings::TOKEN);
    assert!(service.files().is_empty(), "a price sends nothing");
    look_everywhere(&journey, &window, "price");
    journey.album.guide_picture(&window, "price");
    press_start(&window);
    let clock = Clock::of(&service);
    let title = "OpenAI";
    window.wait_text(Wait::Usual, &say_with("train.title.running.far", &params![title]));
    window.is_accessible();
    journey.album.guide_picture(&window, "elsewhere");
    window.wait_text(Wait::Training, &say("train.title.done"));
    window.wait_text(Wait::Usual, &say("order.cost.actual"));
    look_everywhere(&journey, &window, "done");
    drop(clock);
    steps::go_ready(&window, Place::Settings);
    window.press("button", &say("settings.places.open"));
    steps::wait_route(&window, "services");
    window.script(UNFOLD, &json!([say_with("stored.heading", &params![title])]));
    window.wait_text(Wait::Usual, &say("stored.remove"));
    look_everywhere(&journey, &window, "stored");
    let ledger = service.ledger();
    assert_eq!(ledger.rows().len(), 1);
    let launch = journey.library().launches_all().unwrap().remove(0);
    assert_eq!(ledger.jobs_of(&launch.launch_id).count(), 1);
    let spend = journey.library().spend(&launch.launch_id).unwrap().unwrap();
    assert!(i64::try_from(ledger.billed_micro_usd()).unwrap() <= spend.ceiling_micro_usd);
    window.quit();
}

#[test]
fn a_locked_out_account_reads_why_and_pays_nothing() {
    let service = Arc::new(FakeService::start(FakeSettings::default()));
    let journey = Journey::begin("locked-out");
    prepare(&journey, &service);
    let window = journey.open_with(&[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")]);
    come_to_the_price(&window, FakeSettings::LOCKED_OUT_TOKEN);
    press_start(&window);
    let title = "OpenAI";
    window.wait_text(Wait::Usual, &say_with("failure.account_locked_out", &params![title]));
    window.is_accessible();
    window.sees(&say("order.cost.actual"));
    look_everywhere(&journey, &window, "locked-out");
    assert!(service.ledger().rows().is_empty());
    window.quit();
}
