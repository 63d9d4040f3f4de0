//! A model that was never tuned, which has to be told more with every question, against a tuned one.
//!
//! It must never promise too early: the training counts with the most that it can come to, and so
//! does standing ready.

use crate::break_even::{BreakEven, BreakEvenCase, break_even};
use crate::day::Day;
use crate::money::MicroUsd;
use crate::outlook::Outlook;
use crate::spread::Spread;
use crate::usage::{CallCost, CallTokens, UsageError, UsagePlan, UsagePrices, most_hosting_a_day};

/// The use of a model that was never tuned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UntunedUse {
    /// What is asked for it.
    pub prices: UsagePrices,
    /// The tokens of a call, with all that it has to be told.
    pub tokens: CallTokens,
}

/// When a training has paid for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaysOff {
    /// With the first call.
    AtOnce,
    /// After so many calls.
    After {
        /// Calls.
        calls: u64,
        /// The days that they take, begun ones included.
        days: u64,
    },
    /// Not before the tuned model ends.
    AfterItsEnd {
        /// The days that it would take.
        days: u64,
    },
    /// However many calls there are: they cost no less than before.
    Never,
    /// Nobody knows the most that the training can come to.
    Unknown,
}

impl CallTokens {
    /// The same calls with `standing` tokens of instructions taken out and `told` put in.
    ///
    /// # Errors
    /// [`UsageError::TooLarge`].
    pub fn told(self, standing: u64, told: u64) -> Result<Self, UsageError> {
        let with = |read: u64| read.saturating_sub(standing).checked_add(told);
        let input = self.input;
        let told = [input.low(), input.expected(), input.high()].map(with);
        let [Some(low), Some(expected), Some(high)] = told else {
            return Err(UsageError::TooLarge);
        };
        let input = Spread::new(low, expected, high).ok_or(UsageError::TooLarge)?;
        Ok(Self { input, ..self })
    }
}

/// When the training of `total`, used as `plan` says from `today` on, has paid for itself against
/// a model that was never tuned.
///
/// # Errors
/// [`UsageError`].
pub fn pays_off(
    total: &Outlook,
    plan: &UsagePlan,
    untuned: &UntunedUse,
    today: Day,
) -> Result<PaysOff, UsageError> {
    let Some(training) = total.training.ceiling else { return Ok(PaysOff::Unknown) };
    // Text that is told with every question is just what a service asks less for the second time. Where
    // nobody said how much less, it may be nothing.
    let cached_input = untuned.prices.cached_input.or(Some(MicroUsd::ZERO));
    let cheapest = UsagePrices { cached_input, ..untuned.prices };
    let call = |prices: &UsagePrices, tokens: CallTokens| {
        CallCost::new(prices, tokens.input.expected(), tokens.output.expected(), plan.cached)
    };
    let calls_a_day = plan.calls_a_day.expected();
    let paid = break_even(&BreakEvenCase {
        training,
        untuned: call(&cheapest, untuned.tokens)?,
        tuned: call(&total.prices, plan.tokens)?,
        hosting_a_day: most_hosting_a_day(&total.prices, plan)?,
        calls_a_day,
    });
    Ok(match paid {
        BreakEven::AtOnce => PaysOff::AtOnce,
        BreakEven::Never => PaysOff::Never,
        BreakEven::Calls(calls) => match (calls.div_ceil(calls_a_day.max(1)), total.ends_on) {
            (days, Some(last)) if days > days_left(today, last) => PaysOff::AfterItsEnd { days },
            (days, _) => PaysOff::After { calls, days },
        },
    })
}

/// On how many days it still answers, today and its last day among them.
fn days_left(today: Day, last: Day) -> u64 {
    u64::try_from(i64::from(today.days_until(last)) + 1).unwrap_or(0)
}

#[cfg(test)]
mod tests;
