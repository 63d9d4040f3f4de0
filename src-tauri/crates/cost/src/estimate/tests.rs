//! Prices of trainings, the $0.80 that was once said to be $800 among them.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::estimate;
use crate::{Certainty, MicroUsd, TrainingTokens};

/// The only place these tests touch the API. A case is data: "price tokens epochs" in, text out.
#[track_caller]
fn check(certainty: Certainty, case: &str, expected: &Expect) {
    let [price, tokens, epochs] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let (price, tokens) = (price.parse().unwrap(), TrainingTokens(tokens.parse().unwrap()));
    let shown = match estimate(price, tokens, certainty, epochs.parse().unwrap()) {
        Ok(it) => {
            let ceiling = it.ceiling.map_or("unknown".to_owned(), |it| format!("${it}"));
            format!("{} tokens, ${}, at most {ceiling}", it.billed_tokens.0, it.expected)
        }
        Err(err) => format!("refused: {err}"),
    };
    expected.assert_eq(&shown);
}

/// $0.008 a thousand, as `gpt-3.5-turbo` began; it was once said to make $800.
#[test]
fn hundred_thousand_tokens_cost_80_cents_for_one_epoch_and_2_40_for_three() {
    check(Certainty::Exact, "8.00 100000 1", &expect!["100000 tokens, $0.80, at most $0.80"]);
    check(Certainty::Exact, "8.00 100000 3", &expect!["300000 tokens, $2.40, at most $2.40"]);
}

#[test]
fn rounds_up_a_fraction_and_the_ceiling_to_whole_cents() {
    check(Certainty::Exact, "3.00 1 1", &expect!["1 tokens, $0.000003, at most $0.01"]);
    check(
        Certainty::Exact,
        "9223372036854.775807 1 1",
        &expect!["1 tokens, $9223372.036855, at most $9223372.04"],
    );
}

#[test]
fn a_count_that_is_only_about_right_has_a_higher_ceiling_or_none() {
    check(Certainty::About, "3.00 100000 1", &expect!["100000 tokens, $0.30, at most $0.40"]);
    check(Certainty::About, "3.00 100001 1", &expect!["100001 tokens, $0.300003, at most $0.41"]);
    check(Certainty::Unbounded, "3.00 100000 1", &expect!["100000 tokens, $0.30, at most unknown"]);
}

#[test]
fn refuses_what_cannot_be_priced() {
    check(Certainty::Exact, "3.00 0 1", &expect!["refused: the dataset has no training tokens"]);
    check(Certainty::Exact, "-3.00 1 1", &expect!["refused: a price is below nothing: `-3.00`"]);
    check(
        Certainty::Exact,
        "3.00 18446744073709551615 2",
        &expect!["refused: 18446744073709551615 tokens over 2 epochs is too large to price"],
    );
    check(
        Certainty::About,
        "9223372036854.775807 18446744073709551615 1",
        &expect!["refused: 18446744073709551615 tokens over 1 epochs is too large to price"],
    );
    check(
        Certainty::Exact,
        "9223372036854.775807 1000000 1",
        &expect!["refused: 1000000 tokens over 1 epochs is too large to price"],
    );
}

/// More text than anybody has: a price, and no number that does not fit.
#[test]
fn ten_billion_tokens_have_a_price() {
    check(
        Certainty::Exact,
        "25.00 10000000000 25",
        &expect!["250000000000 tokens, $6250000.00, at most $6250000.00"],
    );
}

proptest! {
    #[test]
    fn more_to_learn_never_costs_less_and_the_ceiling_holds(
        price in 0..100_000_000_i64, tokens in 1..10_000_000_000_u64, epochs in 1..50_u32,
        certainty in prop_oneof![Just(Certainty::Exact), Just(Certainty::About)],
    ) {
        let price = MicroUsd::from_micros(price);
        let of = |tokens, epochs: u32| {
            let epochs = epochs.try_into().unwrap();
            estimate(price, TrainingTokens(tokens), certainty, epochs).unwrap()
        };
        let (one, more) = (of(tokens, epochs), of(tokens + 1, epochs));
        prop_assert!(one.ceiling.unwrap() >= one.expected);
        prop_assert!(more.expected >= one.expected && more.ceiling >= one.ceiling);
        prop_assert!(of(tokens, epochs + 1).expected >= one.expected);
        let exact = u128::from(tokens) * u128::from(epochs) * u128::try_from(price.micros()).unwrap();
        prop_assert!(u128::try_from(one.expected.micros()).unwrap() * 1_000_000 >= exact);
    }
}
