//! Opening the library, and doing blocking work on it.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use attune_contract::{Failure, FailureCode};
use attune_store::{Library, LibraryOptions};

use crate::failures::OrFailure;
use crate::{App, AppOptions, blocking, hold};

/// The library's folder: `ATTUNE_HOME`, else the operating system's folder for data.
#[must_use]
pub fn default_home() -> Option<PathBuf> {
    if let Some(home) = std::env::var_os("ATTUNE_HOME").filter(|home| !home.is_empty()) {
        return Some(home.into());
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = if cfg!(target_os = "windows") {
        PathBuf::from(variable("APPDATA")?)
    } else if cfg!(target_os = "macos") {
        PathBuf::from(variable("HOME")?).join("Library/Application Support")
    } else {
        match variable("XDG_DATA_HOME") {
            Some(data) => data.into(),
            None => PathBuf::from(variable("HOME")?).join(".local/share"),
        }
    };
    Some(base.join("attune"))
}

/// Opens the library as the options say.
pub(crate) fn open(options: &AppOptions) -> Result<Library, Failure> {
    let library = LibraryOptions {
        home: options.home.clone(),
        on_point: hold::point,
        extra_migration: hold::extra_migration().then_some(EXTRA_MIGRATION),
    };
    Library::open(library).or_failure()
}

/// What the test's second migration does: it rewrites every example, so that a kill inside it would
/// show.
const EXTRA_MIGRATION: attune_store::ExtraMigration = attune_store::ExtraMigration {
    sql: "UPDATE example SET question = question || '', answer = answer || '';",
};

impl App {
    /// The library, or why there is none.
    pub(crate) fn library(&self) -> Result<Library, Failure> {
        self.library.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether an earlier start of the program, or a command, holds the library.
    #[must_use]
    pub fn is_open_elsewhere(&self) -> bool {
        let code = self.library().err().map(|failure| failure.code);
        code == Some(FailureCode::LibraryOpenElsewhere)
    }

    /// Opens the library again, if it could not be opened before.
    pub(crate) fn reopen(&self) -> Option<Failure> {
        let mut library = self.library.write().unwrap_or_else(PoisonError::into_inner);
        if library.is_err() {
            *library = open(&self.options);
        }
        library.as_ref().err().cloned()
    }

    /// Does blocking work on the library.
    pub(crate) async fn on_library<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&App, &Library) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let library = self.library()?;
        let app = Arc::clone(self);
        blocking(move || work(&app, &library)).await
    }
}
