//! The tokens of an answer, with log-probabilities that are made up but add up.

use serde_json::{Value, json};

/// A token's bytes, which may be a part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
}

/// The tokens of a text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let encoding = tiktoken_rs::o200k_base_singleton();
    let tokens = encoding.encode_ordinary(text);
    let bytes = |token: u32| encoding.decode_bytes(&[token]).expect("it was just encoded");
    tokens.into_iter().map(|token| Piece { bytes: bytes(token) }).collect()
}

/// A token with its log-probability and `count` likeliest tokens, itself first.
///
/// Its own chance is between 80 and 95 % by its bytes; the alternatives share less than the rest.
pub(super) fn logprob(piece: &Piece, count: usize) -> Value {
    let sum: u32 = piece.bytes.iter().map(|byte| u32::from(*byte)).sum();
    let own = (0.80 + f64::from(sum % 16) / 100.0).ln();
    let mut tops = vec![entry(&piece.bytes, own)];
    let mut chance = 0.02_f64;
    for rank in 1..u8::try_from(count).unwrap_or(u8::MAX) {
        chance /= 2.0;
        tops.push(entry(&[b' ', b'a' + rank], chance.ln()));
    }
    tops.truncate(count);
    let mut shown = entry(&piece.bytes, own);
    shown["top_logprobs"] = json!(tops);
    shown
}

fn entry(bytes: &[u8], logprob: f64) -> Value {
    json!({"token": String::from_utf8_lossy(bytes), "logprob": logprob, "bytes": bytes})
}
