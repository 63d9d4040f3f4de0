//! `/v1/attune/exports`: a trained model written for other programs, loaded again, and only then
//! called done. The person's folder appears after the proof or not at all.

use std::fs;
use std::io;
use std::ops::{ControlFlow, Range};
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
use super::exports::{EXPORT_ID, RunningExport};
use super::failure::Refusal;
use super::job::JobError;
use super::loading::{LoadError, adapters_of, answering_memory, answers, written_memory};
use super::models::{no_model, trained_model};
use super::proof::{Proof, StoredAnswer, StoredAnswers, ask_all};
use super::runner::{io_code, with_causes};
use crate::formats::adapter_files::{is_adapter_folder, read_numbers};
use crate::formats::folder::{remove_if_there, sync_folder};
use crate::formats::hub::export::{ExportError, write_adapter, write_model};
use crate::formats::hub::{Kept, Merged};
use crate::formats::rows::Row;
use crate::formats::text::Text;
use crate::model::llama::adapters::AdapterLayout;
use crate::model::llama::model::Precision;
use crate::sample::answer::Model;
use crate::train::memory::TooLittleMemory;

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

impl Kind {
    /// How the written files are computed when they are asked: adapters as the trained model is; a
    /// whole model exactly, since half precision rounds adapters that were added to the weights in
    /// another way than those beside them.
    fn precision(self) -> Precision {
        match self {
            Self::Adapter => Precision::Bf16,
            Self::Merged => Precision::F32,
        }
    }
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
    pub(super) id: String,
    wanted: CreateExport,
    /// Where the model lies in the engine's folder.
    source: PathBuf,
    progress: Mutex<Progress>,
    /// Set when it is to stop.
    pub(super) stop: AtomicBool,
}

/// A stored answer, and what the written files said instead; nothing where they do not even read
/// the question as the trained model does.
struct Other<'a> {
    stored: &'a StoredAnswer,
    found: Option<String>,
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
    #[error("the written files gave {same} of {asked} answers as the trained model gave them")]
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
            Self::Load(LoadError::BaseChanged { .. }) => "base_changed",
            Self::Load(LoadError::Memory(_)) => "not_enough_memory",
            Self::NotProven { .. } => "export_not_proven",
            Self::Write(_) | Self::Load(_) => "model_file_broken",
            Self::Stopped => "stopped",
        }
    }

    fn short(&self) -> Option<TooLittleMemory> {
        if let Self::Load(LoadError::Memory(short)) = self { Some(*short) } else { None }
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
    if !engine.exports.begin(&export) {
        let error = io::Error::other("the engine is ending");
        return Err(Refusal::storage(&error));
    }
    let run = RunningExport(engine);
    let shown = export.to_json();
    tokio::task::spawn_blocking(move || export.run(&run.0));
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
    let (files, origin) = adapters_of(engine, &source)?;
    let mut needed = answering_memory(&files, &origin, wanted.kind.precision());
    if wanted.kind == Kind::Merged {
        needed = needed.max(written_memory(&files));
    }
    engine.make_room(needed).map_err(Refusal::memory)?;
    let progress = Progress {
        phase: Phase::Writing,
        fraction: 0.0,
        bytes: 0,
        proof: Proof::default(),
        error: None,
    };
    let (id, stop) = (new_id(EXPORT_ID), AtomicBool::new(false));
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
            "rounded": progress.proof.rounded,
        });
        if let Some(error) = &progress.error {
            shown["error"] = json!(error);
        }
        shown
    }

    /// Writes, proves and puts in place; on any other end nothing of it stays.
    fn run(&self, engine: &Engine) {
        let beside = beside(&self.wanted.folder, &self.id);
        engine.exports.remove_leftovers(&self.wanted.folder);
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
                let (needed, free) =
                    (failure.short().map(|it| it.needed), failure.short().map(|it| it.free));
                progress.error = Some(JobError { code, message, param: None, needed, free });
            }
        }
    }

    fn write_and_prove(&self, engine: &Engine, beside: &FilePath) -> Result<(), ExportFailure> {
        self.write(engine, beside)?;
        (engine.on_point)("engine.export.mid");
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

    /// Loads the written files and asks them what the trained model was asked when its training
    /// ended. Only one of the two is in memory at a time.
    fn prove(&self, engine: &Engine, beside: &FilePath) -> Result<(), ExportFailure> {
        let stored = self.stored_answers(engine)?.answers;
        let asked = stored.len() as u64;
        self.progress().proof.asked = asked;
        let written = answers(engine, beside, self.wanted.kind.precision())?;
        let found = self.ask(&written, stored.iter(), 0.3..0.7)?;
        let (files, _) = adapters_of(engine, &self.source)?;
        let reads_alike = |stored: &StoredAnswer| {
            let now = files.text.question_row(&stored.question, usize::MAX).ok();
            now.is_some() && now == written.question(&stored.question).ok()
        };
        let others: Vec<Other<'_>> = stored
            .iter()
            .zip(found)
            .map(|(stored, found)| Other { found: reads_alike(stored).then_some(found), stored })
            .filter(|other| other.found.as_ref() != Some(&other.stored.answer))
            .collect();
        drop(written);
        let same = asked - others.len() as u64;
        self.progress().proof.same = same;
        let mut rounded = 0;
        if !others.is_empty() && self.wanted.kind == Kind::Merged {
            rounded = self.rounded(engine, &others)?;
            self.progress().proof.rounded = rounded;
        }
        let proven = same + rounded == asked && asked > 0;
        if proven { Ok(()) } else { Err(ExportFailure::NotProven { same, asked }) }
    }

    /// How many of the `others`, stored answers and what a whole model said instead, differ by
    /// rounding alone: the trained model still gives the stored one, and computed as exactly as the
    /// whole model it gives what that said.
    fn rounded(&self, engine: &Engine, others: &[Other<'_>]) -> Result<u64, ExportFailure> {
        let asked = || others.iter().map(|other| other.stored);
        let trained = answers(engine, &self.source, Precision::Bf16)?;
        let again = self.ask(&trained, asked(), 0.7..0.85)?;
        drop(trained);
        let trained = answers(engine, &self.source, Precision::F32)?;
        let exact = self.ask(&trained, asked(), 0.85..1.0)?;
        let pairs = others.iter().zip(again.iter().zip(&exact));
        let is_rounding = pairs.filter(|(other, (again, exact))| {
            **again == other.stored.answer && other.found.as_ref() == Some(*exact)
        });
        Ok(is_rounding.count() as u64)
    }

    /// The answers that lie beside the trained model; made now where it has none.
    fn stored_answers(&self, engine: &Engine) -> Result<StoredAnswers, ExportFailure> {
        if let Some(stored) = StoredAnswers::read(engine, &self.source) {
            return Ok(stored);
        }
        let unknown = || LoadError::Unknown { name: self.wanted.model.clone() };
        let (job, _) = trained_model(engine, &self.wanted.model).ok_or_else(unknown)?;
        let record = job.state().record.clone();
        let trained = answers(engine, &self.source, Precision::Bf16)?;
        let told = |_| self.go_on();
        let made = StoredAnswers::make(engine, &record, &trained, &told);
        let made = made.ok_or(ExportFailure::Stopped)?;
        made.keep(&self.source).map_err(LoadError::from)?;
        Ok(made)
    }

    /// Asks `model` what was asked for the `stored` answers, which is `part` of the proof.
    fn ask<'a>(
        &self,
        model: &Model,
        stored: impl Iterator<Item = &'a StoredAnswer>,
        part: Range<f64>,
    ) -> Result<Vec<String>, ExportFailure> {
        let questions: Vec<Row> = stored.map(StoredAnswer::row).collect();
        let count = questions.len().max(1) as f64;
        let told = |done: u64| {
            let share = part.start + (part.end - part.start) * done as f64 / count;
            self.progress().fraction = WRITING + (1.0 - WRITING) * share;
            self.go_on()
        };
        ask_all(model, &questions, &told).ok_or(ExportFailure::Stopped)
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
