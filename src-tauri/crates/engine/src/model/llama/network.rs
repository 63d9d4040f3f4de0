//! The frozen numbers of a Llama in one precision, and the memory that passes through it need.

use super::adapters::{AdapterLayout, GROUPS, Part};
use super::attending::Attending;
use super::entries::Entries;
use super::linear::{Branch, Linear};
use super::model::{LlamaError, LlamaOptions};
use super::shape::LlamaShape;
use super::weights::TensorSource;
use crate::model::kernels::number::Number;
use crate::model::kernels::product::{Scratch, narrow_row};
use crate::model::kernels::rotary::Rotary;

/// A model's frozen numbers, and everything that follows from its shape.
pub(super) struct Network<N> {
    pub(super) shape: LlamaShape,
    pub(super) options: LlamaOptions,
    pub(super) adapters: AdapterLayout,
    pub(super) rotary: Rotary,
    pub(super) embedding: Vec<N>,
    pub(super) layers: Vec<Layer<N>>,
    pub(super) final_norm: Vec<f32>,
    /// The output's own numbers where they are not the embedding's.
    head: Option<Vec<N>>,
    /// What is kept of the blocks below the first one that learns, if anything.
    pub(super) entries: Option<Entries>,
}

/// One block: two norms and four products ([`GROUPS`]).
pub(super) struct Layer<N> {
    pub(super) attention_norm: Vec<f32>,
    pub(super) feed_norm: Vec<f32>,
    pub(super) groups: [Linear<N>; 4],
}

/// Groups by their place in a block.
pub(super) const QUERY_KEY_VALUE: usize = 0;
pub(super) const OUTPUT: usize = 1;
pub(super) const GATE_UP: usize = 2;
pub(super) const DOWN: usize = 3;

/// What the backward pass needs of one block.
#[derive(Default)]
pub(super) struct Record<N> {
    pub(super) attention_shape: Vec<N>,
    pub(super) attention_inverse: Vec<f32>,
    pub(super) query_key_value: Vec<N>,
    pub(super) mixed: Vec<N>,
    pub(super) feed_shape: Vec<N>,
    pub(super) feed_inverse: Vec<f32>,
    pub(super) gate_up: Vec<N>,
    /// The narrow rows of each group's adapters.
    pub(super) narrow: [Vec<N>; 4],
}

/// Memory of one thread for passes through the network, reused from call to call.
#[derive(Default)]
pub(super) struct Workspace<N> {
    pub(super) records: Vec<Record<N>>,
    /// Inputs of the blocks, where only they are kept.
    pub(super) inputs: Vec<Vec<f32>>,
    /// The residual rows.
    pub(super) rows: Vec<f32>,
    pub(super) d_rows: Vec<f32>,
    pub(super) buffers: Buffers<N>,
    pub(super) goals: Goals<N>,
}

/// Temporaries inside one block.
#[derive(Default)]
pub(super) struct Buffers<N> {
    pub(super) normed: Vec<N>,
    pub(super) gated: Vec<N>,
    pub(super) d_out: Vec<N>,
    pub(super) d_wide: Vec<N>,
    pub(super) d_inner: Vec<N>,
    pub(super) d_normed: Vec<f32>,
    pub(super) branch: Branch<N>,
    pub(super) attention: Attending<N>,
    pub(super) product: Scratch,
}

/// Temporaries of the output scores of some goals.
#[derive(Default)]
pub(super) struct Goals<N> {
    pub(super) rows: Vec<f32>,
    pub(super) shape: Vec<N>,
    pub(super) inverse: Vec<f32>,
    pub(super) normed: Vec<N>,
    pub(super) scores: Vec<f32>,
    pub(super) d_scores: Vec<N>,
    pub(super) d_normed: Vec<f32>,
    pub(super) d_rows: Vec<f32>,
}

impl<N: Number> Network<N> {
    /// Loads every tensor; shape and options were checked.
    pub(super) fn load<S: TensorSource>(
        shape: LlamaShape,
        source: &mut S,
        options: LlamaOptions,
    ) -> Result<Self, LlamaError<S::Error>> {
        let (vocabulary, width) = (shape.vocabulary, shape.width);
        let norm = |source: &mut S, name: &str| tensor(source, name, 1, width);
        let embedding = narrowed(&tensor(source, EMBEDDING, vocabulary, width)?);
        let mut layers = Vec::with_capacity(shape.layers);
        for layer in 0..shape.layers {
            let name = |norm: &str| format!("model.layers.{layer}.{norm}.weight");
            let attention_norm = norm(source, &name("input_layernorm"))?;
            let mut groups = Vec::with_capacity(GROUPS.len());
            for parts in GROUPS {
                groups.push(load_group(&shape, source, layer, parts)?);
            }
            let Ok(groups) = groups.try_into() else { unreachable!("one for each of `GROUPS`") };
            let feed_norm = norm(source, &name("post_attention_layernorm"))?;
            layers.push(Layer { attention_norm, feed_norm, groups });
        }
        let final_norm = norm(source, FINAL_NORM)?;
        let head = if shape.tied {
            None
        } else {
            Some(narrowed(&tensor(source, HEAD, vocabulary, width)?))
        };
        let adapters = AdapterLayout::new(&shape, options.adapters.as_ref());
        let (base, scaling) = (shape.rotary_base, shape.rotary_scaling);
        let rotary = Rotary::of_base(shape.places(), shape.head_width, base, scaling);
        let is_frozen_below = adapters.first_layer().is_some_and(|first| first > 0);
        let entries = (options.keep_entries && is_frozen_below).then(Entries::default);
        Ok(Self { shape, options, adapters, rotary, embedding, layers, final_norm, head, entries })
    }

    /// The numbers of the output scores, `[vocabulary, width]`.
    pub(super) fn head(&self) -> &[N] {
        self.head.as_deref().unwrap_or(&self.embedding)
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
    pub(super) fn epsilon(&self) -> f32 {
        self.shape.norm_epsilon as f32
    }

    /// Rounds the adapters and scales every `B`.
    pub(super) fn prepare(&self, plain: &[f32], ready: &mut Vec<N>) {
        ready.resize(plain.len(), N::default());
        narrow_row(ready, plain);
        for adapter in self.adapters.layers.iter().flatten().flat_map(|group| &group.adapters) {
            let numbers = ready[adapter.b.clone()].iter_mut().zip(&plain[adapter.b.clone()]);
            numbers.for_each(|(ready, plain)| *ready = N::narrow(plain * self.adapters.scale));
        }
    }
}

const EMBEDDING: &str = "model.embed_tokens.weight";
const FINAL_NORM: &str = "model.norm.weight";
const HEAD: &str = "lm_head.weight";

fn load_group<N: Number, S: TensorSource>(
    shape: &LlamaShape,
    source: &mut S,
    layer: usize,
    parts: &[Part],
) -> Result<Linear<N>, LlamaError<S::Error>> {
    let sizes = || parts.iter().map(|part| part.size(shape));
    let inputs = sizes().map(|[_, inputs]| inputs).max().unwrap_or(0);
    let outputs = sizes().map(|[outputs, _]| outputs).sum();
    let mut weight = vec![N::default(); outputs * inputs];
    let mut rest = weight.as_mut_slice();
    for part in parts {
        let [outputs, inputs] = part.size(shape);
        let name = format!("model.layers.{layer}.{}.weight", part.name());
        let (place, after) = rest.split_at_mut(outputs * inputs);
        narrow_row(place, &tensor(source, &name, outputs, inputs)?);
        rest = after;
    }
    Ok(Linear { weight, inputs, outputs })
}

fn tensor<S: TensorSource>(
    source: &mut S,
    name: &str,
    rows: usize,
    columns: usize,
) -> Result<Vec<f32>, LlamaError<S::Error>> {
    let numbers = source.tensor(name, rows, columns).map_err(LlamaError::Tensor)?;
    if numbers.len() != rows * columns {
        let (found, wanted) = (numbers.len(), rows * columns);
        return Err(LlamaError::Length { name: name.to_owned(), found, wanted });
    }
    Ok(numbers)
}

fn narrowed<N: Number>(numbers: &[f32]) -> Vec<N> {
    let mut narrow = vec![N::default(); numbers.len()];
    narrow_row(&mut narrow, numbers);
    narrow
}
