//! The tokens of an example as a range: which parts invoices prove, which are a guess, and why.
//!
//! A part must never count as certain because nobody asked: what no invoice shows widens the range,
//! and what is no text has an upper end only where its tokens are documented.

use std::collections::{BTreeMap, BTreeSet};

use attune_dataset::{Example, ExampleTokens, Message};
use serde_json::Value;

use crate::billing::{
    READ_FIELDS, TOKENS_PER_EXAMPLE, TOKENS_PER_MESSAGE, TOOL_FIELDS, given, is_proven, json_tokens,
};
use crate::images::{Detail, image_tokens, size_of_data_url};
use crate::rounding::with_margin;
use crate::token_range::TokenRange;
use crate::tokens::TokenCounter;

/// What a part adds of which nothing is known.
const ANY_NUMBER: TokenRange = TokenRange { low: 0, expected: 0, high: None };

/// Why the tokens of an example are not known to the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inexact {
    /// It describes tools; how a service writes them down for a model is not published.
    Tools,
    /// A tool is called; the same.
    ToolCall,
    /// A speaker has a name.
    Name,
    /// An answer is a refusal that stands beside the text.
    Refusal,
    /// A text comes in parts; how a service joins them is not published.
    TextInParts,
    /// A message has no text at all.
    NoText,
    /// An answer is not to be learned (weight 0); whether reading it is billed is not published.
    NotLearned,
    /// An image whose tokens are documented and were seen on no invoice.
    CountedImage,
    /// An image for a model, or of a detail, of which nothing is documented.
    Image,
    /// A sound, a file, or something newer than this program.
    OtherPart,
    /// The model has a tokenizer that is not here, or the service a rule that was seen on no invoice.
    OtherTokenizer,
    /// The model's own tokenizer counted the text; what stands around messages is not known.
    OtherTemplate,
}

/// The tokens of one example for one pass over the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleCount {
    /// As [`crate::example_tokens`] counts them: without what is no text.
    pub tokens: ExampleTokens,
    /// All of them, with what is no text.
    pub range: TokenRange,
    /// Why the range is one; empty where it is exact.
    pub reasons: BTreeSet<Inexact>,
    /// Its messages.
    pub messages: u64,
}

impl ExampleCount {
    /// The tokens where the service cuts what is longer than `longest`. With an image the upper end
    /// stays where it is: nobody has seen a service cut what is no text.
    fn cut_at(&self, longest: u64) -> TokenRange {
        let cut = self.range.at_most(longest);
        if self.reasons.contains(&Inexact::CountedImage) {
            TokenRange { high: self.range.high, ..cut }
        } else {
            cut
        }
    }
}

/// Counts one example for `model`. Text is counted as text, also where it looks like a control
/// mark.
#[must_use]
pub fn count_example(counter: &dyn TokenCounter, model: &str, example: &Example) -> ExampleCount {
    let mut reasons = BTreeSet::new();
    let mut tokens = ExampleTokens { total: TOKENS_PER_EXAMPLE, answers: 0 };
    let mut proven = TOKENS_PER_EXAMPLE;
    for message in &example.messages {
        let content = counter.count(&message.content);
        let fields = json_tokens(counter, &message.extra, &READ_FIELDS);
        tokens.total += TOKENS_PER_MESSAGE + content + fields;
        if message.is_learned() {
            tokens.answers += content + fields;
        }
        if is_proven(message) {
            proven += TOKENS_PER_MESSAGE + content;
        }
        reasons.extend(reasons_of(message));
    }
    if given(&example.extra, &TOOL_FIELDS).next().is_some() {
        tokens.total += json_tokens(counter, &example.extra, &TOOL_FIELDS);
        reasons.insert(Inexact::Tools);
    }
    let mut parts = TokenRange::exactly(0);
    for (reason, added) in other_parts(example, model) {
        reasons.insert(reason);
        // Beyond the range of numbers there is no upper end either.
        parts = parts.checked_add(added).unwrap_or(ANY_NUMBER);
    }
    let range = range(proven, tokens.total, parts, &reasons);
    ExampleCount { tokens, range, reasons, messages: example.messages.len() as u64 }
}

/// The tokens of a text and of what is no text. Where a reason says that they are not known to the
/// token, the most lies a margin above what is documented.
fn range(proven: u64, text: u64, parts: TokenRange, reasons: &BTreeSet<Inexact>) -> TokenRange {
    let high = match parts.high.map(|most| text + most) {
        Some(most) if !reasons.is_empty() => u64::try_from(with_margin(most.into())).ok(),
        most => most,
    };
    TokenRange { low: proven, expected: text + parts.expected, high }
}

/// Why the text of a message is not known to the token.
fn reasons_of(message: &Message) -> impl Iterator<Item = Inexact> {
    let form = if message.is_plain_text() {
        None
    } else if !message.content.is_empty() {
        Some(Inexact::TextInParts)
    } else {
        // Parts that are no text have reasons of their own.
        (!message.has_other_parts()).then_some(Inexact::NoText)
    };
    let not_learned = (message.weight() == Some(0)).then_some(Inexact::NotLearned);
    let fields = given(&message.extra, &READ_FIELDS).map(|(key, _)| match key {
        "name" => Inexact::Name,
        "refusal" => Inexact::Refusal,
        _ => Inexact::ToolCall,
    });
    form.into_iter().chain(not_learned).chain(fields)
}

/// What is no text, part by part: why it is not known, and what it adds. Read from the line, because
/// an example keeps only the text of its parts at hand; few examples have others.
fn other_parts(example: &Example, model: &str) -> Vec<(Inexact, TokenRange)> {
    if !example.messages.iter().any(Message::has_other_parts) {
        return Vec::new();
    }
    let line: Value = serde_json::from_str(&example.to_chat_json()).unwrap_or_default();
    let messages = line["messages"].as_array().into_iter().flatten();
    let parts = messages.filter_map(|message| message["content"].as_array()).flatten();
    parts.filter(|part| !is_text(part)).map(|part| other_part(part, model)).collect()
}

fn is_text(part: &Value) -> bool {
    part.is_string() || part["text"].is_string()
}

/// What an image adds begins at nothing, however little is documented: no invoice shows it, and
/// images of people, faces, children and CAPTCHAs are left out of a training without a word (OpenAI,
/// <https://developers.openai.com/api/docs/guides/vision-fine-tuning>).
fn other_part(part: &Value, model: &str) -> (Inexact, TokenRange) {
    let image = &part["image_url"];
    if image.is_null() {
        return (Inexact::OtherPart, ANY_NUMBER);
    }
    // Some files have the address itself where the service wants an object that holds it.
    let url = image["url"].as_str().or(image.as_str());
    let size = url.and_then(size_of_data_url);
    let tokens = Detail::of(&image["detail"]).and_then(|it| image_tokens(model, it, size));
    match tokens {
        Some(tokens) => (Inexact::CountedImage, TokenRange { low: 0, ..tokens }),
        None => (Inexact::Image, ANY_NUMBER),
    }
}

/// The tokens of a dataset for one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetCount {
    /// Its examples.
    pub examples: u64,
    /// Those of them that are longer than the model takes.
    pub cut: u64,
    /// The tokens.
    pub range: TokenRange,
    /// How many examples make the range one, for each reason.
    pub reasons: BTreeMap<Inexact, u64>,
    /// Their messages.
    pub messages: u64,
}

/// What a chat template may put around one message, at most: marks of a turn and the role take 5 tokens
/// in `ChatML` and Llama 3. A guess on the safe side, like the next.
const MOST_AROUND_A_MESSAGE: u64 = 8;
/// What it may put around all of them: some begin with sentences and a date of their own (about 25 tokens
/// in Llama 3.1 and Qwen 2.5, about 60 in gpt-oss).
const MOST_AROUND_AN_EXAMPLE: u64 = 64;

/// How many times as many tokens a tokenizer that nobody here has may cut.
const TIMES_OF_A_TOKENIZER: u64 = 2;
/// The same for examples with tools: templates explain them in a hundred tokens, and spread their JSON
/// over lines.
const TIMES_OF_TOOLS: u64 = 2;

impl DatasetCount {
    /// The same where another tokenizer counts, which nobody here has, and what its service puts around
    /// messages is not known: half as many tokens to twice as many and what chat templates may add. None
    /// beyond the range of numbers.
    ///
    /// No figure is published for it; the factor is a guess on the safe side.
    #[must_use]
    pub fn by_another_tokenizer(self) -> Option<Self> {
        let low = self.range.low() / 2;
        self.about(low, TIMES_OF_A_TOKENIZER, Inexact::OtherTokenizer)
    }

    /// The same where the model's own tokenizer counted the text, and what its service puts around
    /// messages is not known: nothing at least, and at most what chat templates may add. None beyond the
    /// range of numbers.
    #[must_use]
    pub fn by_another_template(self) -> Option<Self> {
        let counted = self.messages.checked_mul(TOKENS_PER_MESSAGE)?;
        let counted = counted.checked_add(self.examples.checked_mul(TOKENS_PER_EXAMPLE)?)?;
        let low = self.range.low().saturating_sub(counted);
        self.about(low, 1, Inexact::OtherTemplate)
    }

    /// The range from `low` to so many times as many as before, and what stands around messages.
    fn about(mut self, low: u64, times: u64, why: Inexact) -> Option<Self> {
        let has_tools = self.reasons.contains_key(&Inexact::Tools)
            || self.reasons.contains_key(&Inexact::ToolCall);
        let times = if has_tools { times.max(TIMES_OF_TOOLS) } else { times };
        let most = self.most_around()?;
        let high = match self.range.high() {
            Some(high) if has_tools => Some(high.checked_add(most)?.checked_mul(times)?),
            Some(high) => Some(high.checked_mul(times)?.checked_add(most)?),
            None => None,
        };
        self.range = TokenRange::new(low, self.range.expected(), high)?;
        self.reasons.insert(why, self.examples);
        Some(self)
    }

    /// What chat templates may put around the messages, at most. None beyond the range of numbers.
    fn most_around(&self) -> Option<u64> {
        let messages = self.messages.checked_mul(MOST_AROUND_A_MESSAGE)?;
        messages.checked_add(self.examples.checked_mul(MOST_AROUND_AN_EXAMPLE)?)
    }
}

/// Adds examples up; none counts more than `longest`, because the service cuts it there (of those
/// with images that is only what is expected). None beyond the range of numbers.
#[must_use]
pub fn count_dataset<'a>(
    examples: impl IntoIterator<Item = &'a ExampleCount>,
    longest: u64,
) -> Option<DatasetCount> {
    let mut sum = DatasetCount {
        examples: 0,
        cut: 0,
        range: TokenRange::exactly(0),
        reasons: BTreeMap::new(),
        messages: 0,
    };
    for example in examples {
        sum.examples += 1;
        sum.messages = sum.messages.checked_add(example.messages)?;
        sum.cut += u64::from(example.range.expected > longest);
        sum.range = sum.range.checked_add(example.cut_at(longest))?;
        for reason in &example.reasons {
            *sum.reasons.entry(*reason).or_default() += 1;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests;
