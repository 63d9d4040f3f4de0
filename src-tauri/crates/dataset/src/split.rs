//! Which examples train, validate and test.
//!
//! It must never put equal examples into different parts: a model would be asked what it learned.
//! The same seed and the same examples always give the same parts, in whatever order they stand.

use std::collections::HashMap;

use crate::key::ContentKey;

/// What an example is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// It is learned.
    Train,
    /// It steers the training: the curve, early stopping, the best checkpoint.
    Validate,
    /// It judges the result, and nothing else ever sees it.
    Test,
}

impl Part {
    /// The name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Validate => "validate",
            Part::Test => "test",
        }
    }
}

/// How much is set aside, in whole percent; the rest trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// For validation.
    pub validate_percent: u8,
    /// For the test.
    pub test_percent: u8,
}

impl Default for Shares {
    fn default() -> Self {
        Shares { validate_percent: 10, test_percent: 10 }
    }
}

/// From this many examples on, validation and test get at least one each.
const MIN_FOR_ALL_PARTS: usize = 10;

/// The part of each example, in the order of `keys`.
///
/// The sizes are the shares rounded to whole examples (halves up). Only where equal examples come
/// in groups that do not fit the remaining places does a part stay smaller (or, to have one at
/// all, grow larger) than its share.
pub fn assign(seed: u64, keys: &[ContentKey], shares: Shares) -> Vec<Part> {
    let groups = groups_in_seeded_order(seed, keys);
    let mut parts = vec![Part::Train; keys.len()];
    let test = target(keys.len(), shares.test_percent);
    let validate = target(keys.len(), shares.validate_percent).min(keys.len() - test);
    let mut is_taken = vec![false; groups.len()];
    for (part, places) in [(Part::Test, test), (Part::Validate, validate)] {
        for index in chosen(&groups, &is_taken, places) {
            is_taken[index] = true;
            for &position in &groups[index] {
                parts[position] = part;
            }
        }
    }
    parts
}

fn target(examples: usize, percent: u8) -> usize {
    let percent = usize::from(percent.min(100));
    let rounded = (examples * percent + 50) / 100;
    let least = usize::from(percent > 0 && examples >= MIN_FOR_ALL_PARTS);
    rounded.max(least)
}

/// The groups that fill `places`, each that still fits in the seeded order. Where none fits, the
/// smallest, so that the part is not empty; but never the last group, which must train.
fn chosen(groups: &[Vec<usize>], is_taken: &[bool], places: usize) -> Vec<usize> {
    let free = || (0..groups.len()).filter(|&index| !is_taken[index]);
    let mut left = places;
    let mut chosen = Vec::new();
    for index in free() {
        if groups[index].len() <= left {
            left -= groups[index].len();
            chosen.push(index);
        }
    }
    if chosen.is_empty() && places > 0 && free().count() > 1 {
        chosen.extend(free().min_by_key(|&index| groups[index].len()));
    }
    chosen
}

/// Positions with equal keys, in an order that depends on the seed and the keys alone.
fn groups_in_seeded_order(seed: u64, keys: &[ContentKey]) -> Vec<Vec<usize>> {
    let mut groups: HashMap<&ContentKey, Vec<usize>> = HashMap::new();
    for (position, key) in keys.iter().enumerate() {
        groups.entry(key).or_default().push(position);
    }
    let mut ordered: Vec<_> =
        groups.into_iter().map(|(key, group)| (rank(seed, key), key, group)).collect();
    ordered.sort_unstable();
    ordered.into_iter().map(|(_, _, group)| group).collect()
}

fn rank(seed: u64, key: &ContentKey) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(key);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests;
