//! The rows of conversations in front of the first block that learns. Nothing below it changes while
//! a training runs, so they are the same in every round: they are computed once and kept.
//!
//! A conversation's rows are the same bits whenever and in whichever batch they are needed, so that a
//! resumed training, which has to compute them again, has the same losses. Where products leave each
//! row as it is whichever rows stand beside it, the conversations of a batch are computed together and
//! what they share once; elsewhere each is computed alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::forward::{Keep, Look};
use super::network::{Network, Workspace};
use crate::model::batch::{Packed, Segment};
use crate::model::kernels::dropout::Dropout;
use crate::model::kernels::number::Number;
use crate::model::learnable::Stop;

type ByPieces = HashMap<Box<[u32]>, Arc<[f32]>>;

/// Rows that were computed, by the pieces of their conversation: `[places, width]` each.
#[derive(Default)]
pub(super) struct Entries {
    kept: Mutex<ByPieces>,
    /// Nanoseconds that all threads together took to compute them.
    spent: AtomicU64,
}

impl Entries {
    /// Time that all threads together took to compute what is kept.
    pub(super) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    fn lock(&self) -> MutexGuard<'_, ByPieces> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that the rows of so many `conversations` take, which have `places` in all, in a model of
/// `width`.
pub(crate) fn entries_bytes(conversations: usize, places: usize, width: usize) -> usize {
    /// A conversation's place in the table, which is at worst half empty, and what the allocator adds.
    const AROUND: usize = 128;
    let each = width * size_of::<f32>() + size_of::<u32>();
    places.saturating_mul(each).saturating_add(conversations.saturating_mul(AROUND))
}

impl<N: Number> Network<N> {
    /// As [`Self::forward`], with what is kept of the blocks below the first one that learns. None when
    /// it was stopped.
    pub(super) fn forward_from_entry(
        &self,
        ready: &[N],
        batch: &Packed,
        dropout: Option<Dropout>,
        keep: Keep,
        stop: Stop<'_>,
        work: &mut Workspace<N>,
    ) -> Option<()> {
        let blocks = self.enter(ready, batch, stop, work)?..self.layers.len();
        let look = |_: usize, _: &_| Look::until(stop);
        self.run_blocks(blocks, ready, batch, dropout, keep, work, look)
    }

    /// Brings the rows of `batch` into `work.rows` as far as nothing is learned, and returns the block
    /// that they stand in front of. None when it was stopped.
    fn enter(
        &self,
        ready: &[N],
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Workspace<N>,
    ) -> Option<usize> {
        let (Some(entries), Some(first)) = (&self.entries, self.adapters.first_layer()) else {
            self.embed(batch, work);
            return Some(0);
        };
        let conversations: Vec<_> = batch.conversations().collect();
        let kept = entries.lock();
        let unknown: Vec<&[u32]> = conversations
            .iter()
            .map(|(_, pieces)| pieces.as_slice())
            .filter(|pieces| !kept.contains_key(*pieces))
            .collect();
        drop(kept);
        let shared = conversations.first().map_or(0, |(segment, _)| segment.behind);
        let (together, shared) =
            if N::rows_stand_alone() { (unknown.len().max(1), shared) } else { (1, 0) };
        for unknown in unknown.chunks(together) {
            let mut those = Packed::default();
            those.share(&batch.pieces[..shared]);
            unknown.iter().for_each(|pieces| those.push(pieces, &[], 0));
            self.compute_entries(entries, first, ready, &those, stop, work)?;
        }
        let width = self.shape.width;
        work.rows.resize(batch.pieces.len() * width, 0.0);
        let kept = entries.lock();
        for (segment, pieces) in &conversations {
            let entry = &kept[pieces.as_slice()];
            // What they share is the same in all of them.
            let shared = segment.behind * width;
            work.rows[..shared].copy_from_slice(&entry[..shared]);
            let own = &entry[shared..];
            work.rows[segment.start * width..][..own.len()].copy_from_slice(own);
        }
        Some(first)
    }

    /// Computes and keeps the rows of the conversations of `batch`.
    fn compute_entries(
        &self,
        entries: &Entries,
        first: usize,
        ready: &[N],
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Workspace<N>,
    ) -> Option<()> {
        let start = Instant::now();
        self.embed(batch, work);
        let look = |_: usize, _: &_| Look::until(stop);
        self.run_blocks(0..first, ready, batch, None, Keep::Nothing, work, look)?;
        let width = self.shape.width;
        let mut kept = entries.lock();
        for (segment, pieces) in batch.conversations() {
            let Segment { start, length, behind, .. } = segment;
            let (shared, own) = (&work.rows[..behind * width], &work.rows[start * width..]);
            let rows = [shared, &own[..length * width]].concat();
            kept.insert(pieces.into(), rows.into());
        }
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        entries.spent.fetch_add(spent, Ordering::Relaxed);
        Some(())
    }
}
