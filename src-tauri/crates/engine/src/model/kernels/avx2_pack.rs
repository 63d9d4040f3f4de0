//! Packs matrices of either kind of number into `f32` lines that stand as AVX2's loop reads them: the
//! left side into strips of a few rows, the right side into panels of a few columns.

use std::arch::x86_64::{
    __m256, _MM_HINT_T1, _mm_prefetch, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps,
    _mm256_shuffle_ps, _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};
use std::ops::Range;

use super::avx2::is_supported;
use super::number::Number;
use super::product::{Rows, Term, widen_row};

/// Numbers of a vector register.
pub(super) const LANES: usize = 8;
/// Columns that are made together: two registers, so that six rows of sums leave four registers.
pub(super) const COLUMNS: usize = 2 * LANES;
/// Panels of so many columns that are packed together: rows of a right side that is not turned are
/// then read some cache lines at a time, not a part of one.
pub(super) const PANELS: usize = 8;
/// Rows that are made together.
pub(super) const ROWS: usize = 6;
/// Numbers of each row and column that are packed at once, at most: so few that a panel and a strip
/// stay in the nearest cache, and all strips of a pass in the next one.
pub(super) const INNER: usize = 320;

/// Rows of a gradient that are made together: few enough that what they need stays in a cache.
pub(super) const BLOCK: usize = 16 * ROWS;

/// Where the numbers of a left side lie before they are packed.
#[derive(Clone, Copy)]
pub(super) enum Left<'a, N> {
    /// Row after row.
    Rows(Rows<'a, N>),
    /// Column after column: each line has the numbers of all rows that are multiplied together. Those
    /// of the product are at most [`BLOCK`], from `first` on.
    Columns { lines: Rows<'a, N>, first: usize },
}

/// Packs numbers `inner` of every row of a left side: strips of [`ROWS`] rows each, number after
/// number. A last strip with fewer rows is as long, and nobody may look at what it has too much.
pub(super) fn strip<'a, N: Number>(
    strips: &'a mut Vec<f32>,
    left: Left<'_, N>,
    rows: usize,
    inner: Range<usize>,
) -> &'a [f32] {
    assert!(is_supported(), "this computer has no such vectors");
    let each = inner.len() * ROWS;
    // Whole registers are stored, so the last one reaches past what is asked for.
    let length = rows.div_ceil(ROWS) * each;
    strips.resize(strips.len().max(length + LANES), 0.0);
    match left {
        Left::Rows(Rows { data, step }) => {
            let mut wide = [[0.0; INNER]; LANES];
            for (strip, first) in (0..rows).step_by(ROWS).enumerate() {
                let height = ROWS.min(rows - first);
                for (wide, row) in wide.iter_mut().zip(first..first + height) {
                    let at = row * step;
                    widen_row(&mut wide[..inner.len()], &data[at + inner.start..at + inner.end]);
                }
                // SAFETY: the computer's features were asserted.
                #[expect(unsafe_code, reason = "vector instructions")]
                unsafe {
                    turn::<ROWS>(&mut strips[strip * each..], wide.as_flattened(), inner.len());
                }
            }
        }
        Left::Columns { lines: Rows { data, step }, first } => {
            let mut wide = [0.0; BLOCK];
            for (index, number) in inner.enumerate() {
                let at = number * step + first;
                widen_row(&mut wide[..rows], &data[at..at + rows]);
                for (strip, numbers) in
                    wide.chunks_exact(ROWS).take(rows.div_ceil(ROWS)).enumerate()
                {
                    let at = strip * each + index * ROWS;
                    strips[at..at + ROWS].copy_from_slice(numbers);
                }
            }
        }
    }
    &strips[..length]
}

/// Packs numbers `inner` of some columns of a right side, line after line of one panel after the
/// other; columns that the last one does not have become zero.
pub(super) fn pack<N: Number>(
    panels: &mut [f32],
    term: &Term<'_, N>,
    inner: Range<usize>,
    columns: Range<usize>,
) {
    let Rows { data, step } = term.right;
    let (count, width) = (inner.len(), columns.len());
    let next = columns.end..term.columns.len().min(columns.end + PANELS * COLUMNS);
    let mut line = [0.0; PANELS * COLUMNS];
    for (index, number) in inner.enumerate() {
        let at = number * step + columns.start;
        widen_row(&mut line[..width], &data[at..at + width]);
        let panels = panels.chunks_exact_mut(count * COLUMNS);
        for (panel, part) in panels.zip(line.as_chunks::<COLUMNS>().0) {
            panel.as_chunks_mut::<COLUMNS>().0[index] = *part;
        }
        prefetch(data, number * step + next.start..number * step + next.end);
    }
}

/// Packs a panel of a turned right side from column `start` on as [`pack`] does. `rows` has room for
/// as many rows as a register has numbers.
pub(super) fn pack_turned<N: Number>(
    panel: &mut [f32],
    rows: &mut [f32],
    term: &Term<'_, N>,
    inner: Range<usize>,
    start: usize,
    width: usize,
) {
    assert!(is_supported(), "this computer has no such vectors");
    let Rows { data, step } = term.right;
    let count = inner.len();
    for next in start + COLUMNS..term.columns.len().min(start + 2 * COLUMNS) {
        prefetch(data, next * step + inner.start..next * step + inner.end);
    }
    for half in (0..COLUMNS).step_by(LANES) {
        for (index, row) in rows.chunks_exact_mut(INNER).enumerate() {
            if half + index < width {
                let at = (start + half + index) * step;
                widen_row(&mut row[..count], &data[at + inner.start..at + inner.end]);
            } else {
                row[..count].fill(0.0);
            }
        }
        // SAFETY: the computer's features were asserted.
        #[expect(unsafe_code, reason = "vector instructions")]
        unsafe {
            turn::<COLUMNS>(&mut panel[half..], rows, count);
        }
    }
}

/// Asks for numbers that are packed next, so that they are near by then: a frozen weight is read from
/// the memory once a pass, and waiting for it took longer than packing it.
fn prefetch<N>(data: &[N], numbers: Range<usize>) {
    const LINE_BYTES: usize = 64;
    for number in numbers.step_by(LINE_BYTES / size_of::<N>()) {
        // SAFETY: a hint reads nothing, wherever it points.
        #[expect(unsafe_code, reason = "a hint to the processor")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(data.as_ptr().wrapping_add(number).cast());
        }
    }
}

/// Writes eight rows of `count` numbers, which lie [`INNER`] apart, as columns of lines that lie `STEP`
/// apart. Where a line is shorter than a register the next one covers what is too much.
///
/// # Safety
/// The computer has AVX2.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx2,fma")]
unsafe fn turn<const STEP: usize>(lines: &mut [f32], rows: &[f32], count: usize) {
    assert!(count <= INNER && rows.len() == LANES * INNER);
    assert!(lines.len() >= (count.max(1) - 1) * STEP + LANES);
    let whole = count - count % LANES;
    for from in (0..whole).step_by(LANES) {
        let mut block = [_mm256_setzero_ps(); LANES];
        for (vector, row) in block.iter_mut().zip(rows.chunks_exact(INNER)) {
            // SAFETY: `from + LANES <= count <= INNER`.
            *vector = unsafe { _mm256_loadu_ps(row.as_ptr().add(from)) };
        }
        for (number, vector) in turned(block).into_iter().enumerate() {
            // SAFETY: the line exists and has room for a register's numbers.
            unsafe {
                _mm256_storeu_ps(lines.as_mut_ptr().add((from + number) * STEP), vector);
            }
        }
    }
    for number in whole..count {
        for (index, row) in rows.chunks_exact(INNER).enumerate() {
            lines[number * STEP + index] = row[number];
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
