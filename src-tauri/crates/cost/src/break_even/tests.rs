//! After so many calls, never, or at once.

use proptest::prelude::*;

use super::{BreakEven, BreakEvenCase, break_even};
use crate::{CallCost, MicroUsd, Percent, Spread, UsagePrices};

/// A million tokens cost a dollar.
fn call(tokens: u64) -> CallCost {
    let dollar = MicroUsd::from_micros(1_000_000);
    let prices = UsagePrices {
        input: dollar,
        cached_input: None,
        output: dollar,
        hosting_per_hour: None::<Spread<MicroUsd>>,
    };
    CallCost::new(&prices, tokens, 0, Percent::default()).unwrap()
}

fn case(training: i64, untuned: u64, tuned: u64) -> BreakEvenCase {
    BreakEvenCase {
        training: MicroUsd::from_micros(training),
        untuned: call(untuned),
        tuned: call(tuned),
        hosting_a_day: MicroUsd::ZERO,
        calls_a_day: 0,
    }
}

#[test]
fn a_shorter_prompt_pays_the_training_after_so_many_calls() {
    // Each call saves $0.0008; $2.40 are saved with the 3,000th, a micro-dollar more with the next.
    assert_eq!(break_even(&case(2_400_000, 1_000, 200)), BreakEven::Calls(3_000));
    assert_eq!(break_even(&case(2_400_001, 1_000, 200)), BreakEven::Calls(3_001));
    assert_eq!(break_even(&case(1, 1_000, 200)), BreakEven::Calls(1));
}

#[test]
fn what_saves_nothing_never_pays() {
    assert_eq!(break_even(&case(1, 200, 200)), BreakEven::Never);
    assert_eq!(break_even(&case(1, 200, 201)), BreakEven::Never);
    assert_eq!(break_even(&case(0, 200, 201)), BreakEven::Never);
}

#[test]
fn what_costs_nothing_pays_at_once() {
    assert_eq!(break_even(&case(0, 1_000, 200)), BreakEven::AtOnce);
    assert_eq!(break_even(&case(0, 200, 200)), BreakEven::AtOnce);
    assert_eq!(break_even(&case(-1, 200, 200)), BreakEven::AtOnce);
}

#[test]
fn standing_ready_is_paid_by_the_day() {
    let hosted = |calls_a_day| BreakEvenCase {
        hosting_a_day: MicroUsd::from_micros(400_000),
        calls_a_day,
        ..case(2_400_000, 1_000, 200)
    };
    // $0.80 saved by 1,000 calls, less $0.40: six days.
    assert_eq!(break_even(&hosted(1_000)), BreakEven::Calls(6_000));
    assert_eq!(break_even(&hosted(501)), BreakEven::Calls(501 * 3_000));
    assert_eq!(break_even(&hosted(500)), BreakEven::Never);
    assert_eq!(break_even(&hosted(0)), BreakEven::Never);
    assert_eq!(break_even(&hosted(u64::MAX)), BreakEven::Calls(u64::MAX));
}

#[test]
fn more_calls_than_can_be_counted_are_never() {
    let dear = BreakEvenCase { untuned: CallCost::default(), ..case(1, 0, 0) };
    assert_eq!(break_even(&dear), BreakEven::Never);
    let mut least = case(i64::MAX, 0, 0);
    let micro = MicroUsd::from_micros(1);
    let prices =
        UsagePrices { input: micro, cached_input: None, output: micro, hosting_per_hour: None };
    least.untuned = CallCost::new(&prices, 1, 0, Percent::default()).unwrap();
    assert_eq!(break_even(&least), BreakEven::Never);
}

proptest! {
    #[test]
    fn the_saving_covers_the_price_with_the_last_call_and_not_before(
        training in 1..1_000_000_000_i64, untuned in 0..10_000_u64, tuned in 0..10_000_u64,
    ) {
        let saved = |calls: u64| i128::from(calls) * (i128::from(untuned) - i128::from(tuned));
        match break_even(&case(training, untuned, tuned)) {
            BreakEven::Calls(calls) => {
                prop_assert!(saved(calls) >= training.into());
                prop_assert!(saved(calls - 1) < training.into());
            }
            BreakEven::Never => prop_assert!(tuned >= untuned),
            BreakEven::AtOnce => prop_assert!(false, "it costs something"),
        }
    }

    #[test]
    fn a_dearer_training_never_pays_sooner(
        training in 0..1_000_000_000_i64, untuned in 0..10_000_u64, hosting in 0..1_000_000_i64,
        calls_a_day in 0..100_000_u64,
    ) {
        let calls = |training| {
            let hosting_a_day = MicroUsd::from_micros(hosting);
            match break_even(&BreakEvenCase { hosting_a_day, calls_a_day, ..case(training, untuned, 100) }) {
                BreakEven::AtOnce => 0,
                BreakEven::Calls(calls) => calls,
                BreakEven::Never => u64::MAX,
            }
        };
        prop_assert!(calls(training) <= calls(training + 1));
    }
}
