//! How many tokens a service bills for a training.
//!
//! Formula: `epochs * sum over examples (1 + sum over messages (4 + tokens of the content))`. It
//! reproduces five of five real OpenAI invoices to the token (jobs and files published by
//! <https://github.com/AldonahZero/QTRAN_PLUS>; a test counts them again where they are at hand).
//! The 4 is what marks a message in the chat format; the 1 per example is inferred from the
//! invoices.
//! Tools, images and names are not covered by any invoice: [`crate::count_example`] says which parts
//! are a range, and why.

use std::num::NonZeroU32;

use attune_dataset::{Example, ExampleTokens, Message};
use serde_json::{Map, Value};

use crate::tokens::TokenCounter;

pub(crate) const TOKENS_PER_EXAMPLE: u64 = 1;
pub(crate) const TOKENS_PER_MESSAGE: u64 = 4;

/// Fields of an example whose text a model reads beside the messages.
pub(crate) const TOOL_FIELDS: [&str; 2] = ["tools", "functions"];
/// Fields of a message whose text a model reads beside the content.
pub(crate) const READ_FIELDS: [&str; 4] = ["name", "tool_calls", "function_call", "refusal"];

/// Tokens that are billed for a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TrainingTokens(pub u64);

/// The tokens of one example, for one pass over the data.
///
/// Tools, names and tool calls count with the tokens of their JSON: about right, and never nothing.
/// [`crate::count_example`] counts them as the range that they are.
pub fn example_tokens(counter: &dyn TokenCounter, example: &Example) -> ExampleTokens {
    let mut tokens = ExampleTokens { total: TOKENS_PER_EXAMPLE, answers: 0 };
    for message in &example.messages {
        let content = counter.count(&message.content) + field_tokens(counter, message);
        tokens.total += TOKENS_PER_MESSAGE + content;
        if message.is_learned() {
            tokens.answers += content;
        }
    }
    tokens.total += json_tokens(counter, &example.extra, &TOOL_FIELDS);
    tokens
}

fn field_tokens(counter: &dyn TokenCounter, message: &Message) -> u64 {
    json_tokens(counter, &message.extra, &READ_FIELDS)
}

/// The tokens of the JSON of these fields. `null` says nothing, so it counts nothing.
pub(crate) fn json_tokens(
    counter: &dyn TokenCounter,
    fields: &Map<String, Value>,
    keys: &[&str],
) -> u64 {
    given(fields, keys).map(|(_, value)| counter.count(&value.to_string())).sum()
}

/// Those of the fields that say something.
pub(crate) fn given<'a>(
    fields: &'a Map<String, Value>,
    keys: &'a [&'a str],
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let found = keys.iter().filter_map(|key| Some((*key, fields.get(*key)?)));
    found.filter(|(_, value)| !value.is_null())
}

/// Whether invoices show what the content of a message counts: plain text that is learned or read.
pub(crate) fn is_proven(message: &Message) -> bool {
    message.is_plain_text() && message.weight() != Some(0)
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

#[cfg(test)]
mod tests;
