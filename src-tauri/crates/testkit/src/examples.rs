//! Invented examples: questions of made-up words that fall into groups.

use std::collections::BTreeMap;

use crate::Seeded;

/// One question and its right answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// What is asked.
    pub question: String,
    /// The right answer.
    pub answer: String,
}

/// A task of sorting messages into groups, in a language nobody speaks.
///
/// Each group has three key words; each question has one of its group's key words among words that
/// say nothing. It can be learnt from a few rows, and no two questions are the same.
#[derive(Debug, Clone, Copy)]
pub struct GroupTask {
    /// Decides all words; another seed is another language.
    pub seed: u64,
    /// How many groups.
    pub groups: usize,
    /// How many rows in all, dealt evenly.
    pub rows: usize,
}

impl GroupTask {
    /// The rows, the groups mixed.
    #[must_use]
    pub fn pairs(self) -> Vec<Pair> {
        let mut seeded = Seeded::new(self.seed);
        let words = seeded.words(self.groups * 4 + 24);
        let (names, rest) = words.split_at(self.groups);
        let (keys, fillers) = rest.split_at(self.groups * 3);
        let mut pairs: Vec<Pair> = Vec::with_capacity(self.rows);
        while pairs.len() < self.rows {
            let group = pairs.len() % self.groups;
            let mut said = vec![seeded.pick(&keys[group * 3..group * 3 + 3]).clone()];
            said.extend((0..3 + seeded.below(3)).map(|_| seeded.pick(fillers).clone()));
            seeded.shuffle(&mut said);
            let pair = Pair { question: said.join(" "), answer: names[group].clone() };
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        seeded.shuffle(&mut pairs);
        pairs
    }
}

/// How often each answer comes.
#[must_use]
pub fn groups_of(pairs: &[Pair]) -> BTreeMap<&str, usize> {
    let mut groups = BTreeMap::new();
    for pair in pairs {
        *groups.entry(pair.answer.as_str()).or_insert(0) += 1;
    }
    groups
}

/// A table with the headings `question` and `answer` (RFC 4180: every cell quoted, lines end CRLF).
#[must_use]
pub fn csv(pairs: &[Pair]) -> String {
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut table = String::from("question,answer\r\n");
    for pair in pairs {
        table += &format!("{},{}\r\n", cell(&pair.question), cell(&pair.answer));
    }
    table
}
