//! What it costs to ask a model without any training, and when a training has paid for itself
//! against that.

use attune_contract::Failure;
use attune_contract::outlook::{OutlookPlace, PaysOff, UntunedModel, UntunedUse, UntunedWish};
use attune_cost::{
    CallTier, CallTokens, Day, MicroUsd, PricedModel, Spread, UsageError, UsagePlan, UsagePrices,
    pays_off,
};

use super::{OPENAI, Seen, THOUSAND, is_shown, range};
use crate::failures::input_invalid;
use crate::services;

/// Whoever does without training puts some examples into the prompt; this many is usual.
const EXAMPLES_TOLD: u64 = 3;
/// More than any model reads.
const MOST_TOLD: u64 = 1_000_000;
const DAYS_OF_YEAR: u64 = 365;

/// A model that was never tuned, as it would be used.
#[derive(Debug)]
pub(super) struct Untuned {
    used: attune_cost::UntunedUse,
    pub(super) shown: UntunedUse,
}

impl Untuned {
    /// When the training of a row has paid for itself; none where it cannot be counted.
    pub(super) fn paid(
        &self,
        total: &attune_cost::Outlook,
        plan: &UsagePlan,
        today: Day,
    ) -> Option<PaysOff> {
        Some(match pays_off(total, plan, &self.used, today).ok()? {
            attune_cost::PaysOff::AtOnce => PaysOff::AtOnce,
            attune_cost::PaysOff::After { calls, days } => PaysOff::After { calls, days },
            attune_cost::PaysOff::AfterItsEnd { days } => PaysOff::AfterItsEnd { days },
            attune_cost::PaysOff::Never => PaysOff::Never,
            attune_cost::PaysOff::Unknown => PaysOff::Unknown,
        })
    }
}

/// Whether what was asked for can be.
pub(super) fn checked(wish: Option<UntunedWish>) -> Result<UntunedWish, Failure> {
    let wish = wish.unwrap_or(UntunedWish { service: None, model: None, told_tokens: None });
    match wish.told_tokens {
        Some(told) if told > MOST_TOLD => Err(input_invalid("toldTokens")),
        _ => Ok(wish),
    }
}

impl Seen<'_> {
    /// The models that can be asked without any training, by service and name.
    pub(super) fn untuned_models(&self) -> Vec<UntunedModel> {
        let priced = self.prices.book.models.iter().filter(|model| self.is_untuned_priced(model));
        let mut models: Vec<_> = priced.map(|model| self.named(model)).collect();
        models.sort_by(|one, other| {
            (&one.service_title, &one.model).cmp(&(&other.service_title, &other.model))
        });
        models
    }

    fn is_untuned_priced(&self, model: &PricedModel) -> bool {
        is_shown(self.rows, model) && UsagePrices::untuned(model).is_some()
    }

    /// `OpenAI`, and what is connected.
    pub(super) fn places(&self) -> Vec<OutlookPlace> {
        let connected = self.rows.iter().map(|row| row.name.as_str());
        let all = std::iter::once(OPENAI).chain(connected.filter(|name| *name != OPENAI));
        let place = |service: &str| OutlookPlace {
            service: service.to_owned(),
            title: services::title_of(self.rows, service),
        };
        all.map(place).collect()
    }

    fn named(&self, model: &PricedModel) -> UntunedModel {
        UntunedModel {
            service: model.service.clone(),
            service_title: services::title_of(self.rows, &model.service),
            model: model.model.clone(),
        }
    }

    /// Tokens of the standing instructions and some examples: what a model without training would
    /// have to be told, as a guess.
    pub(super) fn told_tokens(&self) -> u64 {
        let call = self.call;
        let question = call.input.expected().saturating_sub(self.standing);
        let example = question.saturating_add(call.output.expected());
        self.standing.saturating_add(example.saturating_mul(EXAMPLES_TOLD)).min(MOST_TOLD)
    }

    /// The model that was asked for, or else the first whose price is known. None where no such price
    /// is known, where answers may take a day (no price of that is typed), or the amounts are too large.
    pub(super) fn untuned(&self, wish: &UntunedWish) -> Option<Untuned> {
        if self.usage.tier == CallTier::Batch {
            return None;
        }
        let named = |service: &str, name: &str| {
            self.prices.model(service, name).filter(|model| self.is_untuned_priced(model))
        };
        let wished = wish.service.as_deref().zip(wish.model.as_deref());
        let wished = wished.and_then(|(service, name)| named(service, name));
        let first = || {
            let first = self.untuned_models().into_iter().next()?;
            named(&first.service, &first.model)
        };
        let model = wished.or_else(first)?;
        let told = wish.told_tokens.unwrap_or_else(|| self.told_tokens());
        let tokens = self.call_of(model).without(self.standing);
        let used = attune_cost::UntunedUse { prices: UsagePrices::untuned(model)?, tokens, told };
        let call = used.least(self.usage.cached).ok()?;
        let a_year = self.usage.calls_a_day.checked_mul(DAYS_OF_YEAR)?;
        let shown = UntunedUse {
            of: self.named(model),
            told_tokens: told,
            thousand_calls_micro_usd: call.of_calls(THOUSAND).ok()?.micros(),
            year_micro_usd: call.of_calls(a_year).ok()?.micros(),
        };
        Some(Untuned { used, shown })
    }

    /// What a thousand questions cost.
    pub(super) fn thousand(
        &self,
        prices: &UsagePrices,
        tokens: CallTokens,
    ) -> Result<Spread<MicroUsd>, UsageError> {
        let calls = |input, output| {
            let call = attune_cost::CallCost::new(prices, input, output, self.usage.cached)?;
            call.of_calls(THOUSAND)
        };
        let low = calls(tokens.input.low(), tokens.output.low())?;
        let expected = calls(tokens.input.expected(), tokens.output.expected())?;
        let high = calls(tokens.input.high(), tokens.output.high())?;
        Spread::new(low, expected, high).ok_or(UsageError::TooLarge)
    }
}

pub(super) fn of_spread(amounts: Spread<MicroUsd>) -> attune_contract::outlook::AmountRange {
    range(amounts.low(), amounts.expected(), Some(amounts.high()))
}
