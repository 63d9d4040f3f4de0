//! How many tokens a text has.
//!
//! Two counters that must never differ: the reference (`tiktoken-rs`, which also shows the pieces)
//! and one for bulk, which cuts and merges by itself and remembers what it has counted. Text is
//! counted as text: `<|endoftext|>` in it is no control mark.

mod bulk;
mod characters;
mod file;
mod merge;
mod piece;
mod seams;
mod seen;
mod split;

use std::sync::LazyLock;

use bulk::{Bulk, Vocabulary};
use split::Cut;
use tiktoken_rs::CoreBPE;

use crate::model_name::base_of;

pub use file::{FileTokenizer, FileTokenizerError};

/// Text beyond this length is not given to the reference: its pattern engine gives up, with a
/// panic, on some very long texts (a megabyte of blanks).
pub const MAX_REFERENCE_BYTES: usize = 64 * 1024;

/// Counts the tokens of texts.
pub trait TokenCounter: Send + Sync {
    /// The number of tokens of a plain text.
    fn count(&self, text: &str) -> u64;
}

/// A vocabulary of OpenAI's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// `o200k_base`: gpt-4o, gpt-4.1, gpt-4.5, gpt-5, o1, o3, o4-mini and their variants.
    #[default]
    O200k,
    /// `cl100k_base`: gpt-3.5-turbo, gpt-4, gpt-4-turbo, davinci-002, babbage-002.
    Cl100k,
    /// `o200k_harmony`: gpt-oss. It has the pieces of `o200k_base` and other control marks, so
    /// plain text counts the same.
    O200kHarmony,
}

/// Families of models and their vocabularies (tiktoken 0.14.0, `tiktoken/model.py`, 16 August
/// 2026).
const FAMILIES: [(&str, Encoding); 15] = [
    ("gpt-oss", Encoding::O200kHarmony),
    ("gpt-4o", Encoding::O200k),
    ("gpt-4.1", Encoding::O200k),
    ("gpt-4.5", Encoding::O200k),
    ("gpt-5", Encoding::O200k),
    ("o1", Encoding::O200k),
    ("o3", Encoding::O200k),
    ("o4-mini", Encoding::O200k),
    ("gpt-3.5", Encoding::Cl100k),
    ("gpt-3.5-turbo", Encoding::Cl100k),
    ("gpt-35-turbo", Encoding::Cl100k),
    ("gpt-4", Encoding::Cl100k),
    ("gpt-4-turbo", Encoding::Cl100k),
    ("davinci-002", Encoding::Cl100k),
    ("babbage-002", Encoding::Cl100k),
];

impl Encoding {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::O200k => "o200k_base",
            Encoding::Cl100k => "cl100k_base",
            Encoding::O200kHarmony => "o200k_harmony",
        }
    }

    /// The encoding of a model, where it is known.
    ///
    /// A tuned model (`ft:gpt-4.1-mini-2025-04-14:acme::id`) counts as the model it was made of.
    /// tiktoken itself takes every `ft:gpt-4...` for the older encoding, which is wrong. None for
    /// open models other than gpt-oss: they have tokenizers of their own, or the service that
    /// trains them tells an estimate. None also for what is newer than this list.
    #[must_use]
    pub fn known_for_model(model: &str) -> Option<Self> {
        let base = base_of(model);
        // gpt-oss stands under its maker's name at services that train open models.
        let base = base.strip_prefix("openai/").unwrap_or(base);
        let is = |family: &str| {
            let rest = base.strip_prefix(family);
            rest.is_some_and(|rest| {
                let is_minor = family == "gpt-5" && rest.starts_with('.');
                rest.is_empty() || rest.starts_with('-') || is_minor
            })
        };
        FAMILIES.iter().find(|(family, _)| is(family)).map(|(_, encoding)| *encoding)
    }

    /// The encoding that the tokens of a model are counted by: its own where it is known, and that
    /// of the newer models for all others, which makes their count an estimate.
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        Self::known_for_model(model).unwrap_or_default()
    }
}

fn bulk(encoding: Encoding) -> &'static Bulk {
    static O200K: Bulk = Bulk {
        cut: Cut::Cased,
        vocabulary: LazyLock::new(|| Vocabulary::new(&bpe_openai::o200k_base().bpe)),
    };
    static CL100K: Bulk = Bulk {
        cut: Cut::Letters,
        vocabulary: LazyLock::new(|| Vocabulary::new(&bpe_openai::cl100k_base().bpe)),
    };
    match encoding {
        Encoding::O200k | Encoding::O200kHarmony => &O200K,
        Encoding::Cl100k => &CL100K,
    }
}

/// The counter for many texts: exact on all, and slow on none.
pub fn bulk_counter(encoding: Encoding) -> &'static dyn TokenCounter {
    bulk(encoding)
}

struct Reference(Encoding);

impl TokenCounter for Reference {
    fn count(&self, text: &str) -> u64 {
        if text.len() > MAX_REFERENCE_BYTES {
            return bulk_counter(self.0).count(text);
        }
        core(self.0).encode_ordinary(text).len() as u64
    }
}

/// The counter that the other one is measured by. Texts beyond [`MAX_REFERENCE_BYTES`] are counted
/// by the bulk counter.
pub fn reference_counter(encoding: Encoding) -> &'static dyn TokenCounter {
    match encoding {
        Encoding::O200k => &Reference(Encoding::O200k),
        Encoding::Cl100k => &Reference(Encoding::Cl100k),
        Encoding::O200kHarmony => &Reference(Encoding::O200kHarmony),
    }
}

fn core(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        // One vocabulary for both: they differ in control marks only, and those are never read.
        Encoding::O200k | Encoding::O200kHarmony => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100k => tiktoken_rs::cl100k_base_singleton(),
    }
}

/// One token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPiece {
    /// Its number in the vocabulary.
    pub token: u32,
    /// The text it completes. A character spread over several tokens stands with the last of them,
    /// so that the pieces together are the text; the others are empty.
    pub text: String,
}

/// The tokens of a text cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PiecesError {
    /// The text is longer than the token view takes.
    #[error("a text of {bytes} bytes is too long to show its tokens")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The vocabulary does not know a token it has just given.
    #[error("the vocabulary has no token `{token}`")]
    UnknownToken {
        /// The token.
        token: u32,
    },
}

/// The tokens of a text, for the token view.
///
/// # Errors
/// [`PiecesError::TooLong`] beyond [`MAX_REFERENCE_BYTES`].
pub fn pieces(encoding: Encoding, text: &str) -> Result<Vec<TokenPiece>, PiecesError> {
    if text.len() > MAX_REFERENCE_BYTES {
        return Err(PiecesError::TooLong { bytes: text.len() });
    }
    let core = core(encoding);
    let mut open = Vec::new();
    let mut pieces = Vec::new();
    for token in core.encode_ordinary(text) {
        let bytes = core.decode_bytes(&[token]).map_err(|_| PiecesError::UnknownToken { token })?;
        open.extend_from_slice(&bytes);
        let whole = match std::str::from_utf8(&open) {
            Ok(whole) => whole.len(),
            Err(err) => err.valid_up_to(),
        };
        let done: Vec<u8> = open.drain(..whole).collect();
        pieces.push(TokenPiece { token, text: String::from_utf8(done).unwrap_or_default() });
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests;
