//! An amount of money.
//!
//! It must never pass through a float: a total of many small prices would drift.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

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

/// A text that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount in dollars has digits, and at most six of them behind a point")]
pub struct MoneyTextError;

/// Reads what [`MicroUsd`] shows; no sign but a minus, no blanks, no thousands.
impl FromStr for MicroUsd {
    type Err = MoneyTextError;

    fn from_str(text: &str) -> Result<Self, MoneyTextError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > 6 {
            return Err(MoneyTextError);
        }
        // Read with its sign, because the lowest amount has no opposite.
        let sign = if digits.len() < text.len() { "-" } else { "" };
        let micros = format!("{sign}{whole}{fraction:0<6}").parse();
        micros.map(MicroUsd).map_err(|_| MoneyTextError)
    }
}

/// Read from a text, never from a number: that would have been a float.
impl<'de> Deserialize<'de> for MicroUsd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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
