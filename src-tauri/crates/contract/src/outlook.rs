//! What having and using a model will cost, place by place, and when a training has paid for itself.
//!
//! All amounts are millionths of a US dollar.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, services::ServiceName};

/// Asks what having and using a model would cost.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutlookRequest {
    /// Of which project: its examples say how long questions and answers are.
    pub project: ProjectId,
    /// How many questions a day, 1 to 10,000,000.
    pub calls_a_day: u64,
    /// Hundredths of what is read that were just read before, 0 to 100.
    pub cached_percent: u8,
    /// Whether answers may take a day.
    pub is_batch: bool,
    /// What power costs here, where the person said.
    #[ts(optional = nullable)]
    pub power: Option<PowerWish>,
    /// What would be asked without a training; absent leaves the choice to Attune.
    #[ts(optional = nullable)]
    pub untuned: Option<UntunedWish>,
}

/// A model that would be asked without any training.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UntunedWish {
    /// At which service; absent with the model leaves the choice to Attune.
    #[ts(optional = nullable)]
    pub service: Option<ServiceName>,
    /// Its name.
    #[ts(optional = nullable)]
    pub model: Option<String>,
    /// Tokens of what it has to be told with every question, 0 to 1,000,000; absent counts as
    /// [`Outlook::told_tokens`].
    #[ts(optional = nullable)]
    pub told_tokens: Option<u64>,
}

/// What this computer draws while it trains, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PowerWish {
    /// Watts, 1 to 100,000.
    pub watts: u32,
    /// For a kilowatt-hour, in the currency of the person, as typed (`0.30`).
    pub tariff: String,
}

/// The power of one training on this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PowerShown {
    /// Watt-hours.
    pub watt_hours: u64,
    /// Millionths of a unit of the currency that the tariff was given in.
    pub cost_micros: u64,
}

/// A range of amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AmountRange {
    /// The least.
    pub low_micro_usd: i64,
    /// What is expected.
    pub expected_micro_usd: i64,
    /// The most; absent where nobody can tell.
    pub high_micro_usd: Option<i64>,
}

/// What one model would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutlookRow {
    /// The service's name.
    pub service: ServiceName,
    /// What a person calls it.
    pub service_title: String,
    /// The model to train from.
    pub model: String,
    /// Training it once.
    pub training: AmountRange,
    /// A thousand questions.
    pub thousand_calls: AmountRange,
    /// Training and using it for a year, or until it ends.
    pub year: AmountRange,
    /// Days of the year on which it answers.
    pub days: u32,
    /// Its last day, `YYYY-MM-DD`, where that is known.
    pub ends_on: Option<String>,
    /// When the training has paid for itself, where there is a model to hold it against.
    pub pays_off: Option<PaysOff>,
}

/// When a training has paid for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaysOff {
    /// With the first question.
    AtOnce,
    /// After some questions.
    After {
        /// So many questions.
        calls: u64,
        /// So many days.
        days: u64,
    },
    /// Not before the model ends.
    AfterItsEnd {
        /// It would take so many days.
        days: u64,
    },
    /// Never: a question costs no less than before.
    Never,
    /// Nobody knows the most that the training costs.
    Unknown,
}

/// A model that can be asked without any training, and its price is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UntunedModel {
    /// The service's name.
    pub service: ServiceName,
    /// What a person calls it.
    pub service_title: String,
    /// The model's name.
    pub model: String,
}

/// A place where models can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutlookPlace {
    /// The service's name.
    pub service: ServiceName,
    /// What a person calls it.
    pub title: String,
}

/// What it costs to ask a model without any training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UntunedUse {
    /// Which model.
    pub of: UntunedModel,
    /// Tokens of what it is told with every question.
    pub told_tokens: u64,
    /// A thousand questions, at least.
    pub thousand_calls_micro_usd: i64,
    /// A year of questions, at least.
    pub year_micro_usd: i64,
}

/// What this computer would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutlookHere {
    /// Seconds of one training, where one was measured.
    pub training_seconds: Option<u64>,
    /// Its power, where one was measured and the person said what power costs.
    pub power: Option<PowerShown>,
}

/// What having and using a model would cost, place by place.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// Tokens that a question of this project's examples has, standing instructions included.
    pub input_tokens: u64,
    /// Tokens that an answer has.
    pub output_tokens: u64,
    /// Tokens of the standing instructions, where the examples share some.
    pub instruction_tokens: Option<u64>,
    /// The cheapest for a year first.
    pub rows: Vec<OutlookRow>,
    /// Models of connected services whose price is not known.
    pub unpriced: Vec<String>,
    /// Tokens that a model without training would have to be told, as a guess: the standing
    /// instructions and three examples.
    pub told_tokens: u64,
    /// Where models can be had.
    pub places: Vec<OutlookPlace>,
    /// Models that can be asked without any training, by service and name.
    pub untuned_models: Vec<UntunedModel>,
    /// The one of them that the rows are held against.
    pub untuned: Option<UntunedUse>,
    /// This computer.
    pub here: OutlookHere,
    /// Why nothing can be worked out.
    pub refusal: Option<Failure>,
}
