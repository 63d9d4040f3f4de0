//! What it costs to use a model: one call, a day and a year.
//!
//! It must never be low: amounts are exact until the end, and round up once.

use attune_dataset::ExampleTokens;

use crate::day::Day;
use crate::money::MicroUsd;
use crate::prices::{PriceKind, PricedModel};
use crate::spread::{Case, Spread};

/// The exact amounts here are counted in millionths of a micro-dollar: what a token costs where a
/// million tokens cost a micro-dollar.
pub(crate) const EXACT_PER_MICRO: u128 = 1_000_000;

const DAYS_OF_YEAR: u32 = 365;
const MINUTES_OF_HOUR: u128 = 60;

/// A share in whole hundredths, from 0 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Percent(u8);

impl Percent {
    /// All of it.
    pub const ALL: Percent = Percent(100);

    /// So many hundredths. None above 100.
    #[must_use]
    pub fn new(hundredths: u8) -> Option<Self> {
        (hundredths <= 100).then_some(Percent(hundredths))
    }

    /// The share in hundredths.
    #[must_use]
    pub fn hundredths(self) -> u8 {
        self.0
    }
}

/// Minutes of a day, from 0 to 1,440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MinutesADay(u16);

impl MinutesADay {
    /// The whole day.
    pub const ALWAYS: MinutesADay = MinutesADay(1_440);

    /// So many minutes. None above 1,440.
    #[must_use]
    pub fn new(minutes: u16) -> Option<Self> {
        (minutes <= Self::ALWAYS.0).then_some(MinutesADay(minutes))
    }

    /// The time in minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }
}

/// The tokens of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTokens {
    /// Those that the model reads.
    pub input: Spread<u64>,
    /// Those that it writes.
    pub output: Spread<u64>,
}

impl CallTokens {
    /// The tokens of calls that are like these examples: one example stands for one call. None
    /// without an example.
    #[must_use]
    pub fn of_examples(examples: &[ExampleTokens]) -> Option<Self> {
        let read = |it: &ExampleTokens| it.total.saturating_sub(it.answers);
        Some(CallTokens {
            input: Spread::of_samples(examples.iter().map(read))?,
            output: Spread::of_samples(examples.iter().map(|it| it.answers))?,
        })
    }
}

/// How a model will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePlan {
    /// Calls in a day.
    pub calls_a_day: Spread<u64>,
    /// The tokens of one of them.
    pub tokens: CallTokens,
    /// The share of what is read that was just read before, and costs less where a service says so.
    pub cached: Percent,
    /// How long the model stands ready in a day, for services that charge by the hour.
    pub hosted: MinutesADay,
}

/// Whether an answer comes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CallTier {
    /// It does.
    #[default]
    Immediate,
    /// It may take a day, for a lower price.
    Batch,
}

/// What a service asks for using a model, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePrices {
    /// For a million tokens that are read.
    pub input: MicroUsd,
    /// For a million tokens that were just read before, where they cost something else.
    pub cached_input: Option<MicroUsd>,
    /// For a million tokens that are written.
    pub output: MicroUsd,
    /// For an hour in which the model stands ready, where that costs.
    pub hosting_per_hour: Option<Spread<MicroUsd>>,
}

impl UsagePrices {
    /// The prices of a model. None where one of reading and writing is unknown.
    #[must_use]
    pub fn of(model: &PricedModel, tier: CallTier) -> Option<Self> {
        let [input, cached, output] = match tier {
            CallTier::Immediate => [PriceKind::Input, PriceKind::CachedInput, PriceKind::Output],
            CallTier::Batch => {
                [PriceKind::BatchInput, PriceKind::BatchCachedInput, PriceKind::BatchOutput]
            }
        };
        Some(UsagePrices {
            input: model.per_million_tokens(input)?,
            cached_input: model.per_million_tokens(cached),
            output: model.per_million_tokens(output)?,
            hosting_per_hour: model.per_hour(PriceKind::Hosting).map(Spread::exactly),
        })
    }

    /// The prices of a model as it was before any training, for answers that come at once. None
    /// where one of reading and writing is unknown. Nobody keeps such a model ready for one person,
    /// so there is nothing to pay for that.
    #[must_use]
    pub fn untuned(model: &PricedModel) -> Option<Self> {
        Some(UsagePrices {
            input: model.per_million_tokens(PriceKind::UntunedInput)?,
            cached_input: model.per_million_tokens(PriceKind::UntunedCachedInput),
            output: model.per_million_tokens(PriceKind::UntunedOutput)?,
            hosting_per_hour: None,
        })
    }
}

/// A use that cannot be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A service does not pay for being used.
    #[error("a price is below nothing: `{0}`")]
    NegativePrice(MicroUsd),
    /// The amount is beyond what can be counted.
    #[error("the use is too large to price")]
    TooLarge,
}

/// The exact price of one call, without hosting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CallCost(u128);

impl CallCost {
    /// The price of a call that reads `input` and writes `output` tokens.
    ///
    /// # Errors
    /// [`UsageError`].
    pub fn new(
        prices: &UsagePrices,
        input: u64,
        output: u64,
        cached: Percent,
    ) -> Result<Self, UsageError> {
        // Rounded down, so that not too much of it counts as cheaper.
        let cached_tokens = u128::from(input) * u128::from(cached.hundredths()) / 100;
        let parts = [
            (u128::from(input) - cached_tokens, prices.input),
            (cached_tokens, prices.cached_input.unwrap_or(prices.input)),
            (u128::from(output), prices.output),
        ];
        parts.iter().try_fold(CallCost(0), |sum, (tokens, price)| {
            let part = tokens.checked_mul(exact(*price)?).ok_or(UsageError::TooLarge)?;
            sum.0.checked_add(part).map(CallCost).ok_or(UsageError::TooLarge)
        })
    }

    /// Both together.
    ///
    /// # Errors
    /// [`UsageError::TooLarge`].
    pub fn and(self, other: CallCost) -> Result<Self, UsageError> {
        self.0.checked_add(other.0).map(CallCost).ok_or(UsageError::TooLarge)
    }

    /// In millionths of a micro-dollar.
    pub(crate) fn exact(self) -> u128 {
        self.0
    }

    /// The amount of so many calls, rounded up.
    ///
    /// # Errors
    /// [`UsageError::TooLarge`].
    pub fn of_calls(self, calls: u64) -> Result<MicroUsd, UsageError> {
        rounded_up(self.0.checked_mul(calls.into()).ok_or(UsageError::TooLarge)?)
    }
}

/// What a use costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageCost {
    /// One call, without hosting.
    pub per_call: Spread<MicroUsd>,
    /// One day, with hosting.
    pub per_day: Spread<MicroUsd>,
    /// A year, or the days of it on which the model still answers.
    pub year: Spread<MicroUsd>,
    /// How many days of the year those are, at most 365.
    pub days: u32,
}

/// What a use costs over `days` days, of which at most 365 count; see [`days_served`].
///
/// # Errors
/// [`UsageError`] where a price is below nothing or an amount beyond the range of amounts.
pub fn usage_cost(
    prices: &UsagePrices,
    plan: &UsagePlan,
    days: u32,
) -> Result<UsageCost, UsageError> {
    let days = days.min(DAYS_OF_YEAR);
    let of_days = |case, days: u32| {
        let day = exact_day(prices, plan, case)?;
        rounded_up(day.checked_mul(days.into()).ok_or(UsageError::TooLarge)?)
    };
    Ok(UsageCost {
        per_call: Spread::try_each(|case| exact_call(prices, plan, case)?.of_calls(1))?,
        per_day: Spread::try_each(|case| of_days(case, 1))?,
        year: Spread::try_each(|case| of_days(case, days))?,
        days,
    })
}

/// On how many days of the year that begins with `from` a model still answers, its last day among
/// them: at most 365, and none where it has ended. All of them where no last day is known.
#[must_use]
pub fn days_served(from: Day, last: Option<Day>) -> u32 {
    let Some(last) = last else { return DAYS_OF_YEAR };
    let days = i64::from(from.days_until(last)) + 1;
    u32::try_from(days.max(0)).unwrap_or(DAYS_OF_YEAR).min(DAYS_OF_YEAR)
}

fn exact_call(prices: &UsagePrices, plan: &UsagePlan, case: Case) -> Result<CallCost, UsageError> {
    let tokens = plan.tokens;
    CallCost::new(prices, tokens.input.of(case), tokens.output.of(case), plan.cached)
}

fn exact_day(prices: &UsagePrices, plan: &UsagePlan, case: Case) -> Result<u128, UsageError> {
    let call = exact_call(prices, plan, case)?.exact();
    let calls = call.checked_mul(plan.calls_a_day.of(case).into()).ok_or(UsageError::TooLarge)?;
    let hosting = match prices.hosting_per_hour {
        Some(per_hour) => exact_hosting(per_hour.of(case), plan.hosted)?,
        None => 0,
    };
    calls.checked_add(hosting).ok_or(UsageError::TooLarge)
}

/// The most that standing ready costs in a day, in US dollars.
pub(crate) fn most_hosting_a_day(
    prices: &UsagePrices,
    plan: &UsagePlan,
) -> Result<MicroUsd, UsageError> {
    let Some(per_hour) = prices.hosting_per_hour else { return Ok(MicroUsd::ZERO) };
    rounded_up(exact_hosting(per_hour.high(), plan.hosted)?)
}

/// The price of a day of standing ready, in millionths of a micro-dollar.
fn exact_hosting(per_hour: MicroUsd, hosted: MinutesADay) -> Result<u128, UsageError> {
    // At most 2^63 * 2^20 * 2^11: far below the range.
    let of_day = exact(per_hour)? * EXACT_PER_MICRO * u128::from(hosted.minutes());
    Ok(of_day.div_ceil(MINUTES_OF_HOUR))
}

fn exact(price: MicroUsd) -> Result<u128, UsageError> {
    u128::try_from(price.micros()).map_err(|_| UsageError::NegativePrice(price))
}

fn rounded_up(exact: u128) -> Result<MicroUsd, UsageError> {
    let micros = i64::try_from(exact.div_ceil(EXACT_PER_MICRO));
    micros.map(MicroUsd::from_micros).map_err(|_| UsageError::TooLarge)
}

#[cfg(test)]
mod tests;
