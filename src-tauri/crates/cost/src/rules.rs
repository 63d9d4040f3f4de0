//! What services charge for beside the tokens of the examples: validation, standing ready, and what
//! becomes of the bill of a training that is cancelled.
//!
//! What is not known must never make an estimate lower: it counts in the ceiling as if it were
//! billed.

use serde::Deserialize;

use crate::day::Day;
use crate::money::MicroUsd;
use crate::spread::Spread;

/// Whether text that a model is only tried on is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationBilling {
    /// It is not.
    Free,
    /// It is, each time that it is read.
    Billed,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// What is billed of a training that is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBilling {
    /// The steps that were done.
    DoneSteps,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// What is asked for an hour in which a tuned model stands ready: the least and the most of a
/// service's price list, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub struct HourlyRange {
    /// The least.
    pub low: MicroUsd,
    /// The most.
    pub high: MicroUsd,
}

/// How a service bills beside tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(default)]
pub struct BillingRules {
    /// Whether validation is billed.
    pub validation: ValidationBilling,
    /// What is billed of a training that is cancelled.
    pub cancelled: CancelledBilling,
    /// The least that a training costs, in US dollars, where there is such a price.
    pub minimum_charge: Option<MicroUsd>,
    /// What an account must hold before it may train, in US dollars.
    pub minimum_balance: Option<MicroUsd>,
    /// The price of standing ready, where that costs.
    pub hosting_per_hour: Option<HourlyRange>,
}

impl BillingRules {
    /// The price of an hour of standing ready, in US dollars; expected is the middle of the range,
    /// rounded up. None where it costs nothing or nobody knows.
    #[must_use]
    pub fn hosting(&self) -> Option<Spread<MicroUsd>> {
        let HourlyRange { low, high } = self.hosting_per_hour?;
        let sum = i128::from(low.micros()) + i128::from(high.micros());
        let middle = i64::try_from(sum.div_euclid(2) + sum.rem_euclid(2)).ok()?;
        Spread::new(low, MicroUsd::from_micros(middle), high)
    }
}

/// The rules of one service, with their source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ServiceRules {
    /// The service's name among Attune's.
    pub service: String,
    /// Where it answers: these hosts, and all that end with one of them behind a point. They tell a
    /// service at an address of a person's own.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The day on which they were looked up.
    pub checked_on: Day,
    /// Where they stand.
    pub source: String,
    /// The rules.
    #[serde(flatten)]
    pub rules: BillingRules,
}

impl ServiceRules {
    /// Whether the service answers at a host.
    pub(crate) fn is_at(&self, host: &str) -> bool {
        let ends_with = |known: &String| {
            let rest = host.strip_suffix(known.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.hosts.iter().any(ends_with)
    }
}

#[cfg(test)]
mod tests {
    use crate::{BillingRules, CancelledBilling, MicroUsd, PriceBook, ValidationBilling};

    #[test]
    fn the_rules_of_a_service_are_in_the_book() {
        let book = PriceBook::built_in();
        assert_eq!(book.rules("openai").validation, ValidationBilling::Free);
        let together = book.rules("together");
        assert_eq!(together.validation, ValidationBilling::Billed);
        assert_eq!(together.cancelled, CancelledBilling::DoneSteps);
        assert_eq!(together.minimum_balance, Some(MicroUsd::from_micros(5_000_000)));
    }

    #[test]
    fn nothing_is_known_of_a_service_that_is_not_in_the_book() {
        assert_eq!(PriceBook::built_in().rules("nobody"), BillingRules::default());
        assert_eq!(BillingRules::default().validation, ValidationBilling::Unknown);
        assert_eq!(BillingRules::default().hosting(), None);
    }

    #[test]
    fn an_address_has_the_rules_of_the_service_that_answers_there() {
        let rules =
            |host: &str| PriceBook::built_in().clone().with_address("own-1", host).rules("own-1");
        let azure = PriceBook::built_in().rules("azure");
        assert!(azure.hosting_per_hour.is_some());
        assert_eq!(rules("shop.openai.azure.com"), azure);
        assert_eq!(rules("Shop.OpenAI.Azure.com"), azure);
        assert_eq!(rules("api.together.xyz"), PriceBook::built_in().rules("together"));
        for other in ["", "localhost", "evilopenai.azure.com", "openai.azure.com.example.org"] {
            assert_eq!(rules(other), BillingRules::default(), "{other}");
        }
        // What has rules of its own keeps them.
        let book = PriceBook::built_in().clone().with_address("openai", "api.together.xyz");
        assert_eq!(book.rules("openai").validation, ValidationBilling::Free);
    }

    #[test]
    fn standing_ready_costs_between_the_least_and_the_most() {
        let hour = |service: &str| {
            let hosting = PriceBook::built_in().rules(service).hosting();
            hosting
                .map(|it| [it.low(), it.expected(), it.high()].map(|it| it.to_string()).join(" "))
        };
        assert_eq!(hour("azure").as_deref(), Some("1.70 1.70 1.70"));
        assert_eq!(hour("together").as_deref(), Some("3.99 6.97 9.95"));
        assert_eq!(hour("openai"), None);
    }
}
