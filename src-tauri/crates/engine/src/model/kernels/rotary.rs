//! Rotary positions (Su et al. 2021): queries and keys turn by an angle that grows with their place.

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

fn small(number: usize) -> f32 {
    f32::from(u16::try_from(number).expect("contexts are shorter than 65,536"))
}
