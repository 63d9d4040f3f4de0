//! The counter for much text.

use std::cell::RefCell;
use std::sync::LazyLock;

use bpe_openai::byte_pair_encoding::BytePairEncoding;

use super::TokenCounter;
use super::merge::Merger;
use super::piece::Piece;
use super::seams::Seams;
use super::seen::Seen;
use super::split::{Cut, Splitter};

thread_local! {
    // What a thread remembers is its own, so that none waits for another.
    static SEEN_OF_LETTERS: RefCell<Seen> = RefCell::new(Seen::new());
    static SEEN_OF_CASED: RefCell<Seen> = RefCell::new(Seen::new());
}

/// Counts by one vocabulary, the only one that is cut so.
pub(super) struct Bulk {
    pub(super) cut: Cut,
    pub(super) vocabulary: LazyLock<Vocabulary>,
}

/// What is made of a vocabulary once.
pub(super) struct Vocabulary {
    merger: Merger,
    seams: Seams,
}

impl Vocabulary {
    pub(super) fn new(all: &'static BytePairEncoding) -> Self {
        Self { merger: Merger::new(all), seams: Seams::new(all) }
    }

    /// The tokens of a piece that is not remembered.
    fn count(&self, seen: &mut Seen, piece: &str) -> u64 {
        let bytes = piece.as_bytes();
        let mut characters = piece.char_indices();
        let Some((_, mut left)) = characters.next() else { return 0 };
        let (mut start, mut tokens) = (0, 0);
        for (place, right) in characters {
            if self.seams.lies_between(left, right, bytes[place]) {
                tokens += self.part(seen, &bytes[start..place]);
                start = place;
            }
            left = right;
        }
        match start {
            0 => self.merger.count(bytes),
            _ => tokens + self.part(seen, &bytes[start..]),
        }
    }

    fn part(&self, seen: &mut Seen, part: &[u8]) -> u64 {
        let Some(piece) = Piece::new(part, 0, part.len()) else {
            return self.merger.count(part);
        };
        match seen.tokens(piece) {
            0 => {
                let tokens = self.merger.count(part);
                seen.insert(piece, tokens);
                tokens
            }
            known => known,
        }
    }
}

impl TokenCounter for Bulk {
    fn count(&self, text: &str) -> u64 {
        // Told twice how to cut, so that the loop is compiled for each.
        match self.cut {
            Cut::Letters => {
                SEEN_OF_LETTERS.with_borrow_mut(|seen| self.count_with(seen, Cut::Letters, text))
            }
            Cut::Cased => {
                SEEN_OF_CASED.with_borrow_mut(|seen| self.count_with(seen, Cut::Cased, text))
            }
        }
    }
}

impl Bulk {
    #[inline]
    fn count_with(&self, seen: &mut Seen, cut: Cut, text: &str) -> u64 {
        let vocabulary = &*self.vocabulary;
        let splitter = Splitter::new(text);
        let (mut start, mut tokens) = (0, 0);
        while start < text.len() {
            let end = splitter.end_of_piece(cut, start);
            let short = Piece::new(text.as_bytes(), start, end);
            let known = short.map_or(0, |piece| seen.tokens(piece));
            tokens += if known > 0 {
                known
            } else {
                let count = vocabulary.count(seen, &text[start..end]);
                if let Some(piece) = short {
                    seen.insert(piece, count);
                }
                count
            };
            start = end;
        }
        tokens
    }
}
