//! Trained models as folders that others read: adapters for PEFT, merged models for transformers.
//! A folder appears whole or not at all; what was there is never replaced.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::layout::{Wanted, wanted};
use super::model_files::model_files;
use super::numbers::Kept;
use super::staging::Staging;
pub(crate) use super::staging::Watch;
use super::{HubError, HubModel};
use crate::formats::adapter_files::{AdapterOrigin, adapter_files};
use crate::formats::saved::SavedError;
use crate::model::llama::adapters::AdapterLayout;
use crate::model::llama::weights::TensorSource;

/// Why a model cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("`{path}` is not empty")]
    NotEmpty { path: PathBuf },
    #[error("`{path}` has no name")]
    NoName { path: PathBuf },
    #[error("cannot write `{path}`")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the model's weights cannot be read")]
    Weights(#[from] HubError),
    #[error("the adapters cannot be written")]
    Adapters(#[from] SavedError),
    #[error("the writing was stopped")]
    Stopped,
}

/// Writes adapters as a folder for `PeftModel.from_pretrained`. Returns the bytes of their numbers.
///
/// # Errors
/// When the folder is not empty, cannot be written, or `watch` stopped it.
pub(crate) fn write_adapter(
    folder: &Path,
    origin: &AdapterOrigin,
    layout: &AdapterLayout,
    numbers: &[f32],
    watch: &mut Watch<'_>,
) -> Result<u64, ExportError> {
    let files = adapter_files(origin, layout, numbers)?;
    let total: u64 = files.iter().map(|(_, content)| content.len() as u64).sum();
    let staging = Staging::begin(folder)?;
    let mut written = 0;
    tell(watch, written, total)?;
    for (name, content) in &files {
        staging.file(name, content)?;
        written += content.len() as u64;
        tell(watch, written, total)?;
    }
    staging.finish()?;
    Ok(total)
}

/// Writes a whole model as a folder for `AutoModelForCausalLM.from_pretrained`: `base` with the
/// numbers of `weights`, which may be [`super::Merged`]. Holds one tensor at a time. Returns the
/// bytes of the numbers.
///
/// # Errors
/// When the folder is not empty or cannot be written, the weights cannot be read, or `watch`
/// stopped it.
pub(crate) fn write_model(
    folder: &Path,
    base: &HubModel,
    weights: &mut impl TensorSource<Error = HubError>,
    kept: Kept,
    watch: &mut Watch<'_>,
) -> Result<u64, ExportError> {
    let files = model_files(base, kept)?;
    let staging = Staging::begin(folder)?;
    for (name, content) in &files {
        staging.file(name, content)?;
    }
    let tensors: Vec<Wanted> = wanted(&base.shape).collect();
    let mut file = staging.tensors("model.safetensors", &tensors, kept)?;
    let (mut written, total) = (0, file.total);
    tell(watch, written, total)?;
    for tensor in &tensors {
        written += file.write(&weights.tensor(&tensor.name, tensor.rows, tensor.columns)?)?;
        tell(watch, written, total)?;
    }
    file.finish()?;
    staging.finish()?;
    Ok(total)
}

fn tell(watch: &mut Watch<'_>, written: u64, total: u64) -> Result<(), ExportError> {
    match watch(written, total) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ExportError::Stopped),
    }
}
