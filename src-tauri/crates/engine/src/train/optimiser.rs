//! `AdamW` (Loshchilov and Hutter 2019) with clipping by the norm of the whole gradient, and a
//! running average of the learned numbers.

use rayon::prelude::*;

/// Numbers that one task works on; fixed, so that sums do not depend on the threads.
const CHUNK: usize = 1 << 15;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.99;
const EPSILON: f32 = 1e-8;

/// The optimiser's own memory of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Optimiser {
    /// Running mean of gradients.
    pub(crate) mean: Vec<f32>,
    /// Running mean of squared gradients.
    pub(crate) square: Vec<f32>,
    /// Running average of the learned numbers; it is what answers.
    pub(crate) average: Vec<f32>,
}

/// How one step moves the numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    /// Steps made, this one included; from 1.
    pub(crate) step: u64,
    /// Learning rate now.
    pub(crate) rate: f32,
    /// Weight decay per unit of learning rate.
    pub(crate) decay: f32,
    /// Largest norm of a gradient.
    pub(crate) clip: f64,
    /// Largest share of the old average that stays.
    pub(crate) keep: f32,
}

impl Optimiser {
    /// Memory for `numbers`, which are their own first average.
    pub(crate) fn new(numbers: &[f32]) -> Self {
        let zeros = vec![0.0; numbers.len()];
        Self { mean: zeros.clone(), square: zeros, average: numbers.to_vec() }
    }

    /// Moves `numbers` against the sum of `gradients`, and returns the norm of that sum.
    pub(crate) fn step(
        &mut self,
        numbers: &mut [f32],
        gradients: &mut [Vec<f32>],
        by: Move,
    ) -> f64 {
        let Some((total, others)) = gradients.split_first_mut() else { return 0.0 };
        let squares: Vec<f64> = total
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(index, chunk)| {
                for other in others.iter() {
                    let other = &other[index * CHUNK..][..chunk.len()];
                    chunk.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
                }
                chunk.iter().map(|value| f64::from(*value) * f64::from(*value)).sum()
            })
            .collect();
        let norm = squares.iter().sum::<f64>().sqrt();
        let scale = narrow((by.clip / norm.max(1e-12)).min(1.0));
        let update = Update::new(by, scale);
        numbers
            .par_chunks_mut(CHUNK)
            .zip(total.par_chunks(CHUNK))
            .zip(self.mean.par_chunks_mut(CHUNK))
            .zip(self.square.par_chunks_mut(CHUNK))
            .zip(self.average.par_chunks_mut(CHUNK))
            .for_each(|((((numbers, gradient), mean), square), average)| {
                update.apply(numbers, gradient, mean, square, average);
            });
        norm
    }
}

#[derive(Clone, Copy)]
struct Update {
    by: Move,
    scale: f32,
    keep: f32,
    step_size: f32,
    square_scale: f32,
}

impl Update {
    fn new(by: Move, scale: f32) -> Self {
        let made = i32::try_from(by.step).unwrap_or(i32::MAX);
        let warm = 1.0 - 1.0 / narrow(by.step as f64 / 10.0 + 1.0);
        Self {
            by,
            scale,
            keep: by.keep.min(warm),
            step_size: by.rate / (1.0 - BETA_1.powi(made)),
            square_scale: 1.0 / (1.0 - BETA_2.powi(made)),
        }
    }

    fn apply(
        self,
        numbers: &mut [f32],
        gradient: &[f32],
        mean: &mut [f32],
        square: &mut [f32],
        average: &mut [f32],
    ) {
        let shrink = 1.0 - self.by.rate * self.by.decay;
        let rows = numbers.iter_mut().zip(gradient).zip(mean).zip(square).zip(average);
        for ((((number, gradient), mean), square), average) in rows {
            let gradient = gradient * self.scale;
            *mean = BETA_1 * *mean + (1.0 - BETA_1) * gradient;
            *square = BETA_2 * *square + (1.0 - BETA_2) * gradient * gradient;
            let size = (*square * self.square_scale).sqrt() + EPSILON;
            *number = *number * shrink - self.step_size * *mean / size;
            *average = self.keep * *average + (1.0 - self.keep) * *number;
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::{Move, Optimiser};

    fn by(step: u64) -> Move {
        Move { step, rate: 0.1, decay: 0.0, clip: 1.0, keep: 0.9 }
    }

    #[test]
    fn first_step_goes_one_rate_against_the_sign() {
        let mut numbers = vec![1.0, 1.0, 1.0];
        let mut optimiser = Optimiser::new(&numbers);
        let mut gradients = vec![vec![0.1, -0.2, 0.0], vec![0.1, -0.2, 0.0]];
        let norm = optimiser.step(&mut numbers, &mut gradients, by(1));
        assert!((norm - 0.2_f64.hypot(0.4)).abs() < 1e-6);
        for (found, wanted) in numbers.iter().zip([0.9, 1.1, 1.0]) {
            assert!((found - wanted).abs() < 1e-4, "{numbers:?}");
        }
    }

    #[test]
    fn decay_shrinks_what_has_no_gradient() {
        let mut numbers = vec![2.0];
        let mut optimiser = Optimiser::new(&numbers);
        optimiser.step(&mut numbers, &mut [vec![0.0]], Move { decay: 0.5, ..by(1) });
        assert!((numbers[0] - 1.9).abs() < 1e-6);
    }

    #[test]
    fn it_finds_the_lowest_point_and_the_average_follows() {
        let mut numbers = vec![3.0];
        let mut optimiser = Optimiser::new(&numbers);
        for step in 1..=400 {
            let mut gradients = [vec![2.0 * (numbers[0] - 1.0)]];
            optimiser.step(&mut numbers, &mut gradients, Move { rate: 0.02, ..by(step) });
        }
        assert!((numbers[0] - 1.0).abs() < 0.05, "{numbers:?}");
        assert!((optimiser.average[0] - 1.0).abs() < 0.05);
    }
}
