//! How many tokens a service bills for a training.
//!
//! Formula: `epochs * sum over examples (1 + sum over messages (4 + tokens of the content))`. It
//! reproduces five of five real OpenAI invoices to the token (jobs and files published by
//! <https://github.com/AldonahZero/QTRAN_PLUS>; a test counts them again where they are at hand).
//! The 4 is what marks a message in the chat format; the 1 per example is inferred from the
//! invoices.
//! Tools, images and names are not covered by any invoice: [`certainty`] tells.

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
/// See [`certainty`].
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

/// How well the tokens of an example are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Certainty {
    /// To the token: proven by invoices.
    #[default]
    Exact,
    /// About: tools, names and the like, of which no invoice is at hand.
    About,
    /// Not at all: what is no text counts by rules that are not known here.
    Unbounded,
}

/// How well the count of an example is known: exactly for plain text messages only.
pub fn certainty(example: &Example) -> Certainty {
    if example.messages.iter().any(Message::has_other_parts) {
        return Certainty::Unbounded;
    }
    let has_tools = ["tools", "functions"].iter().any(|key| example.extra.contains_key(*key));
    let is_plain = |message: &Message| {
        message.is_plain_text()
            && message.weight() != Some(0)
            && READ_FIELDS.iter().all(|key| !message.extra.contains_key(*key))
    };
    let is_exact = !has_tools && example.messages.iter().all(is_plain);
    if is_exact { Certainty::Exact } else { Certainty::About }
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

/// How many passes OpenAI makes over so many examples where nobody says how many.
///
/// The rule of its cookbook (about 3 passes, but 100 to 25,000 examples read in all); it matches
/// every job that was published. None without an example.
pub fn auto_epochs(examples: u64) -> Option<NonZeroU32> {
    const TARGET: u64 = 3;
    const FEWEST_READ: u64 = 100;
    const MOST_READ: u64 = 25_000;
    const MOST: u64 = 25;
    let epochs = match examples.checked_mul(TARGET) {
        _ if examples == 0 => return None,
        Some(read) if read < FEWEST_READ => (FEWEST_READ / examples).min(MOST),
        Some(read) if read <= MOST_READ => TARGET,
        _ => (MOST_READ / examples).max(1),
    };
    u32::try_from(epochs).ok().and_then(NonZeroU32::new)
}

/// The tokens billed for so many passes over the data. None beyond the range of numbers.
pub fn billed_tokens(tokens: TrainingTokens, epochs: NonZeroU32) -> Option<TrainingTokens> {
    tokens.0.checked_mul(u64::from(epochs.get())).map(TrainingTokens)
}

#[cfg(test)]
mod tests;
