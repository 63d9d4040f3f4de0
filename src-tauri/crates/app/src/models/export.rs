//! Taking a trained model along: the engine writes, loads what it wrote, and asks it again. Only
//! files that gave the stored answers stay.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attune_contract::models::{ExportKind, ExportPhase, ExportState, ModelExportRequest};
use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_services::{OpenAiCompatible, RemoteExport, ServiceError};

use super::wire;
use crate::failures::OrFailure;
use crate::testing::{model_missing, unanswered};
use crate::{App, blocking, hold, locked, training};

/// How often the engine is asked how far it is.
const LOOK: Duration = Duration::from_millis(200);

/// The export that is being written, or the last one.
#[derive(Debug, Default)]
pub(crate) struct Exporting {
    state: Option<ExportState>,
    /// The engine's id of the one that is being written.
    running: Option<String>,
    /// Whether somebody is about to begin one.
    is_taken: bool,
}

/// An order for an export, for the command line.
#[derive(Debug, Clone)]
pub struct ExportOrder {
    /// The model.
    pub model: String,
    /// What is written.
    pub kind: ExportKind,
    /// The folder; it must be new or empty.
    pub folder: PathBuf,
}

/// What an export left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportOutcome {
    /// Bytes written.
    pub bytes: u64,
    /// Questions asked of the written files.
    pub asked: u64,
    /// Answers that were the stored ones.
    pub same: u64,
    /// Answers that differ by rounding alone.
    pub rounded: u64,
}

impl App {
    pub(super) fn last_export(&self, run: &str) -> Option<ExportState> {
        locked(&self.exporting).state.clone().filter(|state| state.run == run)
    }

    pub(super) async fn begin_export(
        self: &Arc<Self>,
        request: ModelExportRequest,
    ) -> Result<Option<ExportState>, Failure> {
        let run = request.run.clone();
        let launch = self.on_library(move |_, library| training::launch(library, &run)).await?;
        let model = launch.result_model.ok_or_else(model_missing)?;
        self.take_export()?;
        let begun = self.pick_and_begin(&request, &model).await;
        locked(&self.exporting).is_taken = false;
        begun
    }

    /// One export at a time; the dialog counts.
    fn take_export(&self) -> Result<(), Failure> {
        let mut exporting = locked(&self.exporting);
        if exporting.is_taken || exporting.running.is_some() {
            return Err(Failure::new(FailureCode::ExportAlreadyRuns, params![]));
        }
        exporting.is_taken = true;
        Ok(())
    }

    async fn pick_and_begin(
        self: &Arc<Self>,
        request: &ModelExportRequest,
        model: &str,
    ) -> Result<Option<ExportState>, Failure> {
        let app = Arc::clone(self);
        let picked = blocking(move || {
            Ok(match hold::next_pick() {
                Some(pick) => pick,
                None => app.desktop.pick_export_folder(),
            })
        })
        .await?;
        let Some(picked) = picked else { return Ok(None) };
        let (model_name, kind) = (model.to_owned(), request.kind);
        let folder = blocking(move || Ok(free_folder(&picked, &model_name, kind))).await?;
        let service = self.engine_service().await?;
        let told = start(&service, model, request.kind, &folder).await?;
        let state = state(&request.run, request.kind, &folder, &told);
        {
            let mut exporting = locked(&self.exporting);
            exporting.state = Some(state.clone());
            exporting.running = Some(told.id.clone());
        }
        let app = Arc::clone(self);
        let (run, kind) = (request.run.clone(), request.kind);
        tokio::spawn(async move { app.follow_export(&service, &run, kind, &folder, told).await });
        Ok(Some(state))
    }

    async fn follow_export(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
        kind: ExportKind,
        folder: &Path,
        mut told: RemoteExport,
    ) {
        loop {
            let now = state(run, kind, folder, &told);
            let is_over = is_over(now.phase);
            self.tell_export(now, is_over);
            if is_over {
                return;
            }
            tokio::time::sleep(LOOK).await;
            told = match service.export_read(&told.id).await {
                Ok(told) => told,
                Err(error) => {
                    let failure = Some(unanswered(error));
                    let failed = ExportState {
                        phase: ExportPhase::Failed,
                        failure,
                        ..state(run, kind, folder, &told)
                    };
                    return self.tell_export(failed, true);
                }
            };
        }
    }

    fn tell_export(&self, now: ExportState, is_over: bool) {
        {
            let mut exporting = locked(&self.exporting);
            exporting.state = Some(now.clone());
            if is_over {
                exporting.running = None;
            }
        }
        self.desktop.emit(AppEvent::ExportChanged(now));
    }

    pub(super) async fn stop_export(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let running = {
            let exporting = locked(&self.exporting);
            let is_it = exporting.state.as_ref().is_some_and(|state| state.run == run);
            exporting.running.clone().filter(|_| is_it)
        };
        let Some(id) = running else { return Ok(()) };
        self.engine_service().await?.export_stop(&id).await.map(drop).map_err(unanswered)
    }

    /// Whether a model is being written out.
    pub(crate) fn is_exporting(&self) -> bool {
        locked(&self.exporting).running.is_some()
    }

    /// Writes a trained model out and waits for the proof, for the command line.
    ///
    /// # Errors
    /// `ModelMissing`, `ExportNotProven`, `DiskFull`; failures of the engine.
    pub async fn export_model(
        self: &Arc<Self>,
        order: &ExportOrder,
        tell: &mut (dyn FnMut(f64) + Send),
    ) -> Result<ExportOutcome, Failure> {
        let service = self.engine_service().await?;
        let folder = std::path::absolute(&order.folder)
            .map_err(|error| crate::failures::internal(error.to_string()))?;
        let mut told = start(&service, &order.model, order.kind, &folder).await?;
        loop {
            let now = state("", order.kind, &folder, &told);
            tell(now.fraction);
            match now.phase {
                ExportPhase::Done => {
                    let ExportState { bytes, asked, same, rounded, .. } = now;
                    return Ok(ExportOutcome { bytes, asked, same, rounded });
                }
                ExportPhase::Failed | ExportPhase::Stopped => {
                    let stopped = || Failure::new(FailureCode::EngineStopped, params![]);
                    return Err(now.failure.unwrap_or_else(stopped));
                }
                ExportPhase::Writing | ExportPhase::Proving => {}
            }
            tokio::time::sleep(LOOK).await;
            told = service.export_read(&told.id).await.or_failure()?;
        }
    }
}

async fn start(
    service: &OpenAiCompatible,
    model: &str,
    kind: ExportKind,
    folder: &Path,
) -> Result<RemoteExport, Failure> {
    let about = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    service.export_start(model, kind_name(kind), folder).await.map_err(|error| match error {
        ServiceError::Refused(refused) if refused.status == 404 => {
            model_missing().with_detail(refused.message)
        }
        ServiceError::Refused(refused) => wire::engine_failure(&refused, &about),
        error => unanswered(error),
    })
}

/// The picked folder, or a new one inside where it holds something already: nothing is mixed with
/// the person's own files.
fn free_folder(picked: &Path, model: &str, kind: ExportKind) -> PathBuf {
    let is_empty = |folder: &Path| {
        std::fs::read_dir(folder).map_or(!folder.exists(), |mut inside| inside.next().is_none())
    };
    if is_empty(picked) {
        return picked.to_owned();
    }
    // `ft:<base>:attune:<suffix>:<id>`: only its last part is sure to be a name for a folder.
    let id = model.rsplit(':').next().unwrap_or(model);
    let name = format!("attune-{id}-{}", kind_name(kind));
    (1_u32..)
        .map(|number| match number {
            1 => picked.join(&name),
            _ => picked.join(format!("{name}-{number}")),
        })
        .find(|folder| is_empty(folder))
        .unwrap_or_else(|| picked.to_owned())
}

fn kind_name(kind: ExportKind) -> &'static str {
    match kind {
        ExportKind::Adapter => "adapter",
        ExportKind::Merged => "merged",
    }
}

fn is_over(phase: ExportPhase) -> bool {
    matches!(phase, ExportPhase::Done | ExportPhase::Stopped | ExportPhase::Failed)
}

fn state(run: &str, kind: ExportKind, folder: &Path, told: &RemoteExport) -> ExportState {
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let phase = match told.phase.as_str() {
        "writing" => ExportPhase::Writing,
        "proving" => ExportPhase::Proving,
        "done" => ExportPhase::Done,
        "stopped" => ExportPhase::Stopped,
        _ => ExportPhase::Failed,
    };
    let failure = (phase == ExportPhase::Failed).then(|| match &told.error {
        Some(error) => wire::engine_failure(error, &name),
        None => Failure::new(FailureCode::EngineStopped, params![]),
    });
    ExportState {
        run: run.to_owned(),
        kind,
        phase,
        fraction: told.fraction,
        folder: name,
        bytes: told.bytes,
        asked: told.asked,
        same: told.same,
        rounded: told.rounded,
        failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_gets_a_new_one_inside() {
        let folder = tempfile::tempdir().unwrap();
        let model = "ft:starter:attune:shop:abc";
        let free = |picked: &Path| free_folder(picked, model, ExportKind::Adapter);
        assert_eq!(free(folder.path()), folder.path());
        assert_eq!(free(&folder.path().join("new")), folder.path().join("new"));
        std::fs::write(folder.path().join("mine"), "x").unwrap();
        let inside = folder.path().join("attune-abc-adapter");
        assert_eq!(free(folder.path()), inside);
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("weights"), "x").unwrap();
        assert_eq!(free(folder.path()), folder.path().join("attune-abc-adapter-2"));
    }
}
