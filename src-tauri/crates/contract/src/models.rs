//! The shelf of starting models: what is there, what can be fetched, what fits this computer.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, RunId, training::SecondsRange, training::TrainSettings};

/// Names a starting model: `lab`, `starter`, `own:…`, or the `ft:…` name of a trained one.
pub type ModelName = String;

/// Where a starting model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelOrigin {
    /// Learned from nothing on the person's examples alone.
    Lab,
    /// The starter that Attune offers to fetch.
    Starter,
    /// A folder or a file of the person's own.
    Own,
    /// Trained here before.
    Trained,
}

/// Whether a starting model can be used.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ModelReadiness {
    /// It can be used.
    Ready,
    /// It is not on this computer yet.
    NotFetched,
    /// It is on its way; also told by the event `model_progress`.
    Fetching {
        /// How far it is.
        progress: ModelProgress,
    },
    /// A part of it is here; fetching goes on where it stopped.
    PartlyFetched {
        /// Bytes that are here.
        done_bytes: u64,
        /// Why it stopped; absent when the person stopped it.
        failure: Option<Failure>,
    },
    /// Its files are here and cannot be used.
    Unusable {
        /// Why.
        failure: Failure,
    },
}

/// A starting model on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShelfModel {
    /// What commands call it.
    pub model: ModelName,
    /// What a person calls it.
    pub title: String,
    /// Where it comes from.
    pub origin: ModelOrigin,
    /// Whether it can be used.
    pub readiness: ModelReadiness,
    /// Its numbers; absent for the lab, where the examples decide.
    pub parameters: Option<u64>,
    /// Bytes of its files.
    pub bytes: Option<u64>,
    /// Its licence, as its files or its makers name it.
    pub licence: Option<String>,
    /// The SHA-256 that its file must have, in hex, where it is known beforehand.
    pub sha256: Option<String>,
    /// Tokens it can look at in one go.
    pub context: Option<u64>,
    /// The training it came from, if it was trained here.
    pub run: Option<RunId>,
}

/// The whole shelf.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelShelf {
    /// The models: the starter, the lab, one's own, those of this project's trainings.
    pub models: Vec<ShelfModel>,
    /// The model that the last training of the project used, else the best that is ready.
    pub suggested: ModelName,
    /// Memory that is free now, in bytes.
    pub free_memory_bytes: Option<u64>,
    /// Room on the library's disk, in bytes.
    pub free_disk_bytes: Option<u64>,
}

/// How far fetching a model is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelProgress {
    /// Which model.
    pub model: ModelName,
    /// Bytes that are here.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Whether the whole file is here and its SHA-256 is being computed.
    pub checking: bool,
    /// Time left; absent until it can be told honestly.
    pub left: Option<SecondsRange>,
}

/// Asks for the shelf of a project.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelShelfRequest {
    /// Of which project; its trained models stand on the shelf too.
    pub project: ProjectId,
}

/// Names a model of the shelf.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelRequest {
    /// Which project's shelf is answered.
    pub project: ProjectId,
    /// Which model.
    pub model: ModelName,
}

/// Whether the person picks a folder or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelPickKind {
    /// A folder as model hubs give them.
    Folder,
    /// A GGUF file.
    File,
}

/// Lets the person pick a model of their own.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelPickRequest {
    /// Which project's shelf is answered.
    pub project: ProjectId,
    /// Folder or file.
    pub kind: ModelPickKind,
}

/// What came of a pick.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelPicked {
    /// The shelf as it is now.
    pub shelf: ModelShelf,
    /// The model that was added; none when the person picked nothing.
    pub added: Option<ModelName>,
}

/// Asks what a training would take on this computer: a real step is tried for two seconds.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelMeasureRequest {
    /// With whose examples.
    pub project: ProjectId,
    /// Which model.
    pub model: ModelName,
    /// The settings the person changed.
    pub settings: TrainSettings,
}

/// What a training would take on this computer, measured.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelFit {
    /// Which model.
    pub model: ModelName,
    /// Tokens learnt from per second.
    pub tokens_per_second: Option<f64>,
    /// How long the whole training takes.
    pub duration: Option<SecondsRange>,
    /// Memory it needs, in bytes: the promise that is kept with the run.
    pub memory_bytes: Option<u64>,
    /// Memory that is free now, in bytes.
    pub free_memory_bytes: Option<u64>,
    /// Why it does not fit.
    pub refusal: Option<Failure>,
}

/// What is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportKind {
    /// The add-on alone, as PEFT reads it.
    Adapter,
    /// The whole model with the add-on worked in, as model hubs have it.
    Merged,
}

/// Writes a trained model out, to a folder the person picks.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelExportRequest {
    /// The training whose model it is.
    pub run: RunId,
    /// What is written.
    pub kind: ExportKind,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportPhase {
    /// Files are written.
    Writing,
    /// The written files are loaded again and asked.
    Proving,
    /// Done: the written files gave the stored answers.
    Done,
    /// Stopped by the person.
    Stopped,
    /// Ended with a problem.
    Failed,
}

/// An export and its proof.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportState {
    /// Of which training.
    pub run: RunId,
    /// What is written.
    pub kind: ExportKind,
    /// How far it is.
    pub phase: ExportPhase,
    /// Done so far, 0 to 1.
    pub fraction: f64,
    /// The folder's name, for the person; never a path that commands take.
    pub folder: String,
    /// Bytes written.
    pub bytes: u64,
    /// Questions asked of the written files.
    pub asked: u64,
    /// Answers that were the stored ones, letter for letter.
    pub same: u64,
    /// Answers that differ from the stored ones by rounding alone.
    pub rounded: u64,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// What came of asking for an export.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelExported {
    /// The export; none when the person picked no folder.
    pub export: Option<ExportState>,
}
