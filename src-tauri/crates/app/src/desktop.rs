//! What the use cases need of a desktop. It grows only when a use case needs more.

use std::path::PathBuf;

use attune_contract::AppEvent;
use attune_contract::models::ModelPickKind;

/// The host's side: a window, a command line or a test.
pub trait Desktop: Send + Sync {
    /// Lets the person choose a file to bring in; blocks until they did. `None`: they did not.
    fn pick_import_file(&self) -> Option<PathBuf>;

    /// Lets the person choose a model of their own; blocks until they did. `None`: they did not.
    fn pick_model(&self, kind: ModelPickKind) -> Option<PathBuf>;

    /// Lets the person choose the folder that a model is written to; blocks until they did. `None`:
    /// they did not.
    fn pick_export_folder(&self) -> Option<PathBuf>;

    /// Lets the person choose the tokenizer file of a model; blocks until they did. `None`: they did not.
    fn pick_tokenizer_file(&self) -> Option<PathBuf>;

    /// Lets the person choose where a file is saved, beginning with the name `suggested`; blocks until
    /// they did, and asks whether a file that is there may be replaced. `None`: they did not.
    fn pick_save_file(&self, suggested: &str) -> Option<PathBuf>;

    /// Tells the person something through the desktop, unless they look at the window anyway.
    /// Whoever cannot tell loses nothing: the window says it too.
    fn notify(&self, title: &str, body: &str);

    /// Keeps the computer awake from now on, or lets it sleep again.
    fn keep_awake(&self, is_awake: bool);

    /// Tells the page something it did not ask for. Whoever cannot hear loses nothing: every event
    /// can also be read.
    fn emit(&self, event: AppEvent);

    /// Ends the program after everything was put away.
    fn quit(&self);
}

/// A host without any screen.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentDesktop;

impl Desktop for SilentDesktop {
    fn pick_import_file(&self) -> Option<PathBuf> {
        None
    }

    fn pick_model(&self, _: ModelPickKind) -> Option<PathBuf> {
        None
    }

    fn pick_export_folder(&self) -> Option<PathBuf> {
        None
    }

    fn pick_tokenizer_file(&self) -> Option<PathBuf> {
        None
    }

    fn pick_save_file(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn notify(&self, _: &str, _: &str) {}

    fn keep_awake(&self, _: bool) {}

    fn emit(&self, _: AppEvent) {}

    fn quit(&self) {}
}
