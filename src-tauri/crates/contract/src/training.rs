//! Planning, starting and watching a training.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::orders::{RunCost, RunUpload};
use crate::{Failure, ProjectId, RunId, checks::SplitCounts, models::ModelName};

/// Settings a person may change; what is absent is chosen by the engine, or by the dial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainSettings {
    /// From 0 (memorise) to 4 (generalise); sets dropout, decay, rank and rounds together. Only for
    /// models that somebody else trained.
    #[ts(optional = nullable)]
    pub dial: Option<u32>,
    /// How often all examples are read, 1 to 50.
    #[ts(optional = nullable)]
    pub rounds: Option<u32>,
    /// Examples learnt from at once, 1 to 256.
    #[ts(optional = nullable)]
    pub batch_size: Option<u32>,
    /// Times the usual learning rate, 0.001 to 100.
    #[ts(optional = nullable)]
    pub learning_rate_multiplier: Option<f64>,
    /// Share of connections switched off while learning, 0 to 0.8.
    #[ts(optional = nullable)]
    pub dropout: Option<f64>,
    /// Pull of all learnt numbers towards 0 (weight decay), 0 to 1.
    #[ts(optional = nullable)]
    pub weight_decay: Option<f64>,
    /// Checks without progress after which it stops by itself, 1 to 100; 0 never stops early.
    #[ts(optional = nullable)]
    pub patience: Option<u32>,
    /// Starting point of all chance.
    #[ts(optional = nullable)]
    pub seed: Option<u32>,
    /// Rank of the add-on (LoRA), 1 to 256.
    #[ts(optional = nullable)]
    pub rank: Option<u32>,
    /// Strength of the add-on (LoRA alpha), above 0 to 1,024.
    #[ts(optional = nullable)]
    pub alpha: Option<f64>,
    /// How many layers get the add-on, counted from the last; all of them when absent.
    #[ts(optional = nullable)]
    pub adapted_layers: Option<u32>,
    /// Which parts of a layer get the add-on: `attention`, `feed_forward` or `all`.
    #[ts(optional = nullable)]
    pub adapted_parts: Option<String>,
    /// Lab: layers, 1 to 24.
    #[ts(optional = nullable)]
    pub layers: Option<u32>,
    /// Lab: width, 32 to 1,024, a multiple of 16.
    #[ts(optional = nullable)]
    pub width: Option<u32>,
    /// Lab: heads, 1 to 32.
    #[ts(optional = nullable)]
    pub heads: Option<u32>,
    /// Lab: key and value heads, a divisor of the heads; fewer than heads is grouped attention.
    #[ts(optional = nullable)]
    pub key_value_heads: Option<u32>,
    /// Lab: width of the feed-forward part, 8 to 8,192.
    #[ts(optional = nullable)]
    pub hidden: Option<u32>,
    /// Tokens it can look at in one go, and so the longest example: 16 to 4,096 in the lab, else to
    /// what the model itself can look at.
    #[ts(optional = nullable)]
    pub context: Option<u32>,
    /// Lab: tokens back that an answer can see (sliding window); 0 sees everything.
    #[ts(optional = nullable)]
    pub window: Option<u32>,
    /// Lab: pieces of the vocabulary at most, 300 to 32,768.
    #[ts(optional = nullable)]
    pub vocabulary: Option<u32>,
}

/// Asks what would be trained.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainPlanRequest {
    /// Of which project.
    pub project: ProjectId,
    /// From which model; the shelf's suggestion when absent.
    #[ts(optional = nullable)]
    pub model: Option<ModelName>,
    /// The settings the person changed.
    pub settings: TrainSettings,
}

/// What would be trained, before it is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TrainPlan {
    /// From which model.
    pub model: ModelName,
    /// How the examples are dealt.
    pub split: SplitCounts,
    /// Every setting as it would be used, by name; empty while the engine cannot tell.
    pub resolved: Vec<ResolvedSetting>,
    /// Numbers that would be learnt.
    pub learnt_parameters: Option<u64>,
    /// Numbers of the whole model.
    pub parameters: Option<u64>,
    /// Memory it needs, in bytes, computed; the measurement says more.
    pub memory_bytes: Option<u64>,
    /// Examples that are longer than the model can look at in one go and will be shortened.
    pub shortened: u64,
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
    /// From which model.
    pub model: ModelName,
    /// The settings the person changed.
    pub settings: TrainSettings,
    /// What was measured before, if it was: becomes the promise that is kept with the run.
    #[ts(optional = nullable)]
    pub promised_memory_bytes: Option<u64>,
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
    /// When something was heard of it last, milliseconds since 1970; later with every change, so of two
    /// accounts of it the later one is known.
    pub changed_at_ms: i64,
    /// The model it started from.
    pub base: ModelName,
    /// What a person calls that model.
    pub base_title: String,
    /// The training whose model it started from, where it was one.
    pub parent: Option<RunId>,
    /// Where it trains: `this-computer`, or the name of a service.
    pub service: String,
    /// What a person calls that service; absent for this computer.
    pub service_title: Option<String>,
    /// The name of its model.
    pub model: Option<String>,
    /// How the examples were dealt.
    pub split: SplitCounts,
    /// What went wrong: why it rests, why it ended without a model, or with less than planned.
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
    /// Memory it was promised to need, in bytes.
    pub promised_memory_bytes: Option<u64>,
    /// The most memory it really took so far, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Whether it stopped before its last round because unseen examples no longer got better.
    pub stopped_early: bool,
    /// The step whose numbers answer, once it is done.
    pub best_step: Option<u64>,
    /// What it costs, where it costs something.
    pub cost: Option<RunCost>,
    /// How far the examples are on their way, while they are.
    pub upload: Option<RunUpload>,
    /// Whether it can be paused where it trains.
    pub can_pause: bool,
    /// Whether it is being looked for: nobody could tell whether it was ordered, and somebody looks again.
    pub is_looked_for: bool,
    /// The trainings it grew out of, the first one first; ends with this one.
    pub family: Vec<RunSummary>,
}

/// The latest training of a project, if there is one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LatestRun {
    /// The training.
    pub run: Option<RunDetail>,
}
