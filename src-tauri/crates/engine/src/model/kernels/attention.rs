//! Attention inside one segment (one conversation), all heads.
//!
//! A place sees itself, every earlier place, and the whole question in front of the first answer
//! (`open`): nothing is learned there, so letting it look both ways gives nothing away.
//! Probabilities are computed again in the backward pass rather than kept.

use super::exponential::exp;
use super::matmul::{Matrix, Target};

/// How the width of a row is cut into heads; several query heads may share one key and value head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    /// Query heads.
    pub(crate) query: usize,
    /// Key and value heads; divides `query`.
    pub(crate) key_value: usize,
    /// Numbers in one head.
    pub(crate) width: usize,
}

impl Heads {
    /// Numbers in a row of queries, keys and values together.
    pub(crate) fn row(self) -> usize {
        (self.query + 2 * self.key_value) * self.width
    }

    /// First columns of a head's query, key and value.
    pub(crate) fn columns(self, head: usize) -> [usize; 3] {
        let shared = head * self.key_value / self.query;
        let key = self.query + shared;
        [head, key, key + self.key_value].map(|head| head * self.width)
    }

    /// What scores are multiplied with.
    pub(crate) fn scale(self) -> f32 {
        1.0 / f32::from(u16::try_from(self.width).expect("heads are narrow")).sqrt()
    }
}

/// Temporaries of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    probabilities: Vec<f32>,
    d_probabilities: Vec<f32>,
}

/// One segment's rows of queries, keys and values, and how much of it may look both ways.
#[derive(Clone, Copy)]
pub(crate) struct Attended<'a> {
    /// `length` rows of [`Heads::row`] numbers.
    pub(crate) rows: &'a [f32],
    /// Places in the segment.
    pub(crate) length: usize,
    /// Places at the start which every place sees.
    pub(crate) open: usize,
}

impl<'a> Attended<'a> {
    fn part(self, heads: Heads, column: usize) -> Matrix<'a> {
        Matrix::spaced(&self.rows[column..], self.length, heads.width, heads.row())
    }
}

/// Writes the attended values of every head to `out` (`length` rows of all query heads).
pub(crate) fn attend(out: &mut [f32], input: Attended<'_>, heads: Heads, scratch: &mut Scratch) {
    let width = heads.query * heads.width;
    for head in 0..heads.query {
        let [_, _, value] = heads.columns(head);
        fill_probabilities(&mut scratch.probabilities, input, heads, head);
        let mixed = &mut out[head * heads.width..];
        Target::spaced(mixed, input.length, heads.width, width).set(
            1.0,
            Matrix::new(&scratch.probabilities, input.length, input.length),
            input.part(heads, value),
        );
    }
}

/// Overwrites `d_rows` with the gradient of the segment's queries, keys and values.
pub(crate) fn attend_backward(
    d_rows: &mut [f32],
    d_out: &[f32],
    input: Attended<'_>,
    heads: Heads,
    scratch: &mut Scratch,
) {
    let (length, row) = (input.length, heads.row());
    let size = length * length;
    d_rows.fill(0.0);
    scratch.d_probabilities.resize(size, 0.0);
    for head in 0..heads.query {
        let [query, key, value] = heads.columns(head);
        fill_probabilities(&mut scratch.probabilities, input, heads, head);
        let d_mixed = Matrix::spaced(
            &d_out[head * heads.width..],
            length,
            heads.width,
            heads.query * heads.width,
        );
        let probabilities = Matrix::new(&scratch.probabilities, length, length);
        Target::spaced(&mut d_rows[value..], length, heads.width, row).add(
            1.0,
            probabilities.transposed(),
            d_mixed,
        );
        Target::new(&mut scratch.d_probabilities, length, length).set(
            1.0,
            d_mixed,
            input.part(heads, value).transposed(),
        );
        scores_backward(&mut scratch.d_probabilities, &scratch.probabilities, length);
        let d_scores = Matrix::new(&scratch.d_probabilities, length, length);
        Target::spaced(&mut d_rows[query..], length, heads.width, row).set(
            heads.scale(),
            d_scores,
            input.part(heads, key),
        );
        Target::spaced(&mut d_rows[key..], length, heads.width, row).add(
            heads.scale(),
            d_scores.transposed(),
            input.part(heads, query),
        );
    }
}

fn fill_probabilities(out: &mut Vec<f32>, input: Attended<'_>, heads: Heads, head: usize) {
    let [query, key, _] = heads.columns(head);
    let length = input.length;
    out.resize(length * length, 0.0);
    Target::new(out, length, length).set(
        heads.scale(),
        input.part(heads, query),
        input.part(heads, key).transposed(),
    );
    for (place, row) in out.chunks_exact_mut(length).enumerate() {
        let seen = (place + 1).max(input.open);
        let (visible, hidden) = row.split_at_mut(seen);
        softmax_row(visible);
        hidden.fill(0.0);
    }
}

/// Softmax in place.
pub(crate) fn softmax_row(row: &mut [f32]) {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in row.iter_mut() {
        *value = exp(*value - highest);
    }
    let inverse = 1.0 / row.iter().sum::<f32>();
    for value in row {
        *value *= inverse;
    }
}

/// Turns the gradient of probabilities, in place, into that of the scores before the softmax.
fn scores_backward(d_probabilities: &mut [f32], probabilities: &[f32], length: usize) {
    let rows = d_probabilities.chunks_exact_mut(length).zip(probabilities.chunks_exact(length));
    for (d_row, row) in rows {
        let along: f32 = d_row.iter().zip(row).map(|(d, p)| d * p).sum();
        for (d, p) in d_row.iter_mut().zip(row) {
            *d = p * (*d - along);
        }
    }
}
