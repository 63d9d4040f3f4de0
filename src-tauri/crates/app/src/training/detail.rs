//! One training, whole, from what the library keeps.

use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::training::{ResolvedSetting, RunDetail, RunProgress};
use attune_jobs::curve::{Point, health, in_order, thin};
use attune_jobs::eta::{Pace, time_left};
use attune_store::{LaunchRow, Library, RunEventRow};
use serde_json::Value;

use super::{record, wire};
use crate::App;
use crate::failures::OrFailure;

/// More points than any screen has columns.
const SHOWN_POINTS: usize = 600;
/// More events than any training tells; a bound all the same.
const MOST_EVENTS: u64 = 200_000;

impl App {
    /// One training, whole.
    pub(super) async fn run_detail(self: &Arc<Self>, run: &str) -> Result<RunDetail, Failure> {
        let run = run.to_owned();
        self.on_library(move |_, library| detail(library, &super::launch(library, &run)?)).await
    }
}

pub(super) fn detail(library: &Library, launch: &LaunchRow) -> Result<RunDetail, Failure> {
    let launches = library.launches(launch.project).or_failure()?;
    let later = launches.iter().position(|other| other.launch_id == launch.launch_id).unwrap_or(0);
    let events =
        library.run_events(&launch.launch_id, Some("metrics"), 0, MOST_EVENTS).or_failure()?;
    let curve = in_order(events.iter().filter_map(point));
    let progress = record::progress(launch);
    let settings = progress.as_ref().map(|progress| progress.settings.clone()).unwrap_or_default();
    Ok(RunDetail {
        summary: wire::summary(launch, (launches.len() - later) as u64),
        progress: progress.map(|progress| shown_progress(launch, &progress)),
        health: wire::health(health(&curve)),
        curve: thin(&curve, SHOWN_POINTS).iter().map(wire::point).collect(),
        settings: settings
            .into_iter()
            .map(|(name, value)| ResolvedSetting { name, value })
            .collect(),
    })
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
