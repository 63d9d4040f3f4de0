//! From a model's name to a model that answers, whatever kind it is.

use std::path::Path;
use std::sync::Arc;

use super::bases::Unusable;
use super::engine::Engine;
use super::failure::Refusal;
use super::models::{LAB, no_model, trained_model};
use super::runner::with_causes;
use crate::formats::adapter_files::{AdapterOrigin, is_adapter_folder, read_numbers, read_origin};
use crate::formats::hub::{self, HubError, HubModel};
use crate::formats::saved::{SavedError, is_lab_folder, read_model};
use crate::model::llama::adapters::AdapterShape;
use crate::model::llama::model::{Llama, LlamaError, LlamaOptions, Precision};
use crate::sample::answer::Model;
use crate::sample::tuned::TunedModel;
use crate::train::memory::TooLittleMemory;

/// Places of a question that are read at once.
const PLACES_AT_ONCE: usize = 512;

/// Why a model cannot answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("no model `{name}` exists")]
    Unknown { name: String },
    #[error("`lab` has learned nothing yet; train it first")]
    NotTrained,
    #[error("the model `{base}`, on which this one was trained, is not there")]
    BaseGone { base: String },
    #[error("`{base}` is no longer the model on which this one was trained")]
    BaseChanged { base: String },
    #[error("the model's files cannot be used")]
    Hub(#[from] HubError),
    #[error("the model's files cannot be used")]
    Llama(#[from] LlamaError<HubError>),
    #[error("the trained model's files cannot be read")]
    Saved(#[from] SavedError),
    #[error(transparent)]
    Memory(#[from] TooLittleMemory),
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        let message = with_causes(&error);
        match &error {
            LoadError::Unknown { name } => no_model(name),
            LoadError::NotTrained => Self::invalid("model", "model_not_trained", message),
            LoadError::BaseGone { .. } => Self::invalid("model", "model_files_missing", message),
            LoadError::BaseChanged { .. } => Self::invalid("model", "base_changed", message),
            LoadError::Memory(short) => Self::memory(*short),
            LoadError::Hub(hub) | LoadError::Llama(LlamaError::Tensor(hub)) => {
                Self::invalid("model", Unusable::from(hub).code, message)
            }
            LoadError::Llama(_) => Self::invalid("model", "model_file_broken", message),
            LoadError::Saved(_) => {
                tracing::error!(message, "a model cannot be read");
                Self::missing("model_unreadable", message)
            }
        }
    }
}

/// Loads the model `name`.
pub(crate) fn load_model(engine: &Engine, name: &str) -> Result<Model, LoadError> {
    if name == LAB {
        return Err(LoadError::NotTrained);
    }
    if let Some(base) = engine.bases.find(name) {
        return answers(engine, &base.path, Precision::Bf16);
    }
    let unknown = || LoadError::Unknown { name: name.to_owned() };
    let (_, folder) = trained_model(engine, name).ok_or_else(unknown)?;
    answers(engine, &folder, Precision::Bf16)
}

/// The adapters in `folder`, and the files of the model under them.
pub(crate) fn adapters_of(
    engine: &Engine,
    folder: &Path,
) -> Result<(HubModel, AdapterOrigin), LoadError> {
    let origin = read_origin(folder)?;
    let base = engine.bases.find(&origin.base);
    let base = base.ok_or_else(|| LoadError::BaseGone { base: origin.base.clone() })?;
    let files = hub::open(&base.path)?;
    let wanted = origin.base_fingerprint.as_deref();
    if files.shape != origin.base_shape || !engine.bases.is_same(&base.path, wanted)? {
        return Err(LoadError::BaseChanged { base: origin.base });
    }
    Ok((files, origin))
}

/// Loads what lies in `folder`: a model of the lab, adapters with the model under them, or a whole
/// model of others.
pub(crate) fn answers(
    engine: &Engine,
    folder: &Path,
    precision: Precision,
) -> Result<Model, LoadError> {
    if is_adapter_folder(folder) {
        let (files, origin) = adapters_of(engine, folder)?;
        let llama = load(engine, &files, answering(precision, Some(origin.adapters)))?;
        let numbers = read_numbers(folder, llama.layout())?;
        return Ok(answerer(engine, llama, files.text, &numbers));
    }
    if is_lab_folder(folder) {
        return Ok(read_model(folder)?);
    }
    let files = hub::open(folder)?;
    let llama = load(engine, &files, answering(precision, None))?;
    Ok(answerer(engine, llama, files.text, &[]))
}

/// Refuses what does not fit into the memory that is free, before the first weight is read.
fn load(engine: &Engine, files: &HubModel, options: LlamaOptions) -> Result<Llama, LoadError> {
    engine.make_room(Llama::answering_memory(&files.shape, &options, files.file_bytes))?;
    Ok(Llama::load(files.shape.clone(), &mut files.tensors()?, options)?)
}

/// Bytes that answering takes with the adapters in an `origin` on the model of `files`.
pub(crate) fn answering_memory(
    files: &HubModel,
    origin: &AdapterOrigin,
    precision: Precision,
) -> u64 {
    let options = answering(precision, Some(origin.adapters.clone()));
    Llama::answering_memory(&files.shape, &options, files.file_bytes)
}

/// Bytes that reading and asking the whole model of `files` takes once it is written out with
/// numbers of four bytes, however small they are in its own files.
pub(crate) fn written_memory(files: &HubModel) -> u64 {
    let file_bytes = files.file_bytes.max(4 * files.shape.parameters() as u64);
    Llama::answering_memory(&files.shape, &answering(Precision::F32, None), file_bytes)
}

fn answerer(engine: &Engine, llama: Llama, text: Arc<hub::HubText>, numbers: &[f32]) -> Model {
    let threads = engine.answer_threads.clone();
    Model::new(Box::new(TunedModel::new(Arc::new(llama), text, numbers, threads)))
}

fn answering(precision: Precision, adapters: Option<AdapterShape>) -> LlamaOptions {
    LlamaOptions {
        precision,
        adapters,
        checkpoint_layers: false,
        keep_entries: false,
        tokens_at_once: PLACES_AT_ONCE,
    }
}
