//! Trainings as the page sees them.

use attune_contract::checks::SplitCounts;
use attune_contract::training::{
    CurvePoint, LearningHealth, RunPhase, RunState, RunSummary, SecondsRange,
};
use attune_jobs::curve::{Health, Point};
use attune_jobs::{State, eta};
use attune_store::LaunchRow;

use super::record;
use crate::models;

macro_rules! same_states {
    ($( $state:ident ),* $(,)?) => {
        fn wire_state(state: State) -> RunState {
            match state { $( State::$state => RunState::$state, )* }
        }
    };
}

same_states! {
    Intent, Sending, Ambiguous, Validating, Queued, Running, Pausing, Paused, Resuming, Cancelling,
    Succeeded, Failed, Cancelled, NotStarted, Unknown,
}

/// A stored state as the page knows it.
pub(crate) fn run_state(name: &str) -> RunState {
    wire_state(name.parse().unwrap_or(State::Unknown))
}

/// A training, short; `number` is its place in its project.
pub(crate) fn summary(launch: &LaunchRow, number: u64) -> RunSummary {
    let recipe = record::recipe(launch);
    RunSummary {
        base_title: recipe.base_title.unwrap_or_else(|| models::title_of_base(&launch.model, &[])),
        base: launch.model.clone(),
        parent: recipe.parent,
        service: launch.service.clone(),
        service_title: recipe.service_title,
        run: launch.launch_id.clone(),
        project: launch.project.0,
        number,
        state: run_state(&launch.state),
        created_at_ms: launch.created_at_ms,
        finished_at_ms: launch.finished_at_ms,
        changed_at_ms: launch.changed_at_ms,
        model: launch.result_model.clone(),
        split: SplitCounts {
            train: launch.counts.train,
            validate: launch.counts.validate,
            test: launch.counts.test,
        },
        failure: record::failure(launch),
    }
}

pub(crate) fn range(range: eta::SecondsRange) -> SecondsRange {
    SecondsRange { low: range.low, high: range.high }
}

/// A range of `spread` (a share of 1) around a number of seconds.
pub(crate) fn spread(seconds: f64, spread: f64) -> SecondsRange {
    range(eta::around(seconds, spread))
}

/// The phase by its name at the engine; a service that tells none is seen by the launch's state.
pub(super) fn phase(name: &str, state: State) -> RunPhase {
    match name {
        _ if state == State::Succeeded => RunPhase::Ready,
        "preparing" => RunPhase::Preparing,
        "learning" => RunPhase::Learning,
        "last_checks" => RunPhase::LastChecks,
        "ready" => RunPhase::Ready,
        "checking" => RunPhase::Checking,
        _ if state == State::Running => RunPhase::Learning,
        _ => RunPhase::Checking,
    }
}

pub(super) fn point(point: &Point) -> CurvePoint {
    CurvePoint {
        step: point.step,
        train_loss: point.train_loss,
        validate_loss: point.validate_loss,
    }
}

pub(super) fn health(health: Health) -> LearningHealth {
    match health {
        Health::TooEarly => LearningHealth::TooEarly,
        Health::LearningWell => LearningHealth::LearningWell,
        Health::Memorising => LearningHealth::Memorising,
        Health::Stuck => LearningHealth::Stuck,
    }
}
