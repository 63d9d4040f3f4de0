//! A model that was never tuned, which has to be told more with every question, against a tuned one.
//!
//! It must never promise too early: the training counts with the most that it can come to, and so
//! does standing ready; what is told anew each time counts at the least.

use crate::break_even::{BreakEven, BreakEvenCase, break_even};
use crate::day::Day;
use crate::outlook::Outlook;
use crate::spread::Spread;
use crate::usage::{
    CallCost, CallTokens, Percent, UsageError, UsagePlan, UsagePrices, most_hosting_a_day,
};

/// The use of a model that was never tuned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UntunedUse {
    /// What is asked for it.
    pub prices: UsagePrices,
    /// The tokens of a call, without what it has to be told.
    pub tokens: CallTokens,
    /// The tokens of what it has to be told with every call.
    pub told: u64,
}

impl UntunedUse {
    /// What a call costs at least. What is told with every call is the same text each time, which is what
    /// services take less for; where nobody said how much less, it may be nothing. Of the rest the share
    /// `cached` was just read before.
    ///
    /// # Errors
    /// [`UsageError`].
    pub fn least(&self, cached: Percent) -> Result<CallCost, UsageError> {
        let cached_input = self.prices.cached_input.unwrap_or_default().min(self.prices.input);
        let prices = UsagePrices { cached_input: Some(cached_input), ..self.prices };
        let (input, output) = (self.tokens.input.expected(), self.tokens.output.expected());
        let asked = CallCost::new(&prices, input, output, cached)?;
        asked.and(CallCost::new(&prices, self.told, 0, Percent::ALL)?)
    }
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
    /// The same calls with `standing` tokens of instructions taken out.
    #[must_use]
    pub fn without(self, standing: u64) -> Self {
        let input = self.input;
        let without = [input.low(), input.expected(), input.high()];
        let [low, expected, high] = without.map(|read| read.saturating_sub(standing));
        Self { input: Spread::new(low, expected, high).unwrap_or(input), ..self }
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
    let tokens = plan.tokens;
    let (input, output) = (tokens.input.expected(), tokens.output.expected());
    let tuned = CallCost::new(&total.prices, input, output, plan.cached)?;
    let calls_a_day = plan.calls_a_day.expected();
    let paid = break_even(&BreakEvenCase {
        training,
        untuned: untuned.least(plan.cached)?,
        tuned,
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
