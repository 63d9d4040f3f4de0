//! What is told anew with every question pays for a training, or does not.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::{PaysOff, UntunedUse, pays_off};
use crate::{
    CallTier, CallTokens, Correction, Day, GivenPrice, MicroUsd, MinutesADay, Outlook, OutlookWish,
    Percent, PriceBook, PriceKind, PriceUnit, Spread, TokenRange, TrainingOrder, TrainingTier,
    UsagePlan, UsagePrices, outlook, side_by_side, usage_cost,
};

const MODEL: &str = "gpt-4.1-mini-2025-04-14";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn typed(model: &str, kind: PriceKind, amount: &str) -> Correction {
    Correction {
        service: "openai".to_owned(),
        model: model.to_owned(),
        tier: TrainingTier::Standard,
        kind,
        per: PriceUnit::MillionTokens,
        price: GivenPrice::read(amount, "USD").unwrap(),
        from: day("2026-11-20"),
    }
}

/// The book with what the large model asks before any training: $2.00 and $8.00.
fn book() -> PriceBook {
    let typed = [
        typed("gpt-5.1", PriceKind::UntunedInput, "2.00"),
        // Text that was just read before costs no less.
        typed("gpt-5.1", PriceKind::UntunedCachedInput, "2.00"),
        typed("gpt-5.1", PriceKind::UntunedOutput, "8.00"),
    ];
    PriceBook::built_in().with_corrections(&typed, day("2026-11-22"))
}

fn wish(calls_a_day: u64) -> OutlookWish {
    OutlookWish {
        order: TrainingOrder {
            tokens: TokenRange::exactly(100_000),
            epochs: NonZeroU32::new(3).unwrap(),
            validation: None,
        },
        plan: UsagePlan {
            calls_a_day: Spread::exactly(calls_a_day),
            tokens: CallTokens { input: Spread::exactly(200), output: Spread::exactly(100) },
            cached: Percent::default(),
            hosted: MinutesADay::ALWAYS,
        },
        tier: CallTier::Immediate,
    }
}

fn tuned(wish: &OutlookWish, today: &str) -> Outlook {
    let book = book();
    outlook(&book, book.model("openai", MODEL).unwrap(), wish, day(today)).unwrap()
}

fn untuned(wish: &OutlookWish, told: u64) -> UntunedUse {
    let book = book();
    let prices = UsagePrices::untuned(book.model("openai", "gpt-5.1").unwrap()).unwrap();
    UntunedUse { prices, tokens: wish.plan.tokens.without(50), told }
}

fn paid(calls_a_day: u64, told: u64, today: &str) -> PaysOff {
    let wish = wish(calls_a_day);
    pays_off(&tuned(&wish, today), &wish.plan, &untuned(&wish, told), day(today)).unwrap()
}

#[test]
fn a_long_prompt_pays_for_a_training() {
    // Training: 300,000 tokens at $5.00 a million are $1.50. A call of the tuned one: 200 at $0.80
    // and 100 at $3.20 are $0.00048; of the other: 150 and 1,000 at $2.00, 100 at $8.00, $0.0031.
    // $1.50 / $0.00262 = 572.5 calls.
    assert_eq!(paid(100, 1_000, "2026-11-22"), PaysOff::After { calls: 573, days: 6 });
    // The same long before the model ends, and as many days as are left.
    assert_eq!(paid(11, 1_000, "2026-11-22"), PaysOff::After { calls: 573, days: 53 });
    assert_eq!(paid(11, 1_000, "2026-11-23"), PaysOff::After { calls: 573, days: 53 });
    assert_eq!(paid(11, 1_000, "2026-11-24"), PaysOff::AfterItsEnd { days: 53 });
}

#[test]
fn what_is_told_each_time_counts_at_the_price_of_text_that_was_just_read() {
    let wish = wish(100);
    let total = tuned(&wish, "2026-11-22");
    let other = untuned(&wish, 1_000);
    let paid = |cached: Option<i64>| {
        let cached_input = cached.map(MicroUsd::from_micros);
        let untuned = UntunedUse { prices: UsagePrices { cached_input, ..other.prices }, ..other };
        pays_off(&total, &wish.plan, &untuned, day("2026-11-22")).unwrap()
    };
    // 150 at $2.00, 1,000 at $0.50 and 100 at $8.00 are $0.0016; the tuned call is $0.00048.
    // $1.50 / $0.00112 = 1,339.3 calls.
    assert_eq!(paid(Some(500_000)), PaysOff::After { calls: 1_340, days: 14 });
    // Where nobody knows, it may be free: $1.50 / $0.00062 = 2,419.4 calls.
    assert_eq!(paid(None), PaysOff::After { calls: 2_420, days: 25 });
    // More than for reading it the first time it never is.
    assert_eq!(paid(Some(9_000_000)), paid(Some(2_000_000)));
}

#[test]
fn of_the_question_itself_the_share_counts_that_was_just_read() {
    let mut wish = wish(100);
    wish.plan.cached = Percent::new(80).unwrap();
    let total = tuned(&wish, "2026-11-22");
    let mut other = untuned(&wish, 1_000);
    other.prices.cached_input = Some(MicroUsd::from_micros(1_000_000));
    // Tuned: 40 at $0.80, 160 at $0.20 and 100 at $3.20 are $0.000384. The other: 30 at $2.00, 1,120 at
    // $1.00 and 100 at $8.00 are $0.00198. $1.50 / $0.001596 = 939.8 calls.
    let paid = pays_off(&total, &wish.plan, &other, day("2026-11-22"));
    assert_eq!(paid, Ok(PaysOff::After { calls: 940, days: 10 }));
}

#[test]
fn a_dearer_call_never_pays() {
    let wish = wish(100);
    let prices = UsagePrices {
        input: MicroUsd::from_micros(1),
        cached_input: None,
        output: MicroUsd::from_micros(1),
        hosting_per_hour: None,
    };
    let cheap = UntunedUse { prices, tokens: wish.plan.tokens, told: 0 };
    let today = day("2026-11-22");
    let paid = pays_off(&tuned(&wish, "2026-11-22"), &wish.plan, &cheap, today);
    assert_eq!(paid, Ok(PaysOff::Never));
}

#[test]
fn a_training_without_an_upper_end_promises_nothing() {
    let mut wish = wish(100);
    wish.order.tokens = TokenRange::new(1, 1, None).unwrap();
    let total = tuned(&wish, "2026-11-22");
    let paid = pays_off(&total, &wish.plan, &untuned(&wish, 1_000), day("2026-11-22"));
    assert_eq!(paid, Ok(PaysOff::Unknown));
}

#[test]
fn a_model_that_nobody_can_tune_is_no_place_to_train() {
    let rows = side_by_side(&book(), day("2026-11-22"), |_| wish(100)).len();
    let before = side_by_side(PriceBook::built_in(), day("2026-11-22"), |_| wish(100)).len();
    assert_eq!(rows, before);
    assert!(book().model("openai", "gpt-5.1").unwrap().is_only_untuned());
    // What is tuned elsewhere and asked untuned too stays one.
    let both = typed(MODEL, PriceKind::UntunedInput, "0.40");
    let book = PriceBook::built_in().with_corrections(&[both], day("2026-11-22"));
    assert!(!book.model("openai", MODEL).unwrap().is_only_untuned());
    assert_eq!(UsagePrices::untuned(book.model("openai", MODEL).unwrap()), None);
}

#[test]
fn instructions_are_no_part_of_a_question() {
    let tokens = CallTokens { input: Spread::new(10, 60, 90).unwrap(), output: Spread::exactly(5) };
    let without = tokens.without(50);
    assert_eq!(without.input, Spread::new(0, 10, 40).unwrap());
    assert_eq!(without.output, tokens.output);
}

proptest! {
    #[test]
    fn when_it_has_paid_both_ways_cost_the_same_or_less(
        told in 300u64..100_000,
        calls_a_day in 1u64..100_000,
    ) {
        let wish = wish(calls_a_day);
        let total = tuned(&wish, "2026-11-22");
        let other = untuned(&wish, told);
        let paid = pays_off(&total, &wish.plan, &other, day("2026-11-22")).unwrap();
        if let PaysOff::After { calls, days } = paid {
            prop_assert_eq!(days, calls.div_ceil(calls_a_day));
            let plan = UsagePlan { calls_a_day: Spread::exactly(calls), ..wish.plan };
            let now = usage_cost(&total.prices, &plan, 1).unwrap().year.expected();
            let then = other.least(plan.cached).unwrap().of_calls(calls).unwrap();
            let now = now.checked_add(total.training.ceiling.unwrap()).unwrap();
            // Each amount is rounded up to a micro-dollar once.
            prop_assert!(now.micros() <= then.micros() + 1, "{now} against {then}");
        }
    }
}
