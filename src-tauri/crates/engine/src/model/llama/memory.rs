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

/// The largest pass that a thread makes over its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LargestPass {
    /// Pieces that are learned or checked in it.
    pub(crate) goals: usize,
    /// Places of the longest conversation.
    pub(crate) longest: usize,
}

impl Llama {
    /// What a training on `shards` threads takes at most, none of which makes a larger pass than
    /// `pass`. Shape and options were checked.
    pub(crate) fn memory(
        shape: &LlamaShape,
        options: &LlamaOptions,
        shards: usize,
        pass: LargestPass,
    ) -> MemoryEstimate {
        let bytes = bytes_of(options.precision);
        let layout = AdapterLayout::new(shape, options.adapters.as_ref());
        let learned = layout.length();
        // Learned numbers, two moments, an average, the best ones, a gradient for each shard, and the
        // rounded copy, once for steps and once for checks. A checkpoint writes five from memory.
        let per_learned = 4 * (5 + shards + 5) + 2 * bytes;
        let activations = Sizes { shape, layout: &layout, options, bytes, pass };
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
        let places = options.tokens_at_once;
        let asking = asking(shape, &layout, options, Asked { question: places, places });
        let adapters = layout.length() * (4 + bytes);
        (loading.max(weights + asking) + adapters) as u64
    }

    /// What asking a model that is in memory takes besides it.
    pub(crate) fn asking_memory(&self, asked: Asked) -> u64 {
        asking(self.shape(), self.layout(), self.options(), asked) as u64
    }
}

/// A question and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Places of the question, which are read in one pass.
    pub(crate) question: usize,
    /// Places of both, whose keys and values are kept.
    pub(crate) places: usize,
}

fn asking(
    shape: &LlamaShape,
    layout: &AdapterLayout,
    options: &LlamaOptions,
    asked: Asked,
) -> usize {
    let bytes = bytes_of(options.precision);
    let options = &LlamaOptions { tokens_at_once: asked.question, ..options.clone() };
    let pass = LargestPass { goals: 1, longest: asked.question };
    let sizes = Sizes { shape, layout, options, bytes, pass };
    let key_values = 2 * shape.key_value_heads * shape.head_width * bytes;
    shape.layers * asked.places * key_values + sizes.of_one_block()
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
    pass: LargestPass,
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
        self.options.tokens_at_once * (kept + self.inner() + dropped)
            + self.joined()
            + self.scores()
    }

    /// What conversations share and a conversation of its own, laid end to end, with their gradient.
    fn joined(&self) -> usize {
        self.pass.longest * self.shape.attention_row() * (2 * self.bytes + 4)
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
        let goals = goals_at_once(self.shape.vocabulary).min(self.pass.goals);
        goals * self.shape.vocabulary * (4 + self.bytes)
    }
}
