//! Remembers how many tokens short pieces have: texts repeat their words.

use super::piece::{FREE_AT, Piece};

const SETS: usize = 1 << 15;
const WAYS: usize = 4;

/// The pieces that came last, as far as there is room: two megabytes.
pub(super) struct Seen(Box<[Set]>);

/// Pieces of one hash, the newest first, each with its tokens in the bits that it leaves free. In
/// one line of the processor's cache, so that the first look brings all.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Set([u128; WAYS]);

impl Seen {
    pub(super) fn new() -> Self {
        Self(vec![Set([0; WAYS]); SETS].into())
    }

    /// The tokens of a piece; 0 if they are not known.
    #[inline]
    pub(super) fn tokens(&self, piece: Piece) -> u64 {
        // All are compared: where it stands cannot be guessed, and a wrong guess costs more.
        self.0[piece.hash() % SETS].0.iter().fold(0, |known, kept| {
            let difference = kept ^ piece.number();
            let is_it = difference << (u128::BITS - FREE_AT) == 0;
            known | if is_it { (difference >> FREE_AT) as u64 } else { 0 }
        })
    }

    /// Remembers a piece that is not known; it has at most a token for each byte.
    pub(super) fn insert(&mut self, piece: Piece, tokens: u64) {
        let Set(kept) = &mut self.0[piece.hash() % SETS];
        kept.rotate_right(1);
        kept[0] = piece.number() | u128::from(tokens) << FREE_AT;
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, SETS, Seen, WAYS};

    fn piece(number: usize) -> Piece {
        let text = format!("{number}");
        Piece::new(text.as_bytes(), 0, text.len()).unwrap()
    }

    #[test]
    fn a_piece_is_known_once_it_was_told() {
        let mut seen = Seen::new();
        assert_eq!(seen.tokens(piece(1)), 0);
        seen.insert(piece(1), 3);
        seen.insert(piece(2), 15);
        assert_eq!([seen.tokens(piece(1)), seen.tokens(piece(2))], [3, 15]);
    }

    #[test]
    fn more_pieces_than_there_is_room_for_are_forgotten_and_never_mixed_up() {
        let mut seen = Seen::new();
        let tokens = |number: usize| 1 + number as u64 % 15;
        let all = 4 * WAYS * SETS;
        for number in 0..all {
            seen.insert(piece(number), tokens(number));
        }
        let known = |number: &usize| match seen.tokens(piece(*number)) {
            0 => false,
            known => known == tokens(*number) || panic!("{number} has {known}"),
        };
        let kept = (0..all).filter(known).count();
        assert!((all / 8..=WAYS * SETS).contains(&kept), "{kept} of {all} are kept");
    }
}
