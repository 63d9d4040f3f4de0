//! Packs `bf16` matrices into pairs for `vdpbf16ps`: a line holds, for sixteen columns, two
//! numbers that follow each other in the sum.

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_loadu_si512, _mm512_maskz_loadu_epi16,
    _mm512_permutex2var_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};
use std::ops::Range;

use half::bf16;

use super::bf16::is_supported;
use super::product::Rows;

/// Pairs in one vector register.
pub(super) const LANES: usize = 16;

/// One vector of pairs, where a cache line begins.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u32; LANES]);

/// Packs numbers `inner` of a right side that stands as `[columns, inner]`. It has the output's
/// `columns`; the panel's `vectors` begin at column `start` of the output. Columns that it does
/// not have become zero.
pub(super) fn pack_turned(
    lines: &mut [Line],
    vectors: usize,
    right: Rows<'_, bf16>,
    inner: Range<usize>,
    columns: &Range<usize>,
    start: usize,
) {
    assert!(is_supported() && lines.len() >= inner.len().div_ceil(2) * vectors);
    assert!(inner.start.is_multiple_of(2));
    for vector in 0..vectors {
        let first = start + vector * LANES;
        let mut rows: [Option<&[bf16]>; LANES] = [None; LANES];
        for (row, column) in rows.iter_mut().zip(first..) {
            if columns.contains(&column) {
                let at = (column - columns.start) * right.step;
                *row = Some(&right.data[at + inner.start..at + inner.end]);
            }
        }
        for (block, from) in (0..inner.len()).step_by(2 * LANES).enumerate() {
            let length = (inner.len() - from).min(2 * LANES);
            let to = &mut lines[block * LANES * vectors + vector..];
            // SAFETY: each row that there is has `length` numbers from `from`; of each line that
            // is written, `to` was cut from a slice that has it; the features were asserted.
            #[expect(unsafe_code, reason = "vector instructions")]
            unsafe {
                turn_block(to.as_mut_ptr(), vectors, &rows, from, length);
            }
        }
    }
}

/// Writes `length.div_ceil(2)` lines, each `step` behind the last.
///
/// # Safety
/// Each row has numbers `from..from + length`, at most 32; the lines exist; the features too.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn turn_block(
    to: *mut Line,
    step: usize,
    rows: &[Option<&[bf16]>; LANES],
    from: usize,
    length: usize,
) {
    let mask = if length == 2 * LANES { u32::MAX } else { (1 << length) - 1 };
    let mut block = [_mm512_setzero_si512(); LANES];
    for (line, row) in block.iter_mut().zip(rows) {
        if let Some(row) = row {
            // SAFETY: the row has `length` numbers from `from`; the mask hides the others.
            *line = unsafe { _mm512_maskz_loadu_epi16(mask, row.as_ptr().add(from).cast()) };
        }
    }
    let block = transpose(block);
    for (pair, line) in block.iter().take(length.div_ceil(2)).enumerate() {
        // SAFETY: the caller says that the line exists.
        unsafe { _mm512_storeu_si512(to.add(pair * step).cast(), *line) };
    }
}

/// Exchanges rows and columns of sixteen times sixteen pairs.
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose(rows: [__m512i; LANES]) -> [__m512i; LANES] {
    let mut pairs = rows;
    for at in (0..LANES).step_by(2) {
        pairs[at] = _mm512_unpacklo_epi32(rows[at], rows[at + 1]);
        pairs[at + 1] = _mm512_unpackhi_epi32(rows[at], rows[at + 1]);
    }
    // Line `4 group + k` now holds column `4 quarter + k` of four rows, for each quarter.
    let mut fours = pairs;
    for at in (0..LANES).step_by(4) {
        fours[at] = _mm512_unpacklo_epi64(pairs[at], pairs[at + 2]);
        fours[at + 1] = _mm512_unpackhi_epi64(pairs[at], pairs[at + 2]);
        fours[at + 2] = _mm512_unpacklo_epi64(pairs[at + 1], pairs[at + 3]);
        fours[at + 3] = _mm512_unpackhi_epi64(pairs[at + 1], pairs[at + 3]);
    }
    let mut out = rows;
    for at in 0..4 {
        let [a, b, c, d] = [fours[at], fours[at + 4], fours[at + 8], fours[at + 12]];
        let even_low = _mm512_shuffle_i32x4::<0x88>(a, b);
        let odd_low = _mm512_shuffle_i32x4::<0xDD>(a, b);
        let even_high = _mm512_shuffle_i32x4::<0x88>(c, d);
        let odd_high = _mm512_shuffle_i32x4::<0xDD>(c, d);
        out[at] = _mm512_shuffle_i32x4::<0x88>(even_low, even_high);
        out[at + 4] = _mm512_shuffle_i32x4::<0x88>(odd_low, odd_high);
        out[at + 8] = _mm512_shuffle_i32x4::<0xDD>(even_low, even_high);
        out[at + 12] = _mm512_shuffle_i32x4::<0xDD>(odd_low, odd_high);
    }
    out
}

/// Packs rows `inner` of a right side that stands as `[inner, columns]`; the rest is as for
/// [`pack_turned`].
pub(super) fn pack_straight(
    lines: &mut [Line],
    vectors: usize,
    right: Rows<'_, bf16>,
    inner: Range<usize>,
    columns: &Range<usize>,
    start: usize,
) {
    assert!(is_supported() && lines.len() >= inner.len().div_ceil(2) * vectors);
    assert!(inner.is_empty() || right.data.len() >= (inner.end - 1) * right.step + columns.len());
    for first in (0..vectors).step_by(2) {
        // Which of the 32 columns from `at` are among `columns`.
        let at = start + first * LANES;
        let before = columns.start.saturating_sub(at).min(2 * LANES);
        let after = columns.end.saturating_sub(at).min(2 * LANES);
        let mask = below(after) & !below(before);
        let row = inner.start * right.step;
        let from = right.data.as_ptr().wrapping_add(row + at).wrapping_sub(columns.start);
        let to = &mut lines[first..];
        let strip = Strip { vectors, both: first + 1 < vectors, step: right.step, mask };
        // SAFETY: `mask` hides what is not among `columns`, which the rows were asserted to have;
        // a pointer to what is hidden may lie outside. `lines` has `vectors` lines for each pair.
        #[expect(unsafe_code, reason = "vector instructions")]
        unsafe {
            interleave(to.as_mut_ptr(), from.cast(), inner.len(), strip);
        }
    }
}

/// Up to 32 columns of a matrix.
#[derive(Clone, Copy)]
struct Strip {
    vectors: usize,
    /// Whether the second vector is wanted.
    both: bool,
    step: usize,
    mask: u32,
}

/// Rows that are asked of memory before they are wanted.
const AHEAD: usize = 12;

/// Writes `rows` rows of 32 columns as pairs.
///
/// # Safety
/// The rows have the columns of the mask, and `to` has `vectors` lines for each pair of rows.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn interleave(to: *mut Line, from: *const i16, rows: usize, strip: Strip) {
    let Strip { vectors, both, step, mask } = strip;
    // SAFETY: the constants are as long as a register; the rest is the caller's promise.
    unsafe {
        let low = _mm512_loadu_si512(LOW_HALVES.as_ptr().cast());
        let high = _mm512_loadu_si512(HIGH_HALVES.as_ptr().cast());
        let (mut to, mut from) = (to, from);
        for row in (0..rows).step_by(2) {
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD * step).cast());
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add((AHEAD + 1) * step).cast());
            let first = _mm512_maskz_loadu_epi16(mask, from);
            let mask = if row + 1 < rows { mask } else { 0 };
            let second = _mm512_maskz_loadu_epi16(mask, from.wrapping_add(step));
            let line = _mm512_permutex2var_epi16(first, low, second);
            _mm512_storeu_si512(to.cast(), line);
            if both {
                let line = _mm512_permutex2var_epi16(first, high, second);
                _mm512_storeu_si512(to.add(1).cast(), line);
            }
            to = to.wrapping_add(vectors);
            from = from.wrapping_add(2 * step);
        }
    }
}

/// A mask of the first `count` of 32.
fn below(count: usize) -> u32 {
    if count >= 32 { u32::MAX } else { (1 << count) - 1 }
}

/// Numbers 0 to 15 of two registers in turn; those of the second count from 32.
const LOW_HALVES: [u16; 32] = halves(0);
const HIGH_HALVES: [u16; 32] = halves(16);

const fn halves(first: u16) -> [u16; 32] {
    let mut order = [0; 32];
    let mut at = 0;
    let mut number = first;
    while at < 32 {
        order[at] = number;
        order[at + 1] = number + 32;
        at += 2;
        number += 1;
    }
    order
}
