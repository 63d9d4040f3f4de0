//! Prices of calls, days and years: never low, never without an end.

use attune_dataset::ExampleTokens;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::PriceBook;

/// gpt-4o-mini: $0.30, $0.15 and $1.20 for a million tokens.
fn prices(tier: CallTier) -> UsagePrices {
    let model = PriceBook::built_in().model("openai", "gpt-4o-mini").unwrap();
    UsagePrices::of(model, tier).unwrap()
}

fn plan(calls: u64, input: u64, output: u64, cached: u8) -> UsagePlan {
    UsagePlan {
        calls_a_day: Spread::exactly(calls),
        tokens: CallTokens { input: Spread::exactly(input), output: Spread::exactly(output) },
        cached: Percent::new(cached).unwrap(),
        hosted: MinutesADay::ALWAYS,
    }
}

#[track_caller]
fn check(prices: &UsagePrices, plan: &UsagePlan, days: u32, expected: &Expect) {
    let shown = match usage_cost(prices, plan, days) {
        Ok(it) => {
            let three = |it: Spread<MicroUsd>| {
                let all = format!("${} ${} ${}", it.low(), it.expected(), it.high());
                if it.low() == it.high() { format!("${}", it.low()) } else { all }
            };
            let (call, day, year) = (three(it.per_call), three(it.per_day), three(it.year));
            format!("a call {call}, a day {day}, {} days {year}", it.days)
        }
        Err(err) => format!("refused: {err}"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn a_year_of_calls_is_not_rounded_call_by_call() {
    let immediate = prices(CallTier::Immediate);
    check(
        &immediate,
        &plan(100, 1_000, 200, 0),
        365,
        &expect!["a call $0.00054, a day $0.054, 365 days $19.71"],
    );
    // A third of a micro-dollar a call: rounded up in the call, exact in the year.
    check(
        &immediate,
        &plan(10, 1, 0, 0),
        365,
        &expect!["a call $0.000001, a day $0.000003, 365 days $0.001095"],
    );
}

#[test]
fn what_was_just_read_costs_less_and_so_does_an_answer_that_may_wait() {
    let half = plan(100, 1_000, 200, 50);
    check(
        &prices(CallTier::Immediate),
        &half,
        365,
        &expect!["a call $0.000465, a day $0.0465, 365 days $16.9725"],
    );
    check(
        &prices(CallTier::Batch),
        &half,
        365,
        &expect!["a call $0.000233, a day $0.02325, 365 days $8.48625"],
    );
    // No price for it: it costs what all reading costs.
    let same = UsagePrices { cached_input: None, ..prices(CallTier::Immediate) };
    check(&same, &half, 1, &expect!["a call $0.00054, a day $0.054, 1 days $0.054"]);
    // A share of one token is none.
    let one = plan(1_000_000, 1, 0, 99);
    check(
        &prices(CallTier::Immediate),
        &one,
        1,
        &expect!["a call $0.000001, a day $0.30, 1 days $0.30"],
    );
}

/// $1.70 an hour, as Azure asks also while nobody calls.
#[test]
fn hosting_is_paid_without_a_call() {
    let per_hour = Some(Spread::exactly(MicroUsd::from_micros(1_700_000)));
    let hosted = UsagePrices { hosting_per_hour: per_hour, ..prices(CallTier::Immediate) };
    let idle = plan(0, 0, 0, 0);
    check(&hosted, &idle, 365, &expect!["a call $0.00, a day $40.80, 365 days $14892.00"]);
    let hour = UsagePlan { hosted: MinutesADay::new(60).unwrap(), ..idle };
    check(&hosted, &hour, 365, &expect!["a call $0.00, a day $1.70, 365 days $620.50"]);
    let never = UsagePlan { hosted: MinutesADay::default(), ..idle };
    check(&hosted, &never, 365, &expect!["a call $0.00, a day $0.00, 365 days $0.00"]);
}

#[test]
fn the_year_ends_with_the_model() {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let last = Some(day("2027-01-14"));
    assert_eq!(days_served(day("2026-11-22"), last), 54);
    assert_eq!(days_served(day("2027-01-14"), last), 1);
    assert_eq!(days_served(day("2027-01-15"), last), 0);
    assert_eq!(days_served(day("2020-01-01"), last), 365);
    assert_eq!(days_served(day("2026-11-22"), None), 365);
    let few = plan(100, 1_000, 200, 0);
    let immediate = prices(CallTier::Immediate);
    check(&immediate, &few, 54, &expect!["a call $0.00054, a day $0.054, 54 days $2.916"]);
    check(&immediate, &few, 0, &expect!["a call $0.00054, a day $0.054, 0 days $0.00"]);
    let most = usage_cost(&immediate, &few, u32::MAX).unwrap();
    assert_eq!(most, usage_cost(&immediate, &few, 365).unwrap());
}

#[test]
fn calls_are_like_the_examples() {
    let tokens = |total, answers| ExampleTokens { total, answers };
    let examples = [tokens(100, 10), tokens(200, 20), tokens(600, 60)];
    let calls = CallTokens::of_examples(&examples).unwrap();
    assert_eq!(calls.input, Spread::new(90, 270, 540).unwrap());
    assert_eq!(calls.output, Spread::new(10, 30, 60).unwrap());
    assert_eq!(CallTokens::of_examples(&[]), None);
    let spread = UsagePlan { tokens: calls, ..plan(1_000, 0, 0, 0) };
    check(
        &prices(CallTier::Immediate),
        &spread,
        1,
        &expect![
            "a call $0.000039 $0.000117 $0.000234, a day $0.039 $0.117 $0.234, 1 days $0.039 $0.117 $0.234"
        ],
    );
}

#[test]
fn refuses_what_cannot_be_priced() {
    let immediate = prices(CallTier::Immediate);
    check(
        &immediate,
        &plan(1, u64::MAX, 0, 0),
        1,
        &expect![
            "a call $5534023222112.865485, a day $5534023222112.865485, 1 days $5534023222112.865485"
        ],
    );
    check(
        &immediate,
        &plan(u64::MAX, u64::MAX, 0, 0),
        1,
        &expect!["refused: the use is too large to price"],
    );
    let most = MicroUsd::from_micros(i64::MAX);
    let dear =
        UsagePrices { input: most, cached_input: Some(most), output: most, hosting_per_hour: None };
    check(
        &dear,
        &plan(1, u64::MAX, u64::MAX, 50),
        1,
        &expect!["refused: the use is too large to price"],
    );
    let below = UsagePrices { output: MicroUsd::from_micros(-1), ..immediate };
    check(&below, &plan(1, 1, 1, 0), 1, &expect!["refused: a price is below nothing: `-0.000001`"]);
    assert_eq!((Percent::new(101), MinutesADay::new(1_441)), (None, None));
}

#[test]
fn a_model_without_a_price_for_answers_has_none_at_all() {
    let book = PriceBook::built_in();
    let mut model = book.model("openai", "gpt-4o-mini").unwrap().clone();
    model.prices.retain(|price| price.kind != PriceKind::Output);
    assert_eq!(UsagePrices::of(&model, CallTier::Immediate), None);
    assert!(UsagePrices::of(&model, CallTier::Batch).is_some());
}

fn any_spread() -> impl Strategy<Value = Spread<u64>> {
    prop::array::uniform3(0..1_000_000_u64).prop_map(|mut it| {
        it.sort_unstable();
        Spread::new(it[0], it[1], it[2]).unwrap()
    })
}

proptest! {
    #[test]
    fn low_is_below_expected_below_high_and_the_year_is_never_low(
        calls_a_day in any_spread(), input in any_spread(), output in any_spread(),
        cached in 0..=100_u8, price in 0..1_000_000_000_i64, days in 0..400_u32,
    ) {
        let price = MicroUsd::from_micros(price);
        let prices = UsagePrices {
            input: price, cached_input: None, output: price,
            hosting_per_hour: Some(Spread::exactly(price)),
        };
        let cached = Percent::new(cached).unwrap();
        let tokens = CallTokens { input, output };
        let plan = UsagePlan { calls_a_day, tokens, cached, hosted: MinutesADay::ALWAYS };
        let cost = usage_cost(&prices, &plan, days).unwrap();
        for it in [cost.per_call, cost.per_day, cost.year] {
            prop_assert!(it.low() <= it.expected() && it.expected() <= it.high());
        }
        let tokens = u128::from(input.expected() + output.expected());
        let exact = tokens * u128::from(calls_a_day.expected()) * u128::from(price.micros().unsigned_abs());
        let day = u128::from(cost.per_day.expected().micros().unsigned_abs()) * EXACT_PER_MICRO;
        prop_assert!(day >= exact);
    }
}
