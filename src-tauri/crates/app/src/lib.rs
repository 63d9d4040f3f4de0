//! Attune's use cases, one folder a feature.
//!
//! Every command of the contract is a method of [`App`] with the command's name. Window, command
//! line and tests are hosts of the same methods; what differs between them is their [`Desktop`].
//! Invariants: only contract types leave this crate; nothing here names a window toolkit; blocking
//! work runs on the blocking pool.

mod answering;
mod calendar;
mod chat;
mod checks;
mod computer;
mod desktop;
mod door;
mod engine;
mod examples;
mod failures;
pub mod hold;
mod imports;
mod library;
mod models;
mod notices;
mod outlook;
mod prices;
mod projects;
mod services;
mod settings;
mod spending;
mod testing;
mod tokenizers;
mod training;
mod work;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use attune_contract::{Failure, FailureCode, RunId};

pub use attune_cost::MicroUsd;
pub use attune_dataset::InstructionsSource;
pub use attune_evaluation::Metrics;
pub use attune_services::{ChatReply, FetchSource, Pauses, SystemPauses, WantedFile};
pub use attune_vault::KeyringOptions;
pub use checks::{CheckedFile, FoundProblem, check_file};
pub use computer::{automatic_cores, cores};
pub use desktop::{Desktop, SilentDesktop};
pub use door::{answer_second_starts, call_first_window};
pub use failures::IntoFailure;
pub use imports::{SourceFile, TableColumns};
pub use library::default_home;
pub use models::{ExportOrder, ExportOutcome, ListedModel, starter_file};
pub use notices::{hidden_words, tray_words};
pub use testing::{FileTest, FileTestReport, ScoredFile, score_file};
pub use training::{
    EstimateOrder, EstimateWarning, FarFileOrder, FileEstimate, ListedLaunch, RunFollow,
    TrainFileOrder, estimate_file,
};

/// What a host decides before anything starts.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The library's folder.
    pub home: PathBuf,
    /// The program that serves as the engine with the argument `engine`.
    pub engine_program: PathBuf,
    /// The time now, in milliseconds since 1970; a fixed one in tests.
    pub clock: fn() -> i64,
    /// The starter's file and where it comes from; [`starter_file`] but in tests.
    pub starter: WantedFile,
    /// Cores that train and answer, whatever the person's settings say; the settings where absent.
    pub cores: Option<usize>,
    /// The keyring that keeps keys: the computer's, but in tests.
    pub keyring: fn() -> KeyringOptions,
    /// How services far away are waited for: [`SystemPauses`], but in tests.
    pub pauses: Arc<dyn Pauses>,
}

/// The time of the operating system in milliseconds since 1970.
#[must_use]
pub fn system_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The program: one library, one engine, everything a person can do.
pub struct App {
    options: AppOptions,
    desktop: Arc<dyn Desktop>,
    library: RwLock<Result<attune_store::Library, Failure>>,
    picks: Mutex<imports::Picks>,
    views: Mutex<examples::Views>,
    engine: tokio::sync::Mutex<engine::Engine>,
    trackers: Mutex<HashMap<RunId, tokio::task::JoinHandle<()>>>,
    /// Trainings that somebody wanted followed while they were.
    wanted_again: Mutex<HashMap<RunId, training::Begin>>,
    looked_for: Mutex<HashSet<RunId>>,
    tests: Mutex<testing::RunningTests>,
    chats: Mutex<chat::RunningChats>,
    fetching: Mutex<models::Fetching>,
    exporting: Mutex<models::Exporting>,
    uploads: tokio::sync::Mutex<models::Uploads>,
    prepared: Mutex<Option<training::PreparedProject>>,
    settings_write: tokio::sync::Mutex<()>,
    keys: services::Keys,
    services_write: tokio::sync::Mutex<()>,
    starting: tokio::sync::Mutex<()>,
    deciding: Mutex<()>,
    telling: tokio::sync::Mutex<()>,
    spending: Mutex<()>,
    quotes: Mutex<training::Quotes>,
    counted: Mutex<training::CountedFiles>,
    tokenizers: Mutex<tokenizers::Tokenizers>,
    turns: Mutex<training::Turns>,
}

impl App {
    /// Opens the library and makes the program. A library that cannot be opened is no error here:
    /// the host shows why, and the person may try again.
    #[must_use]
    pub fn open(options: AppOptions, desktop: Arc<dyn Desktop>) -> Arc<Self> {
        let library = library::open(&options);
        Arc::new(Self {
            options,
            desktop,
            library: RwLock::new(library),
            picks: Mutex::default(),
            views: Mutex::default(),
            engine: tokio::sync::Mutex::default(),
            trackers: Mutex::default(),
            wanted_again: Mutex::default(),
            looked_for: Mutex::default(),
            tests: Mutex::default(),
            chats: Mutex::default(),
            fetching: Mutex::default(),
            exporting: Mutex::default(),
            uploads: tokio::sync::Mutex::default(),
            prepared: Mutex::default(),
            settings_write: tokio::sync::Mutex::new(()),
            keys: services::Keys::default(),
            services_write: tokio::sync::Mutex::new(()),
            starting: tokio::sync::Mutex::new(()),
            deciding: Mutex::default(),
            telling: tokio::sync::Mutex::new(()),
            spending: Mutex::default(),
            quotes: Mutex::default(),
            counted: Mutex::default(),
            tokenizers: Mutex::default(),
            turns: Mutex::default(),
        })
    }

    /// Runs one command: under test equipment it may be held or failed by its name; a failure is
    /// written to the log once, here.
    ///
    /// # Errors
    /// The command's own failure.
    pub async fn run<T>(
        &self,
        name: &'static str,
        command: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        hold::command(name).await?;
        let result = command.await;
        if let Err(failure) = &result {
            let detail = failure.detail.as_deref().unwrap_or_default();
            tracing::warn!(command = name, code = failure.code.as_text(), detail, "refused");
        }
        result
    }

    /// The time now, in milliseconds since 1970.
    fn now_ms(&self) -> i64 {
        (self.options.clock)()
    }
}

/// Locks, also after a panic elsewhere: what the locks here guard is whole between two statements.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs blocking work on the blocking pool.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(join) => Err(Failure::new(FailureCode::Internal, attune_contract::Params::new())
            .with_detail(join.to_string())),
    }
}
