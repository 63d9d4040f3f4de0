//! Prices that a person corrected or added, laid over the book.
//!
//! The book itself is never changed: without its corrections it is what it was. What was corrected
//! earlier is kept, so that an old amount can still be explained.

use crate::day::Day;
use crate::model_name::base_of;
use crate::money::MicroUsd;
use crate::prices::{Price, PriceBook, PriceKind, PriceUnit, PricedModel, TrainingTier};

/// The only currency of the book.
const CURRENCY: &str = "USD";

/// A price that a person gave: from nothing to 10,000 dollars for a million tokens or for an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GivenPrice(MicroUsd);

/// What a person gave is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenPriceError {
    /// It cannot be read as dollars; `NaN` and `inf` are no amounts.
    #[error("a price is an amount in dollars, with at most six digits behind a point")]
    NotAnAmount,
    /// A service does not pay for being used.
    #[error("a price is never below nothing, and `{0}` is")]
    Negative(MicroUsd),
    /// More than any service asks.
    #[error("a price is at most `{most}` dollars, and `{0}` is more", most = GivenPrice::MOST.usd())]
    TooHigh(MicroUsd),
    /// What a dollar is in another currency changes every day.
    #[error("prices are in US dollars, not in `{0}`")]
    OtherCurrency(String),
}

impl GivenPrice {
    /// The highest price.
    pub const MOST: GivenPrice = GivenPrice(MicroUsd::from_micros(10_000_000_000));

    /// A price of this amount.
    ///
    /// # Errors
    /// [`GivenPriceError::Negative`] and [`GivenPriceError::TooHigh`].
    pub fn new(usd: MicroUsd) -> Result<Self, GivenPriceError> {
        if usd < MicroUsd::ZERO {
            return Err(GivenPriceError::Negative(usd));
        }
        let price = GivenPrice(usd);
        if price > Self::MOST { Err(GivenPriceError::TooHigh(usd)) } else { Ok(price) }
    }

    /// Reads what a person typed; blanks around it do not count. `currency` is its code.
    ///
    /// # Errors
    /// [`GivenPriceError`].
    pub fn read(amount: &str, currency: &str) -> Result<Self, GivenPriceError> {
        let currency = currency.trim();
        if !currency.eq_ignore_ascii_case(CURRENCY) {
            return Err(GivenPriceError::OtherCurrency(currency.to_owned()));
        }
        Self::new(amount.trim().parse().map_err(|_| GivenPriceError::NotAnAmount)?)
    }

    /// The price, in US dollars.
    #[must_use]
    pub const fn usd(self) -> MicroUsd {
        self.0
    }
}

/// A price as a person knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The service's name among Attune's.
    pub service: String,
    /// The model, by any of its names; a model that is not in the book is added.
    pub model: String,
    /// The way of training that it is for.
    pub tier: TrainingTier,
    /// What it is for.
    pub kind: PriceKind,
    /// What it is counted by.
    pub per: PriceUnit,
    /// The price.
    pub price: GivenPrice,
    /// The day on which the person looked it up; it holds from then on.
    pub from: Day,
}

impl PriceBook {
    /// The book with what a person corrected, as it stands on the day `on`. Of several corrections
    /// of one price the latest counts, and of those of one day the last. A correction stands until
    /// it is taken back, also when the book becomes newer than it.
    #[must_use]
    pub fn with_corrections(&self, corrections: &[Correction], on: Day) -> PriceBook {
        let mut in_force: Vec<&Correction> =
            corrections.iter().filter(|it| it.from <= on).collect();
        in_force.sort_by_key(|it| it.from);
        let mut book = self.clone();
        for correction in in_force {
            book.correct(correction);
        }
        book
    }

    /// What one price was corrected to, the latest first; those that begin later are among them.
    #[must_use]
    pub fn history<'a>(
        &self,
        corrections: &'a [Correction],
        price: &Correction,
    ) -> Vec<&'a Correction> {
        let mut found: Vec<&Correction> =
            corrections.iter().rev().filter(|it| self.is_same_price(it, price)).collect();
        found.sort_by_key(|it| std::cmp::Reverse(it.from));
        found
    }

    fn is_same_price(&self, one: &Correction, other: &Correction) -> bool {
        (&one.service, one.tier, one.kind, one.per)
            == (&other.service, other.tier, other.kind, other.per)
            && self.full_name(one) == self.full_name(other)
    }

    /// The full name of the model that a correction is for.
    fn full_name<'a>(&'a self, correction: &'a Correction) -> &'a str {
        let known = self.model_at(&correction.service, &correction.model, correction.tier);
        known.map_or(base_of(&correction.model), |known| &known.model)
    }

    fn correct(&mut self, correction: &Correction) {
        let Correction { service, model, tier, kind, per, .. } = correction;
        let at = self.position(service, model, *tier).unwrap_or_else(|| {
            self.models.push(PricedModel {
                service: service.clone(),
                model: base_of(model).to_owned(),
                aliases: Vec::new(),
                tier: *tier,
                longest_example_tokens: None,
                ends_on: String::new(),
                prices: Vec::new(),
            });
            self.models.len() - 1
        });
        let prices = &mut self.models[at].prices;
        prices.retain(|price| (price.kind, price.per) != (*kind, *per));
        prices.push(Price {
            kind: *kind,
            per: *per,
            usd: correction.price.usd(),
            checked_on: Some(correction.from),
        });
    }
}

#[cfg(test)]
mod tests;
