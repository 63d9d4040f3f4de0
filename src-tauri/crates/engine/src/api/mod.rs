//! The engine as a server on loopback. It must never listen on another address.

mod bases;
mod body;
mod chat;
mod clock;
mod data;
mod engine;
mod events;
mod exporting;
mod exports;
mod failure;
mod file_routes;
mod files;
mod fingerprints;
mod guard;
mod job;
mod job_routes;
mod loading;
mod measuring;
mod models;
mod paging;
mod planning;
mod preparing;
mod proof;
mod result;
mod runner;
mod server;
mod starts;
mod wanted;
mod watching;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

/// How long a training goes on without a checkpoint, unless a test wishes otherwise.
pub const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(20);

/// What the engine needs to know before it starts.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Its own folder (`ATTUNE_HOME/engine`); made when it is missing.
    pub home: PathBuf,
    /// Where models that somebody else trained are looked for (`ATTUNE_HOME/models`); only read.
    pub models: PathBuf,
    /// Port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// The bearer token to accept; `None` makes a random one of 256 bits.
    pub token: Option<String>,
    /// Threads that train, and as many that answer; `None` uses every core.
    pub threads: Option<usize>,
    /// How long a training may go on without a checkpoint; zero writes one after every step.
    pub checkpoint_every: Duration,
    /// Called at named points, so that tests can end the process there.
    pub on_point: fn(&'static str),
    /// Tells how many bytes of memory are free; [`crate::free_memory`] asks the system.
    pub free_memory: fn() -> Option<u64>,
}

/// Where the engine listens, and the token it accepts.
#[derive(Clone, serde::Serialize)]
pub struct Ready {
    /// `http://127.0.0.1:PORT/v1`
    pub base_url: String,
    /// The bearer token.
    pub token: String,
}

/// Why the engine could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another engine held the folder's lock for longer than five seconds.
    #[error("another engine uses the folder")]
    FolderInUse,
    /// The port is taken by another program.
    #[error("port {port} is already in use")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The folder could not be made, read or written.
    #[error("cannot use the engine's folder")]
    Folder(#[source] std::io::Error),
    /// The operating system gave no random numbers for the token.
    #[error("cannot make a random token")]
    Random,
    /// The trainer's threads could not be started.
    #[error("cannot start the training threads")]
    Threads(#[source] std::io::Error),
    /// Listening or answering failed.
    #[error("cannot serve on loopback")]
    Network(#[source] std::io::Error),
}

/// Serves the API until `shutdown` resolves.
///
/// A training that runs at that moment writes a checkpoint and becomes `paused` before this
/// returns. Jobs found unfinished at the start are `paused` too; none resumes unasked.
///
/// # Errors
/// [`ServeError`] when the folder is in use or unusable, or the port cannot be had.
pub async fn serve(
    options: EngineOptions,
    on_ready: impl FnOnce(&Ready),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    server::serve(options, on_ready, shutdown).await
}
