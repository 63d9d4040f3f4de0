//! What a project has cost so far: the person's own time, its trainings, and using what they made.
//!
//! All amounts are millionths of a US dollar.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ProjectId;

/// What a project has cost so far. What is not known yet counts as the most that was agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectCosts {
    /// Whether the person's own time is counted now.
    pub is_counted: bool,
    /// What an hour of theirs is worth, where they said.
    pub hourly_micro_usd: Option<i64>,
    /// Seconds that were counted so far.
    pub worked_seconds: u64,
    /// What those are worth, where an hour has a price.
    pub work_micro_usd: Option<i64>,
    /// How many trainings were paid for.
    pub trainings: u64,
    /// What they cost.
    pub training_micro_usd: i64,
    /// How many tests and answers were paid for.
    pub uses: u64,
    /// What they cost.
    pub use_micro_usd: i64,
    /// How many of those trainings, tests and answers nobody knows the cost of yet.
    pub open_actions: u64,
    /// The sum of all that has an amount.
    pub total_micro_usd: i64,
}

/// Whether the person's own time is counted, in all projects.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkSetRequest {
    /// The project whose costs are answered.
    pub project: ProjectId,
    /// Whether it is counted from now on; what was counted before stays.
    pub is_counted: bool,
    /// What an hour is worth, in US dollars as the person typed it (`30.00`): more than nothing and
    /// 10,000 at most; absent where it has no price.
    #[ts(optional = nullable)]
    pub hourly: Option<String>,
}

/// Time that a person worked on the examples of a project.
#[derive(Debug, Clone, Copy, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkAddRequest {
    /// Of which project.
    pub project: ProjectId,
    /// How many seconds, 1 to 600.
    pub seconds: u32,
}

/// Whether the person's own time is counted has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkCounting {
    /// Whether it is counted now.
    pub is_counted: bool,
}
