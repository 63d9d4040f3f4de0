//! What a training run will cost, before any money is spent.
//!
//! It must never be low: fractions round up, and an unknown price is no price of zero.

use std::num::NonZeroU32;

use crate::billing::{TrainingTokens, billed_tokens};
use crate::money::MicroUsd;

/// What a model's training costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingPrice {
    /// The model's name on its service.
    pub model: String,
    /// For a million billed tokens.
    pub per_million_tokens: MicroUsd,
}

/// What a run will cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens over all passes.
    pub billed_tokens: TrainingTokens,
    /// Their price.
    pub total: MicroUsd,
}

/// A run that cannot be priced.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EstimateError {
    /// There is nothing to train on.
    #[error("the dataset has no training tokens")]
    EmptyDataset,
    /// The price list does not have the model.
    #[error("no training price is known for model `{model}`")]
    UnknownPrice {
        /// The model asked for.
        model: String,
    },
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
/// [`EstimateError`] where there is nothing to price, no price, or too much of it.
pub fn estimate(
    prices: &[TrainingPrice],
    model: &str,
    tokens: TrainingTokens,
    epochs: NonZeroU32,
) -> Result<Estimate, EstimateError> {
    if tokens.0 == 0 {
        return Err(EstimateError::EmptyDataset);
    }
    let Some(price) = prices.iter().find(|price| price.model == model) else {
        return Err(EstimateError::UnknownPrice { model: model.to_owned() });
    };
    let too_large = || EstimateError::TooLarge { tokens: tokens.0, epochs };
    let billed_tokens = billed_tokens(tokens, epochs).ok_or_else(too_large)?;
    let total = total_for(billed_tokens, price.per_million_tokens).ok_or_else(too_large)?;
    Ok(Estimate { billed_tokens, total })
}

/// Rounds up: an estimate may be a fraction of a cent high, never low.
fn total_for(tokens: TrainingTokens, per_million_tokens: MicroUsd) -> Option<MicroUsd> {
    let exact = i128::from(tokens.0).checked_mul(i128::from(per_million_tokens.micros()))?;
    let rounded_up = exact.checked_add(999_999)? / 1_000_000;
    i64::try_from(rounded_up).ok().map(MicroUsd::from_micros)
}

#[cfg(test)]
mod tests;
