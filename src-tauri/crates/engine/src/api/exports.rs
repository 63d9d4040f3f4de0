//! The exports of this process: what runs, what can still be asked for, and what an engine that was
//! ended in their midst left behind.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::engine::Engine;
use super::exporting::Export;
use super::failure::Refusal;
use crate::formats::folder::remove_if_there;

/// What the ids of exports begin with.
pub(super) const EXPORT_ID: &str = "export-";
/// Exports whose end can still be asked for.
const REMEMBERED: usize = 20;

/// The exports of this process.
#[derive(Default)]
pub(crate) struct Exports {
    kept: Mutex<Taken>,
    settled: Condvar,
}

#[derive(Default)]
struct Taken {
    exports: VecDeque<Arc<Export>>,
    running: usize,
    closed: bool,
}

/// Counts an export as running until it is dropped, however that comes.
pub(super) struct RunningExport(pub(super) Arc<Engine>);

impl Drop for RunningExport {
    fn drop(&mut self) {
        self.0.exports.lock().running -= 1;
        self.0.exports.settled.notify_all();
    }
}

impl Exports {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An export by its id.
    pub(super) fn find(&self, id: &str) -> Result<Arc<Export>, Refusal> {
        let found = self.lock().exports.iter().find(|export| export.id == id).cloned();
        let missing = || Refusal::missing("export_not_found", format!("no export `{id}` exists"));
        found.ok_or_else(missing)
    }

    /// Takes an export up; false if the engine is ending.
    pub(super) fn begin(&self, export: &Arc<Export>) -> bool {
        let mut kept = self.lock();
        if kept.closed {
            return false;
        }
        kept.exports.truncate(REMEMBERED - 1);
        kept.exports.push_front(export.clone());
        kept.running += 1;
        true
    }

    /// Asks every export that still runs to stop, and begins none any more.
    pub(crate) fn stop_all(&self) {
        let mut kept = self.lock();
        kept.closed = true;
        kept.exports.iter().for_each(|export| export.stop.store(true, Ordering::Relaxed));
    }

    /// Removes what exports to `folder` left beside it when the engine was ended in their midst.
    pub(super) fn remove_leftovers(&self, folder: &Path) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let start = format!(".{name}.{EXPORT_ID}");
        let running: Vec<String> = self.lock().exports.iter().map(|it| it.id.clone()).collect();
        let is_left = |file: &str| {
            let inner = file.strip_prefix('.').and_then(|file| file.strip_suffix(".tmp"));
            let export = inner.filter(|inner| inner.starts_with('.')).unwrap_or(file);
            let id = export.strip_prefix(&start).filter(|id| is_id(id));
            id.is_some_and(|id| !running.contains(&format!("{EXPORT_ID}{id}")))
        };
        let files = folder.parent().and_then(|parent| fs::read_dir(parent).ok());
        for file in files.into_iter().flatten().filter_map(Result::ok) {
            if is_left(&file.file_name().to_string_lossy())
                && let Err(error) = remove_if_there(&file.path())
            {
                tracing::warn!(%error, "what an earlier export left could not be removed");
            }
        }
    }

    /// Waits until every export has come to its end and removed what it had not finished.
    pub(crate) fn wait(&self) {
        let mut kept = self.lock();
        while kept.running > 0 {
            kept = self.settled.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whether a text is what [`super::clock::new_id`] puts behind its beginning.
fn is_id(text: &str) -> bool {
    text.len() == 26 && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
}
