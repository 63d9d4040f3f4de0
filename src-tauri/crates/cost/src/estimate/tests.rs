//! Prices of trainings, the $0.80 that was once said to be $800 among them.

use expect_test::{Expect, expect};

use super::{TrainingPrice, estimate};
use crate::{MicroUsd, TrainingTokens};

/// The only place these tests touch the API. A case is data: "model tokens epochs" in, text out.
#[track_caller]
fn check(case: &str, expected: &Expect) {
    let price = |model: &str, micros| TrainingPrice {
        model: model.to_owned(),
        per_million_tokens: MicroUsd::from_micros(micros),
    };
    // $3 a million; $0.008 a thousand; a price no one has.
    let prices = [price("small", 3_000_000), price("seed", 8_000_000), price("dear", i64::MAX)];
    let [model, tokens, epochs] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let tokens = TrainingTokens(tokens.parse().unwrap());
    let shown = match estimate(&prices, model, tokens, epochs.parse().unwrap()) {
        Ok(it) => format!("{} tokens, ${}", it.billed_tokens.0, it.total),
        Err(err) => format!("refused: {err}"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn hundred_thousand_tokens_at_0_008_a_thousand_are_80_cents_not_800_dollars() {
    check("seed 100000 1", &expect!["100000 tokens, $0.80"]);
}

#[test]
fn counts_every_epoch() {
    check("small 1000000 3", &expect!["3000000 tokens, $9.00"]);
}

#[test]
fn rounds_up_a_fraction() {
    check("small 1 1", &expect!["1 tokens, $0.000003"]);
    check("seed 1 1", &expect!["1 tokens, $0.000008"]);
    check("dear 1 1", &expect!["1 tokens, $9223372.036855"]);
}

#[test]
fn refuses_what_has_no_price() {
    check("huge 10 1", &expect!["refused: no training price is known for model `huge`"]);
    check("small 0 1", &expect!["refused: the dataset has no training tokens"]);
    check(
        "small 18446744073709551615 2",
        &expect!["refused: 18446744073709551615 tokens over 2 epochs is too large to price"],
    );
    check(
        "dear 18446744073709551615 1",
        &expect!["refused: 18446744073709551615 tokens over 1 epochs is too large to price"],
    );
}
