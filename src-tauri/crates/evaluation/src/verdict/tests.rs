//! Verdicts against an independent computation.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{accuracy_interval, compare};

/// `better` and `worse` examples of `examples`, the rest alike.
#[track_caller]
fn check(better: usize, worse: usize, examples: usize, expected: &Expect) {
    let model: Vec<bool> = (0..examples).map(|it| it < better).collect();
    let baseline: Vec<bool> =
        (0..examples).map(|it| (better..better + worse).contains(&it)).collect();
    let it = compare(&model, &baseline).unwrap();
    expected.assert_eq(&format!(
        "+{} ={} -{} difference {:.4} in {:.4}..{:.4} p {:.6} {}",
        it.better,
        it.same,
        it.worse,
        it.difference,
        it.interval.0,
        it.interval.1,
        it.p_value,
        if it.proven { "proven" } else { "not proven" }
    ));
}

#[test]
fn the_exact_test_is_that_of_a_coin() {
    // By hand: 2 (1 + 10 + 45) / 1024 = 0.109375 and 2 (1 + 10) / 1024 = 0.021484.
    check(
        8,
        2,
        50,
        &expect!["+8 =40 -2 difference 0.1200 in -0.0114..0.2421 p 0.109375 not proven"],
    );
    check(9, 1, 50, &expect!["+9 =40 -1 difference 0.1600 in 0.0302..0.2775 p 0.021484 proven"]);
    // 2 / 2^6 is proven, 2 / 2^5 is not.
    check(6, 0, 10, &expect!["+6 =4 -0 difference 0.6000 in 0.1348..0.8652 p 0.031250 proven"]);
    check(5, 0, 10, &expect!["+5 =5 -0 difference 0.5000 in 0.0545..0.7788 p 0.062500 not proven"]);
}

#[test]
fn worse_can_be_proven_too() {
    check(1, 9, 50, &expect!["+1 =40 -9 difference -0.1600 in -0.2775..-0.0302 p 0.021484 proven"]);
}

#[test]
fn alike_is_never_proven() {
    check(
        0,
        0,
        100,
        &expect!["+0 =100 -0 difference 0.0000 in -0.0272..0.0272 p 1.000000 not proven"],
    );
    check(
        7,
        7,
        20,
        &expect!["+7 =6 -7 difference 0.0000 in -0.3564..0.3564 p 1.000000 not proven"],
    );
    check(0, 0, 0, &expect!["+0 =0 -0 difference 0.0000 in -1.0000..1.0000 p 1.000000 not proven"]);
}

#[test]
fn thousands_of_differences_do_not_vanish() {
    check(
        3000,
        2900,
        20_000,
        &expect!["+3000 =14100 -2900 difference 0.0050 in -0.0025..0.0125 p 0.197439 not proven"],
    );
    check(
        3200,
        2900,
        20_000,
        &expect!["+3200 =13900 -2900 difference 0.0150 in 0.0073..0.0227 p 0.000129 proven"],
    );
}

#[test]
fn lists_of_different_length_are_refused() {
    let err = compare(&[true], &[true, false]).unwrap_err();
    expect!["1 answers of the model stand against 2 of the baseline"].assert_eq(&err.to_string());
}

#[test]
fn the_interval_of_an_accuracy_is_wilsons() {
    // Wilson 1927 as tabled widely: 8 of 10 lies in 0.4902 to 0.9433, 0 of 10 below 0.2775.
    let shown = |right, examples| {
        let (low, high) = accuracy_interval(right, examples);
        format!("{low:.4}..{high:.4}")
    };
    expect!["0.4902..0.9433"].assert_eq(&shown(8, 10));
    expect!["0.0000..0.2775"].assert_eq(&shown(0, 10));
    expect!["0.7225..1.0000"].assert_eq(&shown(10, 10));
    expect!["0.0000..1.0000"].assert_eq(&shown(0, 0));
}

proptest! {
    #[test]
    fn turning_the_comparison_round_turns_the_verdict_round(
        pairs in prop::collection::vec((any::<bool>(), any::<bool>()), 0..200)
    ) {
        let (model, baseline): (Vec<bool>, Vec<bool>) = pairs.into_iter().unzip();
        let (one, other) = (compare(&model, &baseline).unwrap(), compare(&baseline, &model).unwrap());
        prop_assert_eq!((one.better, one.same, one.worse), (other.worse, other.same, other.better));
        prop_assert_eq!(one.proven, other.proven);
        prop_assert!((one.interval.0 + other.interval.1).abs() < 1e-12);
        prop_assert!(one.interval.0 <= one.difference && one.difference <= one.interval.1);
        prop_assert!((0.0..=1.0).contains(&one.p_value));
    }
}
