//! One training, whole, from what the library keeps.

use std::num::NonZeroU64;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::orders::{RunCost, StoppedCost};
use attune_contract::training::{ResolvedSetting, RunDetail, RunProgress, RunSummary};
use attune_cost::{CancelledBilling, MicroUsd, StepsDone, TrainingTokens, cancelled_cost};
use attune_jobs::State;
use attune_jobs::curve::{Point, health, in_order, thin};
use attune_jobs::eta::{Pace, time_left};
use attune_store::{LaunchRow, Library, RunEventRow, SpendRow};
use serde_json::Value;

use super::{afar, record, wire};
use crate::failures::OrFailure;
use crate::{App, locked, prices, services};

/// More points than any screen has columns.
const SHOWN_POINTS: usize = 600;
/// Nobody trains on and on this often; a bound all the same.
const LONGEST_FAMILY: usize = 200;
/// More events than any training tells; a bound all the same.
const MOST_EVENTS: u64 = 200_000;

impl App {
    /// One training, whole.
    pub(super) async fn run_detail(self: &Arc<Self>, run: &str) -> Result<RunDetail, Failure> {
        let run = run.to_owned();
        self.on_library(move |app, library| app.detail(library, &super::launch(library, &run)?))
            .await
    }

    /// The same of one that is at hand.
    pub(super) fn detail(
        &self,
        library: &Library,
        launch: &LaunchRow,
    ) -> Result<RunDetail, Failure> {
        let is_lost = record::state(launch) == State::Unknown;
        let is_looked_for = is_lost && locked(&self.looked_for).contains(&launch.launch_id);
        Ok(RunDetail { is_looked_for, ..detail(library, launch)? })
    }
}

fn detail(library: &Library, launch: &LaunchRow) -> Result<RunDetail, Failure> {
    let events =
        library.run_events(&launch.launch_id, Some("metrics"), 0, MOST_EVENTS).or_failure()?;
    let curve = in_order(events.iter().filter_map(point));
    let progress = record::progress(launch);
    let kept = progress.clone().unwrap_or_default();
    Ok(RunDetail {
        summary: wire::summary(launch, number(library, launch)?),
        family: family(library, launch)?,
        cost: cost(library, launch, &kept)?,
        upload: afar::upload_of(library, launch)?,
        can_pause: can_pause(library, launch)?,
        is_looked_for: false,
        promised_memory_bytes: record::recipe(launch).promised_memory_bytes.or(kept.memory_bytes),
        peak_memory_bytes: kept.peak_memory_bytes,
        stopped_early: kept.stopped_early,
        best_step: kept.best_step,
        progress: progress.map(|progress| shown_progress(launch, &progress)),
        health: wire::health(health(&curve)),
        curve: thin(&curve, SHOWN_POINTS).iter().map(wire::point).collect(),
        settings: kept
            .settings
            .into_iter()
            .map(|(name, value)| ResolvedSetting { name, value })
            .collect(),
    })
}

/// What was agreed to, and what the service billed, at the price of the order.
pub(super) fn cost(
    library: &Library,
    launch: &LaunchRow,
    kept: &record::StoredProgress,
) -> Result<Option<RunCost>, Failure> {
    let Some(spend) = library.spend(&launch.launch_id).or_failure()? else { return Ok(None) };
    let mut cost = cost_of(&spend, launch, kept);
    let state = record::state(launch);
    if state.is_live() && state != State::Cancelling {
        cost.if_stopped = Some(if_stopped(library, launch, kept, &spend)?);
    }
    Ok(Some(cost))
}

/// What a training that runs would come to if it was stopped now.
fn if_stopped(
    library: &Library,
    launch: &LaunchRow,
    kept: &record::StoredProgress,
    spend: &SpendRow,
) -> Result<StoppedCost, Failure> {
    let service = library.service(&launch.service).or_failure()?;
    let rules = service.map(|row| prices::rules(&row)).unwrap_or_default();
    let amount = MicroUsd::from_micros;
    let least = record::recipe(launch).least_micro_usd.map(amount).unwrap_or_default();
    let steps = NonZeroU64::new(kept.total_steps).map(|of| StepsDone { done: kept.step, of });
    let ceiling = amount(spend.ceiling_micro_usd);
    let cost = cancelled_cost(&rules, (least, Some(ceiling)), steps);
    Ok(StoppedCost {
        bills_done: rules.cancelled == CancelledBilling::DoneSteps,
        least_micro_usd: cost.low.micros(),
        most_micro_usd: cost.high.unwrap_or(ceiling).micros(),
    })
}

/// The same for what was agreed to and is at hand.
pub(super) fn cost_of(
    spend: &SpendRow,
    launch: &LaunchRow,
    kept: &record::StoredProgress,
) -> RunCost {
    let is_unsold = record::state(launch).is_settled() && !super::spent::was_ordered(launch);
    let price = record::recipe(launch).price_micro_usd.map(MicroUsd::from_micros);
    let actual = price
        .zip(kept.billed_tokens)
        .and_then(|(price, tokens)| attune_cost::price_of(TrainingTokens(tokens), price))
        .filter(|_| is_over(launch));
    RunCost {
        expected_micro_usd: spend.expected_micro_usd,
        ceiling_micro_usd: spend.ceiling_micro_usd,
        billed_tokens: kept.billed_tokens,
        actual_micro_usd: if is_unsold { Some(0) } else { actual.map(MicroUsd::micros) },
        if_stopped: None,
    }
}

/// Whether no more is billed for a training, as far as anybody can tell.
pub(super) fn is_over(launch: &LaunchRow) -> bool {
    let state = record::state(launch);
    state.is_settled() && state != State::Unknown
}

/// Whether a training can pause where it is; at a service that was removed nothing can be asked.
fn can_pause(library: &Library, launch: &LaunchRow) -> Result<bool, Failure> {
    if launch.service == super::THIS_COMPUTER {
        return Ok(true);
    }
    let service = library.service(&launch.service).or_failure()?;
    Ok(service.is_some_and(|row| services::capabilities(&row).pause))
}

/// The trainings it grew out of, the first one first; ends with this one.
fn family(library: &Library, launch: &LaunchRow) -> Result<Vec<RunSummary>, Failure> {
    let mut family = vec![launch.clone()];
    while family.len() < LONGEST_FAMILY
        && let Some(parent) = family.last().and_then(|child| record::recipe(child).parent)
    {
        // A training whose project was erased is where the known family begins.
        let Ok(parent) = library.launch(&parent) else { break };
        family.push(parent);
    }
    family.reverse();
    family.iter().map(|member| Ok(wire::summary(member, number(library, member)?))).collect()
}

/// The how-manieth of its project a training is, from 1.
pub(super) fn number(library: &Library, launch: &LaunchRow) -> Result<u64, Failure> {
    let launches = library.launches(launch.project).or_failure()?;
    let later = launches.iter().position(|other| other.launch_id == launch.launch_id).unwrap_or(0);
    Ok((launches.len() - later) as u64)
}

fn shown_progress(launch: &LaunchRow, progress: &record::StoredProgress) -> RunProgress {
    let state = record::state(launch);
    let pace = Pace {
        step: progress.step,
        total_steps: progress.total_steps,
        learning_seconds: progress.learning_seconds,
        service_seconds_left: progress.seconds_left,
    };
    // Nothing is running out while it rests.
    let left = state.is_live().then(|| time_left(pace)).flatten();
    RunProgress {
        phase: wire::phase(&progress.phase, state),
        step: progress.step,
        total_steps: progress.total_steps,
        round: progress.round,
        rounds: progress.rounds,
        left: left.map(wire::range),
        tokens_per_second: progress.tokens_per_second,
        saved_step: progress.saved_step,
        last_news_ms: progress.last_news_ms,
    }
}

/// A point of the curve, if the event is one.
fn point(row: &RunEventRow) -> Option<Point> {
    let data: Value = serde_json::from_str(&row.event.data_json).ok()?;
    let number = |name: &str| data.get(name).and_then(Value::as_f64).filter(|it| it.is_finite());
    Some(Point {
        step: row.event.step?,
        train_loss: number("train_loss"),
        validate_loss: number("valid_loss").or_else(|| number("full_valid_loss")),
    })
}
