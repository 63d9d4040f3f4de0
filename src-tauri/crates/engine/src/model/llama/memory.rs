//! How much memory a training will take, from sizes alone, before anything is loaded.

use super::adapters::{AdapterLayout, GroupAdapters};
use super::goals::goals_at_once;
use super::model::{Llama, LlamaOptions, Precision};
use super::shape::LlamaShape;

/// Bytes that a training takes, by what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryEstimate {
    pub(crate) weights: u64,
    /// The learned numbers, their gradients and the optimiser's memory.
    pub(crate) adapters_and_optimiser: u64,
    pub(crate) activations: u64,
}

impl MemoryEstimate {
    /// All of it.
    pub(crate) fn total(self) -> u64 {
        self.weights + self.adapters_and_optimiser + self.activations
    }
}

impl Llama {
    /// What a training on `shards` threads takes at most, each of which learns or checks at most
    /// `goals` pieces in one pass. Shape and options were checked.
    pub(crate) fn memory(
        shape: &LlamaShape,
        options: &LlamaOptions,
        shards: usize,
        goals: usize,
    ) -> MemoryEstimate {
        let bytes = bytes_of(options.precision);
        let layout = AdapterLayout::new(shape, options.adapters.as_ref());
        let learned = layout.length();
        // Learned numbers, two moments, an average, the best ones, a gradient for each shard, and the
        // rounded copy, once for steps and once for checks. A checkpoint writes five from memory.
        let per_learned = 4 * (5 + shards + 5) + 2 * bytes;
        let activations = Sizes { shape, layout: &layout, options, bytes, goals };
        MemoryEstimate {
            weights: (shape.parameters() * bytes) as u64,
            adapters_and_optimiser: (learned * per_learned) as u64,
            activations: (shards * activations.of_one_thread()) as u64,
        }
    }

    /// What reading a model from files of `file_bytes` and asking it takes at most, with a
    /// conversation of the options' places. Shape and options were checked.
    pub(crate) fn answering_memory(
        shape: &LlamaShape,
        options: &LlamaOptions,
        file_bytes: u64,
    ) -> u64 {
        let bytes = bytes_of(options.precision);
        let layout = AdapterLayout::new(shape, options.adapters.as_ref());
        let weights = shape.parameters() * bytes;
        // A tensor is read as it is in its file, widened, then rounded. What holds its bytes stays
        // as large as the largest one. The embedding comes first, an output of its own last.
        let in_file = usize::try_from(file_bytes).unwrap_or(usize::MAX) / shape.parameters() + 1;
        let embedding = shape.vocabulary * shape.width;
        let widest = shape.width * shape.hidden.max(shape.mixed_row());
        let raw = in_file.min(4) * embedding.max(widest);
        let loading = if shape.tied {
            (raw + weights + 4 * widest).max(raw + embedding * (4 + bytes))
        } else {
            raw + weights + 4 * embedding
        };
        let key_values = 2 * shape.key_value_heads * shape.head_width * bytes;
        let sizes = Sizes { shape, layout: &layout, options, bytes, goals: 1 };
        let asking = shape.layers * options.tokens_at_once * key_values + sizes.of_one_block();
        let adapters = layout.length() * (4 + bytes);
        (loading.max(weights + asking) + adapters) as u64
    }
}

fn bytes_of(precision: Precision) -> usize {
    match precision {
        Precision::F32 => 4,
        Precision::Bf16 => 2,
    }
}

struct Sizes<'a> {
    shape: &'a LlamaShape,
    layout: &'a AdapterLayout,
    options: &'a LlamaOptions,
    /// Bytes of a kept number.
    bytes: usize,
    goals: usize,
}

impl Sizes<'_> {
    fn of_one_thread(&self) -> usize {
        let learned = self.layout.first_layer().map_or(0, |first| self.shape.layers - first);
        let record = self.record();
        let kept = if self.options.checkpoint_layers {
            record + learned * self.shape.width * 4
        } else {
            record * learned.max(1)
        };
        let dropped = self.shape.hidden.max(self.shape.mixed_row()) * (self.bytes + 4);
        self.options.tokens_at_once * (kept + self.inner() + dropped) + self.scores()
    }

    /// A pass that keeps nothing but what the block at hand needs.
    fn of_one_block(&self) -> usize {
        self.options.tokens_at_once * (self.record() + self.inner()) + self.scores()
    }

    /// What one place of one block keeps.
    fn record(&self) -> usize {
        let ranks = |groups: &[GroupAdapters; 4]| groups.iter().map(|group| group.ranks).sum();
        let ranks: usize = self.layout.layers.iter().map(ranks).max().unwrap_or(0);
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let (wide, mixed) = (self.shape.attention_row(), self.shape.mixed_row());
        self.bytes * (2 * width + wide + mixed + 2 * hidden + ranks) + 8
    }

    /// One place's residual rows and their gradient, and the temporaries inside one block.
    fn inner(&self) -> usize {
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let (wide, mixed) = (self.shape.attention_row(), self.shape.mixed_row());
        let rows = 3 * 4 * width;
        rows + self.bytes * (2 * width + 3 * hidden.max(mixed) + wide.max(2 * hidden))
    }

    fn scores(&self) -> usize {
        let goals = goals_at_once(self.shape.vocabulary).min(self.goals);
        goals * self.shape.vocabulary * (4 + self.bytes)
    }
}
