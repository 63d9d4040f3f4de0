//! The price book: what services ask, from a data file with its source and the day it was checked.
//!
//! A price that is not in it is unknown, and never zero.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::day::Day;
use crate::model_name::base_of;
use crate::money::MicroUsd;
use crate::rules::{BillingRules, ServiceRules};

/// A price that was looked up longer ago, in days, may have changed: it is spoken of.
pub const OLD_AFTER_DAYS: u32 = 30;

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// Text that is learned from.
    Training,
    /// Text that a tuned model reads.
    Input,
    /// Text that it has just read before.
    CachedInput,
    /// Text that it writes.
    Output,
    /// The same three where an answer may take a day.
    BatchInput,
    /// Text that was just read before, in a batch.
    BatchCachedInput,
    /// Text that is written in a batch.
    BatchOutput,
    /// A tuned model that stands ready, whether it is called or not.
    Hosting,
    /// Text that the model reads when it was never tuned.
    UntunedInput,
    /// Text that it has just read before, never tuned.
    UntunedCachedInput,
    /// Text that it writes, never tuned.
    UntunedOutput,
}

impl PriceKind {
    /// Whether it is asked of the model as it was before any training.
    #[must_use]
    pub fn is_untuned(self) -> bool {
        matches!(self, Self::UntunedInput | Self::UntunedCachedInput | Self::UntunedOutput)
    }
}

/// What a price is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceUnit {
    /// A million tokens.
    MillionTokens,
    /// An hour.
    Hour,
}

/// How a service does a training, for more or less money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingTier {
    /// As it is, where nothing else is said.
    #[default]
    Standard,
    /// In whichever country has room (Azure: `globalstandard`).
    Global,
    /// When there is room, and it may be interrupted (Azure: `developerTier`).
    Developer,
}

/// One price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// What it is for.
    pub kind: PriceKind,
    /// What it is counted by.
    pub per: PriceUnit,
    /// In US dollars.
    pub usd: MicroUsd,
    /// The day on which it was looked up, where that was not the day of the book.
    #[serde(default)]
    pub checked_on: Option<Day>,
}

/// A model that can be or could be tuned, with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PricedModel {
    /// The service's name among Attune's.
    pub service: String,
    /// The model's full name.
    pub model: String,
    /// Shorter names of the same model.
    pub aliases: Vec<String>,
    /// The way of training that the prices are for.
    #[serde(default)]
    pub tier: TrainingTier,
    /// Tokens of an example beyond which the service cuts it, where that is known.
    #[serde(default)]
    pub longest_example_tokens: Option<u64>,
    /// The last day on which tuned models made from it answer, `YYYY-MM-DD`; empty where no end is
    /// known.
    pub ends_on: String,
    /// Its prices.
    pub prices: Vec<Price>,
}

impl PricedModel {
    /// The price of one kind, in US dollars for a million tokens.
    #[must_use]
    pub fn per_million_tokens(&self, kind: PriceKind) -> Option<MicroUsd> {
        self.price(kind, PriceUnit::MillionTokens).map(|price| price.usd)
    }

    /// The price of one kind, in US dollars for an hour.
    #[must_use]
    pub fn per_hour(&self, kind: PriceKind) -> Option<MicroUsd> {
        self.price(kind, PriceUnit::Hour).map(|price| price.usd)
    }

    /// The price of one kind, counted by `per`.
    #[must_use]
    pub fn price(&self, kind: PriceKind, per: PriceUnit) -> Option<&Price> {
        self.prices.iter().find(|price| price.kind == kind && price.per == per)
    }

    /// Whether it is known only as it was before any training, so that nobody asked to tune it.
    #[must_use]
    pub fn is_only_untuned(&self) -> bool {
        !self.prices.is_empty() && self.prices.iter().all(|price| price.kind.is_untuned())
    }

    /// The last day on which tuned models made from it answer, where an end is known.
    #[must_use]
    pub fn last_day(&self) -> Option<Day> {
        self.ends_on.parse().ok()
    }

    fn is_called(&self, name: &str) -> bool {
        self.model == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// How long ago a price was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceAge {
    /// Days since then; none where that lies ahead of the clock.
    pub days: u32,
    /// Whether that is more than [`OLD_AFTER_DAYS`].
    pub is_old: bool,
}

/// Prices with their source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PriceBook {
    /// The day on which the prices were looked up, `YYYY-MM-DD`.
    pub checked_on: String,
    /// Where they stand.
    pub source: String,
    /// The models.
    pub models: Vec<PricedModel>,
    /// What services charge for beside tokens, as far as it is known.
    #[serde(default)]
    pub services: Vec<ServiceRules>,
}

impl PriceBook {
    /// The prices that Attune brings along.
    ///
    /// # Panics
    /// Never: a test reads the same file.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BOOK: LazyLock<PriceBook> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../prices.json"))
                .expect("the price book can be read")
        });
        &BOOK
    }

    /// What is known of a model at a service. A tuned model (`ft:gpt-4.1-mini-2025-04-14:org::id`)
    /// costs what the model it was made of costs.
    #[must_use]
    pub fn model(&self, service: &str, model: &str) -> Option<&PricedModel> {
        self.model_at(service, model, TrainingTier::Standard)
    }

    /// What is known of a model that is trained in one of a service's ways.
    #[must_use]
    pub fn model_at(&self, service: &str, model: &str, tier: TrainingTier) -> Option<&PricedModel> {
        self.position(service, model, tier).map(|at| &self.models[at])
    }

    pub(crate) fn position(&self, service: &str, model: &str, tier: TrainingTier) -> Option<usize> {
        let base = base_of(model);
        self.models.iter().position(|known| {
            known.service == service && known.tier == tier && known.is_called(base)
        })
    }

    /// What a service charges for beside tokens; everything is unknown of a service that is not in
    /// the book.
    #[must_use]
    pub fn rules(&self, service: &str) -> BillingRules {
        let known = self.services.iter().find(|known| known.service == service);
        known.map(|known| known.rules).unwrap_or_default()
    }

    /// The book with the rules of whatever service answers at `host` for the service `name` too, which
    /// is an address of a person's own. Without such a service, and where `name` has rules, it is what
    /// it was.
    #[must_use]
    pub fn with_address(mut self, name: &str, host: &str) -> PriceBook {
        let is_known = self.services.iter().any(|known| known.service == name);
        let host = host.to_ascii_lowercase();
        let found = self.services.iter().find(|known| known.is_at(&host)).cloned();
        if let Some(found) = found.filter(|_| !is_known) {
            self.services.push(ServiceRules { service: name.to_owned(), ..found });
        }
        self
    }

    /// How long ago a price of this book was looked up. None where the book names no day.
    #[must_use]
    pub fn price_age(&self, price: &Price, today: Day) -> Option<PriceAge> {
        let checked_on = price.checked_on.or_else(|| self.checked_on.parse().ok())?;
        let days = u32::try_from(checked_on.days_until(today)).unwrap_or(0);
        Some(PriceAge { days, is_old: days > OLD_AFTER_DAYS })
    }
}

#[cfg(test)]
mod tests;
