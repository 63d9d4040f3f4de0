//! Projects: one goal, its examples, its trainings.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ProjectId, training::RunState};

/// A project as the welcome list and the rail show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSummary {
    /// Which one.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The file it was started from.
    pub source_name: Option<String>,
    /// Whether it is the sample that came with the program.
    pub sample: bool,
    /// How many examples it has now.
    pub examples: u64,
    /// When anything in it changed last, milliseconds since 1970.
    pub changed_at_ms: i64,
}

/// All projects, the one changed last first.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectList {
    /// The projects.
    pub projects: Vec<ProjectSummary>,
}

/// Names a project.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectRequest {
    /// Which one.
    pub project: ProjectId,
}

/// Starts an empty project.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectCreateRequest {
    /// Its name, 1 to 120 characters.
    pub name: String,
}

/// Gives a project another name.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectRenameRequest {
    /// Which one.
    pub project: ProjectId,
    /// Its new name, 1 to 120 characters.
    pub name: String,
}

/// A project as the rail shows it: how far each stage is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProjectOverview {
    /// The project.
    pub summary: ProjectSummary,
    /// How many examples need a look.
    pub to_look_at: u64,
    /// The state of the latest training, if there is one.
    pub latest_run: Option<RunState>,
    /// Whether any training succeeded, so that there is something to test.
    pub has_model: bool,
    /// Whether a test was finished.
    pub has_test: bool,
}
