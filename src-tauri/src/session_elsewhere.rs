//! Where there is no session bus of freedesktop, the window alone tells what there is to tell.

/// Shows nothing yet.
pub(crate) fn notify(title: &str, _: &str) {
    tracing::info!(title, "notes are shown on Linux only so far");
}

/// No promise of the desktop.
#[derive(Debug, Default)]
pub(crate) struct Awake;

impl Awake {
    /// Asks nobody yet.
    pub(crate) fn keep(&self, is_awake: bool) {
        tracing::debug!(is_awake, "the computer is kept awake on Linux only so far");
    }
}
