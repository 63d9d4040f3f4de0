//! The life of a training job: its states, how long it still takes, what its curve says.
//!
//! Invariant: nothing in this crate reads a file, a clock or the network. [`step`] decides, the
//! runner in `app` performs.

pub mod curve;
pub mod eta;
mod launch;
mod machine;

pub use launch::{LaunchReply, ReplyKind, classify_reply};
pub use machine::{Effect, Event, RemoteStatus, State, step};
