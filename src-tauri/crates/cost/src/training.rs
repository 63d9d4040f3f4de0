//! What a training costs in all: the examples, validation where it is billed, the least that a
//! service asks, and what is left of the bill when the training is cancelled.
//!
//! The ceiling must never be passed by what a service bills: what nobody knows counts in it.

use std::num::{NonZeroU32, NonZeroU64};

use crate::billing::TrainingTokens;
use crate::money::MicroUsd;
use crate::rounding::{price_of, whole_cents};
use crate::rules::{BillingRules, CancelledBilling, ValidationBilling};
use crate::token_range::TokenRange;

/// How often the kept-aside examples are read for the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidationRun {
    /// Their tokens.
    pub tokens: TokenRange,
    /// How often all of them are read.
    pub evaluations: u32,
}

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingOrder {
    /// The tokens of one pass over the examples.
    pub tokens: TokenRange,
    /// Passes over them.
    pub epochs: NonZeroU32,
    /// Validation, where there is any.
    pub validation: Option<ValidationRun>,
}

/// What a training costs, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingCost {
    /// The tokens that are billed.
    pub billed: TokenRange,
    /// At least.
    pub low: MicroUsd,
    /// What is most to be expected.
    pub expected: MicroUsd,
    /// The most it can come to, in whole cents; none where the count has no upper end.
    pub ceiling: Option<MicroUsd>,
}

/// A training that cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainingCostError {
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

/// What earlier trainings were billed, in thousandths of what was expected of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BilledBefore {
    usual: u64,
    most: u64,
}

/// As expected.
const AS_EXPECTED: u64 = 1_000;

impl BilledBefore {
    /// From what was expected and billed of each, in the same unit. None without one of which more than
    /// nothing was expected.
    #[must_use]
    pub fn of(trainings: impl IntoIterator<Item = (MicroUsd, MicroUsd)>) -> Option<Self> {
        let share = |(expected, billed): (MicroUsd, MicroUsd)| {
            let (expected, billed) =
                (u64::try_from(expected.micros()).ok()?, u64::try_from(billed.micros()).ok()?);
            billed
                .checked_mul(AS_EXPECTED)?
                .checked_add(expected.checked_sub(1)?)?
                .checked_div(expected)
        };
        let mut shares: Vec<u64> = trainings.into_iter().filter_map(share).collect();
        shares.sort_unstable();
        let (usual, most) = (*shares.get(shares.len() / 2)?, *shares.last()?);
        Some(Self { usual, most })
    }

    /// The most in percent, rounded up; none where all were billed as expected, or less.
    #[must_use]
    pub fn percent_above(self) -> Option<u64> {
        (self.most > AS_EXPECTED).then(|| self.most.div_ceil(10))
    }
}

impl TrainingCost {
    /// The same with what earlier trainings taught: what is expected moves with what is usual, and the
    /// most is never lowered by it. None beyond the range of amounts.
    #[must_use]
    pub fn after(self, before: BilledBefore) -> Option<Self> {
        let times = |amount: MicroUsd, share: u64| {
            let exact = i128::from(amount.micros()).checked_mul(share.into())?;
            let whole = (exact + i128::from(AS_EXPECTED) - 1).div_euclid(AS_EXPECTED.into());
            i64::try_from(whole).ok().map(MicroUsd::from_micros)
        };
        let expected = times(self.expected, before.usual)?;
        let ceiling = match self.ceiling {
            Some(ceiling) => {
                let most = times(ceiling, before.most.max(AS_EXPECTED))?.max(expected);
                Some(whole_cents(most.micros().into())?)
            }
            None => None,
        };
        Some(Self { low: self.low.min(expected), expected, ceiling, ..self })
    }
}

/// Prices a training.
///
/// # Errors
/// [`TrainingCostError`] where there is nothing to price, too much of it, or a price below nothing.
pub fn training_cost(
    per_million_tokens: MicroUsd,
    rules: &BillingRules,
    order: &TrainingOrder,
) -> Result<TrainingCost, TrainingCostError> {
    let TrainingOrder { tokens, epochs, .. } = *order;
    if tokens.expected() == 0 && tokens.high() == Some(0) {
        return Err(TrainingCostError::EmptyDataset);
    }
    if per_million_tokens < MicroUsd::ZERO {
        return Err(TrainingCostError::NegativePrice(per_million_tokens));
    }
    let too_large = || TrainingCostError::TooLarge { tokens: tokens.expected(), epochs };
    let billed = billed(rules, order).ok_or_else(too_large)?;
    let least = rules.minimum_charge.unwrap_or_default().max(MicroUsd::ZERO);
    let price = |tokens| -> Result<MicroUsd, TrainingCostError> {
        let price = price_of(TrainingTokens(tokens), per_million_tokens).ok_or_else(too_large)?;
        Ok(price.max(least))
    };
    let cents = |high| whole_cents(price(high)?.micros().into()).ok_or_else(too_large);
    Ok(TrainingCost {
        billed,
        low: price(billed.low())?,
        expected: price(billed.expected())?,
        ceiling: billed.high().map(cents).transpose()?,
    })
}

/// The tokens that a service bills. None beyond the range of numbers.
fn billed(rules: &BillingRules, order: &TrainingOrder) -> Option<TokenRange> {
    let learned = order.tokens.checked_mul(order.epochs.get().into())?;
    let Some(validation) = order.validation else { return Some(learned) };
    let read = validation.tokens.checked_mul(validation.evaluations.into())?;
    match rules.validation {
        ValidationBilling::Free => Some(learned),
        ValidationBilling::Billed => learned.checked_add(read),
        // Nothing at least; all of it at most, and in what is shown.
        ValidationBilling::Unknown => {
            learned.checked_add(TokenRange::new(0, read.expected(), read.high())?)
        }
    }
}

/// How far a training came before it was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepsDone {
    /// Steps that were done.
    pub done: u64,
    /// Steps that it would have had.
    pub of: NonZeroU64,
}

/// What a cancelled training costs, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelledCost {
    /// At least.
    pub low: MicroUsd,
    /// At most; none where there is no upper end.
    pub high: Option<MicroUsd>,
}

/// What is left of the bill of a training that would cost `low` at least and `ceiling` at most, when it
/// is cancelled after so many steps: its share where the service bills done steps; anything up to the
/// ceiling where nobody knows.
#[must_use]
pub fn cancelled_cost(
    rules: &BillingRules,
    (low, ceiling): (MicroUsd, Option<MicroUsd>),
    steps: Option<StepsDone>,
) -> CancelledCost {
    match (rules.cancelled, steps) {
        (CancelledBilling::DoneSteps, Some(steps)) => {
            let least = rules.minimum_charge.unwrap_or_default().max(MicroUsd::ZERO);
            // The least is asked of a training that is done; whether also of this one, nobody says.
            let high = ceiling.map(|ceiling| share(ceiling, steps).max(least.min(ceiling)));
            CancelledCost { low: share(low, steps), high }
        }
        (CancelledBilling::DoneSteps | CancelledBilling::Unknown, _) => {
            CancelledCost { low: MicroUsd::ZERO, high: ceiling }
        }
    }
}

/// A share of an amount, rounded up.
fn share(amount: MicroUsd, steps: StepsDone) -> MicroUsd {
    let done = steps.done.min(steps.of.get());
    let whole = u128::try_from(amount.micros()).unwrap_or(0);
    let part = (whole * u128::from(done)).div_ceil(u128::from(steps.of.get()));
    // Never more than the whole, which is an amount.
    i64::try_from(part).map_or(amount, MicroUsd::from_micros)
}

#[cfg(test)]
mod tests;
