//! The sizes of a Llama model, and which of them can be computed.

use serde::{Deserialize, Serialize};

use crate::model::kernels::attention::Heads;
use crate::model::kernels::rotary::RotaryScaling;

/// Sizes and constants of a Llama model, as its configuration gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LlamaShape {
    /// Pieces of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Numbers per place (`hidden_size`).
    pub(crate) width: usize,
    /// Blocks (`num_hidden_layers`).
    pub(crate) layers: usize,
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads.
    pub(crate) key_value_heads: usize,
    /// Numbers in one head; not always `width / heads`.
    pub(crate) head_width: usize,
    /// Numbers in the middle of the feed-forward part (`intermediate_size`).
    pub(crate) hidden: usize,
    /// Places the model was made for (`max_position_embeddings`).
    pub(crate) context: usize,
    /// Base of the rotary angles (`rope_theta`).
    pub(crate) rotary_base: f64,
    /// How the angles were slowed for a longer context (`rope_scaling`), if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotary_scaling: Option<RotaryScaling>,
    /// Added inside the root of a normalisation (`rms_norm_eps`).
    pub(crate) norm_epsilon: f64,
    /// Whether the output scores use the embedding's numbers.
    pub(crate) tied: bool,
}

/// Why a Llama of some shape cannot be computed.
#[derive(Debug, thiserror::Error, PartialEq)]
pub(crate) enum LlamaShapeError {
    #[error("`{name}` must be from {least} to {most}, not {value}")]
    OutOfRange { name: &'static str, value: usize, least: usize, most: usize },
    #[error("heads of {head_width} numbers cannot be turned in pairs")]
    OddHeads { head_width: usize },
    #[error("{heads} heads cannot share {key_value_heads} key and value heads equally")]
    UnevenGroups { heads: usize, key_value_heads: usize },
    #[error("`{name}` cannot be {value}")]
    Constant { name: &'static str, value: f64 },
    #[error("a tensor of {rows} times {columns} numbers is too large")]
    Tensor { rows: usize, columns: usize },
}

/// Places for which rotary tables are kept: longer conversations are out of reach on a processor.
const MOST_PLACES: usize = 1 << 15;
/// Numbers in one tensor; larger ones no computer of a person could train.
const MOST_NUMBERS: usize = 1 << 31;

impl LlamaShape {
    /// Refuses shapes that cannot be computed, whoever wrote them down.
    ///
    /// # Errors
    /// With the first reason found.
    pub(crate) fn check(&self) -> Result<(), LlamaShapeError> {
        let ranges = [
            ("vocab_size", self.vocabulary, 2, 1 << 20),
            ("hidden_size", self.width, 2, 1 << 15),
            ("num_hidden_layers", self.layers, 1, 512),
            ("num_attention_heads", self.heads, 1, 1 << 10),
            ("num_key_value_heads", self.key_value_heads, 1, 1 << 10),
            ("head_dim", self.head_width, 2, 1 << 10),
            ("intermediate_size", self.hidden, 2, 1 << 17),
            ("max_position_embeddings", self.context, 2, 1 << 24),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(LlamaShapeError::OutOfRange { name, value, least, most });
            }
        }
        if !self.head_width.is_multiple_of(2) {
            return Err(LlamaShapeError::OddHeads { head_width: self.head_width });
        }
        if !self.heads.is_multiple_of(self.key_value_heads) {
            let (heads, key_value_heads) = (self.heads, self.key_value_heads);
            return Err(LlamaShapeError::UnevenGroups { heads, key_value_heads });
        }
        self.check_constants()?;
        self.check_products()
    }

    fn check_constants(&self) -> Result<(), LlamaShapeError> {
        let constants = [
            ("rope_theta", self.rotary_base, 1.0, 1e12),
            ("rms_norm_eps", self.norm_epsilon, 1e-12, 1.0),
        ];
        let scaling = self.rotary_scaling.iter().flat_map(|scaling| {
            [
                ("factor", scaling.factor, 1.0, 1e4),
                ("low_freq_factor", scaling.low, 1e-3, 1e3),
                // No angle can be slow and fast at once.
                ("high_freq_factor", scaling.high, scaling.low * 1.001, 1e6),
            ]
        });
        for (name, value, least, most) in constants.into_iter().chain(scaling) {
            if !(least..=most).contains(&value) {
                return Err(LlamaShapeError::Constant { name, value });
            }
        }
        match self.rotary_scaling {
            Some(RotaryScaling { places, .. }) if !(2..=1 << 24).contains(&places) => {
                let (name, value) = ("original_max_position_embeddings", places);
                Err(LlamaShapeError::OutOfRange { name, value, least: 2, most: 1 << 24 })
            }
            _ => Ok(()),
        }
    }

    fn check_products(&self) -> Result<(), LlamaShapeError> {
        let products = [
            (self.vocabulary, self.width),
            (self.attention_row(), self.width),
            (2 * self.hidden, self.width),
        ];
        for (rows, columns) in products {
            if rows.checked_mul(columns).is_none_or(|numbers| numbers > MOST_NUMBERS) {
                return Err(LlamaShapeError::Tensor { rows, columns });
            }
        }
        Ok(())
    }

    /// Places that can be computed: those the model was made for, as far as tables are kept.
    pub(crate) fn places(&self) -> usize {
        self.context.min(MOST_PLACES)
    }

    /// Numbers in the whole model. The shape was checked.
    pub(crate) fn parameters(&self) -> usize {
        let attention = (self.attention_row() + self.mixed_row()) * self.width;
        let layer = attention + 3 * self.hidden * self.width + 2 * self.width;
        let embeddings = if self.tied { 1 } else { 2 } * self.vocabulary * self.width;
        self.layers * layer + embeddings + self.width
    }

    /// How a row of queries, keys and values is cut into heads.
    pub(crate) fn cut(&self) -> Heads {
        Heads { query: self.heads, key_value: self.key_value_heads, width: self.head_width }
    }

    /// Width of a row of queries, keys and values.
    pub(crate) fn attention_row(&self) -> usize {
        self.cut().row()
    }

    /// Width of a row of attended values.
    pub(crate) fn mixed_row(&self) -> usize {
        self.heads * self.head_width
    }
}
