//! What all orders at a place far away have in common: the place, which is a fake with a time of its
//! own, the way to its price, and what is looked at there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use attune_contract::params;
use attune_store::{LaunchRow, Library, LibraryOptions, ServiceRow};
use attune_testkit::fake_service::{FakeService, FakeSettings};
use serde_json::json;

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Window, say, say_with, until};

/// What the place is called.
pub(crate) const TITLE: &str = "OpenAI";
/// What the page may show of the keys of the fake.
const LAST_FOUR: &str = "6789";
/// Where trainings are ordered and listed.
pub(crate) const JOBS: &str = "/fine_tuning/jobs";
/// So many times as often as usual the place is asked.
const HASTE: &str = "20";

const UNFOLD: &str = "for (const one of document.querySelectorAll('summary')) \
    if (one.textContent.includes(arguments[0])) one.click(); return true;";
const THEME: &str = "document.documentElement.dataset.theme = arguments[0]; return true;";
const WIDER: &str = "return document.documentElement.scrollWidth > innerWidth;";

/// The words of `key` about the place.
#[track_caller]
pub(crate) fn of_place(key: &str) -> String {
    let title = TITLE;
    say_with(key, &params![title])
}

/// Time at the place, which passes while this is there.
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

/// A journey and the place that its library knows.
pub(crate) struct Desk {
    pub(crate) journey: Journey,
    pub(crate) service: Arc<FakeService>,
}

impl Desk {
    /// Begins with a place that has no key yet.
    pub(crate) fn begin(name: &'static str) -> Self {
        Self::begin_with(name, FakeSettings::default())
    }

    /// The same with a place as it is wished for.
    pub(crate) fn begin_with(name: &'static str, settings: FakeSettings) -> Self {
        let desk = Self::begin_unconnected(name, settings);
        let home = desk.journey.home().to_owned();
        let row = ServiceRow {
            name: "openai".to_owned(),
            kind: "openai".to_owned(),
            title: TITLE.to_owned(),
            base_url: desk.service.base_url(),
            options_json: "{}".to_owned(),
            check_json: None,
            created_at_ms: 1,
        };
        Library::open(LibraryOptions::new(home)).unwrap().service_put(&row).unwrap();
        desk
    }

    /// Begins with a place that the library does not know.
    pub(crate) fn begin_unconnected(name: &'static str, settings: FakeSettings) -> Self {
        let service = Arc::new(FakeService::start(settings));
        Self { journey: Journey::begin(name), service }
    }

    /// Opens the window on a computer without a keyring.
    #[track_caller]
    pub(crate) fn open(&self) -> Window {
        self.open_with(&[])
    }

    /// Opens the window with environment variables of its own.
    #[track_caller]
    pub(crate) fn open_with(&self, variables: &[(&'static str, &str)]) -> Window {
        self.journey.open_with(&[&[("ATTUNE_HASTE", HASTE)][..], variables].concat())
    }

    /// Lets time pass at the place until the page draws scores; then it stands still again.
    #[track_caller]
    pub(crate) fn wait_learning(&self, window: &Window) {
        let _clock = Clock::of(&self.service);
        window.wait_text(Wait::Training, &say("train.chart.show_table"));
    }

    /// Lets time pass at the place until the page shows a finished training.
    #[track_caller]
    pub(crate) fn wait_done(&self, window: &Window) {
        let _clock = Clock::of(&self.service);
        window.wait_text(Wait::Training, &say("train.title.done"));
    }

    /// Waits until none of the examples that were sent lies at the place any more.
    #[track_caller]
    pub(crate) fn wait_removed(&self, window: &Window) {
        self.wait_removed_but_of(window, "none");
    }

    /// The same without regard to those of one order.
    #[track_caller]
    pub(crate) fn wait_removed_but_of(&self, window: &Window, launch_id: &str) {
        // Files carry the end of their order's name.
        let end = launch_id.len().saturating_sub(8);
        let spared = launch_id[end..].to_ascii_lowercase();
        let is_ours = |name: &str| name.starts_with("attune-") && !name.contains(&spared);
        let removed = || {
            let files = self.service.files();
            files.iter().all(|file| !is_ours(&file.filename)).then_some(())
        };
        until(Wait::Usual, removed)
            .unwrap_or_else(|| window.give_up("the examples to be removed at the place"));
    }

    /// The latest training here, as the library has it.
    #[track_caller]
    pub(crate) fn latest(&self) -> LaunchRow {
        self.journey.library().launches_all().unwrap().remove(0)
    }

    /// How many requests of this method to a path that ends so came to the place.
    pub(crate) fn asked(&self, method: &str, path: &str) -> usize {
        let log = self.service.log();
        log.iter().filter(|it| it.method == method && it.path.ends_with(path)).count()
    }

    /// One order was sent, it made one training, and that is the latest one here; it costs no more than
    /// was agreed to.
    #[track_caller]
    pub(crate) fn bought_once(&self) {
        let (ledger, launch) = (self.service.ledger(), self.latest());
        assert_eq!(ledger.rows().len(), 1, "{ledger:?}");
        assert_eq!(ledger.jobs_of(&launch.launch_id).count(), 1, "{ledger:?}");
        assert_eq!(self.asked("POST", JOBS), 1, "an order is sent once");
        let spend = self.journey.library().spend(&launch.launch_id).unwrap().unwrap();
        assert!(i64::try_from(ledger.billed_micro_usd()).unwrap() <= spend.ceiling_micro_usd);
    }

    /// No example and no order left this computer, and none waits here to leave it.
    #[track_caller]
    pub(crate) fn nothing_was_sent(&self) {
        assert!(self.service.files().is_empty() && self.service.ledger().rows().is_empty());
        let log = self.service.log();
        assert!(log.iter().all(|request| request.method == "GET"), "{log:?}");
        assert!(self.journey.library().launches_all().unwrap().is_empty());
    }

    /// Pictures in every size and theme; nothing sticks out and axe finds nothing in any of them.
    #[track_caller]
    pub(crate) fn look_everywhere(&self, window: &Window, name: &str) {
        for theme in ["light", "dark"] {
            window.script(THEME, &json!([theme]));
            for (size, width, height) in [("", 1280, 820), ("-800x600", 800, 600)] {
                window.resize(width, height);
                self.journey.album.take(window, &format!("{name}{size}"));
                let sticks_out = window.script(WIDER, &json!([]));
                assert_eq!(sticks_out, false, "{name} is wider than {width}");
                window.is_accessible();
            }
        }
        window.script(THEME, &json!(["light"]));
        window.resize(1280, 820);
    }
}

/// How a person keeps a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the keyring, as the window does by itself where there is one.
    Keyring,
    /// Until the window is closed.
    Session,
    /// In a file behind this passphrase.
    Passphrase(&'static str),
}

/// Walks to the places far away.
#[track_caller]
pub(crate) fn open_places(window: &Window) {
    steps::go_ready(window, Place::Settings);
    window.press("button", &say("settings.places.open"));
    steps::wait_route(window, "services");
}

/// Gives the place its first key.
#[track_caller]
pub(crate) fn give_key(window: &Window, key: &str, keep: Keep) {
    open_places(window);
    window.press("button", &say("services.key.add"));
    match keep {
        Keep::Keyring => window.sees(&say("services.keep.is.keyring")),
        Keep::Session => window.choose_card(&say("services.keep.session")),
        Keep::Passphrase(passphrase) => {
            window.choose_card(&say("services.keep.passphrase"));
            window.fill("textbox", &say("services.passphrase.new"), passphrase);
        }
    }
    save_key(window, key);
    window.sees(LAST_FOUR);
}

/// Types a key into the dialog that is open and saves it.
#[track_caller]
pub(crate) fn save_key(window: &Window, key: &str) {
    window.fill("textbox", &say("services.field"), key);
    window.press("button", &say("services.save.key"));
    window.sees(&of_place("services.kept"));
    window.put_note_away();
}

/// What the page says of a key of the fake that is kept in this way; `way` is the end of the
/// catalogue's key.
#[track_caller]
pub(crate) fn kept(way: &str) -> String {
    let key = say_with("services.key.named", &params!["four" => LAST_FOUR]);
    say_with(&format!("services.key.{way}"), &params![key])
}

/// How the page begins to say what a training cost.
#[track_caller]
pub(crate) fn cost(dollars: &str) -> String {
    format!("{} US${dollars}", say("order.cost.actual"))
}

/// Opens the file of keys.
#[track_caller]
pub(crate) fn open_keys(window: &Window, passphrase: &str) {
    open_places(window);
    window.fill("textbox", &say("services.passphrase.old"), passphrase);
    window.press("button", &say("services.sealed.open"));
    wait_unsaid(window, &say("services.sealed"));
}

/// Walks to the places and unfolds what is stored there.
#[track_caller]
pub(crate) fn see_stored(window: &Window) {
    open_places(window);
    let heading = of_place("stored.heading");
    window.sees(&heading);
    window.script(UNFOLD, &json!([heading]));
}

/// Begins the sample and asks what its training costs.
#[track_caller]
pub(crate) fn come_to_the_price(window: &Window) {
    come_to_the_plan(window);
    ask_the_price(window);
}

/// Begins the sample and walks to the page on which its training is planned.
#[track_caller]
pub(crate) fn come_to_the_plan(window: &Window) {
    steps::to_welcome(window);
    window.press("button", &say("action.start_sample"));
    steps::wait_route(window, "examples");
    steps::go_ready(window, Place::Train);
}

/// Chooses the place on the page of a training that is planned, and waits for its price.
#[track_caller]
pub(crate) fn ask_the_price(window: &Window) {
    window.choose_card(TITLE);
    window.wait_text(Wait::Training, &say("order.tokens"));
}

/// The start button, whatever amount stands on it.
#[track_caller]
pub(crate) fn press_start(window: &Window) {
    let amount = "";
    window.press_beginning(say_with("train.start.paid", &params![amount]).trim_end());
}

/// Waits until the page does not say this any more.
#[track_caller]
pub(crate) fn wait_unsaid(window: &Window, words: &str) {
    until(Wait::Usual, || (!window.reads(words)).then_some(()))
        .unwrap_or_else(|| window.give_up(&format!("`{words}` to go")));
}
