//! Attention inside one segment (one conversation), all heads.
//!
//! A place sees itself, every earlier place, and the whole question in front of the first answer
//! (`open`): nothing is learned there, so letting it look both ways gives nothing away. A window
//! limits how far it sees, in both directions.
//! Probabilities are computed again in the backward pass rather than kept, some rows at a time.

use std::ops::Range;

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

/// Places whose probabilities are held at once; bounds the memory of long conversations.
pub(crate) const BLOCK: usize = 128;

/// Temporaries of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    probabilities: Vec<f32>,
    d_probabilities: Vec<f32>,
}

/// How far a place of a segment sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Places at the start that look both ways, and which every place sees.
    pub(crate) open: usize,
    /// Places seen in each direction, the own one included; 0 is no limit.
    pub(crate) window: usize,
}

impl Sight {
    /// The places that `place` sees. Both ends never fall from one place to the next.
    pub(crate) fn seen_from(self, place: usize) -> Range<usize> {
        let after = (place + 1).max(self.open);
        match self.window {
            0 => 0..after,
            window => (place + 1).saturating_sub(window)..after.min(place + window),
        }
    }
}

/// One segment's rows of queries, keys and values, and what its places see.
#[derive(Clone, Copy)]
pub(crate) struct Attended<'a> {
    /// `length` rows of [`Heads::row`] numbers.
    pub(crate) rows: &'a [f32],
    /// Places in the segment.
    pub(crate) length: usize,
    /// How far each place sees.
    pub(crate) sight: Sight,
}

impl<'a> Attended<'a> {
    fn part(self, heads: Heads, column: usize, places: &Range<usize>) -> Matrix<'a> {
        let rows = &self.rows[places.start * heads.row() + column..];
        Matrix::spaced(rows, places.len(), heads.width, heads.row())
    }

    /// Runs of places, each with all the places that any of them sees.
    fn blocks(self) -> impl Iterator<Item = Block> {
        (0..self.length).step_by(BLOCK).map(move |start| {
            let end = (start + BLOCK).min(self.length);
            let seen = self.sight.seen_from(start).start..self.sight.seen_from(end - 1).end;
            Block { places: start..end, seen }
        })
    }
}

/// Some places of a segment and what they see together.
struct Block {
    places: Range<usize>,
    seen: Range<usize>,
}

impl Block {
    fn size(&self) -> usize {
        self.places.len() * self.seen.len()
    }
}

/// Writes the attended values of every head to `out` (`length` rows of all query heads).
pub(crate) fn attend(out: &mut [f32], input: Attended<'_>, heads: Heads, scratch: &mut Scratch) {
    let width = heads.query * heads.width;
    for head in 0..heads.query {
        let [_, _, value] = heads.columns(head);
        for block in input.blocks() {
            fill_probabilities(&mut scratch.probabilities, input, heads, head, &block);
            let (count, seen) = (block.places.len(), block.seen.len());
            let mixed = &mut out[block.places.start * width + head * heads.width..];
            Target::spaced(mixed, count, heads.width, width).set(
                1.0,
                Matrix::new(&scratch.probabilities, count, seen),
                input.part(heads, value, &block.seen),
            );
        }
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
    d_rows.fill(0.0);
    for head in 0..heads.query {
        for block in input.blocks() {
            block_backward(d_rows, d_out, input, heads, head, &block, scratch);
        }
    }
}

fn block_backward(
    d_rows: &mut [f32],
    d_out: &[f32],
    input: Attended<'_>,
    heads: Heads,
    head: usize,
    block: &Block,
    scratch: &mut Scratch,
) {
    let [query, key, value] = heads.columns(head);
    let (count, seen, row) = (block.places.len(), block.seen.len(), heads.row());
    let out_row = heads.query * heads.width;
    fill_probabilities(&mut scratch.probabilities, input, heads, head, block);
    let start = block.places.start * out_row + head * heads.width;
    let d_mixed = Matrix::spaced(&d_out[start..], count, heads.width, out_row);
    let probabilities = Matrix::new(&scratch.probabilities, count, seen);
    let mut d_part =
        |column: usize, places: &Range<usize>, left: Matrix<'_>, right: Matrix<'_>, scale| {
            let part = &mut d_rows[places.start * row + column..];
            Target::spaced(part, places.len(), heads.width, row).add(scale, left, right);
        };
    d_part(value, &block.seen, probabilities.transposed(), d_mixed, 1.0);
    scratch.d_probabilities.resize(block.size(), 0.0);
    Target::new(&mut scratch.d_probabilities, count, seen).set(
        1.0,
        d_mixed,
        input.part(heads, value, &block.seen).transposed(),
    );
    scores_backward(&mut scratch.d_probabilities, &scratch.probabilities, seen);
    let d_scores = Matrix::new(&scratch.d_probabilities, count, seen);
    let (keys, queries) =
        (input.part(heads, key, &block.seen), input.part(heads, query, &block.places));
    d_part(query, &block.places, d_scores, keys, heads.scale());
    d_part(key, &block.seen, d_scores.transposed(), queries, heads.scale());
}

fn fill_probabilities(
    out: &mut Vec<f32>,
    input: Attended<'_>,
    heads: Heads,
    head: usize,
    block: &Block,
) {
    let [query, key, _] = heads.columns(head);
    out.resize(block.size(), 0.0);
    Target::new(out, block.places.len(), block.seen.len()).set(
        heads.scale(),
        input.part(heads, query, &block.places),
        input.part(heads, key, &block.seen).transposed(),
    );
    for (place, row) in block.places.clone().zip(out.chunks_exact_mut(block.seen.len())) {
        let seen = input.sight.seen_from(place);
        let seen = seen.start - block.seen.start..seen.end - block.seen.start;
        row[..seen.start].fill(0.0);
        row[seen.end..].fill(0.0);
        softmax_row(&mut row[seen]);
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
