//! Planning, starting and watching a training.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, RunId, checks::SplitCounts};

/// Settings a person may change; what is absent is chosen by the engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainSettings {
    /// How often all examples are read, 1 to 50.
    #[ts(optional = nullable)]
    pub rounds: Option<u32>,
    /// Layers of the model, 1 to 12.
    #[ts(optional = nullable)]
    pub layers: Option<u32>,
    /// Width of the model, 32 to 512, a multiple of 16.
    #[ts(optional = nullable)]
    pub width: Option<u32>,
    /// Share of connections switched off while learning, 0 to 0.8.
    #[ts(optional = nullable)]
    pub dropout: Option<f64>,
}

/// What would be trained, before it is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrainPlan {
    /// How the examples are dealt.
    pub split: SplitCounts,
    /// Why it cannot start now.
    pub refusal: Option<Failure>,
    /// How long it will take, where earlier trainings on this computer tell.
    pub duration: Option<SecondsRange>,
    /// What it costs, in millionths of a US dollar; this computer is free.
    pub ceiling_micro_usd: i64,
}

/// A range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecondsRange {
    /// At least, in seconds.
    pub low: u64,
    /// At most, in seconds.
    pub high: u64,
}

/// Starts a training on this computer.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainStartRequest {
    /// Of which project.
    pub project: ProjectId,
    /// The settings the person changed.
    pub settings: TrainSettings,
}

/// Names a training.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRequest {
    /// Which one.
    pub run: RunId,
}

/// The life of a training, as `jobs` keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Recorded; nothing was sent yet.
    Intent,
    /// Being sent.
    Sending,
    /// Sent, but the answer was lost.
    Ambiguous,
    /// The service looks at the examples.
    Validating,
    /// It waits for its turn.
    Queued,
    /// It learns.
    Running,
    /// Asked to pause.
    Pausing,
    /// Paused at a saved moment.
    Paused,
    /// Asked to go on.
    Resuming,
    /// Asked to stop.
    Cancelling,
    /// Done: there is a model.
    Succeeded,
    /// Ended with a problem.
    Failed,
    /// Stopped by the person.
    Cancelled,
    /// Refused before it began.
    NotStarted,
    /// Nobody can tell whether it began.
    Unknown,
}

/// Where a training is, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// The examples are looked at.
    Checking,
    /// They are made ready.
    Preparing,
    /// The model learns.
    Learning,
    /// The result is checked and stored.
    LastChecks,
    /// Done.
    Ready,
}

/// A training, short.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Which one.
    pub run: RunId,
    /// Of which project.
    pub project: ProjectId,
    /// The how-manieth of its project, from 1.
    pub number: u64,
    /// Its state.
    pub state: RunState,
    /// When it was ordered, milliseconds since 1970.
    pub created_at_ms: i64,
    /// When it ended, milliseconds since 1970.
    pub finished_at_ms: Option<i64>,
    /// The name of its model.
    pub model: Option<String>,
    /// How the examples were dealt.
    pub split: SplitCounts,
    /// Why it ended without a model.
    pub failure: Option<Failure>,
}

/// All trainings of a project, the latest first.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunList {
    /// The trainings.
    pub runs: Vec<RunSummary>,
}

/// How far a training is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunProgress {
    /// Where it is.
    pub phase: RunPhase,
    /// Steps done.
    pub step: u64,
    /// Steps in all.
    pub total_steps: u64,
    /// The round it is in, from 1.
    pub round: u64,
    /// Rounds in all.
    pub rounds: u64,
    /// Time left; absent until it can be told honestly.
    pub left: Option<SecondsRange>,
    /// Tokens learnt from per second.
    pub tokens_per_second: Option<f64>,
    /// The step of the last saved moment, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub saved_step: Option<u64>,
    /// When the engine was heard last, milliseconds since 1970.
    pub last_news_ms: i64,
}

/// One point of the learning curve. Losses are mean natural-log losses per answer token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CurvePoint {
    /// The step.
    pub step: u64,
    /// Loss on the examples it learns from.
    pub train_loss: Option<f64>,
    /// Loss on the examples that are only watched.
    pub validate_loss: Option<f64>,
}

/// What the curve says, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LearningHealth {
    /// Too few points to tell.
    TooEarly,
    /// Falling on unseen examples.
    LearningWell,
    /// Falling on its own examples, rising on unseen ones.
    Memorising,
    /// Hardly falling.
    Stuck,
}

/// One setting as the engine resolved it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedSetting {
    /// The setting's name, a key of the catalogue's `setting.*`.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// A training, whole.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RunDetail {
    /// The training, short.
    pub summary: RunSummary,
    /// How far it is, once the engine spoke.
    pub progress: Option<RunProgress>,
    /// The curve, thinned to 600 points at most; every point with a validation loss is kept.
    pub curve: Vec<CurvePoint>,
    /// What the curve says.
    pub health: LearningHealth,
    /// The settings as the engine resolved them.
    pub settings: Vec<ResolvedSetting>,
}

/// The latest training of a project, if there is one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LatestRun {
    /// The training.
    pub run: Option<RunDetail>,
}
