//! Picked files, behind handles: their paths never cross to the page.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_contract::imports::ImportPreview;
use attune_contract::{Failure, FailureCode, params};

use super::SourceFile;
use crate::{App, locked};

/// The files a person picked and has not given back.
pub(crate) type Picks = HashMap<String, Arc<Pick>>;

/// One picked file.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) source: SourceFile,
    stopped: AtomicBool,
}

impl Pick {
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// A person looks at one file at a time; the rest are windows that were closed half-way.
const MOST_PICKS: usize = 8;

impl App {
    pub(super) fn keep_pick(&self, source: SourceFile, preview: ImportPreview) -> ImportPreview {
        let handle = ulid::Ulid::new().to_string();
        let pick = Arc::new(Pick { source, stopped: AtomicBool::new(false) });
        let mut picks = locked(&self.picks);
        if picks.len() >= MOST_PICKS {
            // The handles sort by time.
            if let Some(oldest) = picks.keys().min().cloned() {
                picks.remove(&oldest);
            }
        }
        picks.insert(handle.clone(), pick);
        ImportPreview { handle, ..preview }
    }

    pub(super) fn pick(&self, handle: &str) -> Result<Arc<Pick>, Failure> {
        let forgotten = || Failure::new(FailureCode::FileForgotten, params![]);
        locked(&self.picks).get(handle).cloned().ok_or_else(forgotten)
    }

    pub(super) fn forget_pick(&self, handle: &str) {
        locked(&self.picks).remove(handle);
    }

    pub(super) fn stop_pick(&self, handle: &str) {
        if let Some(pick) = locked(&self.picks).get(handle) {
            pick.stopped.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn restart_pick(&self, handle: &str) {
        if let Some(pick) = locked(&self.picks).get(handle) {
            pick.stopped.store(false, Ordering::Relaxed);
        }
    }
}
