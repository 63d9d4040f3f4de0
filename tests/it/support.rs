//! Runs the binary `attune` on a home folder of its own and reads what it prints; beside it a house
//! with the program over its boundary, and a client of an engine.

mod engine;
pub(crate) mod far;
mod house;
pub(crate) mod keyrings;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use attune_contract::{Params, words};
use attune_store::{Library, RunEventRow};
use attune_testkit::{HomeFolder, Programs};
use serde_json::Value;

pub(crate) use engine::EngineClient;
pub(crate) use house::{House, LOOK};

/// Settings with which a small task trains in seconds.
pub(crate) const SMALL: [&str; 10] = [
    "--service",
    "this-computer",
    "--model",
    "lab",
    "--epochs",
    "12",
    "--set",
    "layers=1",
    "--set",
    "width=64",
];

/// A home folder and the commands run on it.
pub(crate) struct Shell {
    programs: Programs,
    home: HomeFolder,
    files: tempfile::TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; nothing when it was killed.
    pub(crate) code: Option<i32>,
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
}

impl Shell {
    /// An empty home folder.
    pub(crate) fn new() -> Self {
        let files = tempfile::Builder::new().prefix("attune-files-").tempdir().unwrap();
        Self { programs: Programs::find(), home: HomeFolder::new(), files }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes an input file and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The path of an input file that may not exist.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// `attune ARGUMENTS`, not started yet.
    pub(crate) fn attune(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.command_line());
        command.args(arguments).env("ATTUNE_HOME", self.home()).stdin(Stdio::null());
        command.env_remove("ATTUNE_KEY").env_remove("ATTUNE_JOURNEY_DIR").env_remove("ATTUNE_HOLD");
        command
    }

    /// Runs `attune ARGUMENTS` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.attune(arguments).output().unwrap().into()
    }

    /// Trains on `file` with the settings of a small task.
    pub(crate) fn train(&self, file: &Path) -> Ended {
        self.run(&[&["train", text(file)], &SMALL[..], &["--json"]].concat())
    }

    /// The library as it is on disk now.
    pub(crate) fn library(&self) -> Library {
        Library::open_reading(self.home().to_owned()).unwrap()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let lossless = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        Self {
            code: output.status.code(),
            out: lossless(output.stdout),
            err: lossless(output.stderr),
        }
    }
}

impl Ended {
    /// The one JSON document it printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|cause| panic!("{cause} in {self:?}"))
    }

    /// The JSON lines it printed.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}"));
        self.out.lines().map(line).collect()
    }

    /// The last line it printed, which is the final event of what it followed.
    #[track_caller]
    pub(crate) fn last(&self) -> Value {
        self.events().pop().unwrap_or_else(|| panic!("nothing was printed: {self:?}"))
    }

    /// It could not run: exit 2, and the failure in words of the catalogue.
    #[track_caller]
    pub(crate) fn is_refused(&self, code: &str) {
        assert_eq!(self.code, Some(2), "{self:?}");
        let failure = &self.last()["failure"];
        assert_eq!(failure["code"], code, "{self:?}");
        is_plain(failure, code);
    }
}

/// The words of a failure are the catalogue's, with every gap filled.
#[track_caller]
pub(crate) fn is_plain(failure: &Value, code: &str) {
    let said = failure["words"].as_str().unwrap_or_default();
    let key = format!("failure.{code}");
    assert!(words::has(&key), "the catalogue has no `{key}`");
    let template = words::words(&key, &Params::new());
    let beginning = template.split_whitespace().next().unwrap_or_default();
    assert!(said.starts_with(beginning) || template.starts_with(' '), "{said} is not {template}");
    assert!(!said.contains('{') && !said.contains("  "), "a gap is left in: {said}");
    assert!(said.split_whitespace().count() >= 5, "too short to help anybody: {said}");
}

/// The losses of a training in order, as the library keeps them.
pub(crate) fn losses(library: &Library, launch: &str) -> Vec<f64> {
    metrics(library, launch).iter().filter_map(|data| data["train_loss"].as_f64()).collect()
}

/// What the engine measured at each step, as the library keeps it.
pub(crate) fn metrics(library: &Library, launch: &str) -> Vec<Value> {
    let events = library.run_events(launch, Some("metrics"), 0, 100_000).unwrap();
    let data = |row: &RunEventRow| serde_json::from_str(&row.event.data_json).unwrap();
    events.iter().map(data).collect()
}

/// The mean of the first and of the last tenth: single steps go up and down.
#[track_caller]
pub(crate) fn beginning_and_end(losses: &[f64]) -> (f64, f64) {
    assert!(losses.len() >= 10, "too few losses: {losses:?}");
    let part = losses.len() / 10;
    let count = f64::from(u32::try_from(part).unwrap());
    let mean = |some: &[f64]| some.iter().sum::<f64>() / count;
    (mean(&losses[..part]), mean(&losses[losses.len() - part..]))
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have names in UTF-8")
}

/// A program that runs on; it ends with this value.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line it prints, as JSON; nothing when it ended.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).expect("a line of JSON"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
