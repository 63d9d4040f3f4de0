//! Models that somebody else trained, from the files they are passed on in: Hugging Face folders
//! (safetensors) and GGUF. Every size and every name in such a file may be a lie and is checked.

mod clock;
mod config;
pub(crate) mod export;
mod fingerprint;
mod folder;
mod gguf;
mod gguf_model;
mod layout;
mod merging;
mod model_files;
mod numbers;
mod reader;
mod source;
mod staging;
mod template;
mod text;
mod tokenizer;

#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod scaling_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::llama::shape::{LlamaShape, LlamaShapeError};
pub(crate) use merging::Merged;
pub(crate) use numbers::Kept;
use source::{Source, Tensors};
pub(crate) use text::HubText;

/// Why a model's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HubError {
    #[error("`{path}` is not there")]
    Missing { path: PathBuf },
    #[error("cannot read `{path}`")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the file is broken: {reason}")]
    Broken { reason: String },
    /// `what` goes on after "this file".
    #[error("this file {what}; Attune can use the Llama family")]
    Unsupported { what: String },
    #[error("the model has no chat template, so nobody knows how to talk to it")]
    NoTemplate,
    #[error("the model's sizes cannot be computed")]
    Shape(#[from] LlamaShapeError),
}

impl HubError {
    pub(super) fn broken(reason: impl Into<String>) -> Self {
        Self::Broken { reason: reason.into() }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_path_buf() },
            _ => Self::Io { path: path.to_path_buf(), source },
        }
    }
}

/// A model in files; its weights are read when they are asked for.
pub(crate) struct HubModel {
    /// Its sizes, checked.
    pub(crate) shape: LlamaShape,
    /// Its tokenizer and its chat template.
    pub(crate) text: Arc<HubText>,
    /// What its makers call it.
    pub(crate) name: String,
    /// Its licence, as its files name it.
    pub(crate) licence: Option<String>,
    /// Bytes of its weights' files.
    pub(crate) file_bytes: u64,
    /// The files that decide its answers.
    sources: Vec<PathBuf>,
    tensors: Tensors,
}

/// Opens a folder as model hubs give them, or a GGUF file.
///
/// # Errors
/// When files are missing, broken, of another kind of model, or without a chat template.
pub(crate) fn open(path: &Path) -> Result<HubModel, HubError> {
    let found = path.metadata().map_err(|source| HubError::io(path, source))?;
    let model = if found.is_dir() { folder::open(path)? } else { gguf_model::open(path)? };
    model.tensors.check(&model.shape)?;
    Ok(model)
}

impl HubModel {
    /// Its weights, one tensor after the other.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub(crate) fn tensors(&self) -> Result<Source, HubError> {
        self.tensors.open()
    }
}
