//! The output scores and the loss, at the places that are learned only, some goals at a time: a
//! table of all places times the vocabulary never exists.

use super::network::{Network, Workspace};
use crate::model::batch::{Goal, Packed};
use crate::model::kernels::number::Number;
use crate::model::kernels::product::{Output, Rows, Size, Term, spread_product};
use crate::model::kernels::rows::{
    cross_entropy, cross_entropy_gradient, normalise, normalise_backward, weigh,
};
use crate::model::network::Tally;

/// The most goals whose scores are in memory at once: enough to make the output's weights worth
/// reading, few enough for a large vocabulary.
pub(super) fn goals_at_once(vocabulary: usize) -> usize {
    const SCORES: usize = 12_600_000;
    (SCORES / vocabulary).clamp(64, 256)
}

impl<N: Number> Network<N> {
    /// The loss of all goals. With a weight, `work.d_rows` becomes the gradient of the last
    /// residual rows, times that weight.
    pub(super) fn goals(
        &self,
        batch: &Packed,
        weight: Option<f32>,
        work: &mut Workspace<N>,
    ) -> Tally {
        if weight.is_some() {
            work.d_rows.clear();
            work.d_rows.resize(work.rows.len(), 0.0);
        }
        let mut tally = Tally::default();
        let count = batch.goals.len().max(1);
        let parts = count.div_ceil(goals_at_once(self.shape.vocabulary));
        for goals in batch.goals.chunks(count.div_ceil(parts)) {
            self.scores(goals.iter().map(|goal| goal.place), work);
            tally = match weight {
                Some(weight) => tally.plus(self.goals_backward(goals, weight, work)),
                None => {
                    let rows = work.goals.scores.chunks_exact_mut(self.shape.vocabulary);
                    rows.zip(goals).fold(tally, |tally, (scores, goal)| {
                        tally.plus(Tally::of(cross_entropy(scores, goal.piece), goal.weight))
                    })
                }
            };
        }
        tally
    }

    /// Scores of the whole vocabulary behind the residual rows at `places`, in
    /// `work.goals.scores`.
    pub(super) fn scores(
        &self,
        places: impl ExactSizeIterator<Item = usize>,
        work: &mut Workspace<N>,
    ) {
        let (width, vocabulary) = (self.shape.width, self.shape.vocabulary);
        let count = places.len();
        let goals = &mut work.goals;
        goals.rows.clear();
        for place in places {
            goals.rows.extend_from_slice(&work.rows[place * width..(place + 1) * width]);
        }
        goals.shape.resize(count * width, N::default());
        goals.normed.resize(count * width, N::default());
        goals.inverse.resize(count, 0.0);
        goals.scores.resize(count * vocabulary, 0.0);
        normalise(&mut goals.shape, &mut goals.inverse, &goals.rows, self.epsilon(), width);
        weigh(&mut goals.normed, &goals.shape, &self.final_norm);
        let term = Term {
            left: Rows { data: &goals.normed, step: width },
            inner: width,
            right: Rows { data: self.head(), step: width },
            turned: true,
            columns: 0..vocabulary,
        };
        let size = Size::new(count, vocabulary);
        let out = Output::SetWide(&mut goals.scores);
        spread_product(out, size, &[term], &mut work.buffers.product);
    }

    fn goals_backward(&self, of: &[Goal], weight: f32, work: &mut Workspace<N>) -> Tally {
        let (width, vocabulary) = (self.shape.width, self.shape.vocabulary);
        let goals = &mut work.goals;
        goals.d_scores.resize(of.len() * vocabulary, N::default());
        goals.d_normed.resize(of.len() * width, 0.0);
        let mut tally = Tally::default();
        let rows = goals.scores.chunks_exact_mut(vocabulary);
        for ((scores, d_scores), goal) in
            rows.zip(goals.d_scores.chunks_exact_mut(vocabulary)).zip(of)
        {
            let row = cross_entropy_gradient(d_scores, scores, goal.piece, weight * goal.weight);
            tally = tally.plus(Tally::of(row, goal.weight));
        }
        let term = Term {
            left: Rows { data: &goals.d_scores, step: vocabulary },
            inner: vocabulary,
            right: Rows { data: self.head(), step: width },
            turned: false,
            columns: 0..width,
        };
        let out = Output::SetWide(&mut goals.d_normed);
        spread_product(out, Size::new(of.len(), width), &[term], &mut work.buffers.product);
        goals.d_rows.clear();
        goals.d_rows.resize(of.len() * width, 0.0);
        normalise_backward(
            &mut goals.d_rows,
            &goals.d_normed,
            &goals.shape,
            &goals.inverse,
            &self.final_norm,
        );
        for (row, goal) in goals.d_rows.chunks_exact(width).zip(of) {
            let place = &mut work.d_rows[goal.place * width..(goal.place + 1) * width];
            place.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        tally
    }
}
