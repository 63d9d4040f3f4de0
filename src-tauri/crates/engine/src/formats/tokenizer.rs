//! Text to pieces and back: bytes, learned merges, and whole answers that many examples share.
//!
//! Any text can be written with it (every byte is a piece), and reading it back gives the text.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::merges::{Pair, learn_merges};
use super::words::words;

/// Ends every message.
pub(crate) const END: u32 = 0;
/// Stands for a piece that was hidden in training.
pub(crate) const BLANK: u32 = 1;
/// Begins a message of the instructions.
pub(crate) const SYSTEM: u32 = 2;
/// Begins a message of the person.
pub(crate) const USER: u32 = 3;
/// Begins an answer.
pub(crate) const ASSISTANT: u32 = 4;
/// Begins a message of anybody else.
pub(crate) const OTHER: u32 = 5;
/// The first of the 256 bytes.
pub(crate) const FIRST_BYTE: u32 = 6;
const FIRST_MERGE: u32 = FIRST_BYTE + 256;

/// What a tokenizer is made of, as it is saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pieces {
    /// Merges in the order they were learned.
    pub(crate) merges: Vec<Pair>,
    /// Whole answers with a piece of their own, after the merges.
    pub(crate) answers: Vec<String>,
}

/// Why saved pieces cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum PiecesError {
    #[error("merge {index} joins a piece that does not exist yet")]
    UnknownPiece { index: usize },
}

/// Writes text as pieces and reads it back.
#[derive(Debug, Clone)]
pub(crate) struct Tokenizer {
    pieces: Pieces,
    bytes: Vec<Vec<u8>>,
    ranks: HashMap<Pair, u32>,
    answers: HashMap<String, u32>,
}

impl Tokenizer {
    /// A tokenizer of saved pieces.
    pub(crate) fn new(pieces: Pieces) -> Result<Self, PiecesError> {
        let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); FIRST_BYTE as usize];
        bytes.extend((0..=u8::MAX).map(|byte| vec![byte]));
        let mut ranks = HashMap::with_capacity(pieces.merges.len());
        for (index, (piece, &(left, right))) in (FIRST_MERGE..).zip(&pieces.merges).enumerate() {
            let known = |id: u32| (FIRST_BYTE..piece).contains(&id);
            if !known(left) || !known(right) {
                return Err(PiecesError::UnknownPiece { index });
            }
            bytes.push([&*bytes[left as usize], &*bytes[right as usize]].concat());
            ranks.insert((left, right), piece);
        }
        let mut answers = HashMap::with_capacity(pieces.answers.len());
        for answer in &pieces.answers {
            answers.insert(answer.clone(), next_id(&bytes));
            bytes.push(format!(" {answer}").into_bytes());
        }
        Ok(Self { pieces, bytes, ranks, answers })
    }

    /// What to save.
    pub(crate) fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Number of pieces.
    pub(crate) fn vocabulary(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the pieces of a message's text.
    ///
    /// A blank is put in front, so that a word is the same piece at the start of a message and
    /// inside it; [`Tokenizer::text`] takes it away again.
    pub(crate) fn write(&self, text: &str, out: &mut Vec<u32>) {
        let spaced = format!(" {text}");
        for word in words(&spaced) {
            self.write_word(word, out);
        }
    }

    /// Appends the pieces of an answer: its own piece where it has one.
    pub(crate) fn write_answer(&self, text: &str, out: &mut Vec<u32>) {
        match self.answers.get(text) {
            Some(piece) => out.push(*piece),
            None => self.write(text, out),
        }
    }

    /// The bytes of a piece; none for marks such as [`END`].
    pub(crate) fn piece_bytes(&self, piece: u32) -> &[u8] {
        self.bytes.get(piece as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether a piece is a mark and not text.
    pub(crate) fn is_mark(piece: u32) -> bool {
        piece < FIRST_BYTE
    }

    fn write_word(&self, word: &str, out: &mut Vec<u32>) {
        let start = out.len();
        out.extend(word.bytes().map(|byte| FIRST_BYTE + u32::from(byte)));
        loop {
            let best = out[start..]
                .windows(2)
                .enumerate()
                .filter_map(|(at, pair)| Some((*self.ranks.get(&(pair[0], pair[1]))?, at)))
                .min();
            let Some((piece, at)) = best else { break };
            out[start + at] = piece;
            out.remove(start + at + 1);
        }
    }
}

fn next_id(bytes: &[Vec<u8>]) -> u32 {
    u32::try_from(bytes.len()).expect("vocabularies are small")
}

/// Counts the words of a data set, and learns pieces from them.
#[derive(Default)]
pub(crate) struct PieceCounter {
    words: HashMap<String, u64>,
    answers: HashMap<String, u64>,
    answer_count: u64,
    bytes: usize,
}

impl PieceCounter {
    /// Text beyond this changes the pieces little and costs time and memory.
    const ENOUGH_BYTES: usize = 24 << 20;
    const LONGEST_ANSWER: usize = 120;
    const MOST_ANSWERS: usize = 512;

    /// Counts the words of a message.
    pub(crate) fn count(&mut self, text: &str) {
        if self.bytes > Self::ENOUGH_BYTES {
            return;
        }
        self.bytes += text.len();
        let spaced = format!(" {text}");
        for word in words(&spaced) {
            match self.words.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.words.insert(word.to_owned(), 1)),
            }
        }
    }

    /// Counts a learned answer.
    pub(crate) fn count_answer(&mut self, text: &str) {
        self.count(text);
        self.answer_count += 1;
        let room = self.answers.len() <= Self::MOST_ANSWERS;
        match self.answers.get_mut(text) {
            Some(count) => *count += 1,
            None if room && text.len() <= Self::LONGEST_ANSWER => {
                self.answers.insert(text.to_owned(), 1);
            }
            None => {}
        }
    }

    /// Learns at most `vocabulary` pieces; a pair seen fewer than `least_count` times stays apart.
    /// None if `go_on`, which is asked often, says no.
    pub(crate) fn learn(
        &self,
        vocabulary: usize,
        least_count: u64,
        go_on: &dyn Fn() -> bool,
    ) -> Option<Pieces> {
        let answers = self.shared_answers();
        let taken = FIRST_MERGE as usize + answers.len();
        let as_pieces = |word: &str| word.bytes().map(|b| FIRST_BYTE + u32::from(b)).collect();
        let counted: BTreeMap<Vec<u32>, u64> =
            self.words.iter().map(|(word, count)| (as_pieces(word), *count)).collect();
        let room = vocabulary.saturating_sub(taken);
        let merges = learn_merges(&counted, FIRST_MERGE, room, least_count, go_on)?;
        Some(Pieces { merges, answers })
    }

    /// Answers that stand for groups: few, short, and each given more than once.
    fn shared_answers(&self) -> Vec<String> {
        if self.answers.len() > Self::MOST_ANSWERS {
            return Vec::new();
        }
        let mut shared: Vec<&String> =
            self.answers.iter().filter(|(_, count)| **count > 1).map(|(text, _)| text).collect();
        let covered: u64 = shared.iter().map(|text| self.answers[*text]).sum();
        if covered * 2 < self.answer_count {
            return Vec::new();
        }
        shared.sort_unstable();
        shared.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{PieceCounter, Pieces, PiecesError, Tokenizer};

    fn learned(texts: &[&str], answers: &[&str]) -> Tokenizer {
        let mut counter = PieceCounter::default();
        texts.iter().for_each(|text| counter.count(text));
        answers.iter().for_each(|text| counter.count_answer(text));
        Tokenizer::new(counter.learn(400, 2, &|| true).unwrap()).unwrap()
    }

    fn round_trip(tokenizer: &Tokenizer, text: &str) -> (usize, String) {
        let mut pieces = Vec::new();
        tokenizer.write(text, &mut pieces);
        let bytes: Vec<u8> =
            pieces.iter().flat_map(|it| tokenizer.piece_bytes(*it)).copied().collect();
        (pieces.len(), String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn any_text_comes_back_with_its_blank_in_front() {
        let tokenizer = learned(&["where is my card", "my card is here"], &[]);
        for text in ["my card", "Ünïcode 🦀 — \t\n ok", "", "  two blanks  "] {
            assert_eq!(round_trip(&tokenizer, text).1, format!(" {text}"));
        }
        assert_eq!(round_trip(&tokenizer, "my card is").0, 3);
    }

    #[test]
    fn shared_answers_have_a_piece_of_their_own() {
        let tokenizer = learned(&[], &["lost_card", "fee", "lost_card", "fee", "once"]);
        let mut pieces = Vec::new();
        tokenizer.write_answer("lost_card", &mut pieces);
        assert_eq!(pieces.len(), 1);
        assert_eq!(tokenizer.piece_bytes(pieces[0]), b" lost_card");
        assert_eq!(tokenizer.pieces().answers, ["fee", "lost_card"]);
    }

    #[test]
    fn free_answers_have_none() {
        assert_eq!(learned(&[], &["a b", "c d", "e f", "g h", "g h"]).pieces().answers.len(), 0);
    }

    #[test]
    fn broken_merges_are_refused() {
        let pieces = Pieces { merges: vec![(6, 7), (900, 6)], answers: vec![] };
        let error = Tokenizer::new(pieces).err();
        assert_eq!(error, Some(PiecesError::UnknownPiece { index: 1 }));
    }
}
