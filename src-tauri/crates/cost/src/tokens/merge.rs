//! Merges the bytes of a piece to tokens.
//!
//! Of all neighbours those merge first that make the token of the lowest rank, and of the same rank
//! the leftmost, until no neighbours make a token.

use bpe_openai::byte_pair_encoding::BytePairEncoding;

/// Bytes that are merged at once: a few of the longest tokens.
const WINDOW: usize = 512;
/// Bytes of almost all pieces, which need not pay for the room of a window.
const WORD: usize = 32;
/// Tokens that may be the first of the next window.
const TRIES: usize = 8;
/// Places of which the best is kept.
const BLOCK: usize = 16;
/// Neighbours that make no token.
const NONE: u32 = u32::MAX;
/// Bits for the place of a token within a window, below its rank.
const PLACE_BITS: u32 = WINDOW.ilog2();
/// Bits for a rank.
const RANK_BITS: u32 = 18;
/// A slot without tokens.
const FREE: u64 = u64::MAX;

/// A vocabulary, as merging needs it.
pub(super) struct Merger {
    all: &'static BytePairEncoding,
    /// The tokens of single bytes.
    bytes: [u32; 256],
    /// What two bytes make: half of all that is looked up, so it has a table without ways round.
    byte_couples: Box<[u32]>,
    /// Two tokens and what they make, at the hash of the two or behind it. Each token is made of
    /// one couple only, whatever stands around it: merging its bytes always ends with the same two.
    couples: Box<[u64]>,
}

impl Merger {
    pub(super) fn new(all: &'static BytePairEncoding) -> Self {
        let count = all.num_tokens();
        // A fifth is left free at least: less would be fewer steps, and more memory far away.
        let couples = vec![FREE; (count + count / 4).next_power_of_two()].into();
        let byte_couples = vec![NONE; 1 << 16].into();
        let mut made = Self { all, bytes: [NONE; 256], byte_couples, couples };
        for rank in 0..u32::try_from(count).unwrap_or(NONE) {
            made.insert(all.token_bytes(rank), rank);
        }
        made
    }

    /// Adds a token, which is made of two of lower rank.
    fn insert(&mut self, token: &[u8], rank: u32) {
        match *token {
            [byte] => self.bytes[usize::from(byte)] = rank,
            [left, right] => self.byte_couples[byte_couple(left, right)] = rank,
            _ => {
                let key = if token.len() <= WORD {
                    self.merge::<WORD>(token).couple()
                } else {
                    self.merge::<WINDOW>(token).couple()
                };
                let mut place = self.place(key);
                while self.couples[place] != FREE {
                    place = self.behind(place);
                }
                self.couples[place] = key << RANK_BITS | u64::from(rank);
            }
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the table has fewer slots")]
    fn place(&self, key: u64) -> usize {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (u64::BITS - self.couples.len().ilog2())) as usize
    }

    #[inline]
    fn behind(&self, place: usize) -> usize {
        (place + 1) & (self.couples.len() - 1)
    }

    /// What two tokens make, of which one has several bytes.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the rank is the lowest part of a slot")]
    fn made_of(&self, left: u32, right: u32) -> u32 {
        let key = key(left, right);
        let mut place = self.place(key);
        loop {
            let couple = self.couples[place];
            if couple >> RANK_BITS == key {
                return couple as u32 & ((1 << RANK_BITS) - 1);
            }
            if couple == FREE {
                return NONE;
            }
            place = self.behind(place);
        }
    }

    /// How many tokens a piece has.
    pub(super) fn count(&self, piece: &[u8]) -> u64 {
        if piece.len() <= WORD {
            self.merge::<WORD>(piece).count
        } else if piece.len() <= WINDOW {
            self.merge::<WINDOW>(piece).count
        } else {
            self.count_long(piece).unwrap_or_else(|| self.all.count(piece) as u64)
        }
    }

    /// Windows that overlap: tokens are those of the whole if each two neighbours are those of
    /// their own bytes, which they are if a window and the next agree on the token between. None if
    /// they do not.
    fn count_long(&self, piece: &[u8]) -> Option<u64> {
        let (mut rest, mut tokens) = (piece, 0);
        let mut parts = self.merge::<WINDOW>(window(rest));
        while rest.len() > WINDOW {
            let (place, before, next) = self.next_window(&parts, rest)?;
            rest = &rest[place..];
            tokens += before;
            parts = next;
        }
        Some(tokens + parts.count)
    }

    /// Where the window after the first begins, how many tokens stand before, and its own.
    fn next_window(
        &self,
        parts: &Parts<WINDOW>,
        rest: &[u8],
    ) -> Option<(usize, u64, Parts<WINDOW>)> {
        let (mut place, mut before) = (parts.last, parts.count - 1);
        for _ in 0..TRIES {
            // What the last would be merged with is not in the window; more may hang on that.
            place = parts.previous[place].into();
            before = before.checked_sub(1).filter(|before| *before > 0)?;
            let following = window(&rest[place..]);
            // Runs of one character are the slowest to merge, and all their windows are the same.
            let is_same = following == window(rest);
            let next = if is_same { parts.clone() } else { self.merge(following) };
            if next.tokens[0] == parts.tokens[place] {
                return Some((place, before, next));
            }
        }
        None
    }

    #[inline]
    fn merge<const ROOM: usize>(&self, piece: &[u8]) -> Parts<ROOM> {
        let mut parts = Parts::<ROOM>::new(piece.len());
        for (token, byte) in parts.tokens.iter_mut().zip(piece) {
            *token = self.bytes[usize::from(*byte)];
        }
        let mut candidates = Candidates::<ROOM>::new(piece.len());
        for (place, two) in piece.windows(2).enumerate() {
            candidates.set(place, self.byte_couples[byte_couple(two[0], two[1])]);
        }
        candidates.refresh_all();
        while let Some((place, token)) = candidates.best() {
            parts.tokens[place] = token;
            let gone = usize::from(parts.next[place]);
            let next = parts.remove(gone);
            candidates.set(gone, NONE);
            let right = parts.tokens.get(next).filter(|_| next < piece.len());
            candidates.set(place, right.map_or(NONE, |right| self.made_of(token, *right)));
            let previous = usize::from(parts.previous[place]);
            if place > 0 {
                candidates.set(previous, self.made_of(parts.tokens[previous], token));
            }
            candidates.refresh(previous, place, gone);
        }
        parts
    }
}

fn window(rest: &[u8]) -> &[u8] {
    &rest[..rest.len().min(WINDOW)]
}

/// The tokens of a window, each at the place where its bytes begin.
#[derive(Clone)]
struct Parts<const ROOM: usize> {
    tokens: [u32; ROOM],
    next: [u16; ROOM],
    previous: [u16; ROOM],
    /// Where the last token begins.
    last: usize,
    count: u64,
}

impl<const ROOM: usize> Parts<ROOM> {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a window has few places")]
    fn new(length: usize) -> Self {
        Self {
            tokens: [NONE; ROOM],
            next: std::array::from_fn(|place| place as u16 + 1),
            previous: std::array::from_fn(|place| (place as u16).saturating_sub(1)),
            last: length.saturating_sub(1),
            count: length as u64,
        }
    }

    /// The key of its two tokens.
    #[inline]
    fn couple(&self) -> u64 {
        key(self.tokens[0], self.tokens[usize::from(self.next[0])])
    }

    /// Takes a place out and gives the one behind it.
    #[inline]
    fn remove(&mut self, place: usize) -> usize {
        let (previous, next) = (self.previous[place], self.next[place]);
        self.next[usize::from(previous)] = next;
        if place == self.last {
            self.last = previous.into();
        } else {
            self.previous[usize::from(next)] = previous;
        }
        self.count -= 1;
        next.into()
    }
}

/// For every place the rank of what its token and the next one make, and the place below it.
struct Candidates<const ROOM: usize> {
    all: [u32; ROOM],
    /// The lowest of each block: looking at all after every merge would be slow in a window.
    lowest: [u32; WINDOW / BLOCK],
    blocks: usize,
}

impl<const ROOM: usize> Candidates<ROOM> {
    #[inline]
    fn new(length: usize) -> Self {
        let blocks = length.div_ceil(BLOCK);
        Self { all: [NONE; ROOM], lowest: [NONE; WINDOW / BLOCK], blocks }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a window has few places")]
    fn set(&mut self, place: usize, rank: u32) {
        self.all[place] = if rank == NONE { NONE } else { rank << PLACE_BITS | place as u32 };
    }

    #[inline]
    fn refresh_all(&mut self) {
        for (lowest, block) in self.lowest.iter_mut().zip(self.all.chunks_exact(BLOCK)) {
            *lowest = block.iter().fold(NONE, |best, it| best.min(*it));
        }
    }

    #[inline]
    fn refresh(&mut self, previous: usize, place: usize, gone: usize) {
        self.refresh_block(place / BLOCK);
        if previous / BLOCK != place / BLOCK {
            self.refresh_block(previous / BLOCK);
        }
        if gone / BLOCK != place / BLOCK {
            self.refresh_block(gone / BLOCK);
        }
    }

    #[inline]
    fn refresh_block(&mut self, block: usize) {
        let all = &self.all[block * BLOCK..][..BLOCK];
        self.lowest[block] = all.iter().fold(NONE, |best, it| best.min(*it));
    }

    /// The place of the lowest rank, and the rank.
    #[inline]
    fn best(&self) -> Option<(usize, u32)> {
        let best = self.lowest[..self.blocks].iter().fold(NONE, |best, it| best.min(*it));
        let place = best & ((1 << PLACE_BITS) - 1);
        (best != NONE).then_some((place as usize, best >> PLACE_BITS))
    }
}

#[inline]
fn byte_couple(left: u8, right: u8) -> usize {
    usize::from(left) << 8 | usize::from(right)
}

#[inline]
fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << RANK_BITS | u64::from(right)
}

#[cfg(test)]
mod tests;
