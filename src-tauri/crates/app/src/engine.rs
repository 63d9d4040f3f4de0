//! The engine as a child process: started when it is needed, ended with the program.
//!
//! The child prints one JSON line with its address and token, and ends at the end of its standard
//! input, so that it can never outlive whoever started it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use attune_contract::{Failure, FailureCode, params};
use attune_services::{Endpoint, OpenAiCompatible, ServiceKey};
use attune_store::Library;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::failures::OrFailure;
use crate::{App, computer, locked};

/// A new engine waits up to five seconds for the lock of an old one; the rest is for slow disks.
const LONGEST_START: Duration = Duration::from_secs(30);
/// A training writes its checkpoint within this time.
const LONGEST_END: Duration = Duration::from_secs(20);

/// The running engine.
pub(crate) struct EngineProcess {
    child: Child,
    /// Held open: its end is the engine's end.
    input: ChildStdin,
    service: OpenAiCompatible,
    /// Cores it trains with.
    threads: usize,
}

/// The engine of this program: the one that runs, and how the one before ended.
#[derive(Default)]
pub(crate) struct Engine {
    running: Option<EngineProcess>,
    /// The address of an engine that ended by itself, and why.
    ended: Option<(String, Failure)>,
}

impl Engine {
    /// The engine that runs at this moment; one that ended leaves word.
    fn alive(&mut self) -> Option<&EngineProcess> {
        let status = self.running.as_mut()?.child.try_wait();
        if matches!(status, Ok(None)) {
            return self.running.as_ref();
        }
        let ended = self.running.take()?;
        let failure = end_of(status.ok().flatten());
        tracing::error!(code = failure.code.as_text(), detail = failure.detail, "no engine");
        self.ended = Some((ended.service.base_url().to_owned(), failure));
        None
    }
}

impl App {
    /// The engine's service, with the engine started if it does not run.
    ///
    /// # Errors
    /// `EngineMissing`, `EngineBusy`, `EngineStopped`.
    pub(crate) async fn engine_service(&self) -> Result<OpenAiCompatible, Failure> {
        let library = self.library()?;
        let mut engine = self.engine.lock().await;
        if let Some(running) = engine.alive() {
            return Ok(running.service.clone());
        }
        let threads = self.training_cores();
        let started = start(&self.options.engine_program, &library, threads).await?;
        let service = started.service.clone();
        engine.running = Some(started);
        Ok(service)
    }

    /// The same for whoever is about to train: an engine that was started for another number of
    /// cores is started anew, unless it works.
    ///
    /// # Errors
    /// As [`Self::engine_service`].
    pub(crate) async fn engine_for_training(&self) -> Result<OpenAiCompatible, Failure> {
        let wanted = self.training_cores();
        let is_other = self.engine.lock().await.alive().is_some_and(|it| it.threads != wanted);
        if is_other && !self.is_engine_used() {
            self.end_engine().await;
        }
        self.engine_service().await
    }

    /// Cores that training may use now.
    fn training_cores(&self) -> usize {
        let set = || self.settings_now().training_cores.and_then(|it| usize::try_from(it).ok());
        let wanted = self.options.cores.or_else(set);
        wanted.map_or_else(computer::automatic_cores, |wanted| wanted.clamp(1, computer::cores()))
    }

    fn is_engine_used(&self) -> bool {
        self.live_runs() > 0
            || self.is_exporting()
            || !locked(&self.tests).is_empty()
            || !locked(&self.chats).is_empty()
    }

    /// Why the engine behind `service` is not there any more; `None` while its process lives.
    pub(crate) async fn why_ended(&self, service: &OpenAiCompatible) -> Option<Failure> {
        let mut engine = self.engine.lock().await;
        let address = service.base_url();
        if engine.alive().is_some_and(|running| running.service.base_url() == address) {
            return None;
        }
        let told = engine.ended.as_ref().filter(|(ended, _)| ended == address);
        Some(told.map_or_else(|| end_of(None), |(_, failure)| failure.clone()))
    }

    /// Ends the engine; a training in it writes a checkpoint first.
    pub(crate) async fn end_engine(&self) {
        let Some(EngineProcess { mut child, input, .. }) = self.engine.lock().await.running.take()
        else {
            return;
        };
        drop(input);
        if tokio::time::timeout(LONGEST_END, child.wait()).await.is_err() {
            tracing::error!("the engine did not end by itself");
            if let Err(error) = child.kill().await {
                tracing::error!(%error, "the engine cannot be ended");
            }
        }
    }
}

/// Why an engine ended that nobody asked to: the system ends what takes too much memory with signal
/// 9, and nothing of ours sends that one while the engine is needed.
fn end_of(status: Option<std::process::ExitStatus>) -> Failure {
    let is_killed = status.is_some_and(was_killed);
    let code = if is_killed { FailureCode::OutOfMemory } else { FailureCode::EngineStopped };
    let failure = Failure::new(code, params![]);
    match status {
        Some(status) => failure.with_detail(format!("the engine's process: {status}")),
        None => failure,
    }
}

#[cfg(unix)]
fn was_killed(status: std::process::ExitStatus) -> bool {
    const KILL: i32 = 9;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(KILL)
}

#[cfg(not(unix))]
fn was_killed(_: std::process::ExitStatus) -> bool {
    false
}

async fn start(
    program: &Path,
    library: &Library,
    threads: usize,
) -> Result<EngineProcess, Failure> {
    if !program.is_file() {
        return Err(Failure::new(FailureCode::EngineMissing, params![])
            .with_detail(format!("`{}` is not there", program.display())));
    }
    let stopped =
        |detail: String| Failure::new(FailureCode::EngineStopped, params![]).with_detail(detail);
    let mut child = Command::new(program)
        .arg("engine")
        .arg("--home")
        .arg(library.engine_dir())
        .arg("--models")
        .arg(library.models_dir())
        .arg("--threads")
        .arg(threads.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| stopped(error.to_string()))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(stopped("the engine has no pipes".to_owned()));
    };
    let line = match tokio::time::timeout(LONGEST_START, first_line(output)).await {
        Ok(line) => line.map_err(|error| stopped(error.to_string()))?,
        Err(_) => return Err(stopped("the engine said nothing in time".to_owned())),
    };
    let endpoint = read_ready(&line).map_err(|failure| *failure)?;
    let service = OpenAiCompatible::new(endpoint).or_failure()?;
    Ok(EngineProcess { child, input, service, threads })
}

async fn first_line(output: ChildStdout) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await?;
    Ok(line)
}

/// The engine's first line: where it listens, or why it does not.
fn read_ready(line: &str) -> Result<Endpoint, Box<Failure>> {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if let (Some(base_url), Some(token)) = (text("base_url"), text("token")) {
        return Ok(Endpoint::this_computer(base_url, ServiceKey::new(token)));
    }
    let code = match value.pointer("/failure/code").and_then(Value::as_str) {
        Some("engine_busy") => FailureCode::EngineBusy,
        Some("disk_full") => FailureCode::DiskFull,
        _ => FailureCode::EngineStopped,
    };
    Err(Box::new(Failure::new(code, params![]).with_detail(line.trim().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_tells_where_the_engine_listens() {
        let line = r#"{"base_url":"http://127.0.0.1:4/v1","token":"t"}"#;
        assert_eq!(read_ready(line).unwrap().base_url, "http://127.0.0.1:4/v1");
    }

    #[test]
    fn or_why_it_does_not() {
        let code = |line| read_ready(line).unwrap_err().code;
        assert_eq!(code(r#"{"failure":{"code":"engine_busy"}}"#), FailureCode::EngineBusy);
        assert_eq!(code(""), FailureCode::EngineStopped);
        assert_eq!(code("not json"), FailureCode::EngineStopped);
    }
}
