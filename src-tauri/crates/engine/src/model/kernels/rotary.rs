//! Rotary positions (Su et al. 2021): queries and keys turn by an angle that grows with their place.

use super::number::Number;
use super::vectorised::vectorised;

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
    pub(crate) fn of_base(context: usize, head_width: usize, base: f64) -> Self {
        let pairs = head_width / 2;
        let speeds: Vec<f32> = (0..pairs)
            .map(|pair| narrow(base.powf(-(float(2 * pair) / float(head_width)))))
            .collect();
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
