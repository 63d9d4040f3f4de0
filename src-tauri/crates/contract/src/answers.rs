//! What answers of a model at a service cost. On this computer they are free.

use serde::Serialize;
use ts_rs::TS;

/// Who wants money for an answer, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerPrice {
    /// What a person calls the service.
    pub service_title: String,
    /// How much; absent where no price is known.
    pub rates: Option<AnswerRates>,
}

/// What the most that an answer may cost is computed from: `fixed + bytes of the question x
/// per_million_bytes / 1,000,000`, rounded up. A token is never less than a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AnswerRates {
    /// For the standing instructions and the longest answer, in millionths of a US dollar.
    pub fixed_micro_usd: i64,
    /// For a million bytes of the question's text as UTF-8, in millionths of a US dollar.
    pub per_million_bytes_micro_usd: i64,
}

/// What a test costs where answers cost money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestPrice {
    /// What a person calls the service.
    pub service_title: String,
    /// How much; absent where no price is known.
    pub amounts: Option<TestAmounts>,
}

/// What a test is expected to cost and the most that it may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestAmounts {
    /// With answers as long as the right ones, in millionths of a US dollar.
    pub expected_micro_usd: i64,
    /// With answers as long as a test allows, in millionths of a US dollar.
    pub most_micro_usd: i64,
}
