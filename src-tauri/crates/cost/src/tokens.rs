//! How many tokens a text has.
//!
//! Two back ends that must never differ: the reference (`tiktoken-rs`, which also shows the pieces)
//! and the one for bulk (`bpe-openai`, exact, and without an input that makes it slow). Text is
//! counted as text: `<|endoftext|>` in it is no control mark.

use tiktoken_rs::CoreBPE;

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
    /// `o200k_base`: gpt-4o, gpt-4.1, gpt-5, o1, o3, o4-mini and their variants.
    #[default]
    O200k,
    /// `cl100k_base`: gpt-3.5-turbo, gpt-4, gpt-4-turbo, davinci-002, babbage-002.
    Cl100k,
}

impl Encoding {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::O200k => "o200k_base",
            Encoding::Cl100k => "cl100k_base",
        }
    }

    /// The encoding of a model; models that are not known count as the newer ones do.
    ///
    /// A tuned model (`ft:gpt-4.1-mini-2025-04-14:org::id`) counts as the model it was made of.
    /// tiktoken itself takes every `ft:gpt-4...` for the older encoding, which is wrong.
    pub fn for_model(model: &str) -> Self {
        let base = model.strip_prefix("ft:").unwrap_or(model);
        let base = base.split(':').next().unwrap_or(base);
        let is = |family: &str| {
            base.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let older =
            ["gpt-3.5", "gpt-3.5-turbo", "gpt-35-turbo", "gpt-4", "davinci-002", "babbage-002"];
        if older.into_iter().any(is) { Encoding::Cl100k } else { Encoding::O200k }
    }
}

struct Bulk(fn() -> &'static bpe_openai::Tokenizer);

impl TokenCounter for Bulk {
    fn count(&self, text: &str) -> u64 {
        (self.0)().count(text) as u64
    }
}

/// The counter for many texts.
pub fn bulk_counter(encoding: Encoding) -> &'static dyn TokenCounter {
    static O200K: Bulk = Bulk(bpe_openai::o200k_base);
    static CL100K: Bulk = Bulk(bpe_openai::cl100k_base);
    match encoding {
        Encoding::O200k => &O200K,
        Encoding::Cl100k => &CL100K,
    }
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
    }
}

fn core(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::O200k => tiktoken_rs::o200k_base_singleton(),
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
