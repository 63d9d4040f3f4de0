//! Made-up rows to measure with: the same bytes for the same seed on every computer.

use std::fmt::Write as _;

const SYLLABLES: [&str; 16] = [
    "ba", "ten", "lor", "mi", "sha", "que", "ri", "don", "fel", "ga", "vin", "ost", "pre", "lu",
    "nek", "ya",
];

/// A small generator of numbers (xorshift64*, Vigna 2016); quality does not matter here.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % bound
    }

    /// `count` invented words.
    pub(super) fn words(&mut self, count: usize) -> String {
        let mut text = String::new();
        for index in 0..count {
            if index > 0 {
                text.push(' ');
            }
            for _ in 0..=self.below(3) {
                text.push_str(SYLLABLES[self.below(SYLLABLES.len())]);
            }
        }
        text
    }
}

/// `rows` examples as chat JSONL and, the same ones, as CSV with a header.
pub(super) fn questions(rows: usize, seed: u64) -> (String, String) {
    let mut numbers = Numbers::new(seed);
    let (mut jsonl, mut csv) = (String::new(), String::from("question,answer\n"));
    for _ in 0..rows {
        let length = 8 + numbers.below(60);
        let question = numbers.words(length);
        let length = 8 + numbers.below(90);
        let answer = numbers.words(length);
        // The words are plain letters, so neither format needs an escape.
        writeln!(
            jsonl,
            r#"{{"messages":[{{"role":"user","content":"{question}"}},{{"role":"assistant","content":"{answer}"}}]}}"#
        )
        .and_then(|()| writeln!(csv, "{question},{answer}"))
        .expect("writing to a String cannot fail");
    }
    (jsonl, csv)
}

/// `rows` examples in which the first of two key words among others decides the answer, as CSV.
pub(super) fn first_key_word(rows: usize, seed: u64) -> String {
    const KEYS: [(&str, &str); 4] =
        [("zorvik", "north"), ("plemta", "east"), ("quandu", "south"), ("brishol", "west")];
    let mut numbers = Numbers::new(seed);
    let mut csv = String::from("question,answer\n");
    for _ in 0..rows {
        let first = numbers.below(KEYS.len());
        let second = (first + 1 + numbers.below(KEYS.len() - 1)) % KEYS.len();
        let (before, between) = (numbers.words(3), numbers.words(3));
        let (word, answer) = KEYS[first];
        let other = KEYS[second].0;
        writeln!(csv, "{before} {word} {between} {other},{answer}")
            .expect("writing to a String cannot fail");
    }
    csv
}
