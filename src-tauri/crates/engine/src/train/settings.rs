//! What a training is asked for, and what automatic settings make of it.

mod adapter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::llama::adapters::{AdapterShape, AdapterShapeError};
use crate::model::shape::{Shape, ShapeError};

pub(crate) use adapter::Origin;

/// Places a conversation of the lab may take unless it is asked for more or fewer.
pub(crate) const CONTEXT: usize = 512;
/// Learning rate of multiplier 1.
const BASE_RATE: f64 = 1e-3;
/// Fewer steps leave a model that starts from nothing unlearned (docs/decisions).
const LEAST_STEPS: u64 = 300;
/// Pieces that automatic epochs look at in all, which bounds the time.
const PIECES_TO_SEE: u64 = 2_500_000;
const MOST_AUTOMATIC_EPOCHS: u64 = 15;
const LAB_PLACES_AT_ONCE: usize = 4096;
/// Pieces of the lab's vocabulary at most, unless it is asked for more or fewer.
const VOCABULARY: usize = 4096;
/// The marks and the bytes, without which not every text could be written.
const LEAST_VOCABULARY: usize = 262;

/// What was asked for; `None` is automatic.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) epochs: Option<u64>,
    pub(crate) batch_size: Option<u64>,
    pub(crate) rate_multiplier: Option<f64>,
    pub(crate) dropout: Option<f64>,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) patience: Option<u64>,
    pub(crate) seed: Option<u64>,
    pub(crate) context: Option<usize>,
    // The lab's.
    pub(crate) layers: Option<usize>,
    pub(crate) width: Option<usize>,
    pub(crate) heads: Option<usize>,
    pub(crate) key_value_heads: Option<usize>,
    pub(crate) hidden: Option<usize>,
    pub(crate) window: Option<usize>,
    pub(crate) vocabulary: Option<usize>,
    // An adapter's.
    /// From 0 (memorise) to 4 (generalise).
    pub(crate) dial: Option<usize>,
    pub(crate) rank: Option<usize>,
    pub(crate) alpha: Option<f64>,
    /// Blocks with adapters, counted from the last.
    pub(crate) adapted_layers: Option<usize>,
    pub(crate) adapted_parts: Option<AdaptedParts>,
}

/// Products of a block that get adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdaptedParts {
    Attention,
    FeedForward,
    All,
}

/// What the data is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataSize {
    /// Training rows.
    pub(crate) rows: u64,
    /// Pieces in them.
    pub(crate) pieces: u64,
    /// Rows kept aside for the checks.
    pub(crate) kept_aside: u64,
    /// Pieces of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Parts that each batch is cut into, one a thread.
    pub(crate) shards: usize,
}

/// What is learned: a small model of its own, or an add-on to one that somebody else trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Learner {
    /// The lab's model.
    Lab { shape: Shape },
    /// Low-rank adapters on a frozen model.
    Adapter { adapter: AdapterSettings },
}

/// Which adapters are learned, and on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdapterSettings {
    /// The name of the model that stays as it is.
    pub(crate) base: String,
    /// What it was when the training began; records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_fingerprint: Option<String>,
    /// The name of the trained model whose adapters are the first numbers, if any.
    pub(crate) continued: Option<String>,
    /// The adapters.
    pub(crate) shape: AdapterShape,
    /// Places a conversation may take.
    pub(crate) context: usize,
    /// Whether activations are computed again rather than kept, because memory is short.
    pub(crate) recompute: bool,
    /// Whether what the blocks below the first one that learns make of each conversation is kept from
    /// round to round. Changes the losses by rounding; records of earlier versions have none.
    #[serde(default)]
    pub(crate) keep_entries: bool,
}

/// Every setting of a training, decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    #[serde(flatten)]
    pub(crate) learner: Learner,
    /// Learning rate of multiplier 1.
    #[serde(default = "lab_base_rate")]
    pub(crate) base_rate: f64,
    /// Checks without a better loss after which it stops; 0 never stops early.
    #[serde(default)]
    pub(crate) patience: u32,
    /// Places one pass holds at once; more would only cost memory.
    #[serde(default = "lab_places_at_once")]
    pub(crate) places_at_once: usize,
    pub(crate) epochs: u64,
    pub(crate) batch_size: u64,
    pub(crate) rate_multiplier: f64,
    /// Share of numbers dropped inside the network.
    pub(crate) dropout: f32,
    /// Share of the question's pieces hidden in training.
    pub(crate) hiding: f32,
    /// Weight decay per unit of learning rate.
    pub(crate) decay: f32,
    /// How much of the running average stays with each step.
    pub(crate) average: f32,
    pub(crate) seed: u64,
    /// Parts that each batch is cut into; part of the settings, since sums depend on it.
    pub(crate) shards: usize,
}

/// Why settings are refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("`{name}` must be from {least} to {most}")]
    OutOfRange { name: &'static str, least: f64, most: f64 },
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error("`{name}` belongs to models of the lab; this one keeps its shape")]
    LabOnly { name: &'static str },
    #[error("`{name}` belongs to models that somebody else trained, not to the lab")]
    AdapterOnly { name: &'static str },
    #[error("`{name}` stays as it is when a trained model is trained on")]
    Continued { name: &'static str },
    #[error(transparent)]
    Adapters(#[from] AdapterShapeError),
}

impl Wanted {
    /// Refuses what can be refused of a model of the lab before the data is known.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.check_common()?;
        let adapter = [
            ("dial", self.dial.is_some()),
            ("rank", self.rank.is_some()),
            ("alpha", self.alpha.is_some()),
            ("adapted_layers", self.adapted_layers.is_some()),
            ("adapted_parts", self.adapted_parts.is_some()),
        ];
        if let Some((name, _)) = adapter.into_iter().find(|(_, given)| *given) {
            return Err(SettingsError::AdapterOnly { name });
        }
        let vocabulary = self.most_pieces();
        check_range("vocabulary", Some(vocabulary as f64), LEAST_VOCABULARY as f64, 32_768.0)?;
        Ok(self.shape(vocabulary).check()?)
    }

    /// Refuses what no model can be trained with.
    fn check_common(&self) -> Result<(), SettingsError> {
        let count = |value: Option<u64>| value.map(|it| it as f64);
        check_range("n_epochs", count(self.epochs), 1.0, 50.0)?;
        check_range("batch_size", count(self.batch_size), 1.0, 256.0)?;
        check_range("learning_rate_multiplier", self.rate_multiplier, 1e-3, 100.0)?;
        check_range("dropout", self.dropout, 0.0, 0.8)?;
        check_range("weight_decay", self.weight_decay, 0.0, 1.0)?;
        check_range("patience", count(self.patience), 0.0, 1_000.0)
    }

    /// Pieces that a vocabulary learned for the lab may have.
    pub(crate) fn most_pieces(&self) -> usize {
        self.vocabulary.unwrap_or(VOCABULARY)
    }

    /// Places that a conversation of the lab may take.
    pub(crate) fn lab_context(&self) -> usize {
        self.context.unwrap_or(CONTEXT)
    }

    fn shape(&self, vocabulary: usize) -> Shape {
        let width = self.width.unwrap_or(128);
        let heads = self.heads.unwrap_or_else(|| automatic_heads(width));
        let automatic_hidden = || (width.saturating_mul(8) / 3).next_multiple_of(16);
        Shape {
            vocabulary,
            width,
            layers: self.layers.unwrap_or(2),
            heads,
            key_value_heads: self.key_value_heads.unwrap_or(heads),
            hidden: self.hidden.unwrap_or_else(automatic_hidden),
            context: self.lab_context(),
            window: self.window.unwrap_or(0),
        }
    }

    /// Decides what was left open.
    pub(crate) fn resolve(&self, data: DataSize) -> Result<(Settings, Shape), SettingsError> {
        self.check()?;
        let shape = self.shape(data.vocabulary);
        shape.check()?;
        let batch_size = self.batch_size.unwrap_or(match data.rows {
            0..160 => 4,
            160..640 => 8,
            640..20_000 => 16,
            _ => 32,
        });
        let steps = data.rows.div_ceil(batch_size).max(1);
        let epochs = self.epochs.unwrap_or_else(|| {
            let affordable = PIECES_TO_SEE / data.pieces.max(1);
            affordable.clamp(1, MOST_AUTOMATIC_EPOCHS).max(LEAST_STEPS.div_ceil(steps))
        });
        let settings = Settings {
            learner: Learner::Lab { shape },
            base_rate: BASE_RATE,
            patience: checks(self.patience.unwrap_or(0)),
            places_at_once: LAB_PLACES_AT_ONCE.max(shape.context),
            epochs,
            batch_size,
            rate_multiplier: self.rate_multiplier.unwrap_or(1.0),
            dropout: narrow(self.dropout.unwrap_or(0.2)),
            hiding: 0.12,
            decay: narrow(self.weight_decay.unwrap_or(0.1)),
            average: 0.99,
            seed: self.seed.unwrap_or(42),
            shards: data.shards.clamp(1, 16),
        };
        Ok((settings, shape))
    }
}

/// What records of the first version leave out.
fn lab_base_rate() -> f64 {
    BASE_RATE
}

/// What records of the first version leave out.
fn lab_places_at_once() -> usize {
    LAB_PLACES_AT_ONCE
}

/// Refuses a `value` that is given and lies outside.
fn check_range(
    name: &'static str,
    value: Option<f64>,
    least: f64,
    most: f64,
) -> Result<(), SettingsError> {
    if value.is_some_and(|value| !(least..=most).contains(&value)) {
        return Err(SettingsError::OutOfRange { name, least, most });
    }
    Ok(())
}

fn checks(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn automatic_heads(width: usize) -> usize {
    // Whatever is wider is refused, and must not keep this busy first.
    (1..=width.min(1 << 12) / 32).rev().find(|heads| width.is_multiple_of(2 * heads)).unwrap_or(1)
}

impl Settings {
    /// Places a conversation may take.
    pub(crate) fn context(&self) -> usize {
        match &self.learner {
            Learner::Lab { shape } => shape.context,
            Learner::Adapter { adapter } => adapter.context,
        }
    }

    /// Every setting by the name that requests use.
    pub(crate) fn named(&self) -> BTreeMap<&'static str, Value> {
        let mut named = BTreeMap::from([
            ("n_epochs", json!(self.epochs)),
            ("batch_size", json!(self.batch_size)),
            ("learning_rate_multiplier", json!(self.rate_multiplier)),
            ("dropout", json!(tidy(self.dropout))),
            ("weight_decay", json!(tidy(self.decay))),
            ("patience", json!(self.patience)),
        ]);
        match &self.learner {
            Learner::Lab { shape } => named.extend([
                ("layers", json!(shape.layers)),
                ("width", json!(shape.width)),
                ("heads", json!(shape.heads)),
                ("key_value_heads", json!(shape.key_value_heads)),
                ("hidden", json!(shape.hidden)),
                ("context", json!(shape.context)),
                ("window", json!(shape.window)),
                ("vocabulary", json!(shape.vocabulary)),
            ]),
            Learner::Adapter { adapter } => named.extend(adapter.named()),
        }
        named
    }

    /// Places that one pass of a check holds at once. With adapters few: a check must not take more
    /// memory than the steps between, and larger passes would hardly be quicker.
    pub(crate) fn places_of_a_check(&self) -> usize {
        const PLACES: usize = 256;
        match &self.learner {
            Learner::Lab { .. } => self.places_at_once,
            Learner::Adapter { .. } => self.places_at_once.min(PLACES),
        }
    }

    /// Optimiser steps of one epoch over `rows`.
    pub(crate) fn steps_per_epoch(&self, rows: usize) -> u64 {
        (rows as u64).div_ceil(self.batch_size).max(1)
    }

    /// Learning rate at `step` of `total`, both from 1: a short rise, then half a cosine down.
    pub(crate) fn rate(&self, step: u64, total: u64) -> f32 {
        let warm = match &self.learner {
            Learner::Lab { .. } => (total / 10).clamp(1, 100),
            Learner::Adapter { .. } => (total * 3 / 100).clamp(1, 100),
        };
        let highest = self.base_rate * self.rate_multiplier;
        if step <= warm {
            return narrow(highest * step as f64 / warm as f64);
        }
        let done = (step - warm) as f64 / (total - warm).max(1) as f64;
        let cosine = (1.0 + (done * std::f64::consts::PI).cos()) / 2.0;
        narrow(highest * (0.02 + 0.98 * cosine))
    }
}

/// A share as a person typed it: 0.1, not 0.10000000149.
fn tidy(share: f32) -> f64 {
    (f64::from(share) * 1e6).round() / 1e6
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}
