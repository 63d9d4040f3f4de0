//! Models and interrupted trainings as folders: `safetensors` for numbers, JSON for the rest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::tokenizer::{Pieces, PiecesError, Tokenizer};
use crate::model::network::Network;
use crate::model::parameters::Layout;
use crate::model::shape::{Shape, ShapeError};
use crate::sample::answer::Model;
use crate::sample::lab::LabModel;

const NUMBERS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const SHAPE: &str = "shape.json";

/// Why a saved model or training cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedError {
    #[error("cannot read or write `{path}`")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` is not readable JSON")]
    Json {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("`{path}` is not a readable safetensors file")]
    Tensors {
        path: PathBuf,
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error("tensor `{name}` has the wrong size or type")]
    WrongTensor { name: String },
    #[error("the saved shape is impossible")]
    Shape(#[from] ShapeError),
    #[error("the saved tokenizer is broken")]
    Pieces(#[from] PiecesError),
    #[error("the checkpoint is of another kind of model")]
    WrongLearner,
    #[error("the tokenizer has {pieces} pieces and the model {vocabulary}")]
    Vocabulary { pieces: usize, vocabulary: usize },
}

/// The files of a model that answers.
pub(crate) fn model_files(
    shape: &Shape,
    pieces: &Pieces,
    numbers: &[f32],
) -> Result<Vec<(&'static str, Vec<u8>)>, SavedError> {
    let layout = Layout::new(shape);
    let sized: Vec<_> = layout
        .tensors()
        .iter()
        .map(|it| (it.name.clone(), vec![it.rows, it.columns], &numbers[it.range.clone()]))
        .collect();
    let mut files = vec![(NUMBERS, tensors_to_bytes(NUMBERS, sized)?)];
    files.push((TOKENIZER, to_json(TOKENIZER, pieces)?));
    files.push((SHAPE, to_json(SHAPE, shape)?));
    Ok(files)
}

/// Whether a folder holds a model of the lab.
pub(crate) fn is_lab_folder(folder: &Path) -> bool {
    folder.join(SHAPE).is_file()
}

/// Reads a model that answers.
pub(crate) fn read_model(folder: &Path) -> Result<Model, SavedError> {
    let shape: Shape = read_json(&folder.join(SHAPE))?;
    shape.check()?;
    let tokenizer = read_tokenizer(folder)?;
    if tokenizer.vocabulary() != shape.vocabulary {
        let (pieces, vocabulary) = (tokenizer.vocabulary(), shape.vocabulary);
        return Err(SavedError::Vocabulary { pieces, vocabulary });
    }
    let network = Network::new(shape);
    let numbers = read_model_numbers(folder, &network.layout)?;
    Ok(Model::new(Box::new(LabModel::new(network, tokenizer, numbers))))
}

/// Reads the numbers of a model of `layout`.
pub(crate) fn read_model_numbers(folder: &Path, layout: &Layout) -> Result<Vec<f32>, SavedError> {
    let wanted: Vec<_> =
        layout.tensors().iter().map(|it| (it.name.as_str(), it.range.len())).collect();
    Ok(read_tensors(&folder.join(NUMBERS), &wanted)?.concat())
}

/// Reads the tokenizer of a saved model or training.
pub(crate) fn read_tokenizer(folder: &Path) -> Result<Tokenizer, SavedError> {
    Ok(Tokenizer::new(read_json(&folder.join(TOKENIZER))?)?)
}

/// The file of a tokenizer.
pub(crate) fn tokenizer_file(pieces: &Pieces) -> Result<(&'static str, Vec<u8>), SavedError> {
    Ok((TOKENIZER, to_json(TOKENIZER, pieces)?))
}

/// The files of an interrupted training: `parts` are rows of numbers by name.
pub(crate) fn training_files<State: Serialize>(
    state: &State,
    parts: &[(&str, &[f32])],
) -> Result<Vec<(&'static str, Vec<u8>)>, SavedError> {
    let sized: Vec<_> =
        parts.iter().map(|(name, it)| ((*name).to_owned(), vec![it.len()], *it)).collect();
    Ok(vec![
        ("training.safetensors", tensors_to_bytes("training.safetensors", sized)?),
        ("state.json", to_json("state.json", state)?),
    ])
}

/// Reads the state of an interrupted training.
pub(crate) fn read_state<State: for<'a> Deserialize<'a>>(
    folder: &Path,
) -> Result<State, SavedError> {
    read_json(&folder.join("state.json"))
}

/// Reads rows of numbers of an interrupted training, each `length` long.
pub(crate) fn read_parts(
    folder: &Path,
    names: &[&str],
    length: usize,
) -> Result<Vec<Vec<f32>>, SavedError> {
    let wanted: Vec<_> = names.iter().map(|name| (*name, length)).collect();
    read_tensors(&folder.join("training.safetensors"), &wanted)
}

pub(crate) fn tensors_to_bytes(
    file: &str,
    tensors: Vec<(String, Vec<usize>, &[f32])>,
) -> Result<Vec<u8>, SavedError> {
    let fail = |source| SavedError::Tensors { path: file.into(), source };
    let views: Result<Vec<_>, _> = tensors
        .into_iter()
        .map(|(name, sizes, numbers)| {
            Ok((name, TensorView::new(Dtype::F32, sizes, bytes(numbers))?))
        })
        .collect();
    safetensors::serialize(views.map_err(fail)?, None).map_err(fail)
}

/// The bytes of numbers as they lie in memory, which is how safetensors keeps them.
fn bytes(numbers: &[f32]) -> &[u8] {
    const { assert!(cfg!(target_endian = "little"), "safetensors are little-endian") }
    bytemuck::cast_slice(numbers)
}

pub(crate) fn read_tensors(
    path: &Path,
    wanted: &[(&str, usize)],
) -> Result<Vec<Vec<f32>>, SavedError> {
    let bytes = fs::read(path).map_err(|source| SavedError::Io { path: path.into(), source })?;
    let fail = |source| SavedError::Tensors { path: path.into(), source };
    let file = SafeTensors::deserialize(&bytes).map_err(fail)?;
    let read = |(name, length): &(&str, usize)| {
        let view = file.tensor(name).map_err(fail)?;
        if view.dtype() != Dtype::F32 || view.data().len() != 4 * length {
            return Err(SavedError::WrongTensor { name: (*name).to_owned() });
        }
        let (numbers, _) = view.data().as_chunks::<4>();
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    };
    wanted.iter().map(read).collect()
}

pub(crate) fn to_json<Value: Serialize>(file: &str, value: &Value) -> Result<Vec<u8>, SavedError> {
    serde_json::to_vec(value).map_err(|source| SavedError::Json { path: file.into(), source })
}

pub(crate) fn read_json<Value: DeserializeOwned>(path: &Path) -> Result<Value, SavedError> {
    let bytes = fs::read(path).map_err(|source| SavedError::Io { path: path.into(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| SavedError::Json { path: path.into(), source })
}
