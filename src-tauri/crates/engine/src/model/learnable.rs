//! What training needs of a network, whichever it is. Knows nothing of schedules or of files.

use std::time::Duration;

use super::batch::Packed;
use super::kernels::dropout::Dropout;
use super::kernels::hands::Hands;
use super::network::Tally;

/// Says whether a pass is to be given up where it is. Asked before each block, by the threads that
/// compute.
pub(crate) type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A network whose learned numbers are one flat row of `f32`; frozen numbers are its own affair.
pub(crate) trait Learnable: Send + Sync + 'static {
    /// The learned numbers as the passes want them: turned, packed, rounded.
    type Ready: Default + Send + Sync;
    /// Memory of one thread, reused from call to call.
    type Work: Default + Send;

    /// Whether conversations of a batch can go on from what they share ([`Packed::share`]).
    const SHARES_BEGINNINGS: bool;

    /// Lets passes with `work` use threads that are free. What comes out stays the same.
    fn take_help(work: &mut Self::Work, hands: &Hands);

    /// Learned numbers.
    fn learned(&self) -> usize;

    /// The numbers that a training of `seed` starts from.
    fn fresh(&self, seed: u64) -> Vec<f32>;

    /// Time that all threads together have spent so far on what is kept, so that later rounds find it.
    fn spent_once(&self) -> Duration {
        Duration::ZERO
    }

    /// Brings `ready` up to date with `plain`, the learned numbers. May use every thread of the
    /// pool that it runs in.
    fn prepare(&self, plain: &[f32], ready: &mut Self::Ready);

    /// Adds the gradient of `weight * sum over goals (goal.weight * loss)` to `gradient`, and
    /// returns the sums. None when it was stopped; what is in `gradient` then means nothing. Runs on
    /// the calling thread and its helpers.
    #[expect(
        clippy::too_many_arguments,
        reason = "each pass needs all of them, and none belongs to another"
    )]
    fn learn(
        &self,
        plain: &[f32],
        ready: &Self::Ready,
        gradient: &mut [f32],
        batch: &Packed,
        weight: f32,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut Self::Work,
    ) -> Option<Tally>;

    /// The true loss of a batch; nothing is dropped. None when it was stopped. Runs on the calling
    /// thread and its helpers.
    fn evaluate(
        &self,
        plain: &[f32],
        ready: &Self::Ready,
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Self::Work,
    ) -> Option<Tally>;
}
