//! What a training starts from: the lab, a model that somebody else trained, or an earlier result.

use std::path::PathBuf;
use std::sync::Arc;

use super::bases::{Base, Facts, Unusable};
use super::engine::Engine;
use super::failure::Refusal;
use super::models::LAB;
use super::runner::with_causes;
use crate::formats::adapter_files::read_origin;
use crate::formats::saved::SavedError;
use crate::model::llama::adapters::AdapterShape;
use crate::model::llama::shape::LlamaShape;
use crate::train::settings::{Learner, Origin, Wanted};

/// What a training starts from.
#[derive(Clone)]
pub(crate) enum Start {
    /// Nothing: a small model of its own.
    Lab,
    /// A frozen model, with fresh adapters or with those of an earlier training.
    Adapter(AdapterStart),
}

/// A frozen model and the adapters that are the first numbers.
#[derive(Clone)]
pub(crate) struct AdapterStart {
    /// The frozen model.
    pub(crate) base: Base,
    /// What is in its files.
    pub(crate) facts: Arc<Facts>,
    /// The trained model that is trained on, if any.
    pub(crate) continued: Option<Continued>,
}

/// An earlier training whose result is trained on.
#[derive(Clone)]
pub(crate) struct Continued {
    /// The name of its result.
    pub(crate) name: String,
    /// The job that made it.
    pub(crate) job: String,
    /// Where its adapters are.
    pub(crate) folder: PathBuf,
    /// Their shape.
    pub(crate) shape: AdapterShape,
}

/// Why nothing can start from a model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("no model `{name}` exists")]
    Unknown { name: String },
    #[error("model `{name}` is gone; `{trained}` was trained on it")]
    BaseGone { name: String, trained: String },
    #[error("`{name}` is no longer the model on which `{trained}` was trained")]
    BaseChanged { name: String, trained: String },
    #[error("`{name}` was made in the lab and cannot be trained on")]
    LabResult { name: String },
    #[error("the trained model's files cannot be read")]
    Saved(#[from] SavedError),
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

impl StartError {
    /// The code of a refusal.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::LabResult { .. } => "model_not_available",
            Self::BaseGone { .. } => "model_files_missing",
            Self::BaseChanged { .. } => "base_changed",
            Self::Saved(_) => "model_unreadable",
            Self::Unusable(unusable) => unusable.code,
        }
    }
}

impl From<StartError> for Refusal {
    fn from(error: StartError) -> Self {
        Self::invalid("model", error.code(), with_causes(&error))
    }
}

impl Start {
    /// The sizes of the frozen model; none in the lab.
    pub(crate) fn base_shape(&self) -> Option<&LlamaShape> {
        match self {
            Self::Lab => None,
            Self::Adapter(start) => Some(&start.facts.shape),
        }
    }

    /// The name of the frozen model; none in the lab.
    pub(crate) fn base_name(&self) -> Option<&str> {
        match self {
            Self::Lab => None,
            Self::Adapter(start) => Some(&start.base.name),
        }
    }

    /// Places that a conversation may take.
    pub(crate) fn context(&self, wanted: &Wanted) -> usize {
        match self {
            Self::Lab => wanted.lab_context(),
            Self::Adapter(start) => wanted.adapter_context(&start.facts.shape),
        }
    }
}

impl AdapterStart {
    /// What the settings must know of it.
    pub(crate) fn origin(&self) -> Origin {
        let continued = self.continued.as_ref().map(|it| (it.name.clone(), it.shape.clone()));
        Origin { base: self.base.name.clone(), continued }
    }
}

/// What a training of the model `name` starts from.
pub(crate) fn find_start(engine: &Engine, name: &str) -> Result<Start, StartError> {
    if name == LAB {
        return Ok(Start::Lab);
    }
    if let Some(base) = engine.bases.find(name) {
        let facts = engine.bases.inspect(&base.path)?;
        return Ok(Start::Adapter(AdapterStart { base, facts, continued: None }));
    }
    let unknown = || StartError::Unknown { name: name.to_owned() };
    let (job, folder) = super::models::trained_model(engine, name).ok_or_else(unknown)?;
    let record = job.state().record.clone();
    let Some(Learner::Adapter { adapter }) = record.settings.map(|settings| settings.learner)
    else {
        return Err(StartError::LabResult { name: name.to_owned() });
    };
    let gone = || StartError::BaseGone { name: adapter.base.clone(), trained: name.to_owned() };
    let base = engine.bases.find(&adapter.base).ok_or_else(gone)?;
    let facts = engine.bases.inspect(&base.path)?;
    let origin = read_origin(&folder)?;
    let same = engine.bases.is_same(&base.path, origin.base_fingerprint.as_deref());
    if facts.shape != origin.base_shape || !same.map_err(|error| Unusable::from(&error))? {
        let (name, trained) = (adapter.base, name.to_owned());
        return Err(StartError::BaseChanged { name, trained });
    }
    let shape = adapter.shape;
    let continued = Some(Continued { name: name.to_owned(), job: record.id, folder, shape });
    Ok(Start::Adapter(AdapterStart { base, facts, continued }))
}
