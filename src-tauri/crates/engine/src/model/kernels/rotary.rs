//! Rotary positions (Su et al. 2021): queries and keys turn by an angle that grows with their place.

use serde::{Deserialize, Serialize};

use super::number::Number;
use super::vectorised::vectorised;

/// How a model's slow angles were slowed further, so that it can read further than it was first
/// trained to: `rope_type` "llama3" of Llama 3.1 and later.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct RotaryScaling {
    /// How much slower the slowest angles turn (`factor`).
    pub(crate) factor: f64,
    /// Turns within the first training's places below which an angle is slow (`low_freq_factor`).
    pub(crate) low: f64,
    /// Turns from which on it is fast and stays as it is (`high_freq_factor`).
    pub(crate) high: f64,
    /// Places of the first training (`original_max_position_embeddings`).
    pub(crate) places: usize,
}

impl RotaryScaling {
    /// The speed that an angle of `speed` gets. Formula: `_compute_llama3_parameters` of
    /// transformers.
    fn slowed(&self, speed: f64) -> f64 {
        let turns = float(self.places) * speed / std::f64::consts::TAU;
        if turns < self.low {
            return speed / self.factor;
        }
        if turns > self.high {
            return speed;
        }
        let kept = (turns - self.low) / (self.high - self.low);
        (1.0 - kept) * speed / self.factor + kept * speed
    }

    /// By how much each angle of a head of `head_width` is slowed.
    pub(crate) fn factors(&self, head_width: usize, base: f64) -> Vec<f64> {
        speeds(head_width, base).map(|speed| speed / self.slowed(speed)).collect()
    }
}

/// How fast each pair of a head turns from place to place.
fn speeds(head_width: usize, base: f64) -> impl Iterator<Item = f64> {
    (0..head_width / 2).map(move |pair| base.powf(-(float(2 * pair) / float(head_width))))
}

/// Cosines and sines for every place of the context and every pair of a head.
pub(crate) struct Rotary {
    cosines: Vec<f32>,
    sines: Vec<f32>,
    pairs: usize,
}

impl Rotary {
    /// Tables for `context` places and heads of `head_width` numbers (even).
    pub(crate) fn new(context: usize, head_width: usize, base: f32) -> Self {
        let pairs = head_width / 2;
        let mut cosines = Vec::with_capacity(context * pairs);
        let mut sines = Vec::with_capacity(context * pairs);
        for place in 0..context {
            for pair in 0..pairs {
                let turn = -(small(2 * pair) / small(head_width));
                let angle = small(place) * base.powf(turn);
                cosines.push(angle.cos());
                sines.push(angle.sin());
            }
        }
        Self { cosines, sines, pairs }
    }

    /// Tables as Hugging Face computes them: the angle of a place is rounded to `f32` before its
    /// cosine is taken, which shows at far places. Any width, any base.
    pub(crate) fn of_base(
        context: usize,
        head_width: usize,
        base: f64,
        scaling: Option<RotaryScaling>,
    ) -> Self {
        let pairs = head_width / 2;
        let slowed = |speed| scaling.map_or(speed, |scaling| scaling.slowed(speed));
        let speeds: Vec<f32> =
            speeds(head_width, base).map(|speed| narrow(slowed(speed))).collect();
        let angles = || {
            let places = 0..context;
            places.flat_map(|place| {
                let place = narrow(float(place));
                speeds.iter().map(move |speed| f64::from(place * speed))
            })
        };
        let cosines = angles().map(|angle| narrow(angle.cos())).collect();
        let sines = angles().map(|angle| narrow(angle.sin())).collect();
        Self { cosines, sines, pairs }
    }

    /// Places that the tables hold.
    pub(crate) fn places(&self) -> usize {
        self.cosines.len() / self.pairs.max(1)
    }

    /// Turns each head in `row`, which stands at `place`, by its angle times `direction`, which is
    /// 1 or, for gradients, -1.
    pub(crate) fn turn_numbers<N: Number>(&self, row: &mut [N], place: usize, direction: f32) {
        let angles = place * self.pairs..(place + 1) * self.pairs;
        rotate(row, &self.cosines[angles.clone()], &self.sines[angles], direction);
    }

    /// Turns each head in `row`, which stands at `place`.
    pub(crate) fn turn(&self, row: &mut [f32], place: usize) {
        self.rotate(row, place, 1.0);
    }

    /// Turns gradients back: the rotation is orthogonal, so its transpose is its inverse.
    pub(crate) fn turn_back(&self, row: &mut [f32], place: usize) {
        self.rotate(row, place, -1.0);
    }

    fn rotate(&self, row: &mut [f32], place: usize, direction: f32) {
        let angles = place * self.pairs..(place + 1) * self.pairs;
        let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
        for head in row.chunks_exact_mut(2 * self.pairs) {
            let (first, second) = head.split_at_mut(self.pairs);
            for (((a, b), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                let sine = sine * direction;
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}

vectorised! {
    fn rotate<N: Number>(row: &mut [N], cosines: &[f32], sines: &[f32], direction: f32) {
        for head in row.chunks_exact_mut(2 * cosines.len()) {
            let (first, second) = head.split_at_mut(cosines.len());
            for (((a, b), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                let (x, y, sine) = (a.wide(), b.wide(), sine * direction);
                *a = N::narrow(x * cosine - y * sine);
                *b = N::narrow(y * cosine + x * sine);
            }
        }
    }
}

/// Places and widths are far below the whole numbers that an `f64` holds exactly.
fn float(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("contexts are shorter than four billion places"))
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}

fn small(number: usize) -> f32 {
    f32::from(u16::try_from(number).expect("contexts are shorter than 65,536"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speeds by their pair, from `tests/reference/rotary_scaling.py`.
    #[track_caller]
    fn check(factor: f64, head_width: usize, expected: &[(usize, f64)]) {
        let scaling = RotaryScaling { factor, low: 1.0, high: 4.0, places: 8_192 };
        let tables = Rotary::of_base(2, head_width, 500_000.0, Some(scaling));
        for (pair, expected) in expected {
            // At place 1 the angle is the speed itself.
            let found = f64::from(tables.sines[head_width / 2 + pair]);
            let near = (found - expected.sin()).abs() <= 1e-6 * expected.sin();
            assert!(near, "{pair}: {found} {}", expected.sin());
        }
        let factors = scaling.factors(head_width, 500_000.0);
        assert_eq!((factors[0], factors.last()), (1.0, Some(&factor)));
    }

    #[test]
    fn slow_angles_of_llama_3_are_slowed_as_transformers_slows_them() {
        let of_3_1 = [
            (0, 1.0),
            (24, 7.292664737e-3),
            (29, 2.166570764e-3),
            (31, 8.567514129e-4),
            (34, 1.785078128e-4),
            (40, 3.428102196e-5),
            (56, 1.289173172e-6),
        ];
        check(8.0, 128, &of_3_1);
        let of_3_2 = [
            (0, 1.0),
            (12, 7.292664737e-3),
            (15, 1.290547928e-3),
            (16, 4.295567966e-4),
            (17, 9.708287803e-5),
            (20, 8.570255490e-6),
            (28, 3.222932930e-7),
        ];
        check(32.0, 64, &of_3_2);
    }
}
