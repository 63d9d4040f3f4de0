//! What a model costs in all: its training and a year of use, to hold services and models against
//! each other.
//!
//! A model whose price is unknown must never look cheap: it has no total at all.

use crate::day::Day;
use crate::money::MicroUsd;
use crate::prices::{PriceBook, PriceKind, PricedModel};
use crate::training::{
    BilledBefore, TrainingCost, TrainingCostError, TrainingOrder, training_cost,
};
use crate::usage::{
    CallTier, UsageCost, UsageError, UsagePlan, UsagePrices, days_served, usage_cost,
};

/// What is wished of every model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlookWish {
    /// The training, counted as the model counts.
    pub order: TrainingOrder,
    /// The use, counted as the model counts.
    pub plan: UsagePlan,
    /// Whether answers must come at once.
    pub tier: CallTier,
}

/// What a model costs in all, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// The training.
    pub training: TrainingCost,
    /// The use, until the year is over or the model ends.
    pub usage: UsageCost,
    /// What is asked for the use.
    pub prices: UsagePrices,
    /// The last day on which it answers, where an end is known.
    pub ends_on: Option<Day>,
    /// Both together, at least.
    pub low: MicroUsd,
    /// Both together, as is most to be expected.
    pub expected: MicroUsd,
    /// Both together, at most; none where the training has no upper end.
    pub high: Option<MicroUsd>,
}

impl Outlook {
    /// The same with what earlier trainings were billed. None beyond the range of amounts.
    #[must_use]
    pub fn after(self, before: BilledBefore) -> Option<Self> {
        let training = self.training.after(before)?;
        let year = self.usage.year;
        let high = match training.ceiling {
            Some(most) => Some(most.checked_add(year.high())?),
            None => None,
        };
        Some(Self {
            training,
            low: training.low.checked_add(year.low())?,
            expected: training.expected.checked_add(year.expected())?,
            high,
            ..self
        })
    }
}

/// A total that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutlookError {
    /// What is not known is not nothing.
    #[error("no training price is known for model `{model}`")]
    UnknownTrainingPrice {
        /// The model.
        model: String,
    },
    /// The same for what it reads or writes.
    #[error("no price of a call is known for model `{model}`")]
    UnknownUsagePrice {
        /// The model.
        model: String,
    },
    /// The training cannot be priced.
    #[error("the training cannot be priced")]
    Training(#[from] TrainingCostError),
    /// The use cannot be priced.
    #[error("the use cannot be priced")]
    Usage(#[from] UsageError),
}

/// What one model of the book costs in all, when it is trained and used from `today` on.
///
/// # Errors
/// [`OutlookError`].
pub fn outlook(
    book: &PriceBook,
    model: &PricedModel,
    wish: &OutlookWish,
    today: Day,
) -> Result<Outlook, OutlookError> {
    let name = || model.model.clone();
    let rules = book.rules(&model.service);
    let per_million = model
        .per_million_tokens(PriceKind::Training)
        .ok_or_else(|| OutlookError::UnknownTrainingPrice { model: name() })?;
    let mut prices = UsagePrices::of(model, wish.tier)
        .ok_or_else(|| OutlookError::UnknownUsagePrice { model: name() })?;
    prices.hosting_per_hour = prices.hosting_per_hour.or_else(|| rules.hosting());
    let training = training_cost(per_million, &rules, &wish.order)?;
    let ends_on = model.last_day();
    let usage = usage_cost(&prices, &wish.plan, days_served(today, ends_on))?;
    let sum = |one: MicroUsd, other| one.checked_add(other).ok_or(UsageError::TooLarge);
    Ok(Outlook {
        training,
        usage,
        prices,
        ends_on,
        low: sum(training.low, usage.year.low())?,
        expected: sum(training.expected, usage.year.expected())?,
        high: training.ceiling.map(|most| sum(most, usage.year.high())).transpose()?,
    })
}

/// All models of the book that can be tuned and still answer today, side by side, the cheapest
/// first; those without a total come last, with the reason. `wish` counts for one model.
pub fn side_by_side(
    book: &PriceBook,
    today: Day,
    mut wish: impl FnMut(&PricedModel) -> OutlookWish,
) -> Vec<(&PricedModel, Result<Outlook, OutlookError>)> {
    let answers = |model: &&PricedModel| model.last_day().is_none_or(|last| today <= last);
    let models = book.models.iter().filter(|model| !model.is_only_untuned()).filter(answers);
    let mut rows: Vec<_> =
        models.map(|model| (model, outlook(book, model, &wish(model), today))).collect();
    rows.sort_by_key(|(_, total)| {
        let expected = total.as_ref().ok().map(|it| it.expected);
        (expected.is_none(), expected)
    });
    rows
}

#[cfg(test)]
mod tests;
