//! One answer in progress: keys and values of every place so far, and the scores of the next
//! piece. A place is computed once.

use half::bf16;
use rayon::prelude::*;

use super::forward::{Keep, Look};
use super::model::{EitherNetwork, Llama, LlamaReady};
use super::network::{DOWN, GATE_UP, Layer, Network, OUTPUT, QUERY_KEY_VALUE, Workspace};
use crate::model::batch::Packed;
use crate::model::kernels::causal::softmax;
use crate::model::kernels::number::Number;
use crate::model::kernels::product::widen_row;
use crate::model::kernels::rows::{add_scaled, gate, inner_product, normalise, weigh};
use crate::sample::language::Decoding;

/// Places so far, for one answer.
pub(crate) enum LlamaDecoder<'a> {
    Single(Answer<'a, f32>),
    Half(Answer<'a, bf16>),
}

impl<'a> LlamaDecoder<'a> {
    /// Reads a question of at least one piece, which fits the context. Uses every thread of the
    /// pool that it runs in.
    pub(crate) fn new(llama: &'a Llama, ready: &'a LlamaReady, pieces: &[u32]) -> Self {
        match &llama.network {
            EitherNetwork::Single(network) => {
                Self::Single(Answer::new(network, &ready.single, pieces))
            }
            EitherNetwork::Half(network) => Self::Half(Answer::new(network, &ready.half, pieces)),
        }
    }
}

impl Decoding for LlamaDecoder<'_> {
    fn scores(&self) -> &[f32] {
        match self {
            Self::Single(answer) => &answer.scores,
            Self::Half(answer) => &answer.scores,
        }
    }

    fn has_room(&self) -> bool {
        match self {
            Self::Single(answer) => answer.length < answer.network.rotary.places(),
            Self::Half(answer) => answer.length < answer.network.rotary.places(),
        }
    }

    fn push(&mut self, piece: u32) {
        match self {
            Self::Single(answer) => answer.push(piece),
            Self::Half(answer) => answer.push(piece),
        }
    }
}

/// An answer in one precision.
pub(crate) struct Answer<'a, N> {
    network: &'a Network<N>,
    ready: &'a [N],
    /// For each block, rows of the keys and values of every place.
    places: Vec<Vec<N>>,
    length: usize,
    scores: Vec<f32>,
}

impl<'a, N: Number> Answer<'a, N> {
    fn new(network: &'a Network<N>, ready: &'a [N], pieces: &[u32]) -> Self {
        let mut batch = Packed::default();
        batch.push(pieces, &[], 0);
        let mut work = Workspace::default();
        work.buffers.product.spread();
        let cut = network.shape.cut();
        let queries = cut.query * cut.width;
        let mut places = vec![Vec::new(); network.layers.len()];
        network.forward(ready, &batch, None, Keep::Nothing, &mut work, |layer, record| {
            for row in record.query_key_value.chunks_exact(cut.row()) {
                places[layer].extend_from_slice(&row[queries..]);
            }
            Look::GoOn
        });
        let last = &work.rows[(pieces.len() - 1) * network.shape.width..];
        let scores = vec![0.0; network.shape.vocabulary];
        let mut answer = Self { network, ready, places, length: pieces.len(), scores };
        answer.score(last);
        answer
    }

    /// Scores behind a residual row.
    fn score(&mut self, row: &[f32]) {
        let normed = self.normed(row, &self.network.final_norm);
        multiply(&mut self.scores, &normed, self.network.head());
    }

    fn push(&mut self, piece: u32) {
        let network = self.network;
        let width = network.shape.width;
        let mut row = vec![0.0; width];
        let start = piece as usize * width;
        widen_row(&mut row, &network.embedding[start..start + width]);
        for (index, layer) in network.layers.iter().enumerate() {
            self.attend_one(&mut row, layer, index);
            self.feed_one(&mut row, layer, index);
        }
        self.length += 1;
        self.score(&row);
    }

    fn attend_one(&mut self, row: &mut [f32], layer: &Layer<N>, index: usize) {
        let cut = self.network.shape.cut();
        let mut wide =
            self.linear(&self.normed(row, &layer.attention_norm), index, QUERY_KEY_VALUE);
        let (queries, key_values) = wide.split_at_mut(cut.query * cut.width);
        let keys = cut.key_value * cut.width;
        self.network.rotary.turn_numbers(queries, self.length, 1.0);
        self.network.rotary.turn_numbers(&mut key_values[..keys], self.length, 1.0);
        let places = &mut self.places[index];
        places.extend(key_values.iter().map(|value| N::narrow(*value)));
        let mut mixed = vec![0.0; cut.query * cut.width];
        let mut shares = vec![0.0; self.length + 1];
        let group = cut.query / cut.key_value;
        let heads = mixed.chunks_exact_mut(cut.width).zip(queries.chunks_exact(cut.width));
        for (head, (mixed, query)) in heads.enumerate() {
            let key = (head / group) * cut.width;
            for (share, place) in shares.iter_mut().zip(places.chunks_exact(2 * keys)) {
                *share = inner_product(query, &place[key..key + cut.width]);
            }
            softmax(&mut shares, cut.scale());
            for (share, place) in shares.iter().zip(places.chunks_exact(2 * keys)) {
                add_scaled(mixed, &place[keys + key..keys + key + cut.width], *share);
            }
        }
        let out = self.linear(&mixed, index, OUTPUT);
        row.iter_mut().zip(out).for_each(|(row, out)| *row += out);
    }

    fn feed_one(&self, row: &mut [f32], layer: &Layer<N>, index: usize) {
        let hidden = self.network.shape.hidden;
        let gate_up = self.linear(&self.normed(row, &layer.feed_norm), index, GATE_UP);
        let mut gated = vec![0.0; hidden];
        gate(&mut gated, &gate_up, hidden);
        let out = self.linear(&gated, index, DOWN);
        row.iter_mut().zip(out).for_each(|(row, out)| *row += out);
    }

    fn normed(&self, row: &[f32], norm: &[f32]) -> Vec<f32> {
        let mut shape = vec![0.0; row.len()];
        normalise(&mut shape, &mut [0.0], row, self.network.epsilon(), row.len());
        let mut normed = vec![0.0; row.len()];
        weigh(&mut normed, &shape, norm);
        normed
    }

    /// One row through a product and its adapters.
    fn linear(&self, input: &[f32], layer: usize, group: usize) -> Vec<f32> {
        let linear = &self.network.layers[layer].groups[group];
        let adapters = &self.network.adapters.layers[layer][group];
        let mut out = vec![0.0; linear.outputs];
        multiply(&mut out, input, &linear.weight);
        let mut narrow = vec![0.0; adapters.ranks];
        let a = self.ready[adapters.a.clone()].chunks_exact(linear.inputs);
        for (narrow, a) in narrow.iter_mut().zip(a) {
            *narrow = inner_product(input, a);
        }
        for adapter in &adapters.adapters {
            let rank = adapter.ranks.len();
            let narrow = &narrow[adapter.ranks.clone()];
            let b = self.ready[adapter.b.clone()].chunks_exact(rank);
            for (out, b) in out[adapter.columns.clone()].iter_mut().zip(b) {
                *out += narrow.iter().zip(b).map(|(narrow, b)| narrow * b.wide()).sum::<f32>();
            }
        }
        out
    }
}

/// Numbers of a weight below which one thread is faster than several.
const ALONE: usize = 1 << 16;

/// One row times a turned weight, on every thread of the pool.
fn multiply<N: Number>(out: &mut [f32], input: &[f32], weight: &[N]) {
    let rows = |out: &mut [f32], weight: &[N]| {
        for (out, row) in out.iter_mut().zip(weight.chunks_exact(input.len())) {
            *out = inner_product(input, row);
        }
    };
    let threads = rayon::current_num_threads();
    if threads == 1 || weight.len() < ALONE {
        return rows(out, weight);
    }
    let share = out.len().div_ceil(threads);
    out.par_chunks_mut(share)
        .zip(weight.par_chunks(share * input.len()))
        .for_each(|(out, weight)| rows(out, weight));
}
