//! Training at a service by command: the ceiling, the key of one call, and processes that are killed
//! in the midst of it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use attune_testkit::fake_service::{FakeService, FakeSettings, Fault, FaultPlan, Rule};
use attune_testkit::{GroupTask, chat_jsonl};
use serde_json::Value;

use crate::support::{Ended, Shell, is_plain, text};

/// So many times faster than a person's the program asks.
const HASTE: &str = "20";
const MODEL: &str = "gpt-4o-mini-2024-07-18";

/// A service whose time runs a hundred times as fast as ours.
struct Fast {
    service: Arc<FakeService>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fast {
    fn start() -> Self {
        let service = Arc::new(FakeService::start(FakeSettings::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (moved, stopped) = (Arc::clone(&service), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                moved.advance(Duration::from_secs(2));
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self { service, stop, thread: Some(thread) }
    }
}

impl Drop for Fast {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    shell: Shell,
    fast: Fast,
    file: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let (shell, fast) = (Shell::new(), Fast::start());
        let pairs = GroupTask { seed: 71, groups: 3, rows: 24 }.pairs();
        let file = shell.file("examples.jsonl", chat_jsonl(&pairs));
        Self { shell, fast, file }
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let address = self.fast.service.base_url();
        let train = ["train", text(&self.file), "--service", &address, "--model", MODEL, "--json"];
        let mut command = self.shell.attune(&[&train[..], more].concat());
        command.env("ATTUNE_KEY", FakeSettings::TOKEN).env("ATTUNE_HASTE", HASTE);
        command
    }

    fn train(&self, more: &[&str]) -> Ended {
        self.command(more).output().unwrap().into()
    }

    /// Waits for everything that was left behind, as a later process does.
    fn jobs(&self) -> Vec<Value> {
        let mut command = self.shell.attune(&["jobs", "--json", "--wait", "60"]);
        command.env("ATTUNE_KEY", FakeSettings::TOKEN).env("ATTUNE_HASTE", HASTE);
        let ended: Ended = command.output().unwrap().into();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.json().as_array().unwrap().clone()
    }
}

#[test]
fn a_training_is_bought_once_for_no_more_than_the_ceiling() {
    let desk = Desk::new();
    let ended = desk.train(&["--epochs", "1", "--ceiling", "2.50", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let last = ended.last();
    assert_eq!(last["event"], "succeeded", "{last}");
    assert!(last["model"].as_str().unwrap().starts_with("ft:"));
    let events = ended.events();
    assert!(events.iter().filter(|event| event["event"] == "step").count() > 0);
    let ledger = desk.fast.service.ledger();
    let [row] = ledger.rows() else { panic!("{ledger:?}") };
    assert_eq!(row.launch_id.as_deref(), last["launch_id"].as_str());
    assert!(row.billed_micro_usd <= 2_500_000);
    let left = desk.fast.service.files();
    assert!(left.iter().all(|file| !file.filename.starts_with("attune-")), "{left:?}");
    let jobs = desk.jobs();
    assert_eq!((jobs.len(), jobs[0]["state"].as_str()), (1, Some("succeeded")));
    assert!(!ended.out.contains(FakeSettings::TOKEN) && !ended.err.contains(FakeSettings::TOKEN));
}

#[test]
fn a_bought_model_answers_for_no_more_than_was_allowed() {
    let desk = Desk::new();
    let trained = desk.train(&["--epochs", "1", "--ceiling", "2.50", "--yes"]);
    let model = trained.last()["model"].as_str().unwrap().to_owned();
    let ask = |more: &[&str]| -> Ended {
        let chat = ["chat", "--model", &model, "--json", "Where is my parcel?"];
        let mut command = desk.shell.attune(&[&chat[..], more].concat());
        command.env("ATTUNE_KEY", FakeSettings::TOKEN).output().unwrap().into()
    };
    for arguments in [&[][..], &["--ceiling", "1"], &["--yes"]] {
        let ended = ask(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        is_plain(&ended.json()["failure"], "ceiling_needed");
    }
    let ended = ask(&["--ceiling", "1", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.json()["answer"].as_str().unwrap().is_empty());
}

#[test]
fn a_bought_model_is_tested_on_a_file_for_no_more_than_was_allowed() {
    let desk = Desk::new();
    let trained = desk.train(&["--epochs", "1", "--ceiling", "2.50", "--yes"]);
    let model = trained.last()["model"].as_str().unwrap().to_owned();
    let test = |more: &[&str]| -> Ended {
        let evaluate = ["evaluate", text(&desk.file), "--model", &model, "--json"];
        let mut command = desk.shell.attune(&[&evaluate[..], more].concat());
        command.env("ATTUNE_KEY", FakeSettings::TOKEN).output().unwrap().into()
    };
    for arguments in [&[][..], &["--ceiling", "1"], &["--yes"]] {
        let ended = test(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        is_plain(&ended.json()["failure"], "ceiling_needed");
    }
    let asked = |log: &[attune_testkit::fake_service::LoggedRequest]| {
        log.iter().filter(|request| request.path.ends_with("/chat/completions")).count()
    };
    assert_eq!(asked(&desk.fast.service.log()), 0);
    // The fake's model knows what it learned, which is more than the most frequent answer.
    let report = test(&["--ceiling", "1", "--yes"]);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(
        (report.json()["examples"].as_u64(), asked(&desk.fast.service.log())),
        (Some(24), 24)
    );
}

#[test]
fn without_a_ceiling_and_a_yes_nothing_is_sent() {
    let desk = Desk::new();
    for arguments in [&[][..], &["--ceiling", "3"], &["--yes"]] {
        let ended = desk.train(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let last = ended.last();
        assert_eq!(last["event"], "not_started");
        is_plain(&last["failure"], "ceiling_needed");
    }
    for wrong in ["0", "1e3", "NaN", "three"] {
        let ended = desk.train(&["--ceiling", wrong, "--yes"]);
        assert_eq!(
            (ended.code, ended.last()["failure"]["code"].as_str()),
            (Some(2), Some("input_invalid")),
            "{wrong}"
        );
    }
    assert!(desk.fast.service.log().iter().all(|request| request.method != "POST"));
}

#[test]
fn a_service_nobody_knows_is_refused_before_anything_else() {
    let desk = Desk::new();
    for (service, expected) in
        [("nowhere", "service_not_known"), ("http://example.com/v1", "service_address_unusable")]
    {
        let mut command = desk.shell.attune(&[
            "train",
            text(&desk.file),
            "--service",
            service,
            "--model",
            MODEL,
            "--ceiling",
            "1",
            "--yes",
            "--json",
        ]);
        command.env("ATTUNE_KEY", FakeSettings::TOKEN);
        let ended: Ended = command.output().unwrap().into();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        is_plain(&ended.last()["failure"], expected);
    }
}

/// E-01 with real processes: killed at the points where most hangs on it, and at chance moments.
#[test]
fn a_killed_process_neither_loses_nor_doubles_an_order() {
    let desk = Desk::new();
    let (mut seen, mut all_bought) = (HashSet::new(), 0);
    // On a busy computer some more processes, each given more time, get as far as to order.
    let points = ["order.sending", "", "", "", "order.sending", ""].into_iter();
    for (round, point) in points.chain(std::iter::repeat_n("", 20)).enumerate() {
        if round >= 6 && all_bought > 0 {
            break;
        }
        let mut command = desk.command(&["--epochs", "1", "--ceiling", "2", "--yes"]);
        let folder = tempfile::tempdir().unwrap();
        command.env("ATTUNE_JOURNEY_DIR", folder.path()).env("ATTUNE_HOLD", point);
        command.stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        if point.is_empty() {
            std::thread::sleep(Duration::from_millis(400 + 350 * round as u64));
        } else {
            let marker = folder.path().join(format!("held-{point}"));
            let begun = Instant::now();
            while !marker.exists() {
                assert!(begun.elapsed() < Duration::from_secs(60), "it never came to `{point}`");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let jobs = desk.jobs();
        let Some(latest) = jobs.first() else { continue };
        let id = latest["launch_id"].as_str().unwrap().to_owned();
        // Killed before anything was ordered: the latest is of a round before.
        if !seen.insert(id.clone()) {
            continue;
        }
        let bought = desk.fast.service.ledger().jobs_of(&id).count();
        // Held before the order left, it does not exist; nobody sends it again.
        assert!(point.is_empty() || bought == 0, "round {round}: {latest}");
        let expected = if bought == 0 { "unknown" } else { "succeeded" };
        assert_eq!(latest["state"], expected, "round {round}: {latest}");
        all_bought += bought;
    }
    assert!(desk.fast.service.ledger().bought_twice().is_empty());
    assert!(all_bought > 0, "every process was killed before its order left");
}

/// A key of one call goes to the launches that were made with it, and to no other.
#[test]
fn another_key_is_not_sent_to_what_was_ordered_with_this_one() {
    let desk = Desk::new();
    let held = Rule::new("POST", "/files", Fault::Hang { accept: false });
    desk.fast.service.plan(FaultPlan::new().with(held));
    let mut child = desk
        .command(&["--ceiling", "2", "--yes"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !desk
        .fast
        .service
        .log()
        .iter()
        .any(|request| request.path.ends_with("/files") && request.method == "POST")
    {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = desk.fast.service.log().len();
    let mut command = desk.shell.attune(&["jobs", "--json"]);
    command
        .env("ATTUNE_KEY", "sk-somebody-elses-key-000000")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let ended: Ended = command.output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(desk.fast.service.log().len(), before, "nothing was asked with another key");
}
