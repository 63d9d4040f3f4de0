//! The engine's process, for Attune itself and for people.

use std::path::PathBuf;
use std::time::Duration;

use attune_app::{automatic_cores, hold};
use attune_contract::{Failure, FailureCode, params};
use attune_engine::{BETWEEN_CHECKPOINTS, EngineOptions, Ready, ServeError, free_memory, serve};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::arguments::{EngineArguments, ServeArguments};
use crate::open;
use crate::output::{Ending, line};

/// Writing a checkpoint and answering what is under way ends long before this.
const LONGEST_END: Duration = Duration::from_secs(30);

/// Serves until whoever started it is gone: the end of the standard input.
pub(crate) async fn serve_parent(arguments: EngineArguments) -> Result<Ending, Failure> {
    let every = arguments.checkpoint_seconds.map_or(BETWEEN_CHECKPOINTS, Duration::from_secs);
    let EngineArguments { home, models, threads, .. } = arguments;
    let place = Place { home, models, threads };
    serve_until(place, 0, every, parent_is_gone()).await
}

/// Serves until a signal, whatever the standard input does.
pub(crate) async fn serve_people(arguments: &ServeArguments) -> Result<Ending, Failure> {
    let home = open::home()?.join("engine");
    let place = Place { home, models: None, threads: arguments.threads };
    serve_until(place, arguments.port, BETWEEN_CHECKPOINTS, signal()).await
}

/// Where the engine works, and with how much.
struct Place {
    home: PathBuf,
    models: Option<PathBuf>,
    threads: Option<usize>,
}

async fn serve_until(
    place: Place,
    port: u16,
    checkpoint_every: Duration,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<Ending, Failure> {
    let threads = place.threads.unwrap_or_else(automatic_cores).max(1);
    // Beside the engine's own folder: what is fetched there stays when the engine's is thrown away.
    let beside = || place.home.parent().unwrap_or(&place.home).join("models");
    let models = place.models.clone().unwrap_or_else(beside);
    let options = EngineOptions {
        home: place.home,
        models,
        port,
        token: None,
        threads: Some(threads),
        checkpoint_every,
        on_point: hold::point,
        free_memory,
    };
    match serve(options, tell, end).await {
        Ok(()) => Ok(Ending::Done),
        Err(error) => Err(into_failure(&error)),
    }
}

fn tell(ready: &Ready) {
    line(&json!({ "base_url": ready.base_url, "token": ready.token }).to_string());
}

async fn parent_is_gone() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(input.read(&mut buffer).await, Ok(1..)) {}
    // Nobody is left to end an engine that hangs; its last checkpoint is whole at every moment.
    std::thread::spawn(|| {
        std::thread::sleep(LONGEST_END);
        std::process::exit(1);
    });
}

/// An interrupt from the keyboard or a request to end. The request is listened for from the call on:
/// whoever reads the address may send it at once.
fn signal() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
        // Without signals the process can only be ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn into_failure(error: &ServeError) -> Failure {
    let folder = "engine";
    let failure = match error {
        ServeError::FolderInUse => Failure::new(FailureCode::EngineBusy, params![]),
        ServeError::PortInUse { port } => {
            Failure::new(FailureCode::PortBusy, params!["port" => port.to_string()])
        }
        ServeError::Folder(source) if source.kind() == std::io::ErrorKind::StorageFull => {
            Failure::new(FailureCode::DiskFull, params![])
        }
        ServeError::Folder(_) => Failure::new(FailureCode::LibraryNoAccess, params![folder]),
        _ => Failure::new(FailureCode::EngineStopped, params![]),
    };
    failure.with_detail(error.to_string())
}
