//! Cuts a text into the pieces that are then merged to tokens, each by itself.
//!
//! The vocabularies say where to cut with a pattern. These are the same rules by hand, without an
//! engine, which would take longer than all else. A text of any kind takes linear time.

use super::characters::{
    BLANK, CASELESS, Characters, LETTER, LOWER, MARK, NEWLINE, NUMBER, SPACE, SYMBOL, UPPER,
};
use super::piece::padded;

/// How a vocabulary cuts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// `cl100k_base`: letters in a row are a word, and what stands behind an apostrophe a piece.
    Letters,
    /// `o200k_base`: a word ends where its capitals begin, and `'s` and the like belong to it.
    Cased,
}

/// What may stand before a word and belongs to it.
const BEFORE_WORD: u8 = BLANK | MARK | SYMBOL;
/// What signs consist of.
const SIGNS: u8 = MARK | SYMBOL;
/// What the first part of a word consists of.
const HEAD: u8 = UPPER | CASELESS | MARK;
/// What the second part of a word consists of.
const TAIL: u8 = LOWER | CASELESS | MARK;

/// Finds where pieces end in one text.
pub(super) struct Splitter<'a> {
    text: &'a str,
    characters: &'static Characters,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, characters: Characters::get() }
    }

    /// The end of the piece that begins at a place before the text's end.
    #[inline]
    pub(super) fn end_of_piece(&self, cut: Cut, start: usize) -> usize {
        let (class, length) = self.at(start);
        let second = start + length;
        if class == NUMBER {
            return self.numbers(second);
        }
        if let Some(end) = match cut {
            Cut::Letters => self.word(start, class, second),
            Cut::Cased => self.cased_word(start, class, second),
        } {
            return end;
        }
        if class & SIGNS != 0 {
            return self.signs(cut, second);
        }
        let (after, length) = self.at(second);
        if self.byte(start) == b' ' && after & SIGNS != 0 {
            return self.signs(cut, second + length);
        }
        self.spaces(start)
    }

    #[inline]
    fn at(&self, place: usize) -> (u8, usize) {
        self.characters.at(self.text, place)
    }

    /// The byte at a place, and 0 at the end.
    #[inline]
    fn byte(&self, place: usize) -> u8 {
        self.text.as_bytes().get(place).copied().unwrap_or(0)
    }

    /// Where characters of some classes end.
    #[inline]
    fn run(&self, mut place: usize, classes: u8) -> usize {
        loop {
            let (class, length) = self.at(place);
            if class & classes == 0 {
                return place;
            }
            place += length;
        }
    }

    #[inline]
    fn word(&self, start: usize, class: u8, second: usize) -> Option<usize> {
        if self.byte(start) == b'\'' {
            let end = self.contraction(start);
            if end > start {
                return Some(end);
            }
        }
        if class & LETTER != 0 {
            return Some(self.letters(second));
        }
        if class & BEFORE_WORD == 0 {
            return None;
        }
        let end = self.letters(second);
        (end > second).then_some(end)
    }

    #[inline]
    fn letters(&self, place: usize) -> usize {
        let end = ascii_letters(self.text.as_bytes(), place);
        if self.byte(end).is_ascii() { end } else { self.run(end, LETTER) }
    }

    #[inline]
    fn cased_word(&self, start: usize, class: u8, second: usize) -> Option<usize> {
        let from = if class & LETTER != 0 {
            start
        } else if class & BEFORE_WORD != 0 {
            second
        } else {
            return None;
        };
        // A mark is a word by itself, where it cannot stand before one.
        let is_mark = class == MARK;
        let plain = if is_mark { None } else { self.ascii_cased(from) };
        let end = plain.unwrap_or_else(|| self.cased(from, is_mark));
        (end > from || is_mark).then(|| self.contraction(end))
    }

    /// Where a word of plain letters ends; none if a character beyond them has a say.
    #[inline]
    fn ascii_cased(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut head = from;
        while self.byte(head).is_ascii_uppercase() {
            head += 1;
        }
        let end = ascii_small_letters(bytes, head);
        self.byte(end).is_ascii().then_some(end)
    }

    /// Capitals, then small letters: letters without case and marks may be in both parts. Without a
    /// small letter the last of those is the second part. Without those either there is none, and
    /// a mark before has been the second part of a word without a first.
    fn cased(&self, from: usize, is_behind_mark: bool) -> usize {
        let mut head = from;
        let mut last = None;
        loop {
            let (class, length) = self.at(head);
            if class == LOWER {
                return self.run(head, TAIL);
            }
            if class & HEAD == 0 {
                break;
            }
            head += length;
            if class & TAIL != 0 {
                last = Some(head);
            }
        }
        last.unwrap_or(if is_behind_mark { from } else { head })
    }

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at a place, or the place.
    #[inline]
    fn contraction(&self, place: usize) -> usize {
        if self.byte(place) != b'\'' {
            return place;
        }
        let small = |at: usize| self.byte(place + at).to_ascii_lowercase();
        match (small(1), small(2)) {
            (b's' | b't' | b'm' | b'd', _) => place + 2,
            (b'r' | b'v', b'e') | (b'l', b'l') => place + 3,
            // The long s, of which `S` is the capital too.
            (0xc5, 0xbf) => place + 3,
            _ => place,
        }
    }

    /// Numbers go in threes.
    #[inline]
    fn numbers(&self, second: usize) -> usize {
        let mut end = second;
        for _ in 0..2 {
            let (class, length) = self.at(end);
            if class != NUMBER {
                break;
            }
            end += length;
        }
        end
    }

    #[inline]
    fn signs(&self, cut: Cut, second: usize) -> usize {
        let mut end = self.run(second, SIGNS);
        while matches!(self.byte(end), b'\r' | b'\n') || cut == Cut::Cased && self.byte(end) == b'/'
        {
            end += 1;
        }
        end
    }

    /// Up to the last line break, else all but the last, which belongs to what follows.
    fn spaces(&self, start: usize) -> usize {
        let (mut end, mut last, mut last_break) = (start, start, None);
        loop {
            let (class, length) = self.at(end);
            if class & SPACE == 0 {
                break;
            }
            last = end;
            end += length;
            if class == NEWLINE {
                last_break = Some(end);
            }
        }
        let is_all = end == self.text.len() || last == start;
        last_break.unwrap_or(if is_all { end } else { last })
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;
const TOP: u64 = EACH << 7;

/// Where `a` to `z` and `A` to `Z` end.
#[inline]
fn ascii_letters(bytes: &[u8], place: usize) -> usize {
    small_letters(bytes, place, EACH << 5)
}

/// Where `a` to `z` end.
#[inline]
fn ascii_small_letters(bytes: &[u8], place: usize) -> usize {
    small_letters(bytes, place, 0)
}

/// Eight letters at once: a loop over each would guess wrong at the end of almost every word.
#[inline]
fn small_letters(bytes: &[u8], mut place: usize, ignored: u64) -> usize {
    loop {
        let eight = u64::from_le_bytes(padded(bytes, place));
        let low = (eight & !TOP) | ignored;
        // The top bit of each byte: at least `a`, beyond `z`, or no ASCII.
        let at_least = low + EACH * (0x80 - b'a' as u64);
        let beyond = low + EACH * (0x7f - b'z' as u64);
        let others = (!at_least | beyond | eight) & TOP;
        place += others.trailing_zeros() as usize / 8;
        if others != 0 {
            return place;
        }
    }
}

#[cfg(test)]
mod tests;
