//! `/v1/attune/exports`: a trained model written for other programs, loaded again, and only then
//! called done. The person's folder appears after the proof or not at all.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path as FilePath, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bases::Unusable;
use super::body::{JsonBody, blocking};
use super::clock::new_id;
use super::engine::Engine;
use super::failure::Refusal;
use super::job::JobError;
use super::loading::{LoadError, adapters_of, answers};
use super::models::{no_model, trained_model};
use super::proof::{Proof, ask_all, questions_of};
use super::runner::{io_code, with_causes};
use crate::formats::adapter_files::{is_adapter_folder, read_numbers};
use crate::formats::folder::{remove_if_there, sync_folder};
use crate::formats::hub::export::{ExportError, write_adapter, write_model};
use crate::formats::hub::{Kept, Merged};
use crate::model::llama::adapters::AdapterLayout;
use crate::model::llama::model::Precision;

/// Exports whose end can still be asked for.
const REMEMBERED: usize = 20;
/// The share of the work that is writing; the rest is the proof.
const WRITING: f64 = 0.7;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The adapters alone, as PEFT reads them.
    Adapter,
    /// The whole model with the adapters added to its weights.
    Merged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Writing,
    Proving,
    Done,
    Stopped,
    Failed,
}

/// The body of `POST /v1/attune/exports`.
#[derive(Deserialize)]
pub(crate) struct CreateExport {
    model: String,
    kind: Kind,
    folder: PathBuf,
}

struct Progress {
    phase: Phase,
    fraction: f64,
    bytes: u64,
    proof: Proof,
    error: Option<JobError>,
}

/// One export, running or settled.
pub(crate) struct Export {
    id: String,
    wanted: CreateExport,
    /// Where the model lies in the engine's folder.
    source: PathBuf,
    progress: Mutex<Progress>,
    stop: AtomicBool,
}

/// The exports of this process.
#[derive(Default)]
pub(crate) struct Exports(Mutex<VecDeque<Arc<Export>>>);

impl Exports {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Export>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Result<Arc<Export>, Refusal> {
        let found = self.lock().iter().find(|export| export.id == id).cloned();
        let missing = || Refusal::missing("export_not_found", format!("no export `{id}` exists"));
        found.ok_or_else(missing)
    }

    /// Asks every export that still runs to stop.
    pub(crate) fn stop_all(&self) {
        self.lock().iter().for_each(|export| export.stop.store(true, Ordering::Relaxed));
    }
}

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
enum ExportFailure {
    #[error(transparent)]
    Write(#[from] ExportError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("the written files could not be put in place")]
    Place(#[source] io::Error),
    #[error("the written files gave {same} of {asked} answers as the trained model gives them")]
    NotProven { same: u64, asked: u64 },
    #[error("stopped")]
    Stopped,
}

impl ExportFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Write(ExportError::Io { source, .. }) | Self::Place(source) => io_code(source),
            Self::Write(ExportError::NotEmpty { .. }) => "folder_not_empty",
            Self::Write(ExportError::Weights(hub)) | Self::Load(LoadError::Hub(hub)) => {
                Unusable::from(hub).code
            }
            Self::Load(LoadError::BaseGone { .. }) => "model_files_missing",
            Self::NotProven { .. } => "export_not_proven",
            Self::Write(_) | Self::Load(_) => "model_file_broken",
            Self::Stopped => "stopped",
        }
    }

    fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped | Self::Write(ExportError::Stopped))
    }
}

/// `POST /v1/attune/exports`
pub(crate) async fn create(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<CreateExport>,
) -> Result<Json<Value>, Refusal> {
    let asked = engine.clone();
    let export = Arc::new(blocking(move || accept(&asked, body)).await??);
    let mut exports = engine.exports.lock();
    exports.truncate(REMEMBERED - 1);
    exports.push_front(export.clone());
    drop(exports);
    let shown = export.to_json();
    tokio::task::spawn_blocking(move || export.run(&engine));
    Ok(Json(shown))
}

/// `GET /v1/attune/exports/{id}`
pub(crate) async fn get(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(engine.exports.find(&id)?.to_json()))
}

/// `POST /v1/attune/exports/{id}/cancel`
pub(crate) async fn cancel(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let export = engine.exports.find(&id)?;
    export.stop.store(true, Ordering::Relaxed);
    Ok(Json(export.to_json()))
}

/// Refuses everything that can be refused before the first byte is written.
fn accept(engine: &Engine, wanted: CreateExport) -> Result<Export, Refusal> {
    let (_, source) =
        trained_model(engine, &wanted.model).ok_or_else(|| no_model(&wanted.model))?;
    if !is_adapter_folder(&source) {
        let message = "models of the lab have no form that other programs read".to_owned();
        return Err(Refusal::invalid("model", "model_not_exportable", message));
    }
    let refuse = |code, message: &str| Err(Refusal::invalid("folder", code, message.to_owned()));
    let folder = &wanted.folder;
    if !folder.is_absolute() || folder.file_name().is_none() {
        return refuse("invalid_value", "`folder` must be a whole path to a folder");
    }
    match fs::read_dir(folder).map(|mut inside| inside.next().is_some()) {
        Ok(false) => {}
        Ok(true) => return refuse("folder_not_empty", "the folder is not empty"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return refuse("folder_not_usable", "the folder cannot be used"),
    }
    let progress = Progress {
        phase: Phase::Writing,
        fraction: 0.0,
        bytes: 0,
        proof: Proof::default(),
        error: None,
    };
    let (id, stop) = (new_id("export-"), AtomicBool::new(false));
    Ok(Export { id, wanted, source, progress: Mutex::new(progress), stop })
}

impl Export {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn to_json(&self) -> Value {
        let progress = self.progress();
        let mut shown = json!({
            "id": self.id, "object": "attune.export", "model": self.wanted.model,
            "kind": self.wanted.kind, "folder": self.wanted.folder, "phase": progress.phase,
            "fraction": progress.fraction, "bytes": progress.bytes,
            "asked": progress.proof.asked, "same": progress.proof.same,
        });
        if let Some(error) = &progress.error {
            shown["error"] = json!(error);
        }
        shown
    }

    /// Writes, proves and puts in place; on any other end nothing of it stays.
    fn run(&self, engine: &Engine) {
        let beside = beside(&self.wanted.folder, &self.id);
        let ended = self.write_and_prove(engine, &beside);
        if ended.is_err()
            && let Err(error) = remove_if_there(&beside)
        {
            tracing::warn!(%error, "an unfinished export could not be removed");
        }
        let mut progress = self.progress();
        match ended {
            Ok(()) => (progress.phase, progress.fraction) = (Phase::Done, 1.0),
            Err(failure) if failure.is_stop() => progress.phase = Phase::Stopped,
            Err(failure) => {
                let (code, message) = (failure.code().to_owned(), with_causes(&failure));
                tracing::warn!(code, message, "an export failed");
                progress.phase = Phase::Failed;
                progress.error = Some(JobError { code, message, param: None });
            }
        }
    }

    fn write_and_prove(&self, engine: &Engine, beside: &FilePath) -> Result<(), ExportFailure> {
        self.write(engine, beside)?;
        self.progress().phase = Phase::Proving;
        self.prove(engine, beside)?;
        if !self.go_on() {
            return Err(ExportFailure::Stopped);
        }
        put_in_place(beside, &self.wanted.folder).map_err(ExportFailure::Place)
    }

    fn write(&self, engine: &Engine, beside: &FilePath) -> Result<(), ExportFailure> {
        let (files, origin) = adapters_of(engine, &self.source)?;
        let layout = AdapterLayout::new(&files.shape, Some(&origin.adapters));
        let numbers = read_numbers(&self.source, &layout).map_err(LoadError::from)?;
        let watch = &mut |written: u64, total: u64| {
            let mut progress = self.progress();
            progress.bytes = written;
            progress.fraction = WRITING * written as f64 / total.max(1) as f64;
            if self.go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let bytes = match self.wanted.kind {
            Kind::Adapter => write_adapter(beside, &origin, &layout, &numbers, watch)?,
            Kind::Merged => {
                let tensors = files.tensors().map_err(LoadError::from)?;
                let mut merged = Merged::new(tensors, &layout, &numbers);
                write_model(beside, &files, &mut merged, Kept::F32, watch)?
            }
        };
        self.progress().bytes = bytes;
        Ok(())
    }

    /// Asks the trained model and the written files the same, one after the other, so that only
    /// one of them is in memory.
    fn prove(&self, engine: &Engine, beside: &FilePath) -> Result<(), ExportFailure> {
        // Rounding to half precision differs between adapters and what they were added to.
        let precision = match self.wanted.kind {
            Kind::Adapter => Precision::Bf16,
            Kind::Merged => Precision::F32,
        };
        let questions = questions_of(engine, &self.wanted.model);
        let asked = questions.len() as u64;
        self.progress().proof.asked = asked;
        let told = |half: f64| {
            move |done: u64| {
                let share = (half + done as f64 / asked.max(1) as f64) / 2.0;
                self.progress().fraction = WRITING + (1.0 - WRITING) * share;
                self.go_on()
            }
        };
        let trained = answers(engine, &self.source, precision)?;
        let expected = ask_all(&trained, &questions, &told(0.0)).ok_or(ExportFailure::Stopped)?;
        drop(trained);
        let written = answers(engine, beside, precision)?;
        let found = ask_all(&written, &questions, &told(1.0)).ok_or(ExportFailure::Stopped)?;
        let same = expected.iter().zip(&found).filter(|(one, other)| one == other).count() as u64;
        self.progress().proof.same = same;
        if same == asked { Ok(()) } else { Err(ExportFailure::NotProven { same, asked }) }
    }
}

/// A hidden folder beside the wanted one, on the same disk.
fn beside(folder: &FilePath, id: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.{id}"))
}

fn put_in_place(beside: &FilePath, folder: &FilePath) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(beside, folder)?;
    sync_folder(folder.parent().unwrap_or(folder))
}
