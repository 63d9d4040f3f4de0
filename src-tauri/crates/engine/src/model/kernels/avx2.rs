//! Sums of `f32` matrix products with AVX2's fused multiply and add, for computers that cannot
//! multiply `bf16`.
//!
//! Both sides are widened while they are packed ([`super::avx2_pack`]). Beside the `gemm` crate this
//! saves one copy of every weight a step, which counts where a step has few rows (docs/decisions).
//! Every bound is asserted before a pointer is made, so the functions are safe to call with anything.

use std::arch::x86_64::{
    _mm256_add_ps, _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_mul_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};
use std::ops::Range;

use super::avx2_pack::{
    BLOCK, COLUMNS, INNER, LANES, Left, PANELS, ROWS, pack, pack_turned, strip,
};
use super::number::Number;
use super::product::{Gradient, Size, Term};
use super::vectorised::{Unit, unit};

/// Whether this computer's widest vector unit is the one this module is written for.
pub(super) fn is_best() -> bool {
    unit() == Unit::Avx2
}

/// Whether this computer has the instructions, be there wider ones or not.
pub(super) fn is_supported() -> bool {
    unit() != Unit::Plain
}

/// Where sums go, and what they are multiplied with first.
struct Target<'a> {
    out: &'a mut [f32],
    size: Size,
    keep: bool,
    scale: f32,
}

/// Writes the product of a term to its columns of `out`, or adds it there.
pub(super) fn product<N: Number>(
    out: &mut [f32],
    size: Size,
    keep: bool,
    term: &Term<'_, N>,
    [strips, panels]: [&mut Vec<f32>; 2],
) {
    let target = Target { out, size, keep, scale: 1.0 };
    multiply(target, Left::Rows(term.left), term, [strips, panels]);
}

/// Adds `scale * left^T * right` to `out`, a sum over places.
pub(super) fn gradient<N: Number>(
    out: &mut [f32],
    scale: f32,
    of: Gradient<'_, N>,
    [strips, panels]: [&mut Vec<f32>; 2],
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
        let out = &mut out[start * of.right_columns..];
        let target = Target { out, size: Size::new(rows, of.right_columns), keep: true, scale };
        multiply(
            target,
            Left::Columns { lines: of.left, first: start },
            &term,
            [&mut *strips, &mut *panels],
        );
    }
}

fn multiply<N: Number>(
    mut target: Target<'_>,
    left: Left<'_, N>,
    term: &Term<'_, N>,
    [strips, panels]: [&mut Vec<f32>; 2],
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
    let [lines, numbers] = if term.turned { [columns, term.inner] } else { [term.inner, columns] };
    let end = (lines - 1) * term.right.step + numbers;
    let fits = term.right.step >= numbers && term.right.data.len() >= end;
    assert!(fits, "right side reaches past its slice");
    assert!(is_supported(), "this computer has no such vectors");
    panels.resize(panels.len().max(LANES * INNER + PANELS * INNER * COLUMNS), 0.0);
    let (side, panels) = panels.split_at_mut(LANES * INNER);
    // Cut at the same numbers whatever the length: a longer product whose further numbers are zero,
    // as attention's are, has the same bits.
    for first in (0..term.inner).step_by(INNER) {
        let inner = first..term.inner.min(first + INNER);
        let strips = strip(strips, left, rows, inner.clone());
        for start in (0..columns).step_by(PANELS * COLUMNS) {
            let end = columns.min(start + PANELS * COLUMNS);
            let starts = (start..end).step_by(COLUMNS);
            let panels = &mut panels[..starts.len() * inner.len() * COLUMNS];
            if !term.turned {
                pack(panels, term, inner.clone(), start..end);
            }
            for (panel, start) in panels.chunks_exact_mut(inner.len() * COLUMNS).zip(starts) {
                let width = COLUMNS.min(end - start);
                if term.turned {
                    pack_turned(panel, side, term, inner.clone(), start, width);
                }
                target.add_panel(strips, panel, term.columns.start + start, width);
            }
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
    fn add_panel(&mut self, strips: &[f32], panel: &[f32], column: usize, width: usize) {
        let inner = panel.len() / COLUMNS;
        let mut edge = [0.0; ROWS * COLUMNS];
        let rows = (0..self.size.rows).step_by(ROWS);
        assert!(strips.len() == rows.len() * inner * ROWS, "there is a strip for all rows");
        for (row, strip) in rows.zip(strips.chunks_exact(inner * ROWS)) {
            let height = ROWS.min(self.size.rows - row);
            let start = row * self.size.step + column;
            let whole = width == COLUMNS;
            let (out, step) = if whole {
                (&mut self.out[start..], self.size.step)
            } else {
                (&mut edge[..], COLUMNS)
            };
            let keep = self.keep && whole;
            // SAFETY: `multiply` asserted the computer's features, and that `out` has the rows, of
            // `COLUMNS` columns each where the panel is whole; `edge` is as large as the largest
            // tile. Strip and panel have `inner` lines.
            #[expect(unsafe_code, reason = "vector instructions")]
            unsafe {
                let tile = Tile { out: out.as_mut_ptr(), step, keep, scale: self.scale };
                tile.fill(height, strip, panel, inner);
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
    /// The computer has AVX2; `out` has `height` rows of `COLUMNS` numbers, strip and panel have
    /// `inner` lines.
    #[expect(unsafe_code, reason = "vector instructions")]
    unsafe fn fill(self, height: usize, strip: &[f32], panel: &[f32], inner: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match height {
                1 => self.sums::<1>(strip, panel, inner),
                2 => self.sums::<2>(strip, panel, inner),
                3 => self.sums::<3>(strip, panel, inner),
                4 => self.sums::<4>(strip, panel, inner),
                5 => self.sums::<5>(strip, panel, inner),
                _ => self.sums::<ROWS>(strip, panel, inner),
            }
        }
    }

    /// # Safety
    /// As for [`Self::fill`], with `R` rows.
    #[expect(unsafe_code, reason = "vector instructions")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn sums<const R: usize>(self, strip: &[f32], panel: &[f32], inner: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        let (mut number, mut line) = (strip.as_ptr(), panel.as_ptr());
        for _ in 0..inner {
            // SAFETY: the caller promises `inner` lines of both.
            unsafe {
                let columns = [_mm256_loadu_ps(line), _mm256_loadu_ps(line.add(LANES))];
                for (r, sums) in sums.iter_mut().enumerate() {
                    let value = _mm256_broadcast_ss(&*number.add(r));
                    sums[0] = _mm256_fmadd_ps(value, columns[0], sums[0]);
                    sums[1] = _mm256_fmadd_ps(value, columns[1], sums[1]);
                }
                number = number.wrapping_add(ROWS);
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
