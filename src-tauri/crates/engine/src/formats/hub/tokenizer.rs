//! Tokenizers, and the bytes that each of their pieces stands for.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::HubError;

/// How text is cut before pairs are merged; llama.cpp's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreTokenizer {
    SmolLm,
    Gpt2,
    LlamaBpe,
}

/// The expression of Llama 3's tokenizer.
const LLAMA_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl PreTokenizer {
    pub(crate) fn named(name: &str) -> Result<Self, HubError> {
        match name {
            "smollm" => Ok(Self::SmolLm),
            "gpt-2" => Ok(Self::Gpt2),
            "llama-bpe" => Ok(Self::LlamaBpe),
            _ => Err(HubError::Unsupported { what: format!("model with a `{name}` tokenizer") }),
        }
    }

    fn json(self) -> Value {
        let bytes = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
        match self {
            Self::Gpt2 => bytes(true),
            Self::SmolLm => json!({"type": "Sequence", "pretokenizers": [
                {"type": "Digits", "individual_digits": true}, bytes(true)]}),
            Self::LlamaBpe => json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": LLAMA_SPLIT}, "behavior": "Isolated", "invert": false},
                bytes(false)]}),
        }
    }
}

/// A byte-level BPE from its pieces in order and its merges (`"a b"`).
pub(crate) fn byte_level_bpe(
    pieces: &[&str],
    is_special: &dyn Fn(usize) -> bool,
    merges: &[&str],
    pre: PreTokenizer,
) -> Result<Tokenizer, HubError> {
    let vocabulary: serde_json::Map<String, Value> =
        pieces.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), json!(id))).collect();
    if vocabulary.len() != pieces.len() {
        return Err(HubError::broken("the tokenizer has a piece twice"));
    }
    let added: Vec<Value> = (0..pieces.len())
        .filter(|id| is_special(*id))
        .map(|id| {
            json!({"id": id, "content": pieces[id], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true})
        })
        .collect();
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "pre_tokenizer": pre.json(), "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": pre == PreTokenizer::LlamaBpe,
            "vocab": vocabulary, "merges": merges},
    });
    read(whole.to_string().as_bytes())
}

/// Reads a `tokenizer.json`.
pub(crate) fn read(bytes: &[u8]) -> Result<Tokenizer, HubError> {
    Tokenizer::from_bytes(bytes)
        .map_err(|error| HubError::broken(format!("its tokenizer cannot be read: {error}")))
}

/// How pieces stand for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Each character is a byte (GPT-2's table).
    ByteLevel,
    /// Characters are themselves, `▁` is a blank, `<0x0A>` a byte (SentencePiece).
    Plain,
}

/// The spelling of a tokenizer.
pub(crate) fn spelling(tokenizer: &Tokenizer) -> Spelling {
    let decoder = serde_json::to_string(&tokenizer.get_decoder()).unwrap_or_default();
    if decoder.contains("ByteLevel") { Spelling::ByteLevel } else { Spelling::Plain }
}

/// The bytes of every piece; none for marks, which are no text.
pub(crate) fn piece_bytes(tokenizer: &Tokenizer) -> Result<Vec<Vec<u8>>, HubError> {
    let marks = tokenizer.get_added_tokens_decoder();
    let of_character = byte_of_character();
    let spelling = spelling(tokenizer);
    let vocabulary = tokenizer.get_vocab(true);
    let highest = vocabulary.values().max().map_or(0, |highest| *highest as usize + 1);
    if highest > 4 * vocabulary.len() + 1024 {
        return Err(HubError::broken("the tokenizer's pieces have numbers that leave gaps"));
    }
    let mut bytes = vec![Vec::new(); highest];
    for (piece, id) in vocabulary {
        if marks.get(&id).is_some_and(|mark| mark.special) {
            continue;
        }
        bytes[id as usize] = match spelling {
            _ if marks.contains_key(&id) => piece.into_bytes(),
            Spelling::ByteLevel => piece
                .chars()
                .map(|character| of_character.get(&character).copied())
                .collect::<Option<Vec<u8>>>()
                .unwrap_or_else(|| piece.into_bytes()),
            Spelling::Plain => match byte_named(&piece) {
                Some(byte) => vec![byte],
                None => piece.replace('▁', " ").into_bytes(),
            },
        };
    }
    Ok(bytes)
}

/// The byte that `<0x0A>` names.
fn byte_named(piece: &str) -> Option<u8> {
    u8::from_str_radix(piece.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

/// GPT-2's table (`bytes_to_unicode`): printable bytes are themselves, the others follow from 256 on.
pub(super) fn character_of_byte(byte: u8) -> char {
    let others = |byte: u8| !matches!(byte, 33..=126 | 161..=172 | 174..=255);
    if !others(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|it| others(*it)).map(|_| 1_u32).sum::<u32>();
    char::from_u32(256 + before).expect("256 to 323 are characters")
}

fn byte_of_character() -> HashMap<char, u8> {
    (0..=255_u8).map(|byte| (character_of_byte(byte), byte)).collect()
}
