//! The price book: what services ask, from a data file with its source and the day it was checked.
//!
//! A price that is not in it is unknown, and never zero.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::money::MicroUsd;

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

/// One price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// What it is for.
    pub kind: PriceKind,
    /// What it is counted by.
    pub per: PriceUnit,
    /// In US dollars.
    pub usd: MicroUsd,
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
    /// Tokens of an example beyond which the service cuts it, where that is known.
    #[serde(default)]
    pub longest_example_tokens: Option<u64>,
    /// The last day on which tuned models made from it answer, `YYYY-MM-DD`.
    pub ends_on: String,
    /// Its prices.
    pub prices: Vec<Price>,
}

impl PricedModel {
    /// The price of one kind, in US dollars for a million tokens.
    #[must_use]
    pub fn per_million_tokens(&self, kind: PriceKind) -> Option<MicroUsd> {
        let is_it = |price: &&Price| price.kind == kind && price.per == PriceUnit::MillionTokens;
        self.prices.iter().find(is_it).map(|price| price.usd)
    }
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
        let base = model.strip_prefix("ft:").unwrap_or(model);
        let base = base.split(':').next().unwrap_or(base);
        let is_it = |known: &&PricedModel| {
            known.service == service
                && (known.model == base || known.aliases.iter().any(|alias| alias == base))
        };
        self.models.iter().find(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(service: &str, model: &str, expected: Option<i64>) {
        let book = PriceBook::built_in();
        let price = book
            .model(service, model)
            .and_then(|model| model.per_million_tokens(PriceKind::Training));
        assert_eq!(price.map(MicroUsd::micros), expected);
    }

    /// The figures of OpenAI's price page.
    #[test]
    fn a_model_is_found_by_its_name_its_short_name_and_as_a_tuned_one() {
        check("openai", "gpt-4o-mini-2024-07-18", Some(3_000_000));
        check("openai", "gpt-4o-mini", Some(3_000_000));
        check("openai", "ft:gpt-4.1-mini-2025-04-14:org::id", Some(5_000_000));
        check("openai", "gpt-4.1-2025-04-14", Some(25_000_000));
    }

    #[test]
    fn what_is_not_in_the_book_has_no_price() {
        check("openai", "gpt-6-luna", None);
        check("openai", "gpt-4.1-mini-2025", None);
        check("nebius", "gpt-4o-mini-2024-07-18", None);
        // Its training is paid by the hour.
        check("openai", "o4-mini-2025-04-16", None);
    }

    #[test]
    fn every_price_is_above_nothing_and_every_model_has_one() {
        for model in &PriceBook::built_in().models {
            assert!(!model.prices.is_empty(), "{}", model.model);
            assert!(model.prices.iter().all(|price| price.usd > MicroUsd::ZERO), "{}", model.model);
        }
    }
}
