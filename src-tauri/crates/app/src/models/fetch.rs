//! Fetching the starter in the background: one at a time, told by events, stopped by a wish.

use std::fs::Metadata;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use attune_contract::models::{ModelProgress, ModelReadiness};
use attune_contract::words::words;
use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_jobs::eta::{Pace, time_left};
use attune_services::{FetchError, FetchProgress, fetch_file, part_of};
use attune_store::Library;
use serde_json::Value;

use super::{STARTER, starter, wire};
use crate::failures::{chain, input_invalid};
use crate::{App, computer, locked, training};

/// The starter on its way, or why it stopped last.
#[derive(Debug, Default)]
pub(crate) struct Fetching {
    running: Option<Arc<Running>>,
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Running {
    stop: AtomicBool,
    progress: Mutex<ModelProgress>,
}

/// Whether the starter can be used now, as far as its size tells; the engine looks into the file.
pub(super) fn readiness(app: &App, library: &Library) -> Result<ModelReadiness, Failure> {
    let target = starter::place(library);
    let fetching = locked(&app.fetching);
    if let Some(running) = &fetching.running {
        return Ok(ModelReadiness::Fetching { progress: locked(&running.progress).clone() });
    }
    let (here, wanted) = (length(&target), app.options.starter.bytes);
    if here == Some(wanted) {
        return Ok(ModelReadiness::Ready);
    }
    let done_bytes = length(&part_of(&target)).unwrap_or(0);
    let failure = fetching.failure.clone();
    Ok(match here {
        _ if done_bytes > 0 || failure.is_some() => {
            ModelReadiness::PartlyFetched { done_bytes, failure }
        }
        Some(here) => ModelReadiness::Unusable { failure: of_wrong_size(here, wanted) },
        None => ModelReadiness::NotFetched,
    })
}

/// The bytes of a file, if it is there.
fn length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(Metadata::is_file).map(|found| found.len())
}

fn of_wrong_size(here: u64, wanted: u64) -> Failure {
    let reason = words("models.wrong_size", &params![here, wanted]);
    let file = starter::TITLE;
    Failure::new(FailureCode::ModelFileBroken, params![file, reason])
}

impl App {
    pub(super) async fn begin_fetch(self: &Arc<Self>, model: &str) -> Result<(), Failure> {
        if model != STARTER {
            return Err(input_invalid("model"));
        }
        let library = self.library()?;
        let target = starter::place(&library);
        // What has the right size is looked at again only where the engine cannot use it.
        if length(&target) == Some(self.options.starter.bytes) && !self.is_starter_unusable().await
        {
            return Ok(());
        }
        let running = {
            let mut fetching = locked(&self.fetching);
            if fetching.running.is_some() {
                return Ok(());
            }
            let progress = ModelProgress {
                model: STARTER.to_owned(),
                done_bytes: length(&part_of(&target)).unwrap_or(0),
                total_bytes: self.options.starter.bytes,
                checking: false,
                left: None,
            };
            let running =
                Arc::new(Running { stop: AtomicBool::new(false), progress: Mutex::new(progress) });
            *fetching = Fetching { running: Some(Arc::clone(&running)), failure: None };
            running
        };
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let failure = match app.fetch(&running, &library).await {
                Ok(()) | Err(FetchError::Stopped) => None,
                Err(error) => Some(failure_of(&error)),
            };
            if let Some(failure) = &failure {
                let detail = failure.detail.as_deref().unwrap_or_default();
                tracing::warn!(code = failure.code.as_text(), detail, "the starter did not come");
            }
            *locked(&app.fetching) = Fetching { running: None, failure };
            // The page reads the shelf again when it hears that nothing is fetched any more.
            let last =
                ModelProgress { checking: false, left: None, ..locked(&running.progress).clone() };
            app.desktop.emit(AppEvent::ModelProgress(last));
        });
        Ok(())
    }

    /// Whether the engine looked into the starter's file and found it broken.
    async fn is_starter_unusable(self: &Arc<Self>) -> bool {
        let told = self.engine_models().await;
        let starter = told.iter().find(|model| model.id == STARTER);
        starter.is_some_and(|model| model.engine.get("unusable").is_some_and(Value::is_object))
    }

    async fn fetch(&self, running: &Running, library: &Library) -> Result<(), FetchError> {
        let target = starter::place(library);
        if let Some(folder) = target.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let home = library.home().to_owned();
        let began = (Instant::now(), locked(&running.progress).done_bytes);
        let tell = |now: FetchProgress| {
            let progress = self.progress(now, began);
            *locked(&running.progress) = progress.clone();
            self.desktop.emit(AppEvent::ModelProgress(progress));
        };
        let free = || computer::free_disk(&home);
        fetch_file(&self.options.starter, &target, &running.stop, free, tell).await
    }

    /// How far it is; the time left comes from the pace of this session.
    fn progress(&self, now: FetchProgress, (since, first): (Instant, u64)) -> ModelProgress {
        let total_bytes = self.options.starter.bytes;
        let pace = Pace {
            step: now.done_bytes.saturating_sub(first),
            total_steps: total_bytes.saturating_sub(first),
            learning_seconds: since.elapsed().as_secs_f64(),
            service_seconds_left: None,
        };
        ModelProgress {
            model: STARTER.to_owned(),
            done_bytes: now.done_bytes,
            total_bytes,
            checking: now.is_checking,
            left: if now.is_checking { None } else { time_left(pace).map(training::range) },
        }
    }

    /// Asks for a stop and waits until it has stopped.
    pub(super) async fn stop_fetch(self: &Arc<Self>, model: &str) -> Result<(), Failure> {
        if model != STARTER {
            return Err(input_invalid("model"));
        }
        const LOOK: std::time::Duration = std::time::Duration::from_millis(50);
        let running = locked(&self.fetching).running.clone();
        let Some(running) = running else { return Ok(()) };
        running.stop.store(true, Ordering::Relaxed);
        let is_running = || locked(&self.fetching).running.is_some();
        let stopped = async {
            while is_running() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LOOK * 100, stopped).await.is_err() {
            tracing::warn!("the starter is still on its way");
        }
        Ok(())
    }

    /// Fetches the starter to its end, for the command line; `tell` hears how far it is.
    ///
    /// # Errors
    /// `ModelFetchFailed`, `ModelHashWrong`, `NotEnoughDisk`, `DiskFull`.
    pub async fn fetch_starter(
        self: &Arc<Self>,
        tell: &mut (dyn FnMut(&ModelProgress) + Send),
    ) -> Result<(), Failure> {
        const LOOK: std::time::Duration = std::time::Duration::from_millis(200);
        self.begin_fetch(STARTER).await?;
        loop {
            let running = {
                let fetching = locked(&self.fetching);
                match (&fetching.running, &fetching.failure) {
                    (Some(running), _) => Arc::clone(running),
                    (None, Some(failure)) => return Err(failure.clone()),
                    (None, None) => return Ok(()),
                }
            };
            tell(&locked(&running.progress).clone());
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn failure_of(error: &FetchError) -> Failure {
    let (code, params) = match error {
        FetchError::WrongHash { .. } => (FailureCode::ModelHashWrong, params![]),
        FetchError::NoRoom { needed, free } => {
            (FailureCode::NotEnoughDisk, wire::short(*needed, *free))
        }
        FetchError::File(source) if source.kind() == std::io::ErrorKind::StorageFull => {
            (FailureCode::DiskFull, params![])
        }
        _ => (FailureCode::ModelFetchFailed, params![]),
    };
    Failure::new(code, params).with_detail(chain(error))
}
