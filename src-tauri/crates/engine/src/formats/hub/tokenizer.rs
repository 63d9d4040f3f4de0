//! Tokenizers, and the bytes that each of their pieces stands for.

use std::collections::{HashMap, HashSet};
use std::panic::catch_unwind;

use serde_json::{Value, json};
use tokenizers::Tokenizer;

use super::HubError;

/// How text is cut before pairs are merged; llama.cpp's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreTokenizer {
    SmolLm,
    Gpt2,
    LlamaBpe,
    /// What llama.cpp does where a file names nothing.
    Default,
}

/// ggml's kind of a piece that steers and is no text.
const CONTROL: i64 = 3;
/// ggml's kind of a piece that is text and never cut.
const USER_DEFINED: i64 = 4;

/// The expression of GPT-2's tokenizer.
const GPT2_SPLIT: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// llama.cpp's expressions for `default`, one after the other.
const DEFAULT_SPLITS: [&str; 4] =
    [r"[\p{P}\$\+<=>\^~\|]+", GPT2_SPLIT, r"\p{N}+", r"[0-9][0-9][0-9]"];

/// The expression of Llama 3's tokenizer.
const LLAMA_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl PreTokenizer {
    pub(crate) fn named(name: &str) -> Result<Self, HubError> {
        match name {
            "smollm" => Ok(Self::SmolLm),
            "gpt-2" => Ok(Self::Gpt2),
            "llama-bpe" | "llama-v3" | "llama3" => Ok(Self::LlamaBpe),
            "default" => Ok(Self::Default),
            _ => Err(HubError::Unsupported { what: format!("has a `{name}` tokenizer") }),
        }
    }

    fn json(self) -> Value {
        let bytes = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
        let split = |regex: &str| json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false});
        match self {
            Self::Default => {
                let splits = DEFAULT_SPLITS.iter().map(|regex| split(regex));
                let all: Vec<Value> = splits.chain([bytes(false)]).collect();
                json!({"type": "Sequence", "pretokenizers": all})
            }
            Self::Gpt2 => bytes(true),
            Self::SmolLm => json!({"type": "Sequence", "pretokenizers": [
                {"type": "Digits", "individual_digits": true}, bytes(true)]}),
            Self::LlamaBpe => {
                json!({"type": "Sequence", "pretokenizers": [split(LLAMA_SPLIT), bytes(false)]})
            }
        }
    }
}

/// A byte-level BPE from its pieces in order with ggml's kind of each, and its merges (`"a b"`).
pub(crate) fn byte_level_bpe(
    pieces: &[&str],
    kinds: &[i64],
    merges: &[&str],
    pre: PreTokenizer,
) -> Result<Tokenizer, HubError> {
    let vocabulary: serde_json::Map<String, Value> =
        pieces.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), json!(id))).collect();
    if vocabulary.len() != pieces.len() {
        return Err(HubError::broken("the tokenizer has a piece twice"));
    }
    let is_whole = |kind: i64| matches!(kind, CONTROL | USER_DEFINED);
    let added: Vec<Value> = (0..pieces.len())
        .filter(|id| is_whole(kinds[*id]) && !pieces[*id].is_empty())
        .map(|id| {
            json!({"id": id, "content": pieces[id], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": kinds[id] == CONTROL})
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

/// Reads a `tokenizer.json`. The reader is somebody else's, and so is the file: a panic of the one
/// over the other is a broken file, not the end of the engine.
pub(crate) fn read(bytes: &[u8]) -> Result<Tokenizer, HubError> {
    let cannot =
        |reason: String| HubError::broken(format!("its tokenizer cannot be read: {reason}"));
    let read = catch_unwind(|| Tokenizer::from_bytes(bytes));
    let mut tokenizer = read
        .map_err(|_| cannot("it is impossible".to_owned()))?
        .map_err(|error| cannot(error.to_string()))?;
    // Rows are cut here, with their answers in view; a tokenizer's own cutting would hide them.
    tokenizer.with_truncation(None).map_err(|error| cannot(error.to_string()))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

/// How pieces stand for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Each character is a byte (GPT-2's table).
    ByteLevel,
    /// Characters are themselves, `▁` is a blank, `<0x0A>` a byte (`SentencePiece`).
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
    if spelling == Spelling::ByteLevel && !writes_plain_text(&vocabulary) {
        return Err(HubError::broken("the tokenizer has no pieces for some plain characters"));
    }
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

/// Whether there are pieces for printable ASCII, the line break, and the bytes inside of other
/// characters. What has no piece is left out without a word when text is cut; real vocabularies
/// lack a few control characters and bytes that UTF-8 hardly uses, but never these.
fn writes_plain_text(vocabulary: &HashMap<String, u32>) -> bool {
    let single: HashSet<char> = vocabulary
        .keys()
        .filter_map(|piece| {
            let mut characters = piece.chars();
            characters.next().filter(|_| characters.next().is_none())
        })
        .collect();
    let needed = (b' '..=b'~').chain([b'\n']).chain(0x80..=0xbf);
    needed.map(character_of_byte).all(|character| single.contains(&character))
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
