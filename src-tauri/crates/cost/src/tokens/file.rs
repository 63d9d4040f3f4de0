//! The tokenizer of an open model, read from the file that its maker publishes beside it
//! (`tokenizer.json`).
//!
//! The file is somebody else's, and so is what is written in it: whatever it does, a text gets a
//! count, and never one that is lower than what the tokenizer would give.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::Tokenizer;

use super::TokenCounter;

/// What every tokenizer of a language model can cut.
const TRIAL: &str = "Hello, world! 1 2 3";

/// Cuts text as an open model does.
pub struct FileTokenizer(Tokenizer);

/// A file is no tokenizer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileTokenizerError {
    /// It is larger than any tokenizer.
    #[error("a tokenizer file has at most {most} bytes, and this one has {bytes}", most = FileTokenizer::MOST_BYTES)]
    TooLarge {
        /// Its length in bytes.
        bytes: u64,
    },
    /// It is no tokenizer, or one of a kind that is not known here.
    #[error("it is no tokenizer: {0}")]
    NotATokenizer(String),
    /// It is a tokenizer and cannot cut a plain sentence.
    #[error("it cannot cut a plain sentence")]
    CutsNothing,
}

impl std::fmt::Debug for FileTokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FileTokenizer").field(&self.0.get_vocab_size(true)).finish()
    }
}

impl FileTokenizer {
    /// Larger than the largest that is published (Gemma's has 33 MB).
    pub const MOST_BYTES: u64 = 64 << 20;
    /// Pattern engines give up, without a word, on some much longer texts, and count the rest as nothing.
    const PART_BYTES: usize = 64 << 10;

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`FileTokenizerError`].
    pub fn read(json: &[u8]) -> Result<Self, FileTokenizerError> {
        let bytes = json.len() as u64;
        if bytes > Self::MOST_BYTES {
            return Err(FileTokenizerError::TooLarge { bytes });
        }
        let unusable = |reason: String| FileTokenizerError::NotATokenizer(reason);
        let read = catch_unwind(|| Tokenizer::from_bytes(json));
        let read = read.map_err(|_| unusable("it is impossible".to_owned()))?;
        let mut tokenizer = read.map_err(|error| unusable(error.to_string()))?;
        // What a file cuts off or fills up for training is no part of a text.
        tokenizer.with_padding(None);
        let whole = tokenizer.with_truncation(None).map(drop);
        whole.map_err(|error| unusable(error.to_string()))?;
        // A text that looks like a control mark is counted as text.
        tokenizer.set_encode_special_tokens(true);
        let tokenizer = Self(tokenizer);
        match tokenizer.tokens(TRIAL) {
            Some(1..) => Ok(tokenizer),
            _ => Err(FileTokenizerError::CutsNothing),
        }
    }

    /// A text in parts that no pattern engine gives up on, cut before a blank where there is one.
    fn parts(text: &str) -> impl Iterator<Item = &str> {
        let mut rest = text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let most = rest.floor_char_boundary(Self::PART_BYTES.min(rest.len()));
            let blank = rest[..most].rfind(' ').filter(|place| *place > 0 && most < rest.len());
            let (part, behind) = rest.split_at(blank.unwrap_or(most));
            rest = behind;
            Some(part)
        })
    }

    fn tokens(&self, text: &str) -> Option<u64> {
        Self::parts(text).map(|part| self.tokens_of_part(part)).sum()
    }

    fn tokens_of_part(&self, text: &str) -> Option<u64> {
        let encoded = catch_unwind(AssertUnwindSafe(|| self.0.encode_fast(text, false)));
        Some(encoded.ok()?.ok()?.len() as u64)
    }
}

impl TokenCounter for FileTokenizer {
    /// A text that the tokenizer gives up on counts a token for each of its bytes, which is the most.
    fn count(&self, text: &str) -> u64 {
        self.tokens(text).unwrap_or(text.len() as u64)
    }
}

#[cfg(test)]
mod tests;
