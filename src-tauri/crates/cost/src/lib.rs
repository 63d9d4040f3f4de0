//! Tokens and money: how much text a training reads, and what that costs.
//!
//! Invariant: nothing in this crate reads a file, a clock or the network, money is never a float,
//! and every amount a person sees comes from here.

mod billing;
mod estimate;
mod money;
mod tokens;

pub use billing::{TrainingTokens, billed_tokens, example_tokens, is_exact, total_tokens};
pub use estimate::{Estimate, EstimateError, TrainingPrice, estimate};
pub use money::MicroUsd;
pub use tokens::{
    Encoding, MAX_REFERENCE_BYTES, PiecesError, TokenCounter, TokenPiece, bulk_counter, pieces,
    reference_counter,
};
