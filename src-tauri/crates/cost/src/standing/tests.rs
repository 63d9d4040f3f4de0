//! What is static is found, and nothing else.

use proptest::prelude::*;

use super::{StandingText, standing_text};

#[track_caller]
fn check(instructions: &[Option<&str>], expected: Option<(&str, u64, bool)>) {
    let found = standing_text(instructions.iter().copied());
    let expected =
        expected.map(|(text, examples, is_whole)| StandingText { text, examples, is_whole });
    assert_eq!(found, expected);
}

#[test]
fn shared_instructions_are_static() {
    let kind = Some("Be kind and short.");
    check(&[kind, kind, None, kind], Some(("Be kind and short.", 3, true)));
    check(&[kind, Some("Sort."), kind], Some(("Be kind and short.", 2, true)));
}

#[test]
fn what_all_instructions_begin_with_is_static() {
    let instructions = [
        Some("You answer for the shop. Today is Monday."),
        Some("You answer for the shop. Today is Tuesday."),
        Some("You answer for the shop. Today is Monday."),
    ];
    check(&instructions, Some(("You answer for the shop. Today is", 3, false)));
    // A word that differs is not shared, however alike it begins; nor is half a character.
    check(&[Some("Answer Maria"), Some("Answer Mario")], Some(("Answer", 2, false)));
    check(&[Some("Grüße an é"), Some("Grüße an è")], Some(("Grüße an", 2, false)));
}

#[test]
fn nothing_shared_is_nothing_static() {
    check(&[], None);
    check(&[None, None], None);
    check(&[Some("Be kind."), None], None);
    check(&[Some("Be kind."), Some("Sort these.")], None);
    check(&[Some(" "), Some(" "), Some("  ")], None);
}

proptest! {
    #[test]
    fn what_is_static_stands_in_each_of_so_many(
        instructions in prop::collection::vec(prop::option::of("[ab ]{0,6}"), 0..12),
    ) {
        let texts: Vec<&str> = instructions.iter().flatten().map(String::as_str).collect();
        let found = standing_text(instructions.iter().map(|it| it.as_deref()));
        if let Some(found) = found {
            let has = |text: &&&str| {
                **text == found.text || !found.is_whole && text.starts_with(found.text)
            };
            let count = texts.iter().filter(has).count() as u64;
            prop_assert_eq!(count, found.examples);
            prop_assert!(found.examples > 1 && !found.text.is_empty());
        } else {
            let mut sorted = texts.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.windows(2).all(|it| it[0] != it[1] || it[0].trim().is_empty()));
        }
    }
}
