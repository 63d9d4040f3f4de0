//! Nothing that a service may bill is forgotten.

mod invoices;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::PriceBook;

fn usd(text: &str) -> MicroUsd {
    text.parse().unwrap()
}

/// 100,000 tokens, three passes, $8.00 a million.
fn order(tokens: TokenRange, validation: Option<ValidationRun>) -> TrainingOrder {
    TrainingOrder { tokens, epochs: NonZeroU32::new(3).unwrap(), validation }
}

fn validation() -> Option<ValidationRun> {
    Some(ValidationRun { tokens: TokenRange::exactly(10_000), evaluations: 5 })
}

#[track_caller]
fn check(rules: &BillingRules, order: &TrainingOrder, expected: &Expect) {
    let shown = match training_cost(usd("8.00"), rules, order) {
        Ok(it) => {
            let ceiling = it.ceiling.map_or("no end".to_owned(), |it| format!("${it}"));
            format!("{} tokens, ${} ${} {ceiling}", it.billed.expected(), it.low, it.expected)
        }
        Err(err) => format!("refused: {err}"),
    };
    expected.assert_eq(&shown);
}

/// $0.008 a thousand, as `gpt-3.5-turbo` began; it was once said to make $800.
#[test]
fn hundred_thousand_tokens_cost_80_cents_for_one_epoch_and_2_40_for_three() {
    let rules = PriceBook::built_in().rules("openai");
    let three = order(TokenRange::exactly(100_000), None);
    let one = TrainingOrder { epochs: NonZeroU32::MIN, ..three };
    check(&rules, &one, &expect!["100000 tokens, $0.80 $0.80 $0.80"]);
    check(&rules, &three, &expect!["300000 tokens, $2.40 $2.40 $2.40"]);
}

/// More text than anybody has: a price, and no number that does not fit.
#[test]
fn ten_billion_tokens_have_a_price() {
    let epochs = NonZeroU32::new(25).unwrap();
    let all = TrainingOrder { epochs, ..order(TokenRange::exactly(10_000_000_000), None) };
    let expected = expect!["250000000000 tokens, $2000000.00 $2000000.00 $2000000.00"];
    check(&BillingRules::default(), &all, &expected);
}

#[test]
fn validation_costs_where_the_service_bills_it() {
    let order = order(TokenRange::exactly(100_000), validation());
    let rules = |service| PriceBook::built_in().rules(service);
    check(&rules("openai"), &order, &expect!["300000 tokens, $2.40 $2.40 $2.40"]);
    check(&rules("together"), &order, &expect!["350000 tokens, $2.80 $2.80 $2.80"]);
    check(&rules("nobody"), &order, &expect!["350000 tokens, $2.40 $2.80 $2.80"]);
}

#[test]
fn a_training_costs_at_least_what_a_service_asks() {
    let rules = BillingRules { minimum_charge: Some(usd("4.005")), ..BillingRules::default() };
    check(&rules, &order(TokenRange::exactly(1), None), &expect!["3 tokens, $4.005 $4.005 $4.01"]);
    let many = order(TokenRange::exactly(1_000_000), None);
    check(&rules, &many, &expect!["3000000 tokens, $24.00 $24.00 $24.00"]);
}

#[test]
fn a_range_of_tokens_is_a_range_of_money() {
    let rules = BillingRules::default();
    let range = |high| TokenRange::new(90_000, 100_000, high).unwrap();
    check(&rules, &order(range(Some(133_334)), None), &expect!["300000 tokens, $2.16 $2.40 $3.21"]);
    check(&rules, &order(range(None), None), &expect!["300000 tokens, $2.16 $2.40 no end"]);
}

#[test]
fn refuses_what_cannot_be_priced() {
    let rules = BillingRules::default();
    let none = order(TokenRange::exactly(0), None);
    check(&rules, &none, &expect!["refused: the dataset has no training tokens"]);
    let all = order(TokenRange::exactly(u64::MAX), None);
    check(
        &rules,
        &all,
        &expect!["refused: 18446744073709551615 tokens over 3 epochs is too large to price"],
    );
    let one = order(TokenRange::exactly(1), None);
    assert_eq!(
        training_cost(usd("-1"), &rules, &one),
        Err(TrainingCostError::NegativePrice(usd("-1")))
    );
    let most = training_cost(MicroUsd::from_micros(i64::MAX), &rules, &one);
    let too_large = TrainingCostError::TooLarge { tokens: 1_000_000, epochs: one.epochs };
    let million = order(TokenRange::exactly(1_000_000), None);
    assert!(most.is_ok());
    assert_eq!(training_cost(MicroUsd::from_micros(i64::MAX), &rules, &million), Err(too_large));
    // An example of nothing but images may cost something.
    let images = order(TokenRange::new(0, 0, None).unwrap(), None);
    check(&rules, &images, &expect!["0 tokens, $0.00 $0.00 no end"]);
}

#[track_caller]
fn check_cancelled(rules: &BillingRules, done: u64, expected: &Expect) {
    let cost =
        training_cost(usd("8.00"), rules, &order(TokenRange::exactly(100_000), None)).unwrap();
    let steps = StepsDone { done, of: NonZeroU64::new(300).unwrap() };
    let cancelled = cancelled_cost(rules, (cost.low, cost.ceiling), Some(steps));
    let high = cancelled.high.map_or("no end".to_owned(), |it| format!("${it}"));
    expected.assert_eq(&format!("${} {high}", cancelled.low));
}

#[test]
fn a_cancelled_training_costs_its_share_or_nobody_knows() {
    let together = PriceBook::built_in().rules("together");
    check_cancelled(&together, 0, &expect!["$0.00 $0.00"]);
    check_cancelled(&together, 100, &expect!["$0.80 $0.80"]);
    check_cancelled(&together, 999, &expect!["$2.40 $2.40"]);
    check_cancelled(&BillingRules::default(), 100, &expect!["$0.00 $2.40"]);
    let nobody_knows = cancelled_cost(&together, (usd("1"), Some(usd("2"))), None);
    assert_eq!((nobody_knows.low, nobody_knows.high), (MicroUsd::ZERO, Some(usd("2"))));
    let with_least = BillingRules { minimum_charge: Some(usd("1.00")), ..together };
    check_cancelled(&with_least, 0, &expect!["$0.00 $1.00"]);
}

fn any_rules() -> impl Strategy<Value = BillingRules> {
    let validation = prop_oneof![
        Just(ValidationBilling::Free),
        Just(ValidationBilling::Billed),
        Just(ValidationBilling::Unknown),
    ];
    let cancelled = prop_oneof![Just(CancelledBilling::DoneSteps), Just(CancelledBilling::Unknown)];
    (validation, cancelled, prop::option::of(0..20_000_000_i64)).prop_map(
        |(validation, cancelled, least)| BillingRules {
            validation,
            cancelled,
            minimum_charge: least.map(MicroUsd::from_micros),
            ..BillingRules::default()
        },
    )
}

#[test]
fn what_was_billed_before_moves_what_is_expected_and_only_raises_the_most() {
    let cost = training_cost(
        usd("8"),
        &BillingRules::default(),
        &order(TokenRange::exactly(100_000), None),
    );
    let cost = cost.unwrap();
    let after = |billed: &[(&str, &str)]| {
        let before =
            BilledBefore::of(billed.iter().map(|(expected, billed)| (usd(expected), usd(billed))));
        before.map(|before| (before.percent_above(), cost.after(before).unwrap()))
    };
    assert_eq!(after(&[]), None);
    assert_eq!(after(&[("0", "1")]), None, "of nothing expected, nothing can be learned");
    assert_eq!(after(&[("2", "2")]), Some((None, cost)));
    let (percent, dearer) = after(&[("2", "2"), ("1", "1.30"), ("3", "3.60")]).unwrap();
    assert_eq!(percent, Some(130));
    assert_eq!(dearer.expected.micros(), cost.expected.micros() * 12 / 10);
    assert_eq!(dearer.ceiling.unwrap().micros(), cost.ceiling.unwrap().micros() * 13 / 10);
    let (percent, cheaper) = after(&[("2", "1")]).unwrap();
    assert_eq!((percent, cheaper.ceiling), (None, cost.ceiling), "the most is never lowered");
    assert!(cheaper.expected < cost.expected && cheaper.low <= cheaper.expected);
}

proptest! {
    #[test]
    fn more_tokens_and_more_epochs_never_cost_less_and_the_ceiling_holds(
        rules in any_rules(), price in 0..100_000_000_i64, low in 0..1_000_000_u64,
        more in 0..1_000_000_u64, most in 0..1_000_000_u64, epochs in 1..50_u32,
        evaluations in 0..20_u32,
    ) {
        let cost = |low: u64, epochs: u32| {
            let tokens = TokenRange::new(low, low + more, Some(low + more + most + 1)).unwrap();
            let epochs = NonZeroU32::new(epochs).unwrap();
            let validation = Some(ValidationRun { tokens, evaluations });
            let order = TrainingOrder { tokens, epochs, validation };
            training_cost(MicroUsd::from_micros(price), &rules, &order).unwrap()
        };
        let one = cost(low, epochs);
        prop_assert!(one.low <= one.expected && one.expected <= one.ceiling.unwrap());
        for other in [cost(low + 1, epochs), cost(low, epochs + 1)] {
            prop_assert!(other.low >= one.low && other.expected >= one.expected);
            prop_assert!(other.ceiling >= one.ceiling);
        }
    }

    #[test]
    fn a_cancelled_training_never_costs_more_than_the_ceiling(
        rules in any_rules(), tokens in 1..1_000_000_u64, done in any::<u64>(), of in 1..u64::MAX,
    ) {
        let cost = training_cost(usd("8"), &rules, &order(TokenRange::exactly(tokens), None)).unwrap();
        let steps = StepsDone { done, of: NonZeroU64::new(of).unwrap() };
        let cancelled = cancelled_cost(&rules, (cost.low, cost.ceiling), Some(steps));
        prop_assert!(cancelled.low <= cancelled.high.unwrap());
        prop_assert!(cancelled.high <= cost.ceiling);
    }
}
