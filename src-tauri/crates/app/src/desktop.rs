//! What the use cases need of a desktop. It grows only when a use case needs more.

use std::path::PathBuf;

use attune_contract::AppEvent;

/// The host's side: a window, a command line or a test.
pub trait Desktop: Send + Sync {
    /// Lets the person choose a file to bring in; blocks until they did. `None`: they did not.
    fn pick_import_file(&self) -> Option<PathBuf>;

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

    fn emit(&self, _: AppEvent) {}

    fn quit(&self) {}
}
