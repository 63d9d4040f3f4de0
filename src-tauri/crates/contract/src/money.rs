//! What was spent at services, what may be spent, what they ask, and what using a model will cost.
//!
//! All amounts are millionths of a US dollar.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, RunId, services::ServiceName};

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
    /// For a million tokens that it has just read before; absent where the person did not say.
    #[ts(optional = nullable)]
    pub cached_input: Option<String>,
    /// For a million tokens that it writes.
    pub output: String,
}

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
    /// A thousand questions.
    pub thousand_calls: AmountRange,
    /// A year of questions.
    pub year: AmountRange,
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
