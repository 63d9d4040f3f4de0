//! Bringing a file in. Paths never cross: the page holds an opaque handle.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, checks::ProblemCode, projects::ProjectSummary};

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Rows and columns: columns are to be chosen.
    Table,
    /// Whole conversations: nothing is to be chosen.
    Conversations,
}

/// One column of a table.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportColumn {
    /// Its place, from 0.
    pub index: u32,
    /// Its heading, or a made-up one.
    pub name: String,
}

/// Which column is what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnChoice {
    /// The column with the questions.
    pub question: u32,
    /// The column with the answers.
    pub answer: u32,
    /// The column with standing instructions, if there is one.
    #[ts(optional = nullable)]
    pub instructions: Option<u32>,
}

/// What a picked file looks like, before anything is brought in.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// Stands for the file until it is brought in or given back.
    pub handle: String,
    /// The file's name, without its folder.
    pub display_name: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// Table or conversations.
    pub kind: ImportKind,
    /// The columns of a table; empty for conversations.
    pub columns: Vec<ImportColumn>,
    /// The first 20 rows: cells of a table, or question and answer of conversations.
    pub rows: Vec<Vec<String>>,
    /// What looks like question and answer.
    pub guess: Option<ColumnChoice>,
    /// A name for the new project, from the file's name.
    pub suggested_name: String,
    /// The text encoding that was found.
    pub encoding: String,
}

/// The outcome of the file dialog.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportPicked {
    /// The file, or nothing when the dialog was left without a choice.
    pub preview: Option<ImportPreview>,
}

/// A file was dropped on the window.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ImportDropped {
    /// Something hangs over the window and could be dropped.
    Over,
    /// It was dragged away again.
    Left,
    /// It is being looked at.
    Reading,
    /// It can be brought in.
    Ready {
        /// What it looks like.
        preview: ImportPreview,
    },
    /// It cannot.
    Refused {
        /// Why.
        failure: Failure,
    },
}

/// Brings a picked file in.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportStartRequest {
    /// The file.
    pub handle: String,
    /// Into which project; a new one when absent.
    #[ts(optional = nullable)]
    pub project: Option<ProjectId>,
    /// The name of the new project.
    pub name: String,
    /// The columns of a table.
    #[ts(optional = nullable)]
    pub columns: Option<ColumnChoice>,
}

/// Names a picked file.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportHandleRequest {
    /// The file.
    pub handle: String,
}

/// How far an import is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// The file.
    pub handle: String,
    /// Examples brought in so far.
    pub examples: u64,
    /// Bytes read so far.
    pub bytes_read: u64,
    /// Bytes in all.
    pub bytes: u64,
}

/// A row that could not be used, and why.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub code: ProblemCode,
    /// The beginning of its text.
    pub text: String,
}

/// What came of an import.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportResult {
    /// The project it went into.
    pub project: ProjectSummary,
    /// Examples brought in.
    pub imported: u64,
    /// Of these, without any problem.
    pub good: u64,
    /// Of these, with something to look at.
    pub need_look: u64,
    /// Rows left out.
    pub left_out: u64,
    /// The first 50 of them.
    pub left_out_rows: Vec<LeftOutRow>,
    /// Empty lines, which are no examples.
    pub blank: u64,
}
