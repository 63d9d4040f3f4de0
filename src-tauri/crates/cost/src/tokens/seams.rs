//! Where a piece can be cut once more without a change to its tokens.
//!
//! No token spans most neighbours of two Chinese characters, so no merge ever joins them, and what
//! stands on either side merges by itself. A sentence without blanks, which comes once, becomes
//! words that come again.

use bpe_openai::byte_pair_encoding::BytePairEncoding;

/// Bits of the set, as a power of two.
const SIZE_BITS: u32 = 20;
/// Stands for every character that ends with what a token begins with.
const ANY: u32 = 0;
/// Stands, with its first byte, for every character of which a token has the beginning only.
const BEGUN: u32 = char::MAX as u32 + 1;

/// Which characters a vocabulary joins. A set that may also name others: they only stay together.
pub(super) struct Seams(Box<[u64]>);

impl Seams {
    pub(super) fn new(vocabulary: &BytePairEncoding) -> Self {
        let mut made = Self(vec![0; 1 << (SIZE_BITS - u64::BITS.ilog2())].into());
        for rank in 0..u32::try_from(vocabulary.num_tokens()).unwrap_or(u32::MAX) {
            made.join(vocabulary.token_bytes(rank));
        }
        made
    }

    /// Remembers all neighbours in a token; it may begin and end within a character.
    fn join(&mut self, token: &[u8]) {
        let begins = |at: &usize| token.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
        for middle in (1..token.len()).filter(begins) {
            let start = (0..middle).rev().find(begins).unwrap_or(0);
            let end = (middle + 1..).find(begins).unwrap_or(token.len());
            let left = whole(&token[start..middle]).unwrap_or(ANY);
            let right = whole(&token[middle..end]).unwrap_or(begun(token[middle]));
            let (word, bit) = place(left, right);
            self.0[word] |= bit;
        }
    }

    fn has(&self, left: u32, right: u32) -> bool {
        let (word, bit) = place(left, right);
        self.0[word] & bit != 0
    }

    /// Whether no token spans two neighbours, of which the second begins with a byte.
    #[inline]
    pub(super) fn lies_between(&self, left: char, right: char, first: u8) -> bool {
        let (left, right, begun) = (left.into(), right.into(), begun(first));
        let joins = self.has(left, right) || self.has(left, begun);
        !joins && !self.has(ANY, right) && !self.has(ANY, begun)
    }
}

fn whole(character: &[u8]) -> Option<u32> {
    std::str::from_utf8(character).ok()?.chars().next().map(u32::from)
}

fn begun(first: u8) -> u32 {
    BEGUN + u32::from(first)
}

fn place(left: u32, right: u32) -> (usize, u64) {
    let key = u64::from(left) << u32::BITS | u64::from(right);
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SIZE_BITS);
    (mixed as usize >> u64::BITS.ilog2(), 1 << (mixed % u64::from(u64::BITS)))
}

#[cfg(test)]
mod tests {
    use super::Seams;

    fn seams() -> [Seams; 2] {
        [&bpe_openai::o200k_base().bpe, &bpe_openai::cl100k_base().bpe].map(Seams::new)
    }

    fn lies_between(seams: &Seams, left: char, right: char) -> bool {
        let first = right.encode_utf8(&mut [0; 4]).as_bytes()[0];
        seams.lies_between(left, right, first)
    }

    #[test]
    fn no_token_is_cut() {
        for (seams, vocabulary) in
            seams().iter().zip([&bpe_openai::o200k_base().bpe, &bpe_openai::cl100k_base().bpe])
        {
            for rank in 0..u32::try_from(vocabulary.num_tokens()).unwrap() {
                let token = String::from_utf8_lossy(vocabulary.token_bytes(rank));
                for (left, right) in token.chars().zip(token.chars().skip(1)) {
                    let is_whole = left != '\u{fffd}' && right != '\u{fffd}';
                    assert!(!is_whole || !lies_between(seams, left, right), "{token:?}");
                }
            }
        }
    }

    /// Some tokens are the end of one character and the beginning or the whole of another.
    #[test]
    fn a_token_of_parts_of_characters_joins_all_that_have_them() {
        let [_, cl100k] = seams();
        let vocabulary = &bpe_openai::cl100k_base().bpe;
        let is_end = |byte: &u8| byte & 0xc0 == 0x80;
        let mut met = 0;
        for rank in 0..u32::try_from(vocabulary.num_tokens()).unwrap() {
            let token = vocabulary.token_bytes(rank);
            let middle = token.iter().take_while(|byte| is_end(byte)).count();
            if !(1..=2).contains(&middle) || middle == token.len() {
                continue;
            }
            // Characters of three bytes that end and begin as the token wants it.
            let left = [&[0xe5, 0x8a][..3 - middle], &token[..middle]].concat();
            let right = [&token[middle..], &[0x80, 0x80]].concat();
            let whole = |bytes: &[u8]| std::str::from_utf8(&bytes[..3]).ok()?.chars().next();
            if let Some((left, right)) = whole(&left).zip(whole(&right)) {
                met += 1;
                assert!(!lies_between(&cl100k, left, right), "{left:?} {right:?} {token:?}");
            }
        }
        assert!(met > 10, "only {met} such tokens");
    }

    #[test]
    fn chinese_sentences_are_cut_to_words() {
        for seams in seams() {
            assert!(lies_between(&seams, '车', '吗') && !lies_between(&seams, '中', '国'));
        }
    }
}
