//! How good answers are: metrics, comparisons, verdicts.
//!
//! Invariant: pure numbers from given answers; nothing here reads a file, a clock or the network,
//! and every formula names its source.

mod kind;
mod metrics;
mod scores;
mod verdict;

pub use kind::{AnswerKind, kind, most_frequent};
pub use metrics::{Answered, Metrics, is_right, normalise, score};
pub use verdict::{CompareError, Verdict, accuracy_interval, compare};
