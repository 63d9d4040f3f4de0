//! Tokens and money: how much text a training reads, and what that costs.
//!
//! Invariant: nothing in this crate reads a file, a clock or the network, money is never a float,
//! and every amount a person sees comes from here.

mod billing;
mod estimate;
mod money;
mod prices;
mod tokens;

pub use billing::{
    Certainty, TrainingTokens, auto_epochs, billed_tokens, certainty, example_tokens, total_tokens,
};
pub use estimate::{Estimate, EstimateError, estimate, price_of};
pub use money::{MicroUsd, MoneyTextError};
pub use prices::{Price, PriceBook, PriceKind, PriceUnit, PricedModel};
pub use tokens::{
    Encoding, MAX_REFERENCE_BYTES, PiecesError, TokenCounter, TokenPiece, bulk_counter, pieces,
    reference_counter,
};
