//! The vault and a real Secret Service daemon, in each state that was seen to matter.
//!
//! Each scenario has a home, a session bus and a daemon of its own, and touches nobody's keyring. The
//! address of a bus is a variable of the process, so each is this program once more, started on that
//! bus. Words of the command line choose scenarios by their names.

#[cfg(target_os = "linux")]
#[path = "real_keyring/daemon.rs"]
mod daemon;
#[cfg(target_os = "linux")]
#[path = "real_keyring/listener.rs"]
mod listener;
#[cfg(target_os = "linux")]
#[path = "real_keyring/scenarios.rs"]
mod scenarios;

use std::error::Error;
use std::io::Write;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[cfg(target_os = "linux")]
fn main() -> Outcome {
    if let Ok(name) = std::env::var(daemon::SCENARIO) {
        return scenarios::run(&name);
    }
    if let Some(program) = daemon::missing_program() {
        return left_out(&format!("`{program}` is not on this computer"));
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let is_wanted = |name: &&str| wanted.is_empty() || wanted.iter().any(|it| name.contains(it));
    for name in scenarios::names().filter(is_wanted) {
        daemon::in_a_session(name).map_err(|error| format!("{name}: {error}"))?;
        say(&format!("{name}: ok"))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> Outcome {
    left_out("only Linux has a keyring that a test can have to itself")
}

/// A test that did not run must not look like one that passed.
fn left_out(why: &str) -> Outcome {
    Ok(writeln!(std::io::stderr(), "LEFT OUT: the tests of a real keyring, since {why}")?)
}

#[cfg(target_os = "linux")]
fn say(line: &str) -> Outcome {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
