//! What a training run will cost, before any money is spent.
//!
//! It must never be low: fractions round up, and an unknown price is no price of zero.

use std::num::NonZeroU32;

use crate::billing::{Certainty, TrainingTokens, billed_tokens};
use crate::money::MicroUsd;

/// A cent. Nobody is shown less as the most that can be spent.
const CENT: i64 = 10_000;
/// Where the count is only about right, the ceiling lies a third above it: the share by which the
/// text of tools could be longer than the service's own rendering of it is not published.
const MARGIN: (i128, i128) = (4, 3);

/// What a run will cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens over all passes.
    pub billed_tokens: TrainingTokens,
    /// Their price.
    pub expected: MicroUsd,
    /// The most it can come to, in whole cents; none where the count has no bound.
    pub ceiling: Option<MicroUsd>,
}

/// A run that cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// There is nothing to train on.
    #[error("the dataset has no training tokens")]
    EmptyDataset,
    /// A service does not pay for being used.
    #[error("a price is below nothing: `{0}`")]
    NegativePrice(MicroUsd),
    /// The amount is beyond what can be counted.
    #[error("{tokens} tokens over {epochs} epochs is too large to price")]
    TooLarge {
        /// Tokens of one pass.
        tokens: u64,
        /// Passes over the data.
        epochs: NonZeroU32,
    },
}

/// Prices `tokens` for `epochs` passes over the data.
///
/// `epochs` is `NonZeroU32` so that "zero epochs" is the caller's problem to rule out, once,
/// where the person typed it.
///
/// # Errors
/// [`EstimateError`] where there is nothing to price, or too much of it.
pub fn estimate(
    per_million_tokens: MicroUsd,
    tokens: TrainingTokens,
    certainty: Certainty,
    epochs: NonZeroU32,
) -> Result<Estimate, EstimateError> {
    if tokens.0 == 0 {
        return Err(EstimateError::EmptyDataset);
    }
    if per_million_tokens < MicroUsd::ZERO {
        return Err(EstimateError::NegativePrice(per_million_tokens));
    }
    let too_large = || EstimateError::TooLarge { tokens: tokens.0, epochs };
    let billed_tokens = billed_tokens(tokens, epochs).ok_or_else(too_large)?;
    let expected = price_of(billed_tokens, per_million_tokens).ok_or_else(too_large)?;
    let ceiling = match certainty {
        Certainty::Exact => Some(whole_cents(expected.micros().into()).ok_or_else(too_large)?),
        Certainty::About => {
            Some(whole_cents(with_margin(expected.micros().into())).ok_or_else(too_large)?)
        }
        Certainty::Unbounded => None,
    };
    Ok(Estimate { billed_tokens, expected, ceiling })
}

/// What tokens cost. Rounds up: it may be a fraction of a cent high, never low. None beyond the
/// range of amounts.
#[must_use]
pub fn price_of(tokens: TrainingTokens, per_million_tokens: MicroUsd) -> Option<MicroUsd> {
    let exact = i128::from(tokens.0).checked_mul(i128::from(per_million_tokens.micros()))?;
    i64::try_from(exact.div_ceil_by(1_000_000)).ok().map(MicroUsd::from_micros)
}

/// The most that a count can be which is only about right. `count` is far below the range's third.
pub(crate) fn with_margin(count: i128) -> i128 {
    let (above, below) = MARGIN;
    (count * above).div_ceil_by(below)
}

/// The next whole cent. None beyond the range of amounts.
pub(crate) fn whole_cents(micros: i128) -> Option<MicroUsd> {
    let cents = micros.div_ceil_by(CENT.into());
    i64::try_from(cents.checked_mul(CENT.into())?).ok().map(MicroUsd::from_micros)
}

/// Division that rounds up.
trait DivCeilBy {
    fn div_ceil_by(self, by: i128) -> i128;
}

impl DivCeilBy for i128 {
    fn div_ceil_by(self, by: i128) -> i128 {
        self.div_euclid(by) + i128::from(self.rem_euclid(by) > 0)
    }
}

#[cfg(test)]
mod tests;
