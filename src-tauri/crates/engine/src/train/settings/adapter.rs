//! Settings of low-rank adapters on a model that somebody else trained.

use serde_json::{Value, json};

use super::{
    AdaptedParts, AdapterSettings, DataSize, Learner, Settings, SettingsError, Wanted, check_range,
    checks, narrow, tidy,
};
use crate::model::llama::adapters::{AdapterShape, Parts};
use crate::model::llama::shape::LlamaShape;
use crate::train::checks::Course;

/// Learning rate of multiplier 1 for models of at most [`SMALL_MODEL`] numbers; small models need
/// larger steps, and bear still larger ones where at most their later half learns.
const SMALL_MODEL_RATE: f64 = 1e-3;
const HALF_MODEL_RATE: f64 = 3e-3;
const LARGE_MODEL_RATE: f64 = 2e-4;
const SMALL_MODEL: u64 = 200_000_000;
/// Places of a conversation unless it is asked for more or fewer.
const USUAL_CONTEXT: usize = 1024;
/// Fewer steps leave a small set of examples unlearned: of 240 messages with three fields, 108 steps
/// of four taught 47 of 100 answers letter for letter, 216 taught 78; steps of eight read twice as
/// many rows for 75 (docs/measurements.md says how that was chosen).
const LEAST_STEPS: u64 = 200;
const MOST_AUTOMATIC_EPOCHS: u64 = 10;
/// Checks without a better loss after which an automatic training ends, at least.
const PATIENCE: u64 = 5;
const PLACES_AT_ONCE: usize = 1024;
/// The dial's middle.
const USUAL_DIAL: usize = 2;

/// Where the first numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Origin {
    /// The name of the model that stays as it is.
    pub(crate) base: String,
    /// The name and the adapters of the trained model that is trained on, if any.
    pub(crate) continued: Option<(String, AdapterShape)>,
}

/// One place of the dial from memorise to generalise.
struct Dial {
    dropout: f64,
    decay: f64,
    rank: usize,
    /// Epochs in quarters of the automatic ones.
    epoch_quarters: u64,
}

const DIAL: [Dial; 5] = [
    Dial { dropout: 0.0, decay: 0.0, rank: 32, epoch_quarters: 8 },
    Dial { dropout: 0.02, decay: 0.005, rank: 24, epoch_quarters: 6 },
    Dial { dropout: 0.05, decay: 0.01, rank: 16, epoch_quarters: 4 },
    Dial { dropout: 0.1, decay: 0.05, rank: 8, epoch_quarters: 3 },
    Dial { dropout: 0.2, decay: 0.1, rank: 4, epoch_quarters: 2 },
];

impl Wanted {
    /// Refuses what can be refused of adapters before the data is known.
    pub(crate) fn check_adapter(&self, base: &LlamaShape) -> Result<(), SettingsError> {
        self.check_common()?;
        let lab = [
            ("layers", self.layers),
            ("width", self.width),
            ("heads", self.heads),
            ("key_value_heads", self.key_value_heads),
            ("hidden", self.hidden),
            ("window", self.window),
            ("vocabulary", self.vocabulary),
        ];
        if let Some((name, _)) = lab.into_iter().find(|(_, value)| value.is_some()) {
            return Err(SettingsError::LabOnly { name });
        }
        let count = |value: Option<usize>| value.map(|it| it as f64);
        check_range("dial", count(self.dial), 0.0, (DIAL.len() - 1) as f64)?;
        check_range("rank", count(self.rank), 1.0, 256.0)?;
        check_range("alpha", self.alpha, 1e-2, 1_024.0)?;
        check_range("adapted_layers", count(self.adapted_layers), 1.0, base.layers as f64)?;
        check_range("context", count(self.context), 16.0, base.places() as f64)
    }

    fn dialled(&self) -> &'static Dial {
        &DIAL[self.dial.unwrap_or(USUAL_DIAL).min(DIAL.len() - 1)]
    }

    /// Places that a conversation may take with a model of `base`.
    pub(crate) fn adapter_context(&self, base: &LlamaShape) -> usize {
        self.context.unwrap_or(USUAL_CONTEXT.min(base.places()))
    }

    /// The adapters that are asked for; those of the trained model when one is trained on.
    fn adapter_shape(
        &self,
        base: &LlamaShape,
        origin: &Origin,
    ) -> Result<AdapterShape, SettingsError> {
        let rank = self.rank.unwrap_or(self.dialled().rank);
        let shape = AdapterShape {
            rank,
            alpha: narrow(self.alpha.unwrap_or(2.0 * rank as f64)),
            parts: self.adapted_parts.unwrap_or(AdaptedParts::All).parts(),
            layers: Some(self.adapted_layers.unwrap_or_else(|| automatic_layers(base)))
                .filter(|count| *count < base.layers)
                .map(|count| (base.layers - count..base.layers).collect()),
        };
        let Some((_, continued)) = &origin.continued else {
            shape.check(base)?;
            return Ok(shape);
        };
        let fixed = [
            ("rank", self.rank.is_some() && shape.rank != continued.rank),
            ("alpha", self.alpha.is_some() && shape.alpha != continued.alpha),
            ("adapted_layers", self.adapted_layers.is_some() && shape.layers != continued.layers),
            ("adapted_parts", self.adapted_parts.is_some() && shape.parts != continued.parts),
        ];
        match fixed.into_iter().find(|(_, differs)| *differs) {
            Some((name, _)) => Err(SettingsError::Continued { name }),
            None => Ok(continued.clone()),
        }
    }

    /// Decides what was left open for adapters on `base`. What was asked for wins over the dial.
    pub(crate) fn resolve_adapter(
        &self,
        data: DataSize,
        base: &LlamaShape,
        origin: Origin,
    ) -> Result<Settings, SettingsError> {
        self.check_adapter(base)?;
        let dial = self.dialled();
        let shape = self.adapter_shape(base, &origin)?;
        let batch_size = self.batch_size.unwrap_or(match data.rows {
            0..400 => 4,
            _ => 16,
        });
        let context = self.adapter_context(base);
        let base_rate = rate_of(base, &shape);
        let epochs = self.epochs.unwrap_or_else(|| automatic_epochs(data.rows, batch_size, dial));
        let patience =
            self.patience.unwrap_or_else(|| automatic_patience(data, batch_size, epochs));
        let Origin { base, continued } = origin;
        let continued = continued.map(|(name, _)| name);
        let base_fingerprint = None;
        let adapter = AdapterSettings {
            base,
            base_fingerprint,
            continued,
            shape,
            context,
            recompute: false,
            // What is seen once is not worth keeping.
            keep_entries: epochs > 1,
        };
        Ok(Settings {
            learner: Learner::Adapter { adapter },
            base_rate,
            patience: checks(patience),
            places_at_once: PLACES_AT_ONCE,
            epochs,
            batch_size,
            rate_multiplier: self.rate_multiplier.unwrap_or(1.0),
            dropout: narrow(self.dropout.unwrap_or(dial.dropout)),
            hiding: 0.0,
            decay: narrow(self.weight_decay.unwrap_or(dial.decay)),
            average: 0.0,
            seed: self.seed.unwrap_or(42),
            shards: data.shards.clamp(1, 16),
        })
    }
}

fn is_small(base: &LlamaShape) -> bool {
    base.parameters() as u64 <= SMALL_MODEL
}

/// Layers that learn unless it is said otherwise: all; of small models the last third, so that the
/// rest needs no way back and is computed once. Small sets are learned as well so, and sooner
/// (docs/measurements.md says how that was chosen).
fn automatic_layers(base: &LlamaShape) -> usize {
    if is_small(base) { base.layers.div_ceil(3) } else { base.layers }
}

fn rate_of(base: &LlamaShape, adapters: &AdapterShape) -> f64 {
    let is_half = adapters.layers.as_ref().is_some_and(|it| it.len() <= base.layers.div_ceil(2));
    match (is_small(base), is_half) {
        (true, true) => HALF_MODEL_RATE,
        (true, false) => SMALL_MODEL_RATE,
        (false, _) => LARGE_MODEL_RATE,
    }
}

/// Enough steps to learn a small set, few enough not to learn it by heart.
fn automatic_epochs(rows: u64, batch_size: u64, dial: &Dial) -> u64 {
    let steps = rows.div_ceil(batch_size).max(1);
    let least = match rows {
        0..1_000 => 3,
        1_000..4_000 => 2,
        _ => 1,
    };
    let automatic = LEAST_STEPS.div_ceil(steps).clamp(least, MOST_AUTOMATIC_EPOCHS);
    (automatic * dial.epoch_quarters / 4).max(1)
}

/// As many checks as one epoch has, at least a few: before it has seen every example once more, a
/// loss of few rows goes up by chance.
fn automatic_patience(data: DataSize, batch_size: u64, epochs: u64) -> u64 {
    let steps = data.rows.div_ceil(batch_size).max(1);
    let DataSize { rows, kept_aside, .. } = data;
    let course = Course { steps: steps * epochs, epochs, rows_trained: rows * epochs, kept_aside };
    PATIENCE.max(steps.div_ceil(course.between_checks()))
}

impl AdaptedParts {
    /// Every choice by the name that requests use.
    pub(crate) const NAMED: [(&'static str, Self); 3] =
        [("attention", Self::Attention), ("feed_forward", Self::FeedForward), ("all", Self::All)];

    fn parts(self) -> Parts {
        match self {
            Self::Attention => Parts::ATTENTION,
            Self::FeedForward => Parts::FEED_FORWARD,
            Self::All => Parts::ALL,
        }
    }
}

impl AdapterSettings {
    /// Its settings by the names that requests use. A number of layers is only there when not
    /// every block has adapters.
    pub(super) fn named(&self) -> Vec<(&'static str, Value)> {
        let shape = &self.shape;
        let parts = AdaptedParts::NAMED.into_iter().find(|(_, it)| it.parts() == shape.parts);
        let mut named = vec![
            ("rank", json!(shape.rank)),
            ("alpha", json!(tidy(shape.alpha))),
            ("adapted_parts", json!(parts.map(|(name, _)| name))),
            ("context", json!(self.context)),
        ];
        if let Some(layers) = &shape.layers {
            named.push(("adapted_layers", json!(layers.len())));
        }
        named
    }
}
