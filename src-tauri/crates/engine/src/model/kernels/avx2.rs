//! Sums of `f32` matrix products with AVX2's fused multiply and add, for computers that cannot
//! multiply `bf16`.
//!
//! The right side is widened while it is packed, some columns at a time, into lines that stand as
//! the loop reads them; the left side is read where it lies. Beside the `gemm` crate this saves one
//! copy of every weight a step, which counts where a step has few rows (docs/decisions). Every
//! bound is asserted before a pointer is made, so the functions are safe to call with anything.

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_mul_ps,
    _mm256_permute2f128_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_storeu_ps,
    _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};
use std::ops::Range;

use super::number::Number;
use super::product::{Gradient, Rows, Size, Term, widen_row};
use super::vectorised::{Unit, unit};

/// Numbers of a vector register.
const LANES: usize = 8;
/// Columns that are made together: two registers, so that six rows of sums leave four registers.
const COLUMNS: usize = 2 * LANES;
/// Rows that are made together.
const ROWS: usize = 6;
/// Numbers of each column that are packed at once, about: few enough to stay in a near cache.
const INNER: usize = 640;

/// Whether this computer's widest vector unit is the one this module is written for.
pub(super) fn is_best() -> bool {
    unit() == Unit::Avx2
}

/// Whether this computer has the instructions, be there wider ones or not.
pub(super) fn is_supported() -> bool {
    unit() != Unit::Plain
}

/// A left side as the loop reads it: where it begins, and how far its rows and the numbers of a row
/// lie apart.
#[derive(Debug, Clone, Copy)]
struct Left<'a> {
    data: &'a [f32],
    row: usize,
    number: usize,
}

/// Where sums go, and what they are multiplied with first.
struct Target<'a> {
    out: &'a mut [f32],
    size: Size,
    keep: bool,
    scale: f32,
}

/// Writes the product of a term to its columns of `out`, or adds it there. `left` are the term's
/// rows, wide.
pub(super) fn product<N: Number>(
    out: &mut [f32],
    size: Size,
    keep: bool,
    left: Rows<'_, f32>,
    term: &Term<'_, N>,
    panel: &mut Vec<f32>,
) {
    let left = Left { data: left.data, row: left.step, number: 1 };
    let target = Target { out, size, keep, scale: 1.0 };
    multiply(target, left, term, panel);
}

/// Rows of a gradient that are made together: few enough that what they need stays in a cache.
const BLOCK: usize = 16 * ROWS;

/// Adds `scale * left^T * right` to `out`, a sum over places.
pub(super) fn gradient<N: Number>(
    out: &mut [f32],
    scale: f32,
    of: Gradient<'_, N>,
    packed: &mut Vec<f32>,
    panel: &mut Vec<f32>,
) {
    assert!(out.len() >= of.left_columns * of.right_columns, "gradient reaches past its slice");
    let term = Term {
        left: of.left,
        inner: of.places,
        right: of.right,
        turned: false,
        columns: 0..of.right_columns,
    };
    for start in (0..of.left_columns).step_by(BLOCK) {
        let rows = BLOCK.min(of.left_columns - start);
        packed.resize(packed.len().max(of.places * rows), 0.0);
        for (place, line) in packed.chunks_exact_mut(rows).take(of.places).enumerate() {
            let at = place * of.left.step + start;
            widen_row(line, &of.left.data[at..at + rows]);
        }
        let left = Left { data: packed, row: 1, number: rows };
        let out = &mut out[start * of.right_columns..];
        let size = Size::new(rows, of.right_columns);
        multiply(Target { out, size, keep: true, scale }, left, &term, panel);
    }
}

fn multiply<N: Number>(
    mut target: Target<'_>,
    left: Left<'_>,
    term: &Term<'_, N>,
    panel: &mut Vec<f32>,
) {
    let (rows, columns) = (target.size.rows, term.columns.len());
    if rows == 0 || columns == 0 {
        return;
    }
    if term.inner == 0 {
        return target.clear(&term.columns);
    }
    let end = (rows - 1) * target.size.step + target.size.columns;
    let fits = target.size.step >= target.size.columns && target.out.len() >= end;
    assert!(fits, "product reaches past its slice");
    assert!(term.columns.end <= target.size.columns, "term reaches past its product");
    let last = (rows - 1) * left.row + (term.inner - 1) * left.number;
    assert!(left.data.len() > last, "left side reaches past its slice");
    let [lines, numbers] = if term.turned { [columns, term.inner] } else { [term.inner, columns] };
    let end = (lines - 1) * term.right.step + numbers;
    let fits = term.right.step >= numbers && term.right.data.len() >= end;
    assert!(fits, "right side reaches past its slice");
    assert!(is_supported(), "this computer has no such vectors");
    let parts = term.inner.div_ceil(INNER);
    let each = term.inner.div_ceil(parts);
    for first in (0..term.inner).step_by(each) {
        let inner = first..term.inner.min(first + each);
        panel.resize(panel.len().max(LANES * INNER + INNER * COLUMNS), 0.0);
        let (rows, panel) = panel.split_at_mut(LANES * INNER);
        for start in (0..columns).step_by(COLUMNS) {
            let width = COLUMNS.min(columns - start);
            let panel = &mut panel[..inner.len() * COLUMNS];
            pack(panel, rows, term, inner.clone(), start, width);
            let left = Left { data: &left.data[first * left.number..], ..left };
            target.add_panel(left, panel, term.columns.start + start, width);
        }
        target.keep = true;
    }
}

impl Target<'_> {
    fn clear(&mut self, columns: &Range<usize>) {
        if !self.keep {
            for row in self.out.chunks_mut(self.size.step).take(self.size.rows) {
                row[columns.clone()].fill(0.0);
            }
        }
    }

    /// All rows of the columns of a packed panel.
    fn add_panel(&mut self, left: Left<'_>, panel: &[f32], column: usize, width: usize) {
        let inner = panel.len() / COLUMNS;
        let mut edge = [0.0; ROWS * COLUMNS];
        for row in (0..self.size.rows).step_by(ROWS) {
            let height = ROWS.min(self.size.rows - row);
            let from = Left { data: &left.data[row * left.row..], ..left };
            let start = row * self.size.step + column;
            let whole = width == COLUMNS;
            let (out, step) = if whole {
                (&mut self.out[start..], self.size.step)
            } else {
                (&mut edge[..], COLUMNS)
            };
            let keep = self.keep && whole;
            // SAFETY: `multiply` asserted the computer's features, that `left` has the rows and
            // numbers, and that `out` has the rows, of `COLUMNS` columns each where the panel is
            // whole; `edge` is as large as the largest tile.
            #[expect(unsafe_code, reason = "vector instructions")]
            unsafe {
                let tile = Tile { out: out.as_mut_ptr(), step, keep, scale: self.scale };
                tile.fill(height, from, panel, inner);
            }
            if !whole {
                for (r, sums) in edge.chunks_exact(COLUMNS).take(height).enumerate() {
                    let start = start + r * self.size.step;
                    for (out, sum) in self.out[start..start + width].iter_mut().zip(sums) {
                        *out = if self.keep { *out + sum } else { *sum };
                    }
                }
            }
        }
    }
}

/// Packs numbers `inner` of `width` columns of a right side from `start` on, line after line;
/// columns that it does not have become zero. `rows` has room for as many rows as a register has
/// numbers.
fn pack<N: Number>(
    panel: &mut [f32],
    rows: &mut [f32],
    term: &Term<'_, N>,
    inner: Range<usize>,
    start: usize,
    width: usize,
) {
    let Rows { data, step } = term.right;
    if !term.turned {
        for (line, number) in panel.chunks_exact_mut(COLUMNS).zip(inner) {
            let at = number * step + start;
            widen_row(&mut line[..width], &data[at..at + width]);
            line[width..].fill(0.0);
        }
        return;
    }
    let count = inner.len();
    for half in (0..COLUMNS).step_by(LANES) {
        for (index, row) in rows.chunks_exact_mut(INNER).enumerate() {
            if half + index < width {
                let at = (start + half + index) * step;
                widen_row(&mut row[..count], &data[at + inner.start..at + inner.end]);
            } else {
                row[..count].fill(0.0);
            }
        }
        // SAFETY: the features were asserted by `multiply`; the panel has `count` lines.
        #[expect(unsafe_code, reason = "vector instructions")]
        unsafe {
            turn(&mut panel[half..], rows, count);
        }
    }
}

/// Writes eight rows of `count` numbers as columns of lines that lie `COLUMNS` apart.
///
/// # Safety
/// The computer has AVX2; `lines` has a register's numbers at each of `count` lines.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx2,fma")]
unsafe fn turn(lines: &mut [f32], rows: &[f32], count: usize) {
    assert!(count <= INNER && rows.len() == LANES * INNER);
    assert!(lines.len() >= (count.max(1) - 1) * COLUMNS + LANES);
    let whole = count - count % LANES;
    for from in (0..whole).step_by(LANES) {
        let mut block = [_mm256_setzero_ps(); LANES];
        for (vector, row) in block.iter_mut().zip(rows.chunks_exact(INNER)) {
            // SAFETY: `from + LANES <= count <= INNER`.
            *vector = unsafe { _mm256_loadu_ps(row.as_ptr().add(from)) };
        }
        for (number, vector) in turned(block).into_iter().enumerate() {
            // SAFETY: the line exists and has a register's numbers.
            unsafe {
                _mm256_storeu_ps(lines.as_mut_ptr().add((from + number) * COLUMNS), vector);
            }
        }
    }
    for number in whole..count {
        for (index, row) in rows.chunks_exact(INNER).enumerate() {
            lines[number * COLUMNS + index] = row[number];
        }
    }
}

/// Eight rows of eight numbers with rows and columns exchanged.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn turned(rows: [__m256; LANES]) -> [__m256; LANES] {
    let [a, b, c, d, e, f, g, h] = rows;
    let pairs = |one, other| (_mm256_unpacklo_ps(one, other), _mm256_unpackhi_ps(one, other));
    let ((ab0, ab1), (cd0, cd1), (ef0, ef1), (gh0, gh1)) =
        (pairs(a, b), pairs(c, d), pairs(e, f), pairs(g, h));
    let fours =
        |one, other| (_mm256_shuffle_ps::<0x44>(one, other), _mm256_shuffle_ps::<0xEE>(one, other));
    let ((p0, p1), (p2, p3)) = (fours(ab0, cd0), fours(ab1, cd1));
    let ((q0, q1), (q2, q3)) = (fours(ef0, gh0), fours(ef1, gh1));
    let low = |one, other| _mm256_permute2f128_ps::<0x20>(one, other);
    let high = |one, other| _mm256_permute2f128_ps::<0x31>(one, other);
    [
        low(p0, q0),
        low(p1, q1),
        low(p2, q2),
        low(p3, q3),
        high(p0, q0),
        high(p1, q1),
        high(p2, q2),
        high(p3, q3),
    ]
}

/// Where one tile's sums go.
#[derive(Clone, Copy)]
struct Tile {
    out: *mut f32,
    step: usize,
    keep: bool,
    scale: f32,
}

impl Tile {
    /// # Safety
    /// The computer has AVX2; `out` has `height` rows of `COLUMNS` numbers, `left` as many rows of
    /// `inner` numbers, and the panel as many lines.
    #[expect(unsafe_code, reason = "vector instructions")]
    unsafe fn fill(self, height: usize, left: Left<'_>, panel: &[f32], inner: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match height {
                1 => self.sums::<1>(left, panel, inner),
                2 => self.sums::<2>(left, panel, inner),
                3 => self.sums::<3>(left, panel, inner),
                4 => self.sums::<4>(left, panel, inner),
                5 => self.sums::<5>(left, panel, inner),
                _ => self.sums::<ROWS>(left, panel, inner),
            }
        }
    }

    /// # Safety
    /// As for [`Self::fill`], with `R` rows.
    #[expect(unsafe_code, reason = "vector instructions")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn sums<const R: usize>(self, left: Left<'_>, panel: &[f32], inner: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        let (mut number, mut line) = (left.data.as_ptr(), panel.as_ptr());
        for _ in 0..inner {
            // SAFETY: the caller promises `inner` lines, and as many numbers of each row.
            unsafe {
                let columns = [_mm256_loadu_ps(line), _mm256_loadu_ps(line.add(LANES))];
                for (r, sums) in sums.iter_mut().enumerate() {
                    let value = _mm256_broadcast_ss(&*number.add(r * left.row));
                    sums[0] = _mm256_fmadd_ps(value, columns[0], sums[0]);
                    sums[1] = _mm256_fmadd_ps(value, columns[1], sums[1]);
                }
                number = number.wrapping_add(left.number);
                line = line.wrapping_add(COLUMNS);
            }
        }
        let scale = _mm256_set1_ps(self.scale);
        for (r, sums) in sums.into_iter().enumerate() {
            for (half, sum) in sums.into_iter().enumerate() {
                let sum = _mm256_mul_ps(sum, scale);
                // SAFETY: the caller promises `R` rows of `COLUMNS` numbers.
                unsafe {
                    let place = self.out.add(r * self.step + half * LANES);
                    let sum =
                        if self.keep { _mm256_add_ps(sum, _mm256_loadu_ps(place)) } else { sum };
                    _mm256_storeu_ps(place, sum);
                }
            }
        }
    }
}
