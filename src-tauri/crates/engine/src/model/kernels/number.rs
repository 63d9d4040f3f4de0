//! The two kinds of number that activations and frozen weights are kept in: `f32`, and `bf16`,
//! which is the upper half of an `f32` (8 bits of mantissa).

use half::bf16;

use super::product::{Gradient, Output, Scratch, Size, Term, Way, wide_gradient, wide_product};

/// A number that is kept in memory; sums are always made in `f32`.
pub(crate) trait Number: Copy + Default + PartialEq + Send + Sync + 'static {
    /// Its value.
    fn wide(self) -> f32;

    /// The nearest number of this kind.
    fn narrow(value: f32) -> Self;

    /// The numbers themselves where they are `f32` already.
    fn as_wide(numbers: &[Self]) -> Option<&[f32]>;

    /// The same, to be written.
    fn as_wide_mut(numbers: &mut [Self]) -> Option<&mut [f32]>;

    /// Whether each row of a product is the same whichever rows are computed with it.
    fn rows_stand_alone() -> bool;

    /// Writes the sum of `terms` to `out`. The first term covers every column.
    fn product(out: Output<'_, Self>, size: Size, terms: &[Term<'_, Self>], scratch: &mut Scratch);

    /// Adds `scale * left^T * right` to `out`, a sum over places.
    fn gradient(out: &mut [f32], scale: f32, of: Gradient<'_, Self>, scratch: &mut Scratch);
}

impl Number for f32 {
    #[inline(always)]
    fn wide(self) -> f32 {
        self
    }

    #[inline(always)]
    fn narrow(value: f32) -> Self {
        value
    }

    fn as_wide(numbers: &[Self]) -> Option<&[f32]> {
        Some(numbers)
    }

    fn as_wide_mut(numbers: &mut [Self]) -> Option<&mut [f32]> {
        Some(numbers)
    }

    fn rows_stand_alone() -> bool {
        Way::best().rows_stand_alone()
    }

    fn product(out: Output<'_, Self>, size: Size, terms: &[Term<'_, Self>], scratch: &mut Scratch) {
        wide_product(Way::best(), out, size, terms, scratch);
    }

    fn gradient(out: &mut [f32], scale: f32, of: Gradient<'_, Self>, scratch: &mut Scratch) {
        wide_gradient(Way::best(), out, scale, of, scratch);
    }
}

impl Number for bf16 {
    #[inline(always)]
    fn wide(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    /// Rounds to nearest, ties to even. What is not a number stays so, unless its payload is all
    /// ones, which no arithmetic makes.
    #[inline(always)]
    fn narrow(value: f32) -> Self {
        let bits = value.to_bits();
        let rounded = bits.wrapping_add(0x7FFF + ((bits >> 16) & 1)) >> 16;
        Self::from_bits(rounded as u16)
    }

    fn as_wide(_: &[Self]) -> Option<&[f32]> {
        None
    }

    fn as_wide_mut(_: &mut [Self]) -> Option<&mut [f32]> {
        None
    }

    fn rows_stand_alone() -> bool {
        #[cfg(target_arch = "x86_64")]
        if super::bf16::is_supported() {
            return true;
        }
        Way::best().rows_stand_alone()
    }

    fn product(out: Output<'_, Self>, size: Size, terms: &[Term<'_, Self>], scratch: &mut Scratch) {
        #[cfg(target_arch = "x86_64")]
        if super::bf16::is_supported() {
            super::bf16::product(out, size, terms, &mut scratch.half);
            return;
        }
        wide_product(Way::best(), out, size, terms, scratch);
    }

    fn gradient(out: &mut [f32], scale: f32, of: Gradient<'_, Self>, scratch: &mut Scratch) {
        #[cfg(target_arch = "x86_64")]
        if super::bf16::is_supported() {
            super::bf16::gradient(out, scale, of, &mut scratch.half);
            return;
        }
        wide_gradient(Way::best(), out, scale, of, scratch);
    }
}
