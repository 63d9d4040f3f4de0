//! Which text stands in every call: the instructions that a tuned model may no longer need.
//!
//! It must never take for static what only looks alike: the text is the same to the letter.

use std::collections::HashMap;

/// A text that many examples begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingText<'a> {
    /// The text.
    pub text: &'a str,
    /// How many examples have it.
    pub examples: u64,
    /// Whether it is all of their instructions, or what all instructions begin with.
    pub is_whole: bool,
}

impl StandingText<'_> {
    fn is_shared(&self) -> bool {
        self.examples > 1 && !self.text.trim().is_empty()
    }

    /// How much text all of it is, in bytes.
    fn weight(&self) -> u128 {
        self.text.len() as u128 * u128::from(self.examples)
    }
}

/// The static part of the instructions of many examples, of which each gives its own, if it has
/// any: either instructions that many share, or what all of them begin with, whichever is more
/// text. None where nothing is shared.
#[must_use]
pub fn standing_text<'a>(
    instructions: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<StandingText<'a>> {
    let mut times: HashMap<&str, u64> = HashMap::new();
    let mut beginning: Option<&str> = None;
    let mut examples = 0;
    for text in instructions.into_iter().flatten() {
        *times.entry(text).or_default() += 1;
        beginning = Some(beginning.map_or(text, |beginning| common(beginning, text)));
        examples += 1;
    }
    let whole = times
        .into_iter()
        .map(|(text, examples)| StandingText { text, examples, is_whole: true })
        .filter(StandingText::is_shared)
        // Ordered by the text as well, so that the same examples give the same answer.
        .max_by_key(|it| (it.weight(), it.text));
    let beginning = StandingText { text: whole_words(beginning?), examples, is_whole: false };
    let beginning = Some(beginning).filter(StandingText::is_shared);
    // Of equals the whole one: it ends with a sentence.
    beginning.into_iter().chain(whole).max_by_key(StandingText::weight)
}

/// What both texts begin with.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
    &one[..same.map(|(it, _)| it.len_utf8()).sum()]
}

/// The text up to its last blank: what follows may be the begin of a word that differs.
fn whole_words(text: &str) -> &str {
    text.rfind(char::is_whitespace).map_or("", |at| text[..at].trim_end())
}

#[cfg(test)]
mod tests;
