//! The shares that a step is dealt into, one for each thread, and the memory of each.

use rayon::prelude::*;

use crate::model::kernels::hands::Hands;
use crate::model::learnable::Learnable;

/// Memory for as many shares of a step as there are threads to learn.
pub(crate) struct Shards<Net: Learnable> {
    work: Vec<Net::Work>,
    hands: Hands,
}

impl<Net: Learnable> Shards<Net> {
    /// Memory for `count` shares, of which nothing is used yet.
    pub(crate) fn new(count: usize) -> Self {
        let hands = Hands::default();
        let mut work: Vec<_> = (0..count).map(|_| Net::Work::default()).collect();
        work.iter_mut().for_each(|work| Net::take_help(work, &hands));
        Self { work, hands }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.work.len()
    }

    /// Computes every share from what it is given, in the pool of the calling thread. Threads that are
    /// done help the others.
    pub(crate) fn each<Given: Send, Out: Send>(
        &mut self,
        given: impl IndexedParallelIterator<Item = Given>,
        share: impl Fn(&mut Net::Work, Given) -> Out + Sync,
    ) -> Vec<Out> {
        let Self { work, hands } = self;
        hands.begin(work.len());
        work.par_iter_mut()
            .zip(given)
            .map(|(work, given)| {
                let out = share(work, given);
                hands.share_done();
                out
            })
            .collect()
    }
}
