//! The backward pass: the gradient of the loss for every number of the adapters. Weights are
//! frozen, so nothing is computed for them, nor for anything below the lowest adapter.

use super::adapters::GroupAdapters;
use super::forward::Keep;
use super::network::{Buffers, DOWN, GATE_UP, Network, OUTPUT, QUERY_KEY_VALUE, Record, Workspace};
use crate::model::batch::Packed;
use crate::model::kernels::dropout::Dropout;
use crate::model::kernels::number::Number;
use crate::model::kernels::product::{Output, narrow_row};
use crate::model::kernels::rows::{gate, gate_backward, normalise_backward, weigh};
use crate::model::learnable::Stop;
use crate::model::network::Tally;

impl<N: Number> Network<N> {
    /// The true loss of a batch; nothing is dropped.
    pub(super) fn evaluate(
        &self,
        ready: &[N],
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Workspace<N>,
    ) -> Option<Tally> {
        self.forward_from_entry(ready, batch, None, Keep::Nothing, stop, work)?;
        Some(self.goals(batch, None, work))
    }

    /// Adds the gradient of `weight * sum of losses` to `gradient`, and returns the sums.
    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes these seven things")]
    pub(super) fn learn(
        &self,
        ready: &[N],
        gradient: &mut [f32],
        batch: &Packed,
        weight: f32,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut Workspace<N>,
    ) -> Option<Tally> {
        let keep = if self.options.checkpoint_layers { Keep::Inputs } else { Keep::Everything };
        self.forward_from_entry(ready, batch, dropout, keep, stop, work)?;
        let Some(first) = self.adapters.first_layer() else {
            return Some(self.goals(batch, None, work));
        };
        let tally = self.goals(batch, Some(weight), work);
        for layer in (first..self.layers.len()).rev() {
            if stop() {
                return None;
            }
            let Workspace { records, inputs, rows, d_rows, buffers, .. } = &mut *work;
            let mut slot = layer - first;
            if keep == Keep::Inputs {
                rows.clone_from(&inputs[slot]);
                slot = 0;
                self.block_forward(layer, ready, batch, dropout, rows, &mut records[0], buffers);
            }
            let pass = Pass { network: self, layer, lowest: layer == first, ready, dropout };
            pass.feed_backward(d_rows, gradient, &records[slot], buffers);
            if pass.goes_on(&[OUTPUT, QUERY_KEY_VALUE]) {
                pass.attention_backward(d_rows, gradient, batch, &records[slot], buffers);
            }
        }
        Some(tally)
    }
}

/// The way back through one block.
#[derive(Clone, Copy)]
struct Pass<'a, N> {
    network: &'a Network<N>,
    layer: usize,
    /// Whether no block below has an adapter.
    lowest: bool,
    ready: &'a [N],
    dropout: Option<Dropout>,
}

impl<N: Number> Pass<'_, N> {
    /// Whether anything is learned in these groups of the block, or below it.
    fn goes_on(&self, groups: &[usize]) -> bool {
        !self.lowest || groups.iter().any(|group| self.adapters(*group).ranks > 0)
    }

    fn adapters(&self, group: usize) -> &GroupAdapters {
        &self.network.adapters.layers[self.layer][group]
    }

    fn feed_backward(
        &self,
        d_rows: &mut [f32],
        gradient: &mut [f32],
        record: &Record<N>,
        buffers: &mut Buffers<N>,
    ) {
        let hidden = self.network.shape.hidden;
        let places = record.feed_inverse.len();
        let block = &self.network.layers[self.layer];
        let adapted = |group| self.network.adapted(self.layer, group, self.ready, self.dropout);
        let Buffers { normed, gated, d_out, d_wide, d_inner, d_normed, branch, product, .. } =
            buffers;
        d_out.resize(d_rows.len(), N::default());
        narrow_row(d_out, d_rows);
        gated.resize(places * hidden, N::default());
        d_inner.resize(places * hidden, N::default());
        d_wide.resize(places * 2 * hidden, N::default());
        let below = self.goes_on(&[GATE_UP, OUTPUT, QUERY_KEY_VALUE]);
        let d_input = below.then_some(Output::Set(d_inner));
        let (group, down) = (&block.groups[DOWN], adapted(DOWN));
        group.input_backward(d_input, d_out, down, branch, product);
        // The gated rows were not kept: they come out again beside the gradient.
        if below {
            gate_backward(d_wide, gated, d_inner, &record.gate_up, hidden);
        } else {
            gate(gated, &record.gate_up, hidden);
        }
        let forward = [gated.as_slice(), &record.narrow[DOWN]];
        group.adapters_backward(gradient, d_out, forward, down, branch, product);
        if !below {
            return;
        }
        let below = self.goes_on(&[OUTPUT, QUERY_KEY_VALUE]);
        normed.resize(d_rows.len(), N::default());
        weigh(normed, &record.feed_shape, &block.feed_norm);
        d_normed.resize(d_rows.len(), 0.0);
        let d_input = below.then_some(Output::SetWide(d_normed));
        let (group, gate_up) = (&block.groups[GATE_UP], adapted(GATE_UP));
        group.input_backward(d_input, d_wide, gate_up, branch, product);
        let forward = [normed.as_slice(), &record.narrow[GATE_UP]];
        group.adapters_backward(gradient, d_wide, forward, gate_up, branch, product);
        if below {
            let (shape, inverse) = (&record.feed_shape, &record.feed_inverse);
            normalise_backward(d_rows, d_normed, shape, inverse, &block.feed_norm);
        }
    }

    fn attention_backward(
        &self,
        d_rows: &mut [f32],
        gradient: &mut [f32],
        batch: &Packed,
        record: &Record<N>,
        buffers: &mut Buffers<N>,
    ) {
        let (wide, mixed) = (self.network.shape.attention_row(), self.network.shape.mixed_row());
        let places = batch.pieces.len();
        let block = &self.network.layers[self.layer];
        let adapted = |group| self.network.adapted(self.layer, group, self.ready, self.dropout);
        let Buffers {
            normed, d_out, d_wide, d_inner, d_normed, branch, attention, product, ..
        } = buffers;
        d_out.resize(d_rows.len(), N::default());
        narrow_row(d_out, d_rows);
        d_inner.resize(places * mixed, N::default());
        let below = self.goes_on(&[QUERY_KEY_VALUE]);
        let d_input = below.then_some(Output::Set(d_inner));
        let (group, output) = (&block.groups[OUTPUT], adapted(OUTPUT));
        group.input_backward(d_input, d_out, output, branch, product);
        let forward = [record.mixed.as_slice(), &record.narrow[OUTPUT]];
        group.adapters_backward(gradient, d_out, forward, output, branch, product);
        if !below {
            return;
        }
        d_wide.resize(places * wide, N::default());
        let rows = &record.query_key_value;
        self.network.attend_segments_backward(d_wide, d_inner, rows, batch, attention);
        normed.resize(d_rows.len(), N::default());
        weigh(normed, &record.attention_shape, &block.attention_norm);
        d_normed.resize(d_rows.len(), 0.0);
        let d_input = (!self.lowest).then_some(Output::SetWide(d_normed));
        let (group, adapted) = (&block.groups[QUERY_KEY_VALUE], adapted(QUERY_KEY_VALUE));
        group.input_backward(d_input, d_wide, adapted, branch, product);
        let forward = [normed.as_slice(), &record.narrow[QUERY_KEY_VALUE]];
        group.adapters_backward(gradient, d_wide, forward, adapted, branch, product);
        if !self.lowest {
            let (shape, inverse) = (&record.attention_shape, &record.attention_inverse);
            normalise_backward(d_rows, d_normed, shape, inverse, &block.attention_norm);
        }
    }
}
