//! The memory that sending a large file takes: a process of its own sends 150,000 examples, because
//! the service of these tests keeps every byte in this one.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use attune_store::{Library, LibraryOptions, ServiceRow};
use attune_testkit::Seeded;
use attune_testkit::fake_service::{
    FakeService, FakeSettings, Fault, FaultPlan, LoggedRequest, Rule,
};

use crate::support::{Running, Shell, text};

const MODEL: &str = "gpt-4o-mini-2024-07-18";
const LINES: usize = 150_000;
/// What is said in a line: the file is far larger than the memory that its sending may take.
const LINE_BYTES: usize = 700;
const MOST_KB: u64 = 64 << 10;
const PART: u64 = 8 << 20;
/// Bringing so many examples in takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

fn write_examples(path: &Path) {
    let words = Seeded::new(89).words(300).join(" ");
    let text = words.repeat(LINE_BYTES / words.len() + 2);
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for row in 0..LINES {
        let said = &text[row % words.len()..][..LINE_BYTES];
        let question = format!(r#"{{"role":"user","content":"{row} {said}"}}"#);
        let answer = r#"{"role":"assistant","content":"yes"}"#;
        writeln!(file, r#"{{"messages":[{question},{answer}]}}"#).unwrap();
    }
    file.flush().unwrap();
}

/// The library knows an address of one's own that takes files in parts.
fn add_service(shell: &Shell, address: &str) {
    let library = Library::open(LibraryOptions::new(shell.home().to_owned())).unwrap();
    let row = ServiceRow {
        name: "own-large".to_owned(),
        kind: "compatible".to_owned(),
        title: "Ours".to_owned(),
        base_url: address.to_owned(),
        options_json: r#"{"capabilities":{"uploads_in_parts":true}}"#.to_owned(),
        check_json: None,
        created_at_ms: 1,
    };
    library.service_put(&row).unwrap();
}

/// A command that sends a file, and the service that takes it.
struct Sending {
    program: Running,
    service: FakeService,
    _shell: Shell,
}

impl Sending {
    fn start() -> Self {
        let shell = Shell::new();
        let service = FakeService::start(FakeSettings::default());
        let address = service.base_url();
        add_service(&shell, &address);
        // A moment in which nothing of the file has left, and an end at which the process is there.
        let begins = Rule::new("POST", "/uploads", Fault::Drip { bytes: 8, pause_ms: 50 });
        let ends = Rule::new("POST", "/fine_tuning/jobs", Fault::Hang { accept: false });
        service.plan(FaultPlan::new().with(begins).with(ends));
        let file = shell.path("large.jsonl");
        write_examples(&file);
        let train = ["train", text(&file), "--service", &address, "--model", MODEL];
        let more = ["--epochs", "1", "--ceiling", "10", "--yes", "--json"];
        let mut command = shell.attune(&[&train[..], &more].concat());
        command.env("ATTUNE_KEY", FakeSettings::TOKEN);
        Self { program: Running::start(command), service, _shell: shell }
    }

    /// Waits until something was asked of the service.
    fn wait(&mut self, path: &str) {
        let is_it = |it: &LoggedRequest| it.method == "POST" && it.path.ends_with(path);
        let begun = Instant::now();
        while !self.service.log().iter().any(is_it) {
            let ended = self.program.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?} before it sent {path}");
            assert!(begun.elapsed() < PATIENCE, "it never sent {path}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Begins the search for the most memory anew.
    fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.program.child.id()), "5").unwrap();
    }

    /// A line of the system's account of the process, in KB.
    fn memory(&self, name: &str) -> u64 {
        let status = format!("/proc/{}/status", self.program.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

#[test]
fn sending_a_large_file_takes_little_memory() {
    let mut sending = Sending::start();
    sending.wait("/uploads");
    sending.forget_peak();
    let before = sending.memory("VmRSS");
    sending.wait("/fine_tuning/jobs");
    let grown = sending.memory("VmHWM").saturating_sub(before);

    let log = sending.service.log();
    let parts: Vec<u64> = log
        .iter()
        .filter(|request| request.path.ends_with("/parts"))
        .map(|request| request.body_bytes)
        .collect();
    let sent = parts.iter().sum::<u64>();
    assert!(parts.iter().all(|bytes| *bytes < PART + 1_024), "{parts:?}");
    assert!(sent / 1_024 > MOST_KB, "{sent} bytes could be held whole");
    println!("sending {sent} bytes in {} parts took {grown} KB", parts.len());
    assert!(grown <= MOST_KB, "sending took {grown} KB, beside {before} KB before");
}
