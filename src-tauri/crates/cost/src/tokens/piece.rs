//! Short pieces of a text as numbers, which are compared and found in one step.

/// Bytes of the longest piece that is a number.
const LONGEST: usize = 15;
/// Where a piece's length stands, above its bytes.
const LENGTH_AT: u32 = 120;
/// The bits from here up are zero, for whoever keeps pieces.
pub(super) const FREE_AT: u32 = 124;

/// A piece of one to fifteen bytes, the first lowest. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece(u128);

impl Piece {
    /// The bytes between two places of a text, unless they are none or too many.
    #[inline]
    pub(super) fn new(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let length = end.checked_sub(start).filter(|it| (1..=LONGEST).contains(it))?;
        let bytes = u128::from_le_bytes(padded(text, start)) & ((1 << (8 * length)) - 1);
        Some(Self(bytes | (length as u128) << LENGTH_AT))
    }

    #[inline]
    pub(super) fn number(self) -> u128 {
        self.0
    }

    /// Spreads pieces over a table. A text can be made whose pieces meet; it only takes longer.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
    pub(super) fn hash(self) -> usize {
        let (low, high) = (self.0 as u64, (self.0 >> 64) as u64);
        let low = u128::from(low ^ 0x9e37_79b9_7f4a_7c15);
        let mixed = low * u128::from(high ^ 0xd1b5_4a32_d192_ed03);
        ((mixed >> 64) ^ mixed) as usize
    }
}

/// The bytes of a text from a place on, with zeros behind its end.
#[inline]
pub(super) fn padded<const N: usize>(text: &[u8], start: usize) -> [u8; N] {
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; N];
            bytes[..rest.len()].copy_from_slice(rest);
            bytes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Piece;

    fn piece(text: &str) -> Option<Piece> {
        Piece::new(text.as_bytes(), 0, text.len())
    }

    #[test]
    fn what_stands_around_a_piece_is_no_part_of_it() {
        for (text, start) in [("xabcx", 1), ("abc", 0), ("abc, and a long rest of the text", 0)] {
            assert_eq!(Piece::new(text.as_bytes(), start, start + 3), piece("abc"), "{text}");
        }
    }

    #[test]
    fn pieces_differ_by_their_bytes_and_their_length() {
        let texts = ["a", "a\0", "\0", "\0\0", "aa", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaa\0"];
        for (place, text) in texts.iter().enumerate() {
            assert!(texts[..place].iter().all(|other| piece(other) != piece(text)), "{text:?}");
        }
    }

    #[test]
    fn a_long_piece_or_none_is_no_number() {
        assert_eq!(piece(""), None);
        assert!(piece(&"a".repeat(15)).is_some());
        assert_eq!(piece(&"a".repeat(16)), None);
    }
}
