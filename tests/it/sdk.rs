//! OpenAI's official SDKs for Python and Node against `attune serve`: the flows in `tests/sdk`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{EngineClient, Shell};

pub(crate) const LEFT_OUT: &str =
    "left out: the official SDKs are not installed; `cargo xtask test sdk` does";

/// Where the stage `sdk` of `cargo xtask test` installs: `target/sdk`.
fn installed() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    test.ancestors().nth(3).expect("a test lies in target/PROFILE/deps").join("sdk")
}

pub(crate) fn flows(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk").join(name)
}

/// Runs a script against an engine of its own with an empty home folder.
#[track_caller]
fn check(mut script: Command) {
    let shell = Shell::new();
    let served = EngineClient::start(shell.attune(&["serve", "--port", "0"]));
    script.env("ATTUNE_BASE_URL", &served.base).env("ATTUNE_TOKEN", &served.token);
    let ended = script.env("NO_PROXY", "127.0.0.1").output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&ended.stdout), said(&ended.stderr));
    assert!(ended.status.success() && out.contains("every flow passed"), "{out}\n{err}");
}

/// The Python that has the SDK, where it is installed.
pub(crate) fn python() -> Option<PathBuf> {
    let program = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python3" };
    let python = installed().join("python").join(program);
    python.is_file().then_some(python)
}

#[test]
fn the_official_python_sdk_finds_what_it_expects() {
    let Some(python) = python() else {
        println!("{LEFT_OUT}");
        return;
    };
    let mut script = Command::new(python);
    script.arg(flows("flows.py"));
    check(script);
}

#[test]
fn the_official_node_sdk_finds_what_it_expects() {
    let folder = installed().join("node");
    if !folder.join("node_modules").join("openai").is_dir() {
        println!("{LEFT_OUT}");
        return;
    }
    // Node looks for packages beside the script.
    let copied = folder.join("flows.mjs");
    std::fs::copy(flows("flows.mjs"), &copied).unwrap();
    let mut script = Command::new("node");
    script.arg(copied);
    check(script);
}
