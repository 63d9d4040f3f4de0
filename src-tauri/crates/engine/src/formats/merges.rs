//! Learns which pieces to merge (byte pair encoding, Sennrich et al. 2016) from counted words.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

/// Two pieces that stand side by side.
pub(crate) type Pair = (u32, u32);

/// The most frequent merges in the order they were learned, at most `limit`; each merge makes the
/// piece `first_new + its index`.
///
/// Deterministic: among equal counts the smaller pair wins. A pair rarer than `least_count` is
/// never merged. None if `go_on` says no, which is asked before each merge.
pub(crate) fn learn_merges(
    words: &BTreeMap<Vec<u32>, u64>,
    first_new: u32,
    limit: usize,
    least_count: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Vec<Pair>> {
    let mut state = State::new(words);
    let mut merges = Vec::new();
    for piece in (first_new..).take(limit) {
        if !go_on() {
            return None;
        }
        let Some(pair) = state.most_frequent(least_count) else { break };
        state.merge(pair, piece);
        merges.push(pair);
    }
    Some(merges)
}

struct State {
    words: Vec<(Vec<u32>, u64)>,
    counts: HashMap<Pair, u64>,
    /// Words in which a pair stood at some time; may hold words where it no longer does.
    places: HashMap<Pair, Vec<usize>>,
    /// May hold outdated counts, which are dropped when they surface.
    queue: BinaryHeap<(u64, Reverse<Pair>)>,
}

impl State {
    fn new(words: &BTreeMap<Vec<u32>, u64>) -> Self {
        let words: Vec<_> = words.iter().map(|(word, count)| (word.clone(), *count)).collect();
        let mut state = Self {
            words: Vec::new(),
            counts: HashMap::new(),
            places: HashMap::new(),
            queue: BinaryHeap::new(),
        };
        for (index, (word, count)) in words.iter().enumerate() {
            for pair in pairs(word) {
                *state.counts.entry(pair).or_default() += count;
                state.places.entry(pair).or_default().push(index);
            }
        }
        state.queue = state.counts.iter().map(|(pair, count)| (*count, Reverse(*pair))).collect();
        state.words = words;
        state
    }

    fn most_frequent(&mut self, least_count: u64) -> Option<Pair> {
        while let Some((count, Reverse(pair))) = self.queue.pop() {
            if count < least_count {
                return None;
            }
            if self.counts.get(&pair) == Some(&count) {
                return Some(pair);
            }
        }
        None
    }

    fn merge(&mut self, pair: Pair, piece: u32) {
        let mut touched = self.places.remove(&pair).unwrap_or_default();
        touched.dedup();
        let mut changed: BTreeMap<Pair, i64> = BTreeMap::new();
        for index in touched {
            let (word, count) = &mut self.words[index];
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            let merged = replace(word, pair, piece);
            if merged.len() == word.len() {
                continue;
            }
            for old in pairs(word) {
                *changed.entry(old).or_default() -= count;
            }
            for new in pairs(&merged) {
                *changed.entry(new).or_default() += count;
                if new.0 == piece || new.1 == piece {
                    self.places.entry(new).or_default().push(index);
                }
            }
            *word = merged;
        }
        self.counts.remove(&pair);
        for (changed, by) in changed.into_iter().filter(|(it, by)| *it != pair && *by != 0) {
            let count = self.counts.entry(changed).or_default();
            *count = count.saturating_add_signed(by);
            self.queue.push((*count, Reverse(changed)));
        }
    }
}

fn pairs(word: &[u32]) -> impl Iterator<Item = Pair> {
    word.windows(2).map(|pair| (pair[0], pair[1]))
}

/// `word` with every `pair` replaced by `piece`, from the left.
pub(crate) fn replace(word: &[u32], pair: Pair, piece: u32) -> Vec<u32> {
    let mut merged = Vec::with_capacity(word.len());
    let mut index = 0;
    while index < word.len() {
        if index + 1 < word.len() && (word[index], word[index + 1]) == pair {
            merged.push(piece);
            index += 2;
        } else {
            merged.push(word[index]);
            index += 1;
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::learn_merges;

    fn learn(words: &[(&[u32], u64)], limit: usize) -> Vec<(u32, u32)> {
        let words: BTreeMap<Vec<u32>, u64> =
            words.iter().map(|(word, count)| (word.to_vec(), *count)).collect();
        learn_merges(&words, 100, limit, 2, &|| true).unwrap()
    }

    #[test]
    fn the_most_frequent_pair_merges_first() {
        let words: [(&[u32], u64); 3] = [(&[1, 2, 3], 5), (&[2, 3], 2), (&[1, 4], 3)];
        assert_eq!(learn(&words, 9), [(2, 3), (1, 100), (1, 4)]);
    }

    #[test]
    fn learning_stops_between_two_merges() {
        let words = BTreeMap::from([(vec![1, 2, 3, 4], 5)]);
        let asked = std::cell::Cell::new(0);
        let go_on = || asked.replace(asked.get() + 1) < 2;
        assert_eq!(learn_merges(&words, 100, 9, 2, &go_on), None);
        assert_eq!(asked.get(), 3);
    }

    #[test]
    fn equal_counts_merge_in_the_order_of_the_pieces() {
        assert_eq!(learn(&[(&[7, 8], 2), (&[5, 6], 2)], 1), [(5, 6)]);
    }

    #[test]
    fn rare_pairs_and_repeats_are_handled() {
        assert_eq!(learn(&[(&[1, 2], 1)], 9), []);
        assert_eq!(learn(&[(&[1, 1, 1], 4)], 9), [(1, 1), (100, 1)]);
    }
}
