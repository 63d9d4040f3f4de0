//! Everything the page and the backend say to each other, declared once.
//!
//! The shell expands [`for_each_command`] into Tauri commands, `xtask codegen` expands it into
//! TypeScript. Invariant: nothing in this crate decides anything; it has shapes and words only.
//! Wire integers stay below 2^53, because the page reads them as JavaScript numbers.

pub mod answers;
pub mod chat;
pub mod checks;
mod commands;
pub mod examples;
mod failure;
pub mod imports;
pub mod models;
pub mod money;
pub mod orders;
pub mod outlook;
mod param;
pub mod projects;
pub mod services;
pub mod settings;
pub mod testing;
pub mod training;
pub mod typescript;
pub mod words;
pub mod work;

pub use commands::AppEvent;
pub use failure::{Failure, FailureCode};
pub use param::{Param, Params};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A request or a response without content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nothing {}

/// Names a project of the library.
pub type ProjectId = i64;
/// Names an example of the library; stable over edits, undo and restarts.
pub type ExampleId = i64;
/// Names one training: the `launch_id`, a ULID.
pub type RunId = String;
