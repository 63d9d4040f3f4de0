//! Pieces are cut where the patterns of the vocabularies cut, as `bpe-openai` reads them with an
//! engine.

use proptest::prelude::*;

use super::{Cut, Splitter};

/// Of every kind that a rule asks for, and what is alike but other.
const KINDS: [char; 40] = [
    'a',
    's',
    'T',
    'd',
    'm',
    'l',
    'L',
    'e',
    'r',
    'V',
    'z',
    '{',
    '@',
    'É',
    'é',
    'ſ',
    'K',
    'ǅ',
    'ʰ',
    '中',
    'ª',
    '\u{301}',
    '\u{903}',
    '\u{20dd}',
    '1',
    '٣',
    'Ⅷ',
    '½',
    '\n',
    '\r',
    ' ',
    '\t',
    '\u{a0}',
    '\u{2028}',
    '\'',
    '’',
    '/',
    '.',
    '\u{200d}',
    '\u{e0fff}',
];

fn ours(cut: Cut, text: &str) -> Vec<&str> {
    let splitter = Splitter::new(text);
    let (mut start, mut pieces) = (0, Vec::new());
    while start < text.len() {
        let end = splitter.end_of_piece(cut, start);
        pieces.push(&text[start..end]);
        start = end;
    }
    pieces
}

fn theirs(cut: Cut, text: &str) -> Vec<&str> {
    let tokenizer = match cut {
        Cut::Letters => bpe_openai::cl100k_base(),
        Cut::Cased => bpe_openai::o200k_base(),
    };
    tokenizer.split(text).collect()
}

#[track_caller]
fn check_equal(text: &str) {
    for cut in [Cut::Letters, Cut::Cased] {
        assert_eq!(ours(cut, text), theirs(cut, text), "{text:?}");
    }
}

#[test]
fn words_signs_and_numbers_are_cut_apart() {
    let text = "I'm SURE: HTTPServers'RE 12345 ok?!\n\n  go/\n";
    assert_eq!(
        ours(Cut::Letters, text),
        [
            "I",
            "'m",
            " SURE",
            ":",
            " HTTPServers",
            "'RE",
            " ",
            "123",
            "45",
            " ok",
            "?!\n\n",
            " ",
            " go",
            "/\n"
        ]
    );
    assert_eq!(
        ours(Cut::Cased, text),
        [
            "I'm",
            " SURE",
            ":",
            " HTTPServers'RE",
            " ",
            "123",
            "45",
            " ok",
            "?!\n\n",
            " ",
            " go",
            "/\n"
        ]
    );
    check_equal(text);
}

#[test]
fn any_three_kinds_of_characters_are_cut_alike() {
    for first in KINDS {
        for second in KINDS {
            for third in KINDS {
                check_equal(&String::from_iter([first, second, third]));
            }
        }
    }
}

/// A word is read eight letters at a time.
#[test]
fn words_of_any_length_are_cut_alike() {
    for length in 0..40 {
        for after in KINDS {
            let (small, large) = ("q".repeat(length), "Q".repeat(length));
            check_equal(&format!("{small}{after}{large}{after}{large}{small}{after}"));
        }
    }
}

#[test]
fn every_character_is_cut_alike_wherever_it_stands() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for some in all.chunks(1 << 12) {
        let mut text = String::new();
        for it in some {
            text.extend(['a', *it, ' ', *it, 'B', *it, *it, '\'', *it, '1', *it, '\n', *it, '!']);
        }
        check_equal(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_cut_alike(
        text in prop_oneof![
            prop::collection::vec(prop::sample::select(KINDS.to_vec()), 0..60)
                .prop_map(String::from_iter),
            any::<String>(),
        ]
    ) {
        for cut in [Cut::Letters, Cut::Cased] {
            prop_assert_eq!(ours(cut, &text), theirs(cut, &text));
        }
    }
}
