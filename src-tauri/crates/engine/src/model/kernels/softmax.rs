//! Cross entropy of the right next piece, over the whole vocabulary.

use super::exponential::exp;

/// What one row of scores said about its right piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RowLoss {
    /// `-ln p(right piece)` in nats.
    pub(crate) loss: f64,
    /// Whether the right piece had the highest score.
    pub(crate) right: bool,
}

/// The loss of `target` under `scores`; the scores become their own gradient, times `weight`.
pub(crate) fn cross_entropy(scores: &mut [f32], target: usize, weight: f32) -> RowLoss {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let wanted = scores[target];
    let right = wanted >= highest;
    for score in scores.iter_mut() {
        *score = exp(*score - highest);
    }
    let total: f32 = scores.iter().sum();
    let loss = f64::from(total).ln() - f64::from(wanted - highest);
    let scale = weight / total;
    for score in scores.iter_mut() {
        *score *= scale;
    }
    scores[target] -= weight;
    RowLoss { loss, right }
}
