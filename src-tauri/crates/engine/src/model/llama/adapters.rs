//! Low-rank adapters (LoRA, Hu et al. 2021): which products get one, and where its numbers lie in
//! the one flat row that is learned.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::shape::LlamaShape;
use crate::model::kernels::dropout::mix;
use crate::model::parameters::Tensor;

/// A product of a block that can have an adapter, by its name in Hugging Face's Llama.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Part {
    #[serde(rename = "q_proj")]
    Query,
    #[serde(rename = "k_proj")]
    Key,
    #[serde(rename = "v_proj")]
    Value,
    #[serde(rename = "o_proj")]
    Output,
    #[serde(rename = "gate_proj")]
    Gate,
    #[serde(rename = "up_proj")]
    Up,
    #[serde(rename = "down_proj")]
    Down,
}

impl Part {
    /// Every part, in the order in which a block uses them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// Its name inside a block.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Query => "self_attn.q_proj",
            Self::Key => "self_attn.k_proj",
            Self::Value => "self_attn.v_proj",
            Self::Output => "self_attn.o_proj",
            Self::Gate => "mlp.gate_proj",
            Self::Up => "mlp.up_proj",
            Self::Down => "mlp.down_proj",
        }
    }

    /// Its numbers per row of output and of input.
    pub(crate) fn size(self, shape: &LlamaShape) -> [usize; 2] {
        let key_value = shape.key_value_heads * shape.head_width;
        match self {
            Self::Query => [shape.mixed_row(), shape.width],
            Self::Key | Self::Value => [key_value, shape.width],
            Self::Output => [shape.width, shape.mixed_row()],
            Self::Gate | Self::Up => [shape.hidden, shape.width],
            Self::Down => [shape.width, shape.hidden],
        }
    }
}

/// Parts that share their input, and so are one product.
pub(crate) const GROUPS: [&[Part]; 4] = [
    &[Part::Query, Part::Key, Part::Value],
    &[Part::Output],
    &[Part::Gate, Part::Up],
    &[Part::Down],
];

/// A set of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Part>", into = "Vec<Part>")]
pub(crate) struct Parts(u8);

impl Parts {
    /// All seven.
    pub(crate) const ALL: Self = Self(0b111_1111);
    /// Queries, keys, values and the product behind them.
    pub(crate) const ATTENTION: Self = Self(0b000_1111);
    /// The three of the feed-forward half.
    pub(crate) const FEED_FORWARD: Self = Self(0b111_0000);

    /// Whether `part` is in it.
    pub(crate) fn contains(self, part: Part) -> bool {
        self.0 & (1 << part as u8) != 0
    }

    /// Its parts in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(move |part| self.contains(*part))
    }
}

impl FromIterator<Part> for Parts {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        Self(parts.into_iter().fold(0, |set, part| set | 1 << part as u8))
    }
}

impl From<Vec<Part>> for Parts {
    fn from(parts: Vec<Part>) -> Self {
        parts.into_iter().collect()
    }
}

impl From<Parts> for Vec<Part> {
    fn from(parts: Parts) -> Self {
        parts.iter().collect()
    }
}

/// Which adapters a model gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdapterShape {
    /// Numbers between the two small products.
    pub(crate) rank: usize,
    /// What they add is scaled by `alpha / rank`.
    pub(crate) alpha: f32,
    /// Products that get one.
    pub(crate) parts: Parts,
    /// Blocks that get them; all where there is none.
    pub(crate) layers: Option<Vec<usize>>,
}

/// Why adapters do not fit a model.
#[derive(Debug, thiserror::Error, PartialEq)]
pub(crate) enum AdapterShapeError {
    #[error("`rank` must be from 1 to {most}, not {rank}")]
    Rank { rank: usize, most: usize },
    #[error("`alpha` must be above 0 and at most 65,536, not {alpha}")]
    Alpha { alpha: f32 },
    #[error("no product gets an adapter")]
    NoParts,
    #[error("no block gets adapters")]
    NoLayers,
    #[error("there is no block {layer} in a model of {layers}")]
    Layer { layer: usize, layers: usize },
}

/// The highest rank that is not simply another way to write a full weight.
const MOST_RANK: usize = 512;

impl AdapterShape {
    /// What the adapters' output is multiplied with.
    pub(crate) fn scale(&self) -> f32 {
        self.alpha / f32::from(u16::try_from(self.rank).unwrap_or(u16::MAX))
    }

    /// Refuses adapters that do not fit `shape`.
    ///
    /// # Errors
    /// With the first reason found.
    pub(crate) fn check(&self, shape: &LlamaShape) -> Result<(), AdapterShapeError> {
        let narrowest = self.parts.iter().flat_map(|part| part.size(shape)).min();
        let most = narrowest.ok_or(AdapterShapeError::NoParts)?.min(MOST_RANK);
        if !(1..=most).contains(&self.rank) {
            return Err(AdapterShapeError::Rank { rank: self.rank, most });
        }
        if !(self.alpha > 0.0 && self.alpha <= 65_536.0) {
            return Err(AdapterShapeError::Alpha { alpha: self.alpha });
        }
        let Some(layers) = &self.layers else { return Ok(()) };
        if layers.is_empty() {
            return Err(AdapterShapeError::NoLayers);
        }
        match layers.iter().find(|layer| **layer >= shape.layers) {
            Some(&layer) => Err(AdapterShapeError::Layer { layer, layers: shape.layers }),
            None => Ok(()),
        }
    }

    fn has_layer(&self, layer: usize) -> bool {
        self.layers.as_ref().is_none_or(|layers| layers.contains(&layer))
    }
}

/// One adapter inside a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adapter {
    pub(crate) part: Part,
    /// Its columns of the group's output.
    pub(crate) columns: Range<usize>,
    /// Its columns of the group's narrow rows.
    pub(crate) ranks: Range<usize>,
    /// `B`, `[outputs, rank]`, in the flat row.
    pub(crate) b: Range<usize>,
}

/// The adapters of one group of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupAdapters {
    pub(crate) adapters: Vec<Adapter>,
    /// Every `A` of the group, one below the other, `[ranks, inputs]`, in the flat row.
    pub(crate) a: Range<usize>,
    /// Ranks of all adapters together.
    pub(crate) ranks: usize,
}

/// Places of all adapters in the flat row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AdapterLayout {
    /// For each block, its four groups.
    pub(crate) layers: Vec<[GroupAdapters; 4]>,
    /// The factor of every `B`.
    pub(crate) scale: f32,
    tensors: Vec<Tensor>,
}

impl AdapterLayout {
    /// The layout for a model of `shape`; empty without adapters. Both were checked.
    pub(crate) fn new(shape: &LlamaShape, adapters: Option<&AdapterShape>) -> Self {
        let mut layout = Self {
            layers: Vec::with_capacity(shape.layers),
            scale: adapters.map_or(0.0, AdapterShape::scale),
            tensors: Vec::new(),
        };
        for layer in 0..shape.layers {
            let adapters = adapters.filter(|adapters| adapters.has_layer(layer));
            let groups = GROUPS.map(|parts| layout.place_group(shape, adapters, layer, parts));
            layout.layers.push(groups);
        }
        layout
    }

    fn place_group(
        &mut self,
        shape: &LlamaShape,
        adapters: Option<&AdapterShape>,
        layer: usize,
        parts: &[Part],
    ) -> GroupAdapters {
        let Some(AdapterShape { rank, parts: wanted, .. }) = adapters else {
            return GroupAdapters::default();
        };
        let mut group = GroupAdapters { a: self.length()..self.length(), ..Default::default() };
        let mut column = 0;
        for &part in parts {
            let [outputs, inputs] = part.size(shape);
            if wanted.contains(part) {
                group.a.end = self.place(layer, part, "lora_A", *rank, inputs).end;
                let ranks = group.ranks..group.ranks + rank;
                group.ranks = ranks.end;
                let columns = column..column + outputs;
                group.adapters.push(Adapter { part, columns, ranks, b: 0..0 });
            }
            column += outputs;
        }
        for adapter in &mut group.adapters {
            adapter.b = self.place(layer, adapter.part, "lora_B", adapter.columns.len(), *rank);
        }
        group
    }

    fn place(
        &mut self,
        layer: usize,
        part: Part,
        matrix: &str,
        rows: usize,
        columns: usize,
    ) -> Range<usize> {
        let range = self.length()..self.length() + rows * columns;
        let part = part.name();
        let name = format!("base_model.model.model.layers.{layer}.{part}.{matrix}.weight");
        self.tensors.push(Tensor { name, rows, columns, range: range.clone() });
        range
    }

    /// Every tensor, named as PEFT names it, in the order of the flat row.
    pub(crate) fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// Numbers in all adapters.
    pub(crate) fn length(&self) -> usize {
        self.tensors.last().map_or(0, |last| last.range.end)
    }

    /// The lowest block that has an adapter.
    pub(crate) fn first_layer(&self) -> Option<usize> {
        self.layers.iter().position(|groups| groups.iter().any(|group| group.ranks > 0))
    }

    /// Numbers that change nothing yet: each `A` uniform in `±1/sqrt(inputs)`, as PEFT draws it
    /// (`kaiming_uniform_` with `a = sqrt(5)`), each `B` zero. The same for the same seed.
    pub(crate) fn fresh(&self, seed: u64) -> Vec<f32> {
        let key = mix(seed);
        let mut numbers = vec![0.0; self.length()];
        for tensor in self.tensors.iter().filter(|tensor| tensor.name.contains("lora_A")) {
            let bound = 1.0 / (tensor.columns as f64).sqrt();
            let places = (tensor.range.start as u64..).zip(&mut numbers[tensor.range.clone()]);
            for (place, number) in places {
                *number = narrow((2.0 * unit(mix(key ^ mix(place))) - 1.0) * bound);
            }
        }
        numbers
    }
}

/// A number in `0..1` from the upper bits of a draw.
fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}
