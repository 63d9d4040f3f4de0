//! Threads that are done with their own share of a step, and help those that are not.
//!
//! Shares are never equally large, and on a computer that somebody works on never equally fast. What
//! a share is does not change by that, nor what comes out: only products whose rows are the same
//! however they are dealt are shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many shares of a step are not done yet, seen by all that work on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hands {
    shares_left: Arc<AtomicUsize>,
}

impl Hands {
    /// A step of so many shares begins.
    pub(crate) fn begin(&self, shares: usize) {
        self.shares_left.store(shares, Ordering::Relaxed);
    }

    /// One share of the step is done.
    pub(crate) fn share_done(&self) {
        self.shares_left.fetch_sub(1, Ordering::Relaxed);
    }

    /// Threads of the pool that it is called in which have no share of their own.
    pub(crate) fn free(&self) -> usize {
        let busy = self.shares_left.load(Ordering::Relaxed);
        rayon::current_num_threads().saturating_sub(busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_are_free_where_threads_outnumber_the_shares_left() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let hands = Hands::default();
        let free = || pool.install(|| hands.free());
        hands.begin(4);
        assert_eq!(free(), 0);
        hands.share_done();
        assert_eq!(free(), 0);
        hands.share_done();
        assert_eq!(free(), 1);
    }
}
