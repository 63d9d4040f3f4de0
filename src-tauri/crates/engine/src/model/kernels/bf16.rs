//! Sums of matrix products of `bf16` numbers with AVX-512's `vdpbf16ps`, which multiplies pairs of
//! `bf16` and adds both products to an `f32`.
//!
//! The right side is packed, some columns at a time, into pairs that stand as the instruction
//! reads them (`bf16_pack`); the left side is read where it lies. Every bound is asserted before a
//! pointer is made, so the functions are safe to call with anything.

use std::ops::Range;

use half::bf16;

use super::bf16_pack::{LANES, Line, pack_straight, pack_turned};
use super::bf16_tile::{Ahead, Left, Part, Place, Target, tiles};
use super::product::{Gradient, Output, Rows, Size, Term};

/// Vectors in a row of a panel.
const VECTORS: usize = 4;
/// Columns of a panel.
const PANEL: usize = LANES * VECTORS;
/// Numbers of each column that are packed at once, where sums may wait in the output.
const INNER: usize = 1024;

/// Rows of a gradient that are made together: few enough that both sides stay in a cache.
const BLOCK: usize = 6 * LANES;

/// Temporaries of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    panel: Vec<Line>,
    left: Vec<Line>,
    chunks: Vec<Chunk>,
}

/// Whether this computer has the instructions.
pub(crate) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512bf16")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
}

/// Some numbers of a term, and whether sums wait in the output in front of it.
#[derive(Debug, Clone)]
struct Chunk {
    term: usize,
    inner: Range<usize>,
    continues: bool,
}

/// Writes the sum of `terms` to `out`.
pub(crate) fn product(
    out: Output<'_, bf16>,
    size: Size,
    terms: &[Term<'_, bf16>],
    scratch: &mut Scratch,
) {
    let left = |term: &Term<'_, bf16>| {
        check(term.left, size.rows, term.inner);
        Left { start: term.left.data.as_ptr().cast(), row: term.left.step, pair: 2 }
    };
    multiply(out, size, terms, left, 1.0, scratch);
}

/// Adds `scale * left^T * right` to `out`.
pub(crate) fn gradient(out: &mut [f32], scale: f32, of: Gradient<'_, bf16>, scratch: &mut Scratch) {
    assert!(out.len() >= of.left_columns * of.right_columns, "gradient reaches past its slice");
    check(of.left, of.places, of.left_columns);
    let mut packed = std::mem::take(&mut scratch.left);
    for start in (0..of.left_columns).step_by(BLOCK) {
        let rows = BLOCK.min(of.left_columns - start);
        let vectors = rows.div_ceil(LANES);
        packed.resize(of.places.div_ceil(2) * vectors, Line::default());
        pack_straight(&mut packed, vectors, of.left, 0..of.places, &(0..of.left_columns), start);
        let term = Term {
            left: of.left,
            inner: of.places,
            right: of.right,
            turned: false,
            columns: 0..of.right_columns,
        };
        let out = Output::AddWide(&mut out[start * of.right_columns..]);
        let size = Size::new(rows, of.right_columns);
        // Rows of the left side stand side by side in `packed`, each number beside its partner.
        let left = Left { start: packed.as_ptr().cast(), row: 2, pair: 2 * LANES * vectors };
        multiply(out, size, &[term], |_| left, scale, scratch);
    }
    scratch.left = packed;
}

/// The left side of each term has the rows of `size` and the term's numbers.
fn multiply(
    out: Output<'_, bf16>,
    size: Size,
    terms: &[Term<'_, bf16>],
    left: impl Fn(&Term<'_, bf16>) -> Left,
    scale: f32,
    scratch: &mut Scratch,
) {
    assert!(is_supported());
    assert_eq!(terms.first().map(|term| term.columns.clone()), Some(0..size.columns));
    let (place, length) = match out {
        Output::Set(out) => (Place::Set(out.as_mut_ptr().cast()), out.len()),
        Output::SetWide(out) => (Place::SetWide(out.as_mut_ptr()), out.len()),
        Output::AddWide(out) => (Place::AddWide(out.as_mut_ptr()), out.len()),
    };
    if size.rows == 0 || size.columns == 0 {
        return;
    }
    let end = (size.rows - 1) * size.step + size.columns;
    assert!(size.step >= size.columns && length >= end, "product reaches past its slice");
    for term in terms {
        let columns = term.columns.len();
        let [rows, columns] =
            if term.turned { [columns, term.inner] } else { [term.inner, columns] };
        check(term.right, rows, columns);
        assert!(term.columns.end <= size.columns, "term reaches past its product");
    }
    let Scratch { panel, chunks, .. } = scratch;
    let mut parts: Vec<Part> = Vec::with_capacity(terms.len());
    cut(chunks, terms, !matches!(place, Place::Set(_)));
    let mut place = place;
    for chunks in chunks.chunk_by(|_, next| !next.continues) {
        for start in (0..size.columns).step_by(PANEL) {
            let columns = start..size.columns.min(start + PANEL);
            let vectors = columns.len().div_ceil(LANES);
            parts.clear();
            let mut used = 0;
            for chunk in chunks {
                let term = &terms[chunk.term];
                if term.columns.start >= columns.end || term.columns.end <= columns.start {
                    continue;
                }
                let lines = used..used + chunk.inner.len().div_ceil(2) * vectors;
                if panel.len() < lines.end {
                    panel.resize(lines.end, Line::default());
                }
                used = lines.end;
                let pack = if term.turned { pack_turned } else { pack_straight };
                let packed = &mut panel[lines.clone()];
                pack(packed, vectors, term.right, chunk.inner.clone(), &term.columns, start);
                parts.push(Part {
                    left: left(term).from(chunk.inner.start),
                    right: lines.start,
                    inner: chunk.inner.len(),
                });
            }
            let columns = columns.len();
            let target = Target { place, step: size.step, first: start, columns, scale };
            let next = start + PANEL..size.columns.min(start + 2 * PANEL);
            let ahead = chunks
                .first()
                .map_or(Ahead::NONE, |chunk| ahead(&terms[chunk.term], chunk.inner.clone(), next));
            run(target, size.rows, vectors, &parts, panel, ahead);
        }
        place = place.continued();
    }
}

#[expect(unsafe_code, reason = "every bound and the features were asserted by `multiply`")]
fn run(target: Target, rows: usize, vectors: usize, parts: &[Part], panel: &[Line], ahead: Ahead) {
    // SAFETY: `multiply` asserted that the output has these rows and columns, that the left side
    // of each term has the rows and numbers of its parts, and packed as many lines of `panel`.
    unsafe { tiles(target, rows, vectors, parts, panel, ahead) }
}

/// What a term's numbers `inner` of the columns `next` are packed from.
fn ahead(term: &Term<'_, bf16>, inner: Range<usize>, next: Range<usize>) -> Ahead {
    let Rows { data, step } = term.right;
    if next.is_empty() || next.start < term.columns.start {
        return Ahead::NONE;
    }
    let first = next.start - term.columns.start;
    let (row, column, rows, columns) = if term.turned {
        (first, inner.start, next.len(), inner.len())
    } else {
        (inner.start, first, inner.len(), next.len())
    };
    let start = data.as_ptr().wrapping_add(row * step + column).cast();
    Ahead { start, step, rows, columns }
}

/// Cuts terms so that few numbers are packed at a time. Rounded sums cannot wait.
fn cut(chunks: &mut Vec<Chunk>, terms: &[Term<'_, bf16>], may_wait: bool) {
    chunks.clear();
    let mut used = 0;
    for (term, Term { inner, .. }) in terms.iter().enumerate() {
        let mut start = 0;
        while start < *inner {
            let mut room = if may_wait { INNER.saturating_sub(used) } else { usize::MAX };
            let continues = room < 2;
            if continues {
                (room, used) = (INNER, 0);
            }
            // An even number, so that only the last number of a term can be without a partner.
            let end = inner.min(&start.saturating_add(room & !1)).to_owned();
            chunks.push(Chunk { term, inner: start..end, continues });
            used += end - start;
            start = end;
        }
    }
}

fn check(rows: Rows<'_, bf16>, count: usize, columns: usize) {
    let end = count.saturating_sub(1) * rows.step + columns;
    let fits = rows.step >= columns && rows.data.len() >= end;
    assert!(count == 0 || columns == 0 || fits, "matrix reaches past its slice");
}
