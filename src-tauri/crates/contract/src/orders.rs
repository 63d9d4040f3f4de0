//! Ordering a training at a service: whether it can be had there, what it costs, and the order itself.
//!
//! Money leaves only with [`OrderPlaceRequest`], which names a quote and the most that was agreed to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Failure, Params, ProjectId, checks::SplitCounts, money::Saving, services::ServiceName,
};

/// Settings of a training at a service; what is absent is chosen as the service would.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderSettings {
    /// How often all examples are read, 1 to 50.
    #[ts(optional = nullable)]
    pub rounds: Option<u32>,
    /// Examples learnt from at once, 1 to 256.
    #[ts(optional = nullable)]
    pub batch_size: Option<u32>,
    /// Times the usual learning rate, above 0.
    #[ts(optional = nullable)]
    pub learning_rate_multiplier: Option<f64>,
    /// Starting point of all chance.
    #[ts(optional = nullable)]
    pub seed: Option<u32>,
    /// Becomes part of the model's name.
    #[ts(optional = nullable)]
    pub suffix: Option<String>,
    /// Settings that only this service has, by its own names, as JSON values or plain text.
    #[serde(default)]
    #[ts(optional = nullable, as = "Option<BTreeMap<String, String>>")]
    pub extra: BTreeMap<String, String>,
}

/// Asks what a training at a service would cost, and whether it can be had.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderQuoteRequest {
    /// Of which project.
    pub project: ProjectId,
    /// At which service.
    pub service: ServiceName,
    /// From which of its models.
    pub model: String,
    /// The settings the person changed.
    pub settings: OrderSettings,
    /// The most that may be spent, in millionths of a US dollar: only where no price is known.
    #[ts(optional = nullable)]
    pub typed_ceiling_micro_usd: Option<i64>,
}

/// A price and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct QuotedPrice {
    /// For a million tokens, in millionths of a US dollar.
    pub per_million_micro_usd: i64,
    /// The day on which it was looked up, `YYYY-MM-DD`.
    pub checked_on: String,
    /// Where it stands.
    pub source: String,
}

/// What a person should know before ordering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OrderNoticeCode {
    /// Models made from this one stop answering on the day `on`, in `days`.
    ModelEnds,
    /// The service takes its last orders on the day `on`, in `days`.
    ServiceCloses,
    /// Many accounts are locked out, and no service tells before the order.
    AccountMayBeLockedOut,
    /// `count` examples are longer than the model takes and are cut at their end.
    ExamplesCut,
    /// The price was looked up more than 30 days ago: on `on`, `days` ago.
    PriceIsOld,
    /// The count of tokens is about right, not exact: the service publishes no rule for tools and names.
    CountIsAbout,
    /// The count of tokens is about right: the service counts text in a way of its own.
    CountedElsewhere,
    /// The count of tokens is about right: text is counted by the tokenizer file `file`, and what stands
    /// around messages is not known.
    CountedByFile,
    /// Earlier trainings from this model were billed up to `percent` percent of what was expected, which
    /// is counted in.
    BilledBefore,
    /// Having the model ready costs `amount` an hour, whether it is asked or not.
    HostingCosts,
    /// The same, from `low` to `high` an hour.
    HostingCostsBetween,
    /// A training that is stopped is billed for what was done.
    StopIsBilled,
    /// The account must hold at least `amount`.
    BalanceNeeded,
    /// With it `percent` percent of the `limit` of a day are used: at most `spent`.
    SpendOfDay,
    /// With it `percent` percent of the `limit` of a month are used: at most `spent`.
    SpendOfMonth,
}

/// One thing that a person should know before ordering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OrderNotice {
    /// What it is about.
    pub code: OrderNoticeCode,
    /// Values for its words.
    #[ts(type = "Record<string, Param>")]
    pub params: Params,
}

/// What a training at a service would be and cost.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OrderQuote {
    /// What a person calls the service.
    pub service_title: String,
    /// From which of its models.
    pub model: String,
    /// How the examples are dealt.
    pub split: SplitCounts,
    /// How often all examples are read.
    pub rounds: u32,
    /// Whether that is what the service would choose by itself.
    pub rounds_are_usual: bool,
    /// Examples that the service would learn from at once by itself, where its rule is known.
    pub usual_batch_size: Option<u32>,
    /// The learning rate multiplier that it would choose by itself, where jobs showed it.
    pub usual_learning_rate_multiplier: Option<f64>,
    /// Tokens that are billed, over all rounds.
    pub billed_tokens: u64,
    /// The tokenizer file that text is counted by, where the person chose one for the model.
    pub tokenizer_file: Option<String>,
    /// Whether a tokenizer file would make the count better, or already does.
    pub takes_tokenizer: bool,
    /// Bytes that leave this computer.
    pub upload_bytes: u64,
    /// The price, where it is known.
    pub price: Option<QuotedPrice>,
    /// The least it will cost, in millionths of a US dollar, where a price is known and the count is
    /// not exact.
    pub least_micro_usd: Option<i64>,
    /// What it will cost, in millionths of a US dollar, where a price is known.
    pub expected_micro_usd: Option<i64>,
    /// The most it may cost, in millionths of a US dollar; absent until somebody types one.
    pub ceiling_micro_usd: Option<i64>,
    /// Whether the person has to type the amount once more, because it is much.
    pub must_type_amount: bool,
    /// What should be known before.
    pub notices: Vec<OrderNotice>,
    /// Ways to spend less, what saves most first; empty where no price is known.
    pub savings: Vec<Saving>,
    /// Why it cannot be ordered.
    pub refusal: Option<Failure>,
    /// Names the quote for the order; absent while it cannot be ordered.
    pub token: Option<String>,
    /// Until when the quote holds, milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
}

/// Names a model at a service whose text can be counted by a tokenizer file.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenizerRequest {
    /// The service.
    pub service: ServiceName,
    /// The model.
    pub model: String,
}

/// The person was asked for a tokenizer file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TokenizerChosen {
    /// The file's name; absent where nobody chose one.
    pub file: Option<String>,
}

/// Orders what was quoted.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderPlaceRequest {
    /// Names the quote; good for one order.
    pub token: String,
    /// The amount that stood on the button, in millionths of a US dollar.
    pub ceiling_micro_usd: i64,
    /// The amount as the person typed it, in millionths of a US dollar, where that was asked for.
    #[ts(optional = nullable)]
    pub typed_micro_usd: Option<i64>,
}

/// What a training costs and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunCost {
    /// What it was expected to cost, in millionths of a US dollar, where a price was known.
    pub expected_micro_usd: Option<i64>,
    /// The most that was agreed to, in millionths of a US dollar.
    pub ceiling_micro_usd: i64,
    /// Tokens that the service billed, once it told.
    pub billed_tokens: Option<u64>,
    /// What those cost at the price of the order, in millionths of a US dollar.
    pub actual_micro_usd: Option<i64>,
    /// What it would come to if it was stopped now, while it runs and is billed.
    pub if_stopped: Option<StoppedCost>,
}

/// What a training comes to when it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StoppedCost {
    /// Whether the service says that it bills what was done; else it may be nothing or all.
    pub bills_done: bool,
    /// At least, in millionths of a US dollar.
    pub least_micro_usd: i64,
    /// At most, in millionths of a US dollar.
    pub most_micro_usd: i64,
}

/// How far the examples of a training are on their way to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunUpload {
    /// Bytes that are there.
    pub sent_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// A file or model that lies at a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StoredThing {
    /// The service's name of it.
    pub id: String,
    /// Whether it is a file or a model.
    pub kind: StoredKind,
    /// Its file name, or the model's own name.
    pub name: String,
    /// Its size, for a file.
    pub bytes: Option<u64>,
    /// When it came there, milliseconds since 1970.
    pub created_at_ms: Option<i64>,
    /// When the service removes it by itself, milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
    /// Whether Attune brought or made it.
    pub is_ours: bool,
}

/// What kind of thing lies at a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StoredKind {
    /// Examples or results.
    File,
    /// A trained model.
    Model,
}

/// What lies at a service.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StoredThings {
    /// The files and models, the newest first.
    pub things: Vec<StoredThing>,
    /// Whether there are more than are shown.
    pub has_more: bool,
}

/// Removes something at a service.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredDeleteRequest {
    /// At which service.
    pub service: ServiceName,
    /// What kind of thing.
    pub kind: StoredKind,
    /// The service's name of it.
    pub id: String,
}
