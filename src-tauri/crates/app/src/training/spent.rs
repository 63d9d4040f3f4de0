//! What was spent on trainings and answers, as far as it is known; never less.

use attune_contract::Failure;
use attune_jobs::State;
use attune_store::{LaunchRow, Library};

use super::{detail, record};
use crate::failures::OrFailure;

/// Millionths of a US dollar that trainings ordered and answers asked for since `since_ms` took or may
/// still take: what the service billed, where it told; else the most that was agreed to, unless nothing
/// was ordered.
pub(crate) fn spent_since(library: &Library, since_ms: i64) -> Result<i64, Failure> {
    let launches = library.launches_all().or_failure()?;
    let mut sum = 0_i64;
    for launch in launches.iter().filter(|launch| launch.created_at_ms >= since_ms) {
        let kept = record::progress(launch).unwrap_or_default();
        if let Some(cost) = detail::cost(library, launch, &kept)?.filter(|_| was_ordered(launch)) {
            sum = sum.saturating_add(cost.actual_micro_usd.unwrap_or(cost.ceiling_micro_usd));
        }
    }
    for answers in library.answer_spends_since(since_ms).or_failure()? {
        let most = answers.ceiling_micro_usd.unwrap_or_default();
        sum = sum.saturating_add(answers.taken.actual_micro_usd.unwrap_or(most));
    }
    Ok(sum)
}

/// Whether an order may have reached its service.
pub(super) fn was_ordered(launch: &LaunchRow) -> bool {
    match record::state(launch) {
        State::Intent | State::NotStarted => false,
        State::Cancelled => launch.job_id.is_some(),
        _ => true,
    }
}
