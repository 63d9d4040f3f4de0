//! Numbers that look random and are the same in every run, so that a test that failed fails again.

/// A generator of numbers from a seed (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// Starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit` - 1. The bias of the remainder is below 2^-50 for small limits.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("a length fits into 64 bits");
        usize::try_from(self.number() % limit).expect("it is below a length")
    }

    /// One of `things`.
    pub fn pick<'a, Thing>(&mut self, things: &'a [Thing]) -> &'a Thing {
        &things[self.below(things.len())]
    }

    /// Brings `things` into another order (Fisher and Yates).
    pub fn shuffle<Thing>(&mut self, things: &mut [Thing]) {
        for last in (1..things.len()).rev() {
            let other = self.below(last + 1);
            things.swap(last, other);
        }
    }

    /// An invented word of two or three syllables that no language model has read.
    pub fn word(&mut self) -> String {
        const STARTS: [&str; 14] =
            ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"];
        const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "or", "el"];
        let syllables = 2 + self.below(2);
        (0..syllables).map(|_| format!("{}{}", self.pick(&STARTS), self.pick(&MIDDLES))).collect()
    }

    /// `count` different invented words.
    pub fn words(&mut self, count: usize) -> Vec<String> {
        let mut words: Vec<String> = Vec::with_capacity(count);
        while words.len() < count {
            let word = self.word();
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }
}
