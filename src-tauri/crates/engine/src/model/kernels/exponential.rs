//! `e^x` for whole rows, written so that the compiler can vectorise it.

/// `e^x` with a relative error below 3e-7, for `x` clamped to the range of normal numbers.
///
/// Method: `x = n ln 2 + r` with `|r| <= ln 2 / 2`, a polynomial for `e^r` (the minimax
/// coefficients of Cephes' `expf`), and `2^n` put into the exponent bits.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, whose bits are then the lowest of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;

    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN2_HIGH - whole * LN2_LOW;

    let mut series = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        series = series * rest + coefficient;
    }
    let mantissa = series * rest * rest + rest + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    mantissa * f32::from_bits(exponent.wrapping_shl(23))
}

/// The logistic function `1 / (1 + e^-x)`.
#[inline]
pub(crate) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}
