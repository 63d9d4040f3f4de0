//! Attention over the segments of a batch. What conversations share stands in a batch once, so one
//! that goes on from it sees its rows and its own ones laid end to end.

use super::network::Network;
use crate::model::batch::{Packed, Segment};
use crate::model::kernels::causal::{self, attend, attend_backward};
use crate::model::kernels::number::Number;

/// Temporaries of one thread.
#[derive(Default)]
pub(super) struct Attending<N> {
    scratch: causal::Scratch<N>,
    /// Shared rows, and a conversation's own behind them.
    joined: Vec<N>,
    d_joined: Vec<N>,
    /// Gradient of the shared rows, summed over the conversations that go on from them.
    d_shared: Vec<f32>,
}

impl<N: Number> Network<N> {
    /// Writes the attended values of all segments to `mixed`; `rows` are queries, keys and values.
    pub(super) fn attend_segments(
        &self,
        mixed: &mut [N],
        rows: &[N],
        batch: &Packed,
        work: &mut Attending<N>,
    ) {
        let width = self.shape.mixed_row();
        for segment in &batch.segments {
            let Attending { scratch, joined, .. } = work;
            let input = self.seen(rows, segment, joined);
            let (start, end) = (segment.start, segment.start + segment.length);
            attend(&mut mixed[start * width..end * width], input, scratch);
        }
    }

    /// Overwrites `d_rows` with the gradient of queries, keys and values before they were turned.
    pub(super) fn attend_segments_backward(
        &self,
        d_rows: &mut [N],
        d_mixed: &[N],
        rows: &[N],
        batch: &Packed,
        work: &mut Attending<N>,
    ) {
        let (wide, width) = (self.shape.attention_row(), self.shape.mixed_row());
        work.d_shared.clear();
        for segment in &batch.segments {
            let Attending { scratch, joined, d_joined, d_shared } = &mut *work;
            let (start, end) = (segment.start, segment.start + segment.length);
            let d_mixed = &d_mixed[start * width..end * width];
            let input = self.seen(rows, segment, joined);
            let d_own = &mut d_rows[start * wide..end * wide];
            if segment.behind == 0 {
                attend_backward(d_own, d_mixed, input, &self.rotary, scratch);
                continue;
            }
            d_joined.resize(input.rows.len(), N::default());
            attend_backward(d_joined, d_mixed, input, &self.rotary, scratch);
            let (shared, own) = d_joined.split_at(segment.behind * wide);
            d_own.copy_from_slice(own);
            d_shared.resize(shared.len(), 0.0);
            d_shared.iter_mut().zip(shared).for_each(|(sum, number)| *sum += number.wide());
        }
        for (row, sum) in d_rows.iter_mut().zip(&work.d_shared) {
            *row = N::narrow(row.wide() + sum);
        }
    }

    /// The rows that the places of a segment see.
    fn seen<'a>(
        &self,
        rows: &'a [N],
        segment: &Segment,
        joined: &'a mut Vec<N>,
    ) -> causal::Segment<'a, N> {
        let wide = self.shape.attention_row();
        let Segment { start, length, behind, .. } = *segment;
        let own = &rows[start * wide..(start + length) * wide];
        let rows = if behind == 0 {
            own
        } else {
            joined.clear();
            joined.extend_from_slice(&rows[..behind * wide]);
            joined.extend_from_slice(own);
            joined
        };
        causal::Segment { rows, length: behind + length, behind, heads: self.shape.cut() }
    }
}
