//! Causal attention inside one segment, in blocks of places, so that memory grows with the length
//! of a conversation and not with its square. Probabilities are computed again in the backward
//! pass rather than kept (as in Dao et al. 2022).

use super::attention::Heads;
use super::exponential::exp;
use super::number::Number;
use super::product::{self, Gradient, Output, Rows, Size, Term, narrow_row};
use super::rotary::Rotary;
use super::vectorised::vectorised;

/// Places whose queries are looked at together.
const BLOCK: usize = 128;

/// Temporaries of one thread.
#[derive(Default)]
pub(crate) struct Scratch<N> {
    scores: Vec<f32>,
    d_scores: Vec<f32>,
    probabilities: Vec<N>,
    d_narrow: Vec<N>,
    d_query: Vec<f32>,
    d_key: Vec<f32>,
    d_value: Vec<f32>,
    product: product::Scratch,
}

/// One segment: rows of queries, keys and values, and how they are cut into heads.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a, N> {
    pub(crate) rows: &'a [N],
    pub(crate) length: usize,
    /// The first places that are only looked at: their own queries are another segment's affair.
    pub(crate) behind: usize,
    pub(crate) heads: Heads,
}

impl<'a, N: Number> Segment<'a, N> {
    fn part(self, column: usize, place: usize) -> Rows<'a, N> {
        let step = self.heads.row();
        Rows { data: &self.rows[place * step + column..], step }
    }

    fn mixed_row(self) -> usize {
        self.heads.query * self.heads.width
    }
}

/// Writes the attended values of every head to `out`: a row of all query heads for each place but
/// those that are only looked at.
pub(crate) fn attend<N: Number>(out: &mut [N], input: Segment<'_, N>, scratch: &mut Scratch<N>) {
    let (heads, step) = (input.heads, input.mixed_row());
    for head in 0..heads.query {
        let [_, _, value] = heads.columns(head);
        for start in (input.behind..input.length).step_by(BLOCK) {
            let end = input.length.min(start + BLOCK);
            fill_probabilities(input, head, start, end, scratch);
            let size = Size { rows: end - start, columns: heads.width, step };
            let term = Term {
                left: Rows { data: &scratch.probabilities, step: end },
                inner: end,
                right: input.part(value, 0),
                turned: false,
                columns: 0..heads.width,
            };
            let out = &mut out[(start - input.behind) * step + head * heads.width..];
            let out = Output::Set(out);
            N::product(out, size, &[term], &mut scratch.product);
        }
    }
}

/// Overwrites `d_rows` with the gradient of queries, keys and values before `rotary` turned them,
/// for every place; `d_mixed` has a row for each that is not only looked at.
pub(crate) fn attend_backward<N: Number>(
    d_rows: &mut [N],
    d_mixed: &[N],
    input: Segment<'_, N>,
    rotary: &Rotary,
    scratch: &mut Scratch<N>,
) {
    let (heads, length) = (input.heads, input.length);
    let size = length * heads.width;
    let group = heads.query / heads.key_value;
    for shared in 0..heads.key_value {
        for buffer in [&mut scratch.d_key, &mut scratch.d_value] {
            buffer.clear();
            buffer.resize(size, 0.0);
        }
        for head in shared * group..(shared + 1) * group {
            scratch.d_query.resize(size, 0.0);
            scratch.d_query[..input.behind * heads.width].fill(0.0);
            for start in (input.behind..length).step_by(BLOCK) {
                let end = length.min(start + BLOCK);
                block_backward(d_mixed, input, head, start, end, scratch);
            }
            let column = head * heads.width;
            put_turned_back(d_rows, &scratch.d_query, heads, column, Some(rotary));
        }
        let [_, key, value] = heads.columns(shared * group);
        put_turned_back(d_rows, &scratch.d_key, heads, key, Some(rotary));
        put_turned_back(d_rows, &scratch.d_value, heads, value, None);
    }
}

/// One head's queries from `start` to `end`: sets their gradient, adds to that of keys and values.
fn block_backward<N: Number>(
    d_mixed: &[N],
    input: Segment<'_, N>,
    head: usize,
    start: usize,
    end: usize,
    scratch: &mut Scratch<N>,
) {
    let (heads, rows) = (input.heads, end - start);
    let (width, step) = (heads.width, input.mixed_row());
    let [query, key, value] = heads.columns(head);
    let first = (start - input.behind) * step + head * width;
    let d_mixed = Rows { data: &d_mixed[first..], step };
    fill_probabilities(input, head, start, end, scratch);
    let Scratch { scores, d_scores, probabilities, d_narrow, product, .. } = scratch;
    d_scores.resize(rows * end, 0.0);
    let right = input.part(value, 0);
    let term = Term { left: d_mixed, inner: width, right, turned: true, columns: 0..end };
    N::product(Output::SetWide(d_scores), Size::new(rows, end), &[term], product);
    d_narrow.resize(rows * end, N::default());
    scores_backward(d_narrow, d_scores, scores, end, heads.scale());

    let d_score_rows = Rows { data: d_narrow.as_slice(), step: end };
    let right = input.part(key, 0);
    let term = Term { left: d_score_rows, inner: end, right, turned: false, columns: 0..width };
    let d_query = Output::SetWide(&mut scratch.d_query[start * width..end * width]);
    N::product(d_query, Size::new(rows, width), &[term], product);
    let (places, left_columns, right_columns) = (rows, end, width);
    let right = input.part(query, start);
    let of = Gradient { places, left: d_score_rows, left_columns, right, right_columns };
    N::gradient(&mut scratch.d_key[..end * width], 1.0, of, product);
    let left = Rows { data: probabilities.as_slice(), step: end };
    let of = Gradient { places, left, left_columns, right: d_mixed, right_columns };
    N::gradient(&mut scratch.d_value[..end * width], 1.0, of, product);
}

/// What places `start..end` take of places `0..end`, as `f32` and rounded.
fn fill_probabilities<N: Number>(
    input: Segment<'_, N>,
    head: usize,
    start: usize,
    end: usize,
    scratch: &mut Scratch<N>,
) {
    let [query, key, _] = input.heads.columns(head);
    let rows = end - start;
    let Scratch { scores, probabilities, product, .. } = scratch;
    scores.resize(rows * end, 0.0);
    probabilities.resize(rows * end, N::default());
    let (left, right) = (input.part(query, start), input.part(key, 0));
    let inner = input.heads.width;
    let term = Term { left, inner, right, turned: true, columns: 0..end };
    N::product(Output::SetWide(scores), Size::new(rows, end), &[term], product);
    let lines = scores.chunks_exact_mut(end).zip(probabilities.chunks_exact_mut(end));
    for (row, (scores, probabilities)) in lines.enumerate() {
        let (visible, hidden) = scores.split_at_mut(start + row + 1);
        softmax(visible, input.heads.scale());
        hidden.fill(0.0);
        narrow_row(probabilities, scores);
    }
}

vectorised! {
    /// Softmax of `scale * row`, in place.
    pub(crate) fn softmax(row: &mut [f32], scale: f32) {
        let highest = highest(row);
        for value in row.iter_mut() {
            *value = exp((*value - highest) * scale);
        }
        let inverse = 1.0 / total(row);
        for value in row {
            *value *= inverse;
        }
    }
}

vectorised! {
    /// From the gradient of probabilities to that of the scores before scaling.
    fn scores_backward<N: Number>(
        out: &mut [N],
        d_probabilities: &[f32],
        probabilities: &[f32],
        length: usize,
        scale: f32,
    ) {
        let rows = d_probabilities.chunks_exact(length).zip(probabilities.chunks_exact(length));
        for (out, (d_row, row)) in out.chunks_exact_mut(length).zip(rows) {
            let along = dot(d_row, row);
            for ((out, d), p) in out.iter_mut().zip(d_row).zip(row) {
                *out = N::narrow(p * (*d - along) * scale);
            }
        }
    }
}

/// Writes one head's gradient rows to their columns, turned back where they had been turned.
fn put_turned_back<N: Number>(
    d_rows: &mut [N],
    d_head: &[f32],
    heads: Heads,
    column: usize,
    rotary: Option<&Rotary>,
) {
    let rows = d_rows.chunks_exact_mut(heads.row()).zip(d_head.chunks_exact(heads.width));
    for (place, (out, d_head)) in rows.enumerate() {
        let out = &mut out[column..column + heads.width];
        narrow_row(out, d_head);
        if let Some(rotary) = rotary {
            rotary.turn_numbers(out, place, -1.0);
        }
    }
}

/// Sums in this many lanes can be made by vector units, and come out the same on every run.
const LANES: usize = 16;

/// The sum of a row.
#[inline(always)]
pub(crate) fn total(row: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The largest number of a row.
#[inline(always)]
pub(crate) fn highest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().copied().fold(rest, f32::max)
}

/// The sum of products of two rows.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (lefts, rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 =
        lefts.remainder().iter().zip(rights.remainder()).map(|(left, right)| left * right).sum();
    for (left, right) in lefts.zip(rights) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left * right;
        }
    }
    lanes.iter().sum::<f32>() + rest
}
