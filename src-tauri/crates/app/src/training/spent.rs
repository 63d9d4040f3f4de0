//! What a training that was agreed to took or may still take; never less than it does.

use attune_contract::orders::RunCost;
use attune_jobs::State;
use attune_store::{LaunchRow, SpendRow};

use super::{detail, record};

/// What a training costs that was agreed to, and how much of that counts as spent, in millionths of a
/// US dollar: what the service billed once it is over, where it told; else the most that was agreed
/// to, unless nothing was ordered and nothing will be.
pub(crate) fn paid(launch: &LaunchRow, spend: &SpendRow) -> (RunCost, i64) {
    let kept = record::progress(launch).unwrap_or_default();
    let cost = detail::cost_of(spend, launch, &kept);
    // What is told before the end may still grow.
    let is_over = detail::is_over(launch);
    let counts = match cost.actual_micro_usd.filter(|_| is_over) {
        _ if !may_be_billed(launch) => 0,
        Some(actual) => actual,
        None => cost.ceiling_micro_usd,
    };
    (cost, counts)
}

/// Whether a bill may come: an order that waits to be sent is one that somebody agreed to.
fn may_be_billed(launch: &LaunchRow) -> bool {
    record::state(launch) == State::Intent || was_ordered(launch)
}

/// Whether an order may have reached its service.
pub(super) fn was_ordered(launch: &LaunchRow) -> bool {
    match record::state(launch) {
        State::Intent | State::NotStarted => false,
        State::Cancelled => launch.job_id.is_some(),
        _ => true,
    }
}
