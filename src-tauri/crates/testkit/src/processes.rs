//! Finding and ending processes by what they were started with. Linux only: it reads `/proc`.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pid: Pid,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Process {
    /// The number the system gave it.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// The file it runs.
    #[must_use]
    pub fn program(&self) -> &std::path::Path {
        &self.program
    }

    /// What it was started with, its own name left out.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// Ends it at once, as `kill -9` does. That it is gone already is fine.
    pub fn kill(&self) {
        let _gone_already = kill_process(self.pid, Signal::KILL);
    }

    /// Asks it to end, as `kill` and a closing session do.
    pub fn ask_to_end(&self) {
        let _gone_already = kill_process(self.pid, Signal::TERM);
    }

    /// Stops it where it is; it stays there until [`Process::thaw`].
    pub fn freeze(&self) {
        let _gone_already = kill_process(self.pid, Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        let _gone_already = kill_process(self.pid, Signal::CONT);
    }

    /// Whether any thread of it still runs; one that ended and waits for its parent does not. Only with its
    /// last thread a process lets go of its files and their locks.
    #[must_use]
    pub fn runs(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id()));
        threads.into_iter().flatten().flatten().any(|thread| is_alive(&thread.path()))
    }
}

/// Whether the thread with this folder of `/proc` has not come to its end.
fn is_alive(thread: &Path) -> bool {
    let Ok(status) = fs::read_to_string(thread.join("stat")) else { return false };
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// All processes that were started with the environment variable `name` set to `value`; children
/// inherit it, so this finds whole families wherever they were moved.
#[must_use]
pub fn with_environment(name: &str, value: &str) -> Vec<Process> {
    let wanted = format!("{name}={value}");
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| read(pid, wanted.as_bytes())).filter(Process::runs).collect()
}

/// All processes that were started with `argument` among their arguments.
#[must_use]
pub fn with_argument(argument: &str) -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let started_so = |process: &Process| process.arguments.iter().any(|it| it == argument);
    pids.filter_map(|pid| read(pid, b"")).filter(started_so).filter(Process::runs).collect()
}

/// The process, if it still is there and has `wanted` in its environment.
fn read(pid: i32, wanted: &[u8]) -> Option<Process> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let environment = fs::read(folder.join("environ")).ok()?;
    if !environment.split(|&byte| byte == 0).any(|variable| variable == wanted) {
        return None;
    }
    let command = fs::read(folder.join("cmdline")).ok()?;
    let words = command.split(|&byte| byte == 0).filter(|word| !word.is_empty());
    let arguments = words.skip(1).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let program = fs::read_link(folder.join("exe")).ok()?;
    Some(Process { pid: Pid::from_raw(pid)?, program, arguments })
}
