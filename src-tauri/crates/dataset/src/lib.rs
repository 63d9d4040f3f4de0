//! What an example is: reading it from files, checking it, setting some aside.
//!
//! Invariant: nothing in this crate opens a file, reads a clock or reaches the network; bytes come
//! in through `Read`, and no input, however broken, may make it panic or be lost without a word.

pub mod checks;
mod example;
pub mod formats;
mod json;
mod key;
mod message;
mod problem;
pub mod sample;
pub mod split;

pub use checks::{ExampleLimits, ExampleTokens, check_dataset, check_example};
pub use example::{Example, ParseError};
pub use formats::{
    Format, InstructionsSource, Mapping, ReadError, RowOutcome, SniffError, Sniffed, SourceRow,
    TextEncoding,
};
pub use key::{ContentKey, duplicate_groups};
pub use message::{Message, Role};
pub use problem::{Problem, ProblemCode, Severity};
