//! The reference folder with real data, where it is given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tasks::Task;
use crate::{Pair, Seeded};

/// Groups of the smaller task, and examples of each that are learnt from.
const GROUPS: usize = 10;
const EXAMPLES_OF_A_GROUP: usize = 50;

/// What a test says that needs the folder and does not have it.
pub const LEFT_OUT_WORDS: &str = "LEFT OUT: the reference folder is not given (set ATTUNE_REFERENCE, or put it as `shared` \
     beside the checkout)";

/// The folder: `ATTUNE_REFERENCE`, else `shared` beside the checkout, where it is a folder.
#[must_use]
pub fn reference_folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(4)?.join("shared").into();
    let folder: PathBuf =
        std::env::var_os("ATTUNE_REFERENCE").map_or_else(beside, |named| Some(named.into()))?;
    folder.join("data").is_dir().then_some(folder)
}

/// 77 groups of real questions to a bank (Banking77, CC BY 4.0, PolyAI): files of the reference folder.
#[derive(Debug, Clone)]
pub struct Banking {
    folder: PathBuf,
}

impl Banking {
    /// The files, where the reference folder is given.
    #[must_use]
    pub fn find() -> Option<Self> {
        let folder = reference_folder()?.join("data").join("banking77");
        folder.is_dir().then_some(Self { folder })
    }

    /// The file with 10,003 examples to learn from.
    #[must_use]
    pub fn train_file(&self) -> PathBuf {
        self.folder.join("train.csv")
    }

    /// The examples to learn from.
    #[must_use]
    pub fn train(&self) -> Vec<Pair> {
        pairs_in(&self.train_file())
    }

    /// The examples to test with.
    #[must_use]
    pub fn test(&self) -> Vec<Pair> {
        pairs_in(&self.folder.join("test.csv"))
    }

    /// The `count` most frequent groups to learn from; where two are equally frequent, by name.
    #[must_use]
    pub fn most_frequent(&self, count: usize) -> Vec<String> {
        let train = self.train();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for pair in &train {
            *groups.entry(pair.answer.as_str()).or_insert(0) += 1;
        }
        let mut ordered: Vec<(&str, usize)> = groups.into_iter().collect();
        ordered.sort_by_key(|&(name, size)| (std::cmp::Reverse(size), name));
        ordered.into_iter().take(count).map(|(name, _)| name.to_owned()).collect()
    }
}

impl Banking {
    /// Fifty examples of each of the ten most frequent groups; to test with, all rows of test.csv in
    /// them, and to choose settings by, the rest of their rows.
    #[must_use]
    pub fn ten_groups(&self, seed: u64) -> Task {
        let groups = self.most_frequent(GROUPS);
        let mut seeded = Seeded::new(seed);
        let mut rows = self.train();
        shuffle(&mut rows, &mut seeded);
        let (mut train, mut trial) = (Vec::new(), Vec::new());
        for group in &groups {
            let of_group = rows.iter().filter(|pair| pair.answer == *group).cloned();
            for (place, pair) in of_group.enumerate() {
                if place < EXAMPLES_OF_A_GROUP { train.push(pair) } else { trial.push(pair) }
            }
        }
        shuffle(&mut train, &mut seeded);
        let parts = |pair: Pair| (pair.question, pair.answer);
        let test = self.test().into_iter().filter(|pair| groups.contains(&pair.answer));
        Task {
            name: "Banking77, ten groups",
            instructions: "Name the topic of the customer's message. Answer with its name only.",
            train: train.into_iter().map(parts).collect(),
            trial: trial.into_iter().map(parts).collect(),
            kept_aside: test.map(parts).collect(),
        }
    }
}

/// Fisher and Yates.
fn shuffle(pairs: &mut [Pair], seeded: &mut Seeded) {
    for last in (1..pairs.len()).rev() {
        pairs.swap(last, seeded.below(last + 1));
    }
}

/// The rows of a table of two columns with headings, as RFC 4180 writes them.
fn pairs_in(file: &Path) -> Vec<Pair> {
    let text = std::fs::read_to_string(file);
    let text = text.unwrap_or_else(|cause| panic!("{} cannot be read: {cause}", file.display()));
    let mut rows = rows_of(&text).into_iter().skip(1);
    let mut pairs = Vec::new();
    for row in &mut rows {
        if let [question, answer] = row.as_slice() {
            pairs.push(Pair { question: question.clone(), answer: answer.clone() });
        }
    }
    pairs
}

/// An independent reader of tables: the product's own is what the tests judge.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = vec![String::new()];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let cell = row.last_mut().expect("a row has a cell");
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(std::mem::replace(&mut row, vec![String::new()])),
            other => cell.push(other),
        }
    }
    if row.len() > 1 || !row[0].is_empty() {
        rows.push(row);
    }
    rows
}
