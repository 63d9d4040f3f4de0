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
        let bytes = match options.precision {
            Precision::F32 => 4,
            Precision::Bf16 => 2,
        };
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
        let ranks = |groups: &[GroupAdapters; 4]| groups.iter().map(|group| group.ranks).sum();
        let ranks: usize = self.layout.layers.iter().map(ranks).max().unwrap_or(0);
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let (wide, mixed) = (self.shape.attention_row(), self.shape.mixed_row());
        let record = self.bytes * (2 * width + wide + mixed + 2 * hidden + ranks) + 8;
        let kept = if self.options.checkpoint_layers {
            record + learned * width * 4
        } else {
            record * learned.max(1)
        };
        // Residual rows and their gradient, and the temporaries inside one block.
        let rows = 3 * 4 * width;
        let inner = self.bytes * (2 * width + 3 * hidden.max(mixed) + wide.max(2 * hidden));
        let dropped = hidden.max(mixed) * (self.bytes + 4);
        let goals = goals_at_once(self.shape.vocabulary).min(self.goals)
            * self.shape.vocabulary
            * (4 + self.bytes);
        self.options.tokens_at_once * (kept + rows + inner + dropped) + goals
    }
}
