//! What was spent at services, what may be spent, what they ask, and how less can be spent.
//!
//! All amounts are millionths of a US dollar.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ProjectId, RunId, services::ServiceName};

/// The most that may be spent; 0 lets nothing be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpendCaps {
    /// On one training, test or answer.
    pub per_job_micro_usd: i64,
    /// On one day, which begins at midnight UTC.
    pub per_day_micro_usd: i64,
    /// In one month, which begins at midnight UTC.
    pub per_month_micro_usd: i64,
}

/// Which of the three caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SpendCap {
    /// Of one training, test or answer.
    Job,
    /// Of a day.
    Day,
    /// Of a month.
    Month,
}

/// A cap of which much is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpendNotice {
    /// Which cap.
    pub cap: SpendCap,
    /// 50 or 80 percent of it are reached.
    pub percent: u8,
    /// What counts against it.
    pub spent_micro_usd: i64,
    /// The cap itself.
    pub limit_micro_usd: i64,
}

/// What was spent and may be spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SpendState {
    /// The caps in force.
    pub caps: SpendCaps,
    /// Spent today; what is not known yet counts as the most that was agreed to.
    pub today_micro_usd: i64,
    /// Spent this month, likewise.
    pub this_month_micro_usd: i64,
    /// Caps of which much is used.
    pub notices: Vec<SpendNotice>,
}

/// What money was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PaidKind {
    /// A training.
    Training,
    /// A test of a model.
    Test,
    /// One answer in a chat.
    Answer,
}

/// Asks for a window of the ledger.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerRequest {
    /// From which row, from 0; the newest comes first.
    pub start: u64,
    /// How many rows, 200 at most.
    pub count: u64,
}

/// One paid action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow {
    /// When it was agreed to, milliseconds since 1970.
    pub at_ms: i64,
    /// What it was.
    pub kind: PaidKind,
    /// The training it is or belongs to.
    pub run: RunId,
    /// Its project.
    pub project: ProjectId,
    /// The project's name.
    pub project_name: String,
    /// What a person calls the service.
    pub service_title: String,
    /// The model that was trained from or that answered.
    pub model: String,
    /// What was expected, where a price was known.
    pub expected_micro_usd: Option<i64>,
    /// The most that was agreed to, where there was one.
    pub ceiling_micro_usd: Option<i64>,
    /// What it cost, once that is known.
    pub actual_micro_usd: Option<i64>,
    /// Tokens that were billed, once that is known.
    pub billed_tokens: Option<u64>,
}

/// A window of the ledger.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// The first row's place, from 0.
    pub start: u64,
    /// The rows.
    pub rows: Vec<LedgerRow>,
    /// How many there are in all.
    pub total: u64,
}

/// The ledger was written into a file.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LedgerExported {
    /// The file's name; absent where nobody chose one.
    pub file: Option<String>,
}

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PriceFor {
    /// Text that is learned from.
    Training,
    /// Text that the model reads.
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
    /// Having the model ready.
    Hosting,
    /// Text that the model reads as it is without any training.
    UntunedInput,
    /// Text that it has just read before, likewise.
    UntunedCachedInput,
    /// Text that it writes, likewise.
    UntunedOutput,
}

/// What a price is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PriceBy {
    /// A million tokens.
    MillionTokens,
    /// An hour.
    Hour,
}

/// One price of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PriceShown {
    /// What it is for.
    pub price_for: PriceFor,
    /// What it is counted by.
    pub by: PriceBy,
    /// How much.
    pub micro_usd: i64,
    /// The day on which it was looked up or typed, `YYYY-MM-DD`.
    pub checked_on: String,
    /// Whether that is more than 30 days ago.
    pub is_old: bool,
    /// What the book that came with Attune says, where the person corrected it and it says something.
    pub book_micro_usd: Option<i64>,
    /// Whether the person typed it.
    pub is_corrected: bool,
    /// What the person typed before, the latest first, ten at most.
    pub earlier: Vec<EarlierPrice>,
}

/// A price that somebody typed and that holds no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct EarlierPrice {
    /// How much; absent where what was typed before was taken back.
    pub micro_usd: Option<i64>,
    /// On which day, `YYYY-MM-DD`.
    pub on: String,
}

/// A model with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PricedModelShown {
    /// The service's name.
    pub service: ServiceName,
    /// What a person calls it.
    pub service_title: String,
    /// The model's name.
    pub model: String,
    /// The last day on which models made of it answer, `YYYY-MM-DD`, where that is known.
    pub ends_on: Option<String>,
    /// Its prices.
    pub prices: Vec<PriceShown>,
}

/// Everything that is known of prices.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PriceList {
    /// Where the prices that came with Attune stand.
    pub source: String,
    /// The day on which they were looked up, `YYYY-MM-DD`.
    pub checked_on: String,
    /// The models.
    pub models: Vec<PricedModelShown>,
}

/// Corrects a price, or adds one.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceCorrectRequest {
    /// At which service.
    pub service: ServiceName,
    /// Of which model.
    pub model: String,
    /// What it is for.
    pub price_for: PriceFor,
    /// What it is counted by.
    pub by: PriceBy,
    /// How much, in US dollars as the person typed it (`0.80`); absent takes the correction back.
    #[ts(optional = nullable)]
    pub amount: Option<String>,
}

/// Tells what a model asks without any training: all of its prices or none are kept.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UntunedPricesRequest {
    /// At which service.
    pub service: ServiceName,
    /// Which model.
    pub model: String,
    /// For a million tokens that it reads, in US dollars as the person typed it (`0.80`).
    pub input: String,
    /// For a million tokens that it has just read before, which may be the same.
    pub cached_input: String,
    /// For a million tokens that it writes.
    pub output: String,
}

/// A way to spend less on a training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SavingWay {
    /// Learn from fewer examples.
    FewerExamples {
        /// So many.
        keep: u64,
    },
    /// Read them less often.
    FewerRounds {
        /// So often.
        to: u32,
    },
    /// Shorten the standing instructions.
    ShorterInstructions {
        /// By so many tokens.
        fewer_tokens: u64,
    },
    /// Start from a smaller model.
    SmallerModel {
        /// This one.
        model: String,
    },
    /// Let answers take a day.
    Batch,
    /// Train at a cheaper tier.
    CheaperTier,
}

/// What a way to spend less risks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SavingRisk {
    /// It sees less of what there is.
    LessVariety,
    /// It learns less of it.
    LearnsLess,
    /// It may need what is cut.
    ForgetsInstructions,
    /// It is a weaker model.
    WeakerModel,
    /// Answers come up to a day later.
    AnswersLater,
    /// Examples may be worked on in any country.
    AnyCountry,
    /// It may be interrupted.
    Interrupted,
}

/// A way to spend less, with what it saves and risks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Saving {
    /// How.
    pub way: SavingWay,
    /// Less for the training.
    pub training_micro_usd: i64,
    /// Less for a thousand questions, where it changes what they cost.
    pub thousand_calls_micro_usd: Option<i64>,
    /// What it risks.
    pub risk: SavingRisk,
}
