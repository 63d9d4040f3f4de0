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
    UntunedUse { prices, tokens: wish.plan.tokens.told(50, told).unwrap() }
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
fn text_that_was_just_read_counts_as_free_where_nobody_knows_better() {
    let mut wish = wish(100);
    wish.plan.cached = Percent::new(80).unwrap();
    let total = tuned(&wish, "2026-11-22");
    let other = untuned(&wish, 1_000);
    let paid =
        |untuned: &UntunedUse| pays_off(&total, &wish.plan, untuned, day("2026-11-22")).unwrap();
    // Tuned: 40 at $0.80, 160 at $0.20 and 100 at $3.20 are $0.000384. The other: 230 of its 1,150 at
    // $2.00 and 100 at $8.00, $0.00126; the rest may be free. $1.50 / $0.000876 = 1,712.3 calls.
    assert_eq!(paid(&other), PaysOff::After { calls: 1_713, days: 18 });
    // Where it is known to cost a dollar, 920 of them are $0.00092 more.
    let cached_input = Some(MicroUsd::from_micros(1_000_000));
    let known = UntunedUse { prices: UsagePrices { cached_input, ..other.prices }, ..other };
    assert_eq!(paid(&known), PaysOff::After { calls: 836, days: 9 });
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
    let cheap = UntunedUse { prices, tokens: wish.plan.tokens };
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
fn told_text_stands_instead_of_the_instructions() {
    let tokens = CallTokens { input: Spread::new(10, 60, 90).unwrap(), output: Spread::exactly(5) };
    let told = tokens.told(50, 1_000).unwrap();
    assert_eq!(told.input, Spread::new(1_000, 1_010, 1_040).unwrap());
    assert_eq!(told.output, tokens.output);
    assert!(tokens.told(0, u64::MAX).is_err());
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
            let before = UsagePlan { tokens: other.tokens, ..plan };
            let now = usage_cost(&total.prices, &plan, 1).unwrap().year.expected();
            let then = usage_cost(&other.prices, &before, 1).unwrap().year.expected();
            let now = now.checked_add(total.training.ceiling.unwrap()).unwrap();
            // Each amount is rounded up to a micro-dollar once.
            prop_assert!(now.micros() <= then.micros() + 1, "{now} against {then}");
        }
    }
}
