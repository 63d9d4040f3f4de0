//! A published form of file is read; whatever else comes in gets an error and never a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FileTokenizer, FileTokenizerError, TRIAL};
use crate::tokens::TokenCounter;

/// Words of the trial and two more; everything else is unknown.
fn word_level() -> Value {
    let words = ["<unk>", "Hello", ",", "world", "!", "1", "2", "3", "parcel", "<|end|>"];
    let vocab: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    json!({
        "version": "1.0",
        "truncation": { "direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0 },
        "padding": {
            "strategy": { "Fixed": 32 }, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "<unk>",
        },
        "added_tokens": [{
            "id": 9, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        }],
        "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": null,
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "<unk>" },
    })
}

fn read(json: &Value) -> Result<FileTokenizer, FileTokenizerError> {
    FileTokenizer::read(json.to_string().as_bytes())
}

#[test]
fn text_is_counted_whole_whatever_the_file_would_cut_or_fill() {
    let tokenizer = read(&word_level()).unwrap();
    assert_eq!(tokenizer.count(""), 0);
    assert_eq!(tokenizer.count("parcel"), 1);
    assert_eq!(tokenizer.count(TRIAL), 7);
    assert_eq!(tokenizer.count(&"parcel ".repeat(1_000)), 1_000);
}

#[test]
fn a_long_text_is_counted_in_parts_that_lose_nothing() {
    let tokenizer = read(&word_level()).unwrap();
    let long = "parcel ".repeat(40_000);
    assert_eq!(tokenizer.count(&long), 40_000);
    // No blank to cut at, and characters of several bytes at the cut.
    let whole = "\u{e9}".repeat(FileTokenizer::PART_BYTES);
    assert_eq!(tokenizer.count(&whole), 2);
    let parts: String = FileTokenizer::parts(&whole).collect();
    assert_eq!(parts, whole);
    assert_eq!(FileTokenizer::parts("").count(), 0);
    // A run of blanks that a pattern engine gives up on hides nothing behind it.
    let hidden = format!("{}{}", " ".repeat(1_200_000), "parcel ".repeat(1_000));
    assert_eq!(tokenizer.count(&hidden), 1_000);
}

#[test]
fn a_control_mark_in_a_text_is_text() {
    let tokenizer = read(&word_level()).unwrap();
    // As a mark it would be one token.
    assert_eq!(tokenizer.count("<|end|>"), 3);
}

#[test]
fn what_is_no_tokenizer_is_refused() {
    for text in
        ["", "{}", "[]", "not json", "{\"model\": {}}", "{\"version\":\"1.0\",\"model\":null}"]
    {
        let refused = FileTokenizer::read(text.as_bytes());
        assert!(
            matches!(refused, Err(FileTokenizerError::NotATokenizer(_))),
            "{text}: {refused:?}"
        );
    }
    // Without a word for what is unknown, and with no word that is known.
    let mut empty = word_level();
    empty["model"] = json!({ "type": "WordLevel", "vocab": {}, "unk_token": "<unk>" });
    assert_eq!(read(&empty).unwrap_err(), FileTokenizerError::CutsNothing);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_is_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(FileTokenizer::read(&bytes).is_err());
    }

    #[test]
    fn a_damaged_file_never_panics(cut in 0usize..700, at in 0usize..700, byte in any::<u8>()) {
        let mut bytes = word_level().to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len().saturating_sub(cut));
        if let Ok(tokenizer) = FileTokenizer::read(&bytes) {
            tokenizer.count("Hello \u{1f600} <|end|> \0");
        }
    }
}
