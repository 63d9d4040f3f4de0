//! The library on disk: everything a person makes, in one SQLite file, and the prepared files beside it.
//!
//! Invariants: only this crate contains SQL · a change and its row in the operation log are one transaction ·
//! nothing is ever removed from the log · a file that is newer, damaged or somebody else's is never overwritten ·
//! no clock: times come in as arguments (milliseconds since 1970, UTC).

mod changes;
mod connection;
mod errors;
mod files;
mod home;
mod import;
mod library;
mod migrate;
mod positions;
mod ranges;
mod search;
mod stats;
mod tables;
#[cfg(test)]
mod tests;
mod undo;

pub use errors::{ImportError, OpenError, StoreError};
pub use import::{ImportSink, Imported, NewExample, SourceInfo};
pub use library::{Library, LibraryOptions};
pub use migrate::ExtraMigration;
pub use stats::Stats;
pub use tables::answer_spend::{AnswerSpendId, AnswerSpendRow, AnswersTaken, NewAnswerSpend};
pub use tables::chat::{ChatMessageId, ChatMessageRow};
pub use tables::evaluation::{AnswerBefore, AnswerRow, EvaluationId, EvaluationRow, NewEvaluation};
pub use tables::example::{ExampleContent, ExampleId, ExampleRow, ViewQuery};
pub use tables::launch::{LaunchChange, LaunchCounts, LaunchRow, OPEN_LAUNCH_STATES};
pub use tables::left_out::LeftOutRow;
pub use tables::model_tokenizer::ModelTokenizerRow;
pub use tables::operation::{History, OperationId, OperationKind, OperationRow};
pub use tables::price_correction::PriceCorrectionRow;
pub use tables::project::{NewProject, ProjectId, ProjectRow};
pub use tables::run_event::{RunEvent, RunEventRow};
pub use tables::sent_file::SentFileRow;
pub use tables::service::ServiceRow;
pub use tables::spend::SpendRow;
