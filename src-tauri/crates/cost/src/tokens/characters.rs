//! What the patterns of the vocabularies ask of a character.
//!
//! The classes are read from the tables of the pattern engine that the reference uses, so that the
//! two can never disagree about a character.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// Capitals: `\p{Lu}` and `\p{Lt}`.
pub(super) const UPPER: u8 = 1;
/// Small letters: `\p{Ll}`.
pub(super) const LOWER: u8 = 1 << 1;
/// Letters without case: `\p{Lm}` and `\p{Lo}`.
pub(super) const CASELESS: u8 = 1 << 2;
/// Marks that combine with the letter before: `\p{M}`.
pub(super) const MARK: u8 = 1 << 3;
/// Digits and numbers: `\p{N}`.
pub(super) const NUMBER: u8 = 1 << 4;
/// Carriage return and line feed.
pub(super) const NEWLINE: u8 = 1 << 5;
/// Every other character of `\s`.
pub(super) const BLANK: u8 = 1 << 6;
/// All that is none of these: punctuation, signs, controls, and what Unicode leaves open.
pub(super) const SYMBOL: u8 = 1 << 7;

/// `\p{L}`.
pub(super) const LETTER: u8 = UPPER | LOWER | CASELESS;
/// `\s`.
pub(super) const SPACE: u8 = NEWLINE | BLANK;

/// The class of every character.
pub(super) struct Characters(Box<[u8]>);

impl Characters {
    /// The classes, read once.
    pub(super) fn get() -> &'static Self {
        static ALL: LazyLock<Characters> = LazyLock::new(Characters::read);
        &ALL
    }

    fn read() -> Self {
        let mut classes = vec![SYMBOL; char::MAX as usize + 1];
        // Line breaks come after all blanks, which they are part of.
        for (pattern, class) in [
            (r"[\p{Lu}\p{Lt}]", UPPER),
            (r"\p{Ll}", LOWER),
            (r"[\p{Lm}\p{Lo}]", CASELESS),
            (r"\p{M}", MARK),
            (r"\p{N}", NUMBER),
            (r"\s", BLANK),
            (r"[\r\n]", NEWLINE),
        ] {
            for (first, last) in ranges(pattern) {
                classes[first as usize..=last as usize].fill(class);
            }
        }
        Self(classes.into())
    }

    /// The class of the character at a place in a text, and its length; none has class 0.
    #[inline]
    pub(super) fn at(&self, text: &str, place: usize) -> (u8, usize) {
        match text.as_bytes().get(place) {
            None => (0, 0),
            Some(&byte) if byte.is_ascii() => (self.0[usize::from(byte)], 1),
            Some(_) => self.beyond_ascii(text, place),
        }
    }

    fn beyond_ascii(&self, text: &str, place: usize) -> (u8, usize) {
        let character = text.get(place..).and_then(|rest| rest.chars().next());
        character.map_or((0, 0), |it| (self.0[it as usize], it.len_utf8()))
    }
}

fn ranges(pattern: &str) -> Vec<(char, char)> {
    let parsed = regex_syntax::parse(pattern).expect("the pattern is a constant");
    match parsed.into_kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().map(|range| (range.start(), range.end())).collect()
        }
        _ => Vec::new(),
    }
}
