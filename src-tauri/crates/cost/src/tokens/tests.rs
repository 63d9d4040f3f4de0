//! The bulk counter and the reference agree, also on hostile text.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Encoding, MAX_REFERENCE_BYTES, bulk_counter, pieces, reference_counter};

const BOTH: [Encoding; 2] = [Encoding::O200k, Encoding::Cl100k];

/// Control marks of the three vocabularies, as a person may well write them.
const MARKS: &str = "<|endoftext|><|endofprompt|><|fim_prefix|><|fim_middle|><|fim_suffix|><|im_start|>\
    <|im_sep|><|im_end|><|start|><|end|><|message|><|channel|><|return|><|call|><|constrain|>\
    <|startoftext|><|reserved_200000|>";

#[track_caller]
fn check_equal(text: &str) {
    assert!(text.len() <= MAX_REFERENCE_BYTES, "the reference would not be asked");
    for encoding in BOTH {
        let expected = reference_counter(encoding).count(text);
        let start: String = text.chars().take(40).collect();
        for again in [false, true] {
            let count = bulk_counter(encoding).count(text);
            assert_eq!(count, expected, "{} on {start:?}, again: {again}", encoding.as_str());
        }
    }
}

#[test]
fn both_counters_agree_on_awkward_text() {
    let texts = [
        "",
        " ",
        "hello world",
        "Hello, how are you today? I'm fine, we've met; they'll come. IT'S LATE",
        "<|endoftext|> <|im_start|>user<|im_sep|>x<|im_end|> <|fim_prefix|><|endofprompt|>",
        "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 e\u{301} n\u{303}o zero\u{200d}width \u{feff}mark \u{202e}rtl",
        "这是一个测试。自行车什么时候到？ 自転車はいつ届きますか。배송 문의드립니다",
        "שלום עולם مرحبا بالعالم สวัสดีชาวโลก नमस्ते दुनिया",
        "a\u{0}b\u{1}c\u{7f} \u{fffd} \u{10ffff}",
        "line\r\nline\n\n\n   indented\t\ttabs \u{a0}\u{2003}blanks   \n  ",
        "x1234567890 3.14159 1,000,000 $800 0.80€ 2026-11-22T21:27:00Z",
        "fn main() { let x: Vec<u8> = vec![0; 1_000]; println!(\"{x:?}\"); } // end",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\\ude00\"}]}",
        "AAAAAAaaaaaaBBBBbbbbCamelCaseWordsAndSCREAMING_SNAKE ǅungla ʰ ꟸ",
    ];
    for text in texts {
        check_equal(text);
    }
}

#[test]
fn both_counters_agree_on_long_runs() {
    for unit in ["a", " ", "\n", "\t", "ab", "1", "中", "é", "👍", "\r\n", " a", "<|im_end|>", "-"]
    {
        check_equal(&unit.repeat(MAX_REFERENCE_BYTES / unit.len()));
    }
}

/// The pattern of `cl100k_base` takes all blanks at the end as one piece, ours cuts behind a line
/// break: no token spans that.
#[test]
fn both_counters_agree_on_blanks_at_the_end() {
    let blanks =
        [" ", "  ", "\t", "\n", "\r\n", "\u{a0}", "\u{2003}", "\u{3000}", "\u{85}", "\u{b}"];
    for first in blanks {
        for second in blanks {
            for third in blanks {
                for fourth in blanks {
                    check_equal(&[first, second, third, fourth].concat());
                }
            }
        }
    }
}

#[test]
fn a_megabyte_of_one_letter_is_counted() {
    // The reference gives up, with a panic, on a megabyte of blanks. It can do a thirty-second of
    // each, and a run of one letter is cut into pieces of equal length.
    for unit in ["a", " ", "\n", "\u{4e2d}"] {
        let part = unit.repeat(32 * 1024 / unit.len());
        let whole = part.repeat(32);
        for encoding in BOTH {
            let count = bulk_counter(encoding).count(&whole);
            let of_part = reference_counter(encoding).count(&part);
            let least = 32 * (of_part - 1);
            assert!((least..=32 * of_part).contains(&count), "{unit:?} {}", encoding.as_str());
            assert_eq!(reference_counter(encoding).count(&whole), count, "no panic beyond the cap");
        }
    }
}

#[track_caller]
fn check_pieces(text: &str, expected: &Expect) {
    let pieces = pieces(Encoding::O200k, text).unwrap();
    let shown: Vec<String> =
        pieces.iter().map(|it| format!("{}={:?}", it.token, it.text)).collect();
    expected.assert_eq(&shown.join(" "));
}

#[test]
fn shows_the_pieces_of_a_text() {
    check_pieces(
        "Where is my bicycle?",
        &expect![[r#"11977="Where" 382=" is" 922=" my" 59374=" bicycle" 30="?""#]],
    );
    check_pieces(
        "<|endoftext|>",
        &expect![[r#"27="<" 91="|" 419="end" 1440="of" 919="text" 91="|" 29=">""#]],
    );
    check_pieces("🚲", &expect![[r#"112927="" 110="🚲""#]]);
}

/// As a mark each would be one token.
#[test]
fn control_marks_in_a_text_are_text() {
    let marks = MARKS.matches("<|").count() as u64;
    for encoding in [Encoding::O200k, Encoding::Cl100k, Encoding::O200kHarmony] {
        let count = bulk_counter(encoding).count(MARKS);
        assert_eq!(count, reference_counter(encoding).count(MARKS));
        assert!(count >= 3 * marks, "{} counts {count}", encoding.as_str());
    }
}

/// The reason why one vocabulary serves both.
#[test]
fn gpt_oss_counts_text_as_the_newer_models_do() {
    let harmony = tiktoken_rs::o200k_harmony_singleton();
    let long = "The bicycle arrives on Tuesday, at 10:30. 自転車は火曜日に届きます。 ".repeat(50);
    for text in ["", "hello", MARKS, long.as_str()] {
        let expected = harmony.encode_ordinary(text).len() as u64;
        assert_eq!(bulk_counter(Encoding::O200kHarmony).count(text), expected);
        assert_eq!(reference_counter(Encoding::O200kHarmony).count(text), expected);
    }
}

#[test]
fn open_models_and_those_to_come_have_no_known_encoding() {
    for model in [
        "meta-llama/Llama-3.1-8B-Instruct",
        "Qwen/Qwen3-8B",
        "mistralai/Ministral-3B",
        "gpt-6-luna",
        "gpt-40",
        "o4",
        "lab",
        "",
        "ft:",
        "ft::acme::AbC",
    ] {
        assert_eq!(Encoding::known_for_model(model), None, "{model}");
        assert_eq!(Encoding::for_model(model), Encoding::O200k, "{model}");
    }
}

#[test]
fn a_text_too_long_for_the_view_is_refused() {
    let text = " ".repeat(MAX_REFERENCE_BYTES + 1);
    let err = pieces(Encoding::O200k, &text).unwrap_err();
    expect!["a text of 65537 bytes is too long to show its tokens"].assert_eq(&err.to_string());
}

#[test]
fn tuned_models_count_as_the_model_they_were_made_of() {
    let mut shown = String::new();
    for model in [
        "gpt-4o-mini-2024-07-18",
        "gpt-4.1-nano",
        "ft:gpt-4.1-mini-2025-04-14:acme::AbC",
        "ft:gpt-4o-2024-08-06:acme::AbC",
        "ft:o4-mini-2025-04-16:acme::AbC",
        "gpt-4",
        "gpt-4-0613",
        "gpt-4-turbo",
        "ft:gpt-3.5-turbo-0125:acme::AbC",
        "davinci-002",
        "gpt-5.6-luna",
        "gpt-oss-20b",
        "openai/gpt-oss-120b",
        "gpt-4o-mini-2024-07-18.ft-0a1b",
        "somebody/unheard-of",
    ] {
        writeln!(shown, "{model} {}", Encoding::for_model(model).as_str()).unwrap();
    }
    expect![[r#"
        gpt-4o-mini-2024-07-18 o200k_base
        gpt-4.1-nano o200k_base
        ft:gpt-4.1-mini-2025-04-14:acme::AbC o200k_base
        ft:gpt-4o-2024-08-06:acme::AbC o200k_base
        ft:o4-mini-2025-04-16:acme::AbC o200k_base
        gpt-4 cl100k_base
        gpt-4-0613 cl100k_base
        gpt-4-turbo cl100k_base
        ft:gpt-3.5-turbo-0125:acme::AbC cl100k_base
        davinci-002 cl100k_base
        gpt-5.6-luna o200k_base
        gpt-oss-20b o200k_harmony
        openai/gpt-oss-120b o200k_harmony
        gpt-4o-mini-2024-07-18.ft-0a1b o200k_base
        somebody/unheard-of o200k_base
    "#]]
    .assert_eq(&shown);
}

/// What texts are made of that counters differ on.
const PARTS: [&str; 48] = [
    "a",
    "S",
    "the",
    " word",
    "HTTP",
    "ing",
    "don't",
    "'S",
    "'ll",
    "'VE",
    "'\u{17f}",
    "\u{212a}",
    "ǅ",
    "ʰ",
    "é",
    "É",
    "e\u{301}",
    "\u{903}",
    "\u{20dd}",
    "\u{200d}",
    "👩",
    "👍🏽",
    "🇩🇪",
    "中",
    "国",
    "自行车",
    "の",
    "배송",
    "ש",
    "ا",
    "नि",
    "ก็",
    "ж",
    "1",
    "2026",
    "٣",
    "½",
    " ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    "\u{a0}",
    "\u{3000}",
    "/",
    "--",
    "<|endoftext|>",
    "\u{e0fff}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn both_counters_agree_on_any_text(
        text in prop_oneof![
            any::<String>(),
            prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..80)
                .prop_map(|parts| parts.concat()),
            prop::collection::vec(prop::char::range('\u{4e00}', '\u{4f00}'), 0..200).prop_map(String::from_iter),
            "[a-z]{0,1500}",
        ]
    ) {
        for encoding in BOTH {
            let expected = reference_counter(encoding).count(&text);
            prop_assert_eq!(bulk_counter(encoding).count(&text), expected);
        }
    }

    #[test]
    fn the_pieces_together_are_the_text(text in any::<String>()) {
        for encoding in BOTH {
            let pieces = pieces(encoding, &text).unwrap();
            let joined: String = pieces.iter().map(|it| it.text.as_str()).collect();
            prop_assert_eq!(pieces.len() as u64, reference_counter(encoding).count(&text));
            prop_assert_eq!(joined, text.clone());
        }
    }
}
