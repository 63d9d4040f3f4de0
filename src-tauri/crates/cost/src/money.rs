//! An amount of money.
//!
//! It must never pass through a float: a total of many small prices would drift.

use std::fmt;

const MICROS_PER_USD: u64 = 1_000_000;

/// An amount in millionths of a US dollar. Integer, so totals never drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroUsd(i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: MicroUsd = MicroUsd(0);

    /// An amount of so many millionths of a dollar.
    pub const fn from_micros(micros: i64) -> Self {
        MicroUsd(micros)
    }

    /// The amount in millionths of a dollar.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The sum, unless it is beyond what an amount can hold.
    pub fn checked_add(self, other: MicroUsd) -> Option<Self> {
        self.0.checked_add(other.0).map(MicroUsd)
    }

    /// So many times the amount, unless it is beyond what an amount can hold.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(MicroUsd)
    }
}

/// Dollars as a decimal number with at least two places: `0.80`, `12.345678`, `-1.50`.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let fraction = format!("{:06}", micros % MICROS_PER_USD);
        let cents = &fraction[..2];
        let rest = fraction[2..].trim_end_matches('0');
        write!(f, "{sign}{}.{cents}{rest}", micros / MICROS_PER_USD)
    }
}

#[cfg(test)]
mod tests;
