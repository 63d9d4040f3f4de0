//! Cuts text into the words inside which pieces may merge. Joined again, the words are the text.

use std::iter;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Mark,
}

fn kind(character: char) -> Kind {
    match character {
        it if it.is_alphabetic() || it == '\'' || it == '’' => Kind::Letter,
        it if it.is_numeric() => Kind::Digit,
        it if it.is_whitespace() => Kind::Space,
        _ => Kind::Mark,
    }
}

/// The words of `text`: a run of letters, of up to three digits, or of marks, each with one space
/// in front of it where there is one; other blanks stand alone.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        let end = first_word(rest)?;
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn first_word(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    let (_, first) = characters.next()?;
    let mut inside = kind(first);
    if first == ' ' {
        match characters.peek().map(|(_, next)| kind(*next)) {
            Some(next) if next != Kind::Space => {
                inside = next;
                characters.next();
            }
            _ => {}
        }
    }
    let limit = if inside == Kind::Digit { 3 } else { 48 };
    let mut taken = 1;
    while let Some((_, next)) = characters.peek() {
        if kind(*next) != inside || taken == limit || (inside == Kind::Space && *next == ' ') {
            break;
        }
        taken += 1;
        characters.next();
    }
    Some(characters.peek().map_or(text.len(), |(at, _)| *at))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::words;

    #[track_caller]
    fn check(text: &str, expected: &Expect) {
        assert_eq!(words(text).collect::<String>(), text);
        expected.assert_eq(&words(text).collect::<Vec<_>>().join("|"));
    }

    #[test]
    fn text_is_cut_into_words() {
        check(" Can't I pay 12345 € now?!", &expect![" Can't| I| pay| 123|45| €| now|?!"]);
        check("card_payment_fee", &expect!["card|_|payment|_|fee"]);
        check(
            "a  b\n\nc ",
            &expect![[r#"
            a| | b|

            |c| "#]],
        );
        check("", &expect![""]);
    }

    #[test]
    fn a_long_run_is_cut() {
        assert_eq!(words(&"x".repeat(100)).map(str::len).collect::<Vec<_>>(), [48, 48, 4]);
    }
}
