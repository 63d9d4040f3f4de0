//! The innermost loops over `vdpbf16ps`: some rows times one panel of packed columns.

use std::arch::x86_64::{
    __m256i, __m512, __m512bh, __m512i, _MM_HINT_T1, _mm_prefetch, _mm256_mask_storeu_epi16,
    _mm512_add_ps, _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_load_si512, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_setzero_si512,
};

use super::bf16_pack::{LANES, Line};

/// Left numbers as pairs: the pair `p` of row `r` lies at `start + r * row + p * pair`, counted in
/// numbers of sixteen bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) start: *const u16,
    pub(super) row: usize,
    pub(super) pair: usize,
}

impl Left {
    /// The same without its first `numbers`, an even number.
    pub(super) fn from(self, numbers: usize) -> Self {
        Self { start: self.start.wrapping_add(numbers / 2 * self.pair), ..self }
    }
}

/// The product of `inner` left numbers with lines of the panel from `right` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) left: Left,
    pub(super) right: usize,
    pub(super) inner: usize,
}

/// Where a product goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Set(*mut u16),
    SetWide(*mut f32),
    AddWide(*mut f32),
}

impl Place {
    /// What comes behind a first part of the sum.
    pub(super) fn continued(self) -> Self {
        match self {
            Self::SetWide(place) => Self::AddWide(place),
            other => other,
        }
    }
}

/// The columns of an output that one panel makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) step: usize,
    pub(super) first: usize,
    pub(super) columns: usize,
    /// What products are multiplied with.
    pub(super) scale: f32,
}

/// What the next panel will be packed from. It is asked of memory while this panel is multiplied,
/// because packing alone would wait for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead {
    pub(super) start: *const u16,
    /// Distance of its rows, in numbers.
    pub(super) step: usize,
    pub(super) rows: usize,
    /// Numbers in each row.
    pub(super) columns: usize,
}

impl Ahead {
    /// Nothing.
    pub(super) const NONE: Self = Self { start: std::ptr::null(), step: 0, rows: 0, columns: 0 };

    /// Numbers in a cache line.
    const LINE: usize = 32;

    /// Asks for one of `shares` equal shares.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn fetch(self, share: usize, shares: usize) {
        let lines = self.columns.div_ceil(Self::LINE);
        let each = (self.rows * lines).div_ceil(shares);
        let first = share * each;
        let (mut row, mut line) = (first / lines.max(1), first % lines.max(1));
        for _ in 0..each {
            let at = self.start.wrapping_add(row * self.step + line * Self::LINE);
            // A hint, which may point anywhere.
            _mm_prefetch::<_MM_HINT_T1>(at.cast());
            line += 1;
            if line >= lines {
                (row, line) = (row + 1, 0);
            }
        }
    }
}

/// All rows of a panel of 1 to 4 vectors.
///
/// # Safety
/// The output has the rows, and behind `first` the columns; the left side of each part has the
/// rows and `inner` numbers, of which the last may lack its partner if `pair` is 2, and not if it
/// is more; `panel` has the lines. The computer has the features.
#[expect(unsafe_code, reason = "vector instructions")]
pub(super) unsafe fn tiles(
    target: Target,
    rows: usize,
    vectors: usize,
    parts: &[Part],
    panel: &[Line],
    ahead: Ahead,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match vectors {
            1 => rows_of_1(target, rows, parts, panel, ahead),
            2 => rows_of_2(target, rows, parts, panel, ahead),
            3 => rows_of_3(target, rows, parts, panel, ahead),
            _ => rows_of_4(target, rows, parts, panel, ahead),
        }
    }
}

/// Defines the loop over rows for a width, with as many rows at once as registers allow. The rows
/// that are left over are spread evenly.
macro_rules! rows_of {
    ($name:ident, $vectors:literal, $most:literal, [$($rows:literal)*]) => {
        #[expect(unsafe_code, reason = "vector instructions")]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
        unsafe fn $name(
            target: Target,
            rows: usize,
            parts: &[Part],
            panel: &[Line],
            ahead: Ahead,
        ) {
            let tiles = rows.div_ceil($most);
            let (each, longer) = (rows / tiles, rows % tiles);
            let mut row = 0;
            for index in 0..tiles {
                let height = each + usize::from(index < longer);
                // SAFETY: the rows from `row` to `row + height` exist.
                unsafe {
                    match height {
                        $($rows => tile::<$rows, $vectors>(target, row, parts, panel),)*
                        _ => unreachable!("a tile has at most as many rows as it can"),
                    }
                }
                row += height;
                ahead.fetch(index, tiles);
            }
        }
    };
}

rows_of!(rows_of_1, 1, 12, [1 2 3 4 5 6 7 8 9 10 11 12]);
rows_of!(rows_of_2, 2, 12, [1 2 3 4 5 6 7 8 9 10 11 12]);
rows_of!(rows_of_3, 3, 8, [1 2 3 4 5 6 7 8]);
rows_of!(rows_of_4, 4, 6, [1 2 3 4 5 6]);

/// `R` rows from `row` on times `C` vectors of columns.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn tile<const R: usize, const C: usize>(
    target: Target,
    row: usize,
    parts: &[Part],
    panel: &[Line],
) {
    let mut sums = [[_mm512_setzero_ps(); C]; R];
    for part in parts {
        let Left { start, row: step, pair } = part.left;
        // SAFETY: the caller promises these rows, and as many pairs of each.
        let mut left = unsafe { start.add(row * step) };
        // SAFETY: the panel has a row of `C` lines for each pair.
        let mut right = unsafe { panel.as_ptr().add(part.right) };
        let alone = part.inner % 2 == 1 && pair == 2;
        let pairs = part.inner.div_ceil(2) - usize::from(alone);
        for _ in 0..pairs {
            // SAFETY: `left` and `right` stand at a pair that exists.
            unsafe {
                accumulate::<R, C, false>(&mut sums, left, step, right);
                left = left.add(pair);
                right = right.add(C);
            }
        }
        if alone {
            // SAFETY: the number is the last of its row, and is read alone.
            unsafe { accumulate::<R, C, true>(&mut sums, left, step, right) };
        }
    }
    // SAFETY: the caller promises the output's rows and columns.
    unsafe { store(&sums, target, row) };
}

/// Adds the products of one pair of each row, or of a number without partner.
///
/// # Safety
/// There are `C` lines at `right`, and in each row a pair, or a number.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn accumulate<const R: usize, const C: usize, const ALONE: bool>(
    sums: &mut [[__m512; C]; R],
    left: *const u16,
    step: usize,
    right: *const Line,
) {
    let mut columns = [as_pairs(_mm512_setzero_si512()); C];
    for (c, column) in columns.iter_mut().enumerate() {
        // SAFETY: the line exists and lies where a cache line begins.
        *column = unsafe { as_pairs(_mm512_load_si512(right.add(c).cast())) };
    }
    for (r, sums) in sums.iter_mut().enumerate() {
        // SAFETY: the row has the pair, or the number.
        let pair = unsafe {
            let at = left.add(r * step);
            if ALONE { i32::from(at.read()) } else { at.cast::<i32>().read_unaligned() }
        };
        let pair = as_pairs(_mm512_set1_epi32(pair));
        for (sum, column) in sums.iter_mut().zip(columns) {
            *sum = _mm512_dpbf16_ps(*sum, pair, column);
        }
    }
}

/// The same bits as the kind of vector that products want.
#[expect(unsafe_code, reason = "both are 512 bits without a rule of their own")]
#[target_feature(enable = "avx512f,avx512bf16")]
#[inline]
fn as_pairs(bits: __m512i) -> __m512bh {
    // SAFETY: every pattern of bits is a vector of `bf16`.
    unsafe { std::mem::transmute(bits) }
}

/// Writes the sums of some rows.
///
/// # Safety
/// The output has the rows from `row` on and its columns.
#[expect(unsafe_code, reason = "vector instructions")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
#[inline]
unsafe fn store<const R: usize, const C: usize>(
    sums: &[[__m512; C]; R],
    target: Target,
    row: usize,
) {
    let scale = _mm512_set1_ps(target.scale);
    for (r, sums) in sums.iter().enumerate() {
        let start = (row + r) * target.step + target.first;
        for (c, sum) in sums.iter().enumerate() {
            let left = target.columns - (c * LANES).min(target.columns);
            let mask = if left >= LANES { u16::MAX } else { (1 << left) - 1 };
            let at = start + c * LANES;
            let sum = _mm512_mul_ps(*sum, scale);
            // SAFETY: the mask hides what lies behind the last column.
            unsafe {
                match target.place {
                    Place::SetWide(place) => _mm512_mask_storeu_ps(place.add(at), mask, sum),
                    Place::AddWide(place) => {
                        let place = place.add(at);
                        let sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, place));
                        _mm512_mask_storeu_ps(place, mask, sum);
                    }
                    Place::Set(place) => {
                        let narrow: __m256i = std::mem::transmute(_mm512_cvtneps_pbh(sum));
                        _mm256_mask_storeu_epi16(place.add(at).cast(), mask, narrow);
                    }
                }
            }
        }
    }
}
