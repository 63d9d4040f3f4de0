//! How many tokens a service bills for a training.
//!
//! Formula: `epochs * sum over examples (1 + sum over messages (4 + tokens of the content))`. It
//! reproduces five of five real OpenAI invoices to the token (jobs and files published by
//! <https://github.com/AldonahZero/QTRAN_PLUS>; a test counts them again where they are at hand).
//! The 4 is what marks a message in the chat format; the 1 per example is inferred from the
//! invoices.
//! Tools, images and names are not covered by any invoice: [`is_exact`] tells.

use std::num::NonZeroU32;

use attune_dataset::{Example, ExampleTokens, Message};

use crate::tokens::TokenCounter;

const TOKENS_PER_EXAMPLE: u64 = 1;
const TOKENS_PER_MESSAGE: u64 = 4;

/// Fields of a message whose text a model reads beside the content.
const READ_FIELDS: [&str; 4] = ["name", "tool_calls", "function_call", "refusal"];

/// Tokens that are billed for a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TrainingTokens(pub u64);

/// The tokens of one example, for one pass over the data.
///
/// Tools, names and tool calls count with the tokens of their JSON: about right, and never nothing.
/// See [`is_exact`].
pub fn example_tokens(counter: &dyn TokenCounter, example: &Example) -> ExampleTokens {
    let mut tokens = ExampleTokens { total: TOKENS_PER_EXAMPLE, answers: 0 };
    for message in &example.messages {
        let content = counter.count(&message.content) + field_tokens(counter, message);
        tokens.total += TOKENS_PER_MESSAGE + content;
        if message.is_learned() {
            tokens.answers += content;
        }
    }
    for key in ["tools", "functions"] {
        if let Some(value) = example.extra.get(key).filter(|value| !value.is_null()) {
            tokens.total += counter.count(&value.to_string());
        }
    }
    tokens
}

fn field_tokens(counter: &dyn TokenCounter, message: &Message) -> u64 {
    READ_FIELDS
        .iter()
        .filter_map(|key| message.extra.get(*key))
        .filter(|value| !value.is_null())
        .map(|value| counter.count(&value.to_string()))
        .sum()
}

/// Whether the count of an example is proven by invoices: plain text messages only.
pub fn is_exact(example: &Example) -> bool {
    let has_tools = ["tools", "functions"].iter().any(|key| example.extra.contains_key(*key));
    let is_plain = |message: &Message| {
        message.is_plain_text()
            && message.weight() != Some(0)
            && READ_FIELDS.iter().all(|key| !message.extra.contains_key(*key))
    };
    !has_tools && example.messages.iter().all(is_plain)
}

/// The tokens of a dataset for one pass; no example counts more than the model takes, because the
/// service cuts it there. None beyond the range of numbers.
pub fn total_tokens(
    examples: impl IntoIterator<Item = ExampleTokens>,
    max_tokens: u64,
) -> Option<TrainingTokens> {
    let mut totals = examples.into_iter().map(|it| it.total.min(max_tokens));
    totals.try_fold(0, u64::checked_add).map(TrainingTokens)
}

/// The tokens billed for so many passes over the data. None beyond the range of numbers.
pub fn billed_tokens(tokens: TrainingTokens, epochs: NonZeroU32) -> Option<TrainingTokens> {
    tokens.0.checked_mul(u64::from(epochs.get())).map(TrainingTokens)
}

#[cfg(test)]
mod tests;
