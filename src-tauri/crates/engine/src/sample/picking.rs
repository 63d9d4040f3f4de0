//! Picks the next piece from scores: the best one, or one drawn with a temperature.

use crate::model::kernels::dropout::mix;

/// How pieces are picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Picking {
    /// 0 takes the best piece; higher draws more freely.
    pub(crate) temperature: f32,
    /// Draws only from the likeliest pieces that have this share together.
    pub(crate) top_p: f32,
    /// The same seed draws the same answer.
    pub(crate) seed: u64,
}

/// Natural logarithms of the probabilities that `scores` give.
pub(crate) fn log_probabilities(scores: &[f32]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = scores.iter().map(|score| f64::from(score - highest).exp()).sum();
    let shift = f64::from(highest) + total.ln();
    scores.iter().map(|score| f64::from(*score) - shift).collect()
}

/// The `count` likeliest pieces, best first; equal ones in the order of the vocabulary.
pub(crate) fn likeliest(log_probabilities: &[f64], count: usize) -> Vec<usize> {
    let mut pieces: Vec<usize> = (0..log_probabilities.len()).collect();
    pieces.sort_by(|a, b| log_probabilities[*b].total_cmp(&log_probabilities[*a]));
    pieces.truncate(count);
    pieces
}

impl Picking {
    /// Picks piece number `index` of an answer.
    pub(crate) fn pick(&self, scores: &[f32], index: u64) -> usize {
        if self.temperature <= 0.0 {
            let best = scores.iter().enumerate().rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
            return best.map_or(0, |(piece, _)| piece);
        }
        let warmed: Vec<f32> = scores.iter().map(|score| score / self.temperature).collect();
        let logs = log_probabilities(&warmed);
        let mut kept = Vec::new();
        let mut share = 0.0;
        for piece in likeliest(&logs, logs.len()) {
            kept.push((piece, logs[piece].exp()));
            share += logs[piece].exp();
            if share >= f64::from(self.top_p) {
                break;
            }
        }
        let draw = (mix(self.seed ^ mix(index)) >> 11) as f64 / (1_u64 << 53) as f64;
        let mut left = draw * share;
        for (piece, probability) in &kept {
            left -= probability;
            if left < 0.0 {
                return *piece;
            }
        }
        kept.last().map_or(0, |(piece, _)| *piece)
    }
}

#[cfg(test)]
mod tests {
    use super::{Picking, likeliest, log_probabilities};

    const SCORES: [f32; 4] = [1.0, 3.0, 3.0, -2.0];

    fn counts(temperature: f32, top_p: f32) -> [usize; 4] {
        let mut counts = [0; 4];
        for seed in 0..1_000 {
            counts[Picking { temperature, top_p, seed }.pick(&SCORES, 0)] += 1;
        }
        counts
    }

    #[test]
    fn without_temperature_the_first_best_piece_is_picked() {
        assert_eq!(counts(0.0, 1.0), [0, 1_000, 0, 0]);
    }

    #[test]
    fn with_temperature_pieces_come_as_often_as_they_are_likely() {
        let counts = counts(1.0, 1.0);
        let expected = log_probabilities(&SCORES).into_iter().map(|log| log.exp() * 1_000.0);
        for (found, wanted) in counts.iter().zip(expected.collect::<Vec<_>>()) {
            assert!((*found as f64 - wanted).abs() < 60.0, "{counts:?}");
        }
    }

    #[test]
    fn top_p_leaves_the_unlikely_out() {
        let counts = counts(1.0, 0.6);
        assert_eq!((counts[0], counts[3]), (0, 0));
        assert!(counts[1] > 300 && counts[2] > 300);
    }

    #[test]
    fn the_likeliest_come_first() {
        let logs = log_probabilities(&SCORES);
        assert_eq!(likeliest(&logs, 3), [1, 2, 0]);
        assert!((logs.iter().map(|log| log.exp()).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
