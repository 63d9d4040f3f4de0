//! Shares are exact, equal examples stay together, and the order is pinned.

use std::collections::HashMap;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Part, Shares, assign};
use crate::key::ContentKey;

fn different(count: usize) -> Vec<ContentKey> {
    (0..count as u128).map(u128::to_le_bytes).collect()
}

fn sizes(parts: &[Part]) -> String {
    let count = |part: Part| parts.iter().filter(|it| **it == part).count();
    format!(
        "train {} validate {} test {}",
        count(Part::Train),
        count(Part::Validate),
        count(Part::Test)
    )
}

#[track_caller]
fn check(count: usize, validate_percent: u8, test_percent: u8, expected: &Expect) {
    let shares = Shares { validate_percent, test_percent };
    expected.assert_eq(&sizes(&assign(7, &different(count), shares)));
}

#[test]
fn the_shares_are_exact() {
    check(240, 10, 10, &expect!["train 192 validate 24 test 24"]);
    check(10_003, 10, 10, &expect!["train 8003 validate 1000 test 1000"]);
    check(95, 10, 10, &expect!["train 75 validate 10 test 10"]);
    check(100, 0, 20, &expect!["train 80 validate 0 test 20"]);
}

#[test]
fn small_datasets_still_have_all_parts_from_ten_on() {
    check(10, 10, 10, &expect!["train 8 validate 1 test 1"]);
    check(10, 1, 1, &expect!["train 8 validate 1 test 1"]);
    check(4, 10, 10, &expect!["train 4 validate 0 test 0"]);
    check(1, 10, 10, &expect!["train 1 validate 0 test 0"]);
    check(0, 10, 10, &expect!["train 0 validate 0 test 0"]);
}

#[test]
fn shares_beyond_the_whole_are_cut() {
    check(20, 200, 60, &expect!["train 0 validate 8 test 12"]);
}

#[test]
fn equal_examples_stay_together_and_the_shares_stay_exact() {
    // 20 groups of 5 and 100 that stand alone.
    let keys: Vec<ContentKey> =
        (0..200u128).map(|it| if it < 100 { it / 5 } else { it }.to_le_bytes()).collect();
    let parts = assign(1, &keys, Shares::default());
    expect!["train 160 validate 20 test 20"].assert_eq(&sizes(&parts));
}

#[test]
fn large_groups_still_leave_something_to_test() {
    // Five groups of 20: no group fits ten places.
    let keys: Vec<ContentKey> = (0..100u128).map(|it| (it % 5).to_le_bytes()).collect();
    expect!["train 60 validate 20 test 20"].assert_eq(&sizes(&assign(1, &keys, Shares::default())));
    // All alike: training on nothing would be worse than testing on nothing.
    let parts = assign(1, &[[9; 16]; 50], Shares::default());
    expect!["train 50 validate 0 test 0"].assert_eq(&sizes(&parts));
}

#[test]
fn the_assignment_never_changes() {
    // Trainings are resumed and tested by it.
    let parts = assign(42, &different(30), Shares::default());
    let shown: String = parts.iter().map(|it| &it.as_str()[..2]).collect::<Vec<_>>().join(" ");
    expect![
        "tr tr te tr tr te tr tr tr tr tr tr va tr tr tr tr tr tr tr tr tr tr tr te va tr tr tr va"
    ]
    .assert_eq(&shown);
}

#[test]
fn another_seed_sets_others_aside() {
    let keys = different(100);
    assert_ne!(assign(1, &keys, Shares::default()), assign(2, &keys, Shares::default()));
}

proptest! {
    #[test]
    fn order_does_not_matter_and_equals_stay_together(
        numbers in prop::collection::vec(0u128..60, 0..150), seed in any::<u64>()
    ) {
        let keys: Vec<ContentKey> = numbers.iter().map(|it| it.to_le_bytes()).collect();
        let parts = assign(seed, &keys, Shares::default());
        let part_of: HashMap<ContentKey, Part> = keys.iter().copied().zip(parts.iter().copied()).collect();
        for (key, part) in keys.iter().zip(&parts) {
            prop_assert_eq!(part_of[key], *part);
        }
        let backwards: Vec<ContentKey> = keys.iter().rev().copied().collect();
        let mut again = assign(seed, &backwards, Shares::default());
        again.reverse();
        prop_assert_eq!(again, parts);
    }

    #[test]
    fn different_examples_are_split_exactly(count in 10usize..500, seed in any::<u64>()) {
        let parts = assign(seed, &different(count), Shares::default());
        let aside = |part: Part| parts.iter().filter(|it| **it == part).count();
        let share = ((count * 10 + 50) / 100).max(1);
        prop_assert_eq!((aside(Part::Validate), aside(Part::Test)), (share, share));
    }
}
