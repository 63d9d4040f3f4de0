//! How each kind of model is written down while it trains and when it is done.

use std::path::Path;

use super::session::{Files, Keeping};
use crate::formats::adapter_files::{AdapterOrigin, adapter_files, read_numbers};
use crate::formats::saved::{SavedError, model_files, read_model_numbers, tokenizer_file};
use crate::formats::tokenizer::Pieces;
use crate::model::llama::adapters::AdapterLayout;
use crate::model::parameters::Layout;
use crate::model::shape::Shape;

/// Writes models of the lab.
pub(crate) struct LabKeeping {
    /// The network's sizes.
    pub(crate) shape: Shape,
    /// Its pieces.
    pub(crate) pieces: Pieces,
}

impl Keeping for LabKeeping {
    fn model_files(&self, numbers: &[f32]) -> Result<Files, SavedError> {
        model_files(&self.shape, &self.pieces, numbers)
    }

    fn saved_numbers(&self, folder: &Path) -> Result<Vec<f32>, SavedError> {
        read_model_numbers(folder, &Layout::new(&self.shape))
    }

    fn beside_checkpoint(&self) -> Result<Files, SavedError> {
        Ok(vec![tokenizer_file(&self.pieces)?])
    }
}

/// Writes adapters on a model that somebody else trained.
pub(crate) struct AdapterKeeping {
    /// What the adapters belong to.
    pub(crate) origin: AdapterOrigin,
    /// Where each of their numbers lies.
    pub(crate) layout: AdapterLayout,
}

impl Keeping for AdapterKeeping {
    fn model_files(&self, numbers: &[f32]) -> Result<Files, SavedError> {
        adapter_files(&self.origin, &self.layout, numbers)
    }

    fn saved_numbers(&self, folder: &Path) -> Result<Vec<f32>, SavedError> {
        read_numbers(folder, &self.layout)
    }

    fn beside_checkpoint(&self) -> Result<Files, SavedError> {
        Ok(Vec::new())
    }
}
