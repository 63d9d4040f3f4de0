//! The forward pass through the blocks.

use std::ops::Range;

use super::linear::Adapted;
use super::network::{Buffers, DOWN, GATE_UP, Network, OUTPUT, QUERY_KEY_VALUE, Record, Workspace};
use crate::model::batch::Packed;
use crate::model::kernels::dropout::Dropout;
use crate::model::kernels::number::Number;
use crate::model::kernels::product::{Output, widen_row};
use crate::model::kernels::rows::{gate, normalise, weigh};
use crate::model::learnable::Stop;

/// What a pass leaves for later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing but the last residual rows.
    Nothing,
    /// The inputs of the blocks that the backward pass goes through.
    Inputs,
    /// Everything that the backward pass through those blocks needs.
    Everything,
}

/// Whether a pass goes on behind a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    GoOn,
    GiveUp,
}

impl Look {
    /// Gives up when `stop` says so.
    pub(super) fn until(stop: Stop<'_>) -> Self {
        if stop() { Self::GiveUp } else { Self::GoOn }
    }
}

impl<N: Number> Network<N> {
    /// Runs all blocks; afterwards `work.rows` holds the last residual rows. `look` sees each
    /// block's record as soon as it is made, and may give the pass up: then there are no rows.
    pub(super) fn forward(
        &self,
        ready: &[N],
        batch: &Packed,
        dropout: Option<Dropout>,
        keep: Keep,
        work: &mut Workspace<N>,
        look: impl FnMut(usize, &Record<N>) -> Look,
    ) -> Option<()> {
        self.embed(batch, work);
        self.run_blocks(0..self.layers.len(), ready, batch, dropout, keep, work, look)
    }

    /// Fills `work.rows` with what stands in front of the first block.
    pub(super) fn embed(&self, batch: &Packed, work: &mut Workspace<N>) {
        let width = self.shape.width;
        work.rows.resize(batch.pieces.len() * width, 0.0);
        for (row, &piece) in work.rows.chunks_exact_mut(width).zip(&batch.pieces) {
            let start = piece as usize * width;
            widen_row(row, &self.embedding[start..start + width]);
        }
    }

    /// Turns `work.rows` from those in front of `blocks` into those behind them, as [`Self::forward`].
    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes these seven things")]
    pub(super) fn run_blocks(
        &self,
        blocks: Range<usize>,
        ready: &[N],
        batch: &Packed,
        dropout: Option<Dropout>,
        keep: Keep,
        work: &mut Workspace<N>,
        mut look: impl FnMut(usize, &Record<N>) -> Look,
    ) -> Option<()> {
        let first = self.adapters.first_layer().unwrap_or(self.layers.len());
        let learned = self.layers.len() - first;
        let records = if keep == Keep::Everything { learned.max(1) } else { 1 };
        // Never fewer: what a pass without records would give back, the next one would ask for again.
        work.records.resize_with(records.max(work.records.len()), Record::default);
        work.inputs.resize_with(if keep == Keep::Inputs { learned } else { 0 }, Vec::new);
        for layer in blocks {
            let slot = layer.saturating_sub(first).min(records - 1);
            if let Some(input) = layer.checked_sub(first).and_then(|at| work.inputs.get_mut(at)) {
                input.clone_from(&work.rows);
            }
            let Workspace { records, rows, buffers, .. } = &mut *work;
            self.block_forward(layer, ready, batch, dropout, rows, &mut records[slot], buffers);
            if look(layer, &records[slot]) == Look::GiveUp {
                return None;
            }
        }
        Some(())
    }

    /// Turns the residual rows in front of a block into those behind it.
    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes these seven things")]
    pub(super) fn block_forward(
        &self,
        layer: usize,
        ready: &[N],
        batch: &Packed,
        dropout: Option<Dropout>,
        rows: &mut [f32],
        record: &mut Record<N>,
        buffers: &mut Buffers<N>,
    ) {
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let places = batch.pieces.len();
        record.resize(places, [width, self.shape.attention_row(), self.shape.mixed_row(), hidden]);
        let Buffers { normed, gated, branch, attention, product, .. } = buffers;
        normed.resize(places * width, N::default());
        let block = &self.layers[layer];
        let adapted = |group| self.adapted(layer, group, ready, dropout);
        let Record { attention_shape, attention_inverse, query_key_value, mixed, .. } = record;
        let [narrow_wide, narrow_output, narrow_gate_up, narrow_down] = &mut record.narrow;

        normalise(attention_shape, attention_inverse, rows, self.epsilon(), width);
        weigh(normed, attention_shape, &block.attention_norm);
        let out = Output::Set(query_key_value);
        let group = &block.groups[QUERY_KEY_VALUE];
        group.forward(out, normed, adapted(QUERY_KEY_VALUE), narrow_wide, branch, product);
        self.turn(query_key_value, batch);
        self.attend_segments(mixed, query_key_value, batch, attention);
        let group = &block.groups[OUTPUT];
        let out = Output::AddWide(rows);
        group.forward(out, mixed, adapted(OUTPUT), narrow_output, branch, product);

        normalise(&mut record.feed_shape, &mut record.feed_inverse, rows, self.epsilon(), width);
        weigh(normed, &record.feed_shape, &block.feed_norm);
        let out = Output::Set(&mut record.gate_up);
        let group = &block.groups[GATE_UP];
        group.forward(out, normed, adapted(GATE_UP), narrow_gate_up, branch, product);
        gated.resize(places * hidden, N::default());
        gate(gated, &record.gate_up, hidden);
        let group = &block.groups[DOWN];
        let out = Output::AddWide(rows);
        group.forward(out, gated, adapted(DOWN), narrow_down, branch, product);
    }

    /// The adapters of one product, with the key of its own mask.
    pub(super) fn adapted<'a>(
        &'a self,
        layer: usize,
        group: usize,
        ready: &'a [N],
        dropout: Option<Dropout>,
    ) -> Adapted<'a, N> {
        let site = (layer * self.layers[layer].groups.len() + group) as u64;
        Adapted {
            group: &self.adapters.layers[layer][group],
            ready,
            scale: self.adapters.scale,
            dropout: dropout.map(|dropout| dropout.at(site)),
        }
    }

    fn turn(&self, rows: &mut [N], batch: &Packed) {
        let cut = self.shape.cut();
        let turned = (cut.query + cut.key_value) * cut.width;
        for segment in &batch.segments {
            let rows = &mut rows[segment.start * cut.row()..];
            let rows = rows.chunks_exact_mut(cut.row()).take(segment.length);
            for (place, row) in (segment.behind..).zip(rows) {
                self.rotary.turn_numbers(&mut row[..turned], place, 1.0);
            }
        }
    }
}

impl<N: Number> Record<N> {
    fn resize(&mut self, places: usize, [width, wide, mixed, hidden]: [usize; 4]) {
        self.attention_shape.resize(places * width, N::default());
        self.attention_inverse.resize(places, 0.0);
        self.query_key_value.resize(places * wide, N::default());
        self.mixed.resize(places * mixed, N::default());
        self.feed_shape.resize(places * width, N::default());
        self.feed_inverse.resize(places, 0.0);
        self.gate_up.resize(places * 2 * hidden, N::default());
    }
}
