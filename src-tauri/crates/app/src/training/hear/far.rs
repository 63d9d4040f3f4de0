//! What a job at a service far away says of itself, as the library keeps it.

use std::collections::BTreeMap;

use attune_jobs::{RemoteStatus, State};
use attune_services::{RefusedReply, RemoteJob};
use attune_store::{LaunchRow, RunEventRow};
use serde_json::Value;

use super::super::record::{self, StoredFailure, StoredProgress};
use crate::services;

/// Between two questions at most so much time counts as learning, in milliseconds: the computer may
/// have slept.
const LONGEST_PAUSE_MS: i64 = 60_000;

/// How far the job is: from its own fields and the steps that its diary tells.
pub(super) fn progress(
    launch: &LaunchRow,
    job: &RemoteJob,
    steps: &[RunEventRow],
    now_ms: i64,
) -> StoredProgress {
    let before = record::progress(launch).unwrap_or_default();
    let was_learning = record::state(launch) == State::Running && before.last_news_ms > 0;
    let passed = if was_learning { now_ms.saturating_sub(before.last_news_ms) } else { 0 };
    let passed = i32::try_from(passed.clamp(0, LONGEST_PAUSE_MS)).unwrap_or(0);
    let settings: BTreeMap<String, f64> = job
        .hyperparameters
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
        .collect();
    let step = steps.iter().filter_map(|row| row.event.step).max().unwrap_or(before.step);
    let total_steps = steps.iter().rev().find_map(total_steps).unwrap_or(before.total_steps);
    let rounds = job.hyperparameters.get("n_epochs").and_then(Value::as_u64);
    let rounds = rounds.unwrap_or(before.rounds);
    StoredProgress {
        // What had begun to learn does not go back by being paused or stopped.
        phase: phase(&job.status).map_or(before.phase.clone(), str::to_owned),
        step,
        total_steps,
        round: round_of(step, total_steps, rounds),
        rounds,
        seconds_left: job.estimated_finish.and_then(|end| seconds_until(end, now_ms)),
        learning_seconds: before.learning_seconds + f64::from(passed) / 1_000.0,
        last_news_ms: now_ms,
        settings: if settings.is_empty() { before.settings.clone() } else { settings },
        billed_tokens: job.trained_tokens.or(before.billed_tokens),
        ..before
    }
}

/// The phase of a job by its status, in the words of the engine; none where the status tells no phase.
fn phase(status: &RemoteStatus) -> Option<&'static str> {
    match status {
        RemoteStatus::ValidatingFiles => Some("checking"),
        RemoteStatus::Queued => Some("preparing"),
        RemoteStatus::Running => Some("learning"),
        _ => None,
    }
}

/// The round, from 1, that a step belongs to; 0 before the first.
fn round_of(step: u64, total_steps: u64, rounds: u64) -> u64 {
    match total_steps {
        0 => 0,
        total => step.min(total).saturating_mul(rounds).div_ceil(total),
    }
}

fn total_steps(row: &RunEventRow) -> Option<u64> {
    let data: Value = serde_json::from_str(&row.event.data_json).ok()?;
    data.get("total_steps").and_then(Value::as_u64)
}

fn seconds_until(end_seconds: i64, now_ms: i64) -> Option<f64> {
    let left = end_seconds.saturating_mul(1_000).saturating_sub(now_ms);
    (left > 0).then(|| u32::try_from(left / 1_000).map_or(f64::from(u32::MAX), f64::from))
}

/// Why a job at the service `title` failed.
pub(super) fn failure(job: &RemoteJob, title: &str) -> StoredFailure {
    let refused = RefusedReply {
        status: 200,
        code: job.error_code.clone(),
        message: job.error_message.clone().unwrap_or_default(),
        ..RefusedReply::default()
    };
    let failure = services::refusal(&refused, title);
    match failure.code {
        attune_contract::FailureCode::ServiceRefused => StoredFailure {
            code: refused.code.unwrap_or_default(),
            reason: refused.message,
            params: attune_contract::Params::new(),
        },
        _ => StoredFailure::from_failure(&failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_belongs_to_a_round() {
        let rounds = |step| round_of(step, 30, 3);
        assert_eq!([0, 1, 10, 11, 30, 99].map(rounds), [0, 1, 1, 2, 3, 3]);
        assert_eq!(round_of(5, 0, 3), 0, "nothing is known of the steps");
    }

    #[test]
    fn time_left_is_never_below_nothing() {
        assert_eq!(seconds_until(100, 40_000), Some(60.0));
        assert_eq!(seconds_until(40, 40_000), None);
        assert_eq!(seconds_until(i64::MAX, 0), Some(f64::from(u32::MAX)));
    }

    #[test]
    fn the_phase_follows_the_status_and_stays_where_that_tells_none() {
        let seen = [RemoteStatus::ValidatingFiles, RemoteStatus::Queued, RemoteStatus::Running];
        assert_eq!(
            seen.map(|it| phase(&it)),
            [Some("checking"), Some("preparing"), Some("learning")]
        );
        assert_eq!(
            [RemoteStatus::Paused, RemoteStatus::Cancelled].map(|it| phase(&it)),
            [None, None]
        );
    }
}
