//! The engine as a child process: started when it is needed, ended with the program.
//!
//! The child prints one JSON line with its address and token, and ends at the end of its standard
//! input, so that it can never outlive whoever started it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use attune_contract::{Failure, FailureCode, params};
use attune_services::{Endpoint, OpenAiCompatible, ServiceKey};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::App;
use crate::failures::OrFailure;

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
}

impl App {
    /// The engine's service, with the engine started if it does not run.
    ///
    /// # Errors
    /// `EngineMissing`, `EngineBusy`, `EngineStopped`.
    pub(crate) async fn engine_service(&self) -> Result<OpenAiCompatible, Failure> {
        let home = self.library()?.engine_dir();
        let mut engine = self.engine.lock().await;
        if let Some(running) = engine.as_mut()
            && matches!(running.child.try_wait(), Ok(None))
        {
            return Ok(running.service.clone());
        }
        let started = start(&self.options.engine_program, &home).await?;
        let service = started.service.clone();
        *engine = Some(started);
        Ok(service)
    }

    /// Whether an engine runs at this moment.
    pub(crate) async fn engine_runs(&self) -> bool {
        let mut engine = self.engine.lock().await;
        engine.as_mut().is_some_and(|running| matches!(running.child.try_wait(), Ok(None)))
    }

    /// Ends the engine; a training in it writes a checkpoint first.
    pub(crate) async fn end_engine(&self) {
        let Some(EngineProcess { mut child, input, .. }) = self.engine.lock().await.take() else {
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

async fn start(program: &Path, home: &Path) -> Result<EngineProcess, Failure> {
    if !program.is_file() {
        return Err(Failure::new(FailureCode::EngineMissing, params![])
            .with_detail(format!("`{}` is not there", program.display())));
    }
    let stopped =
        |detail: String| Failure::new(FailureCode::EngineStopped, params![]).with_detail(detail);
    let mut child = Command::new(program)
        .arg("engine")
        .arg("--home")
        .arg(home)
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
    Ok(EngineProcess { child, input, service })
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
        return Ok(Endpoint { base_url, key: ServiceKey::new(token) });
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
