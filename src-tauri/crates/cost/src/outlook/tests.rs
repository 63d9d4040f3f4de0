//! Training and a year of use, side by side.

use std::num::NonZeroU32;

use expect_test::{Expect, expect};

use super::*;
use crate::{CallTokens, MinutesADay, Percent, Price, PriceUnit, Spread, TokenRange};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// 100,000 tokens three times; a hundred calls a day of 1,000 and 200 tokens.
fn wish(tokens: TokenRange) -> OutlookWish {
    OutlookWish {
        order: TrainingOrder { tokens, epochs: NonZeroU32::new(3).unwrap(), validation: None },
        plan: UsagePlan {
            calls_a_day: Spread::new(50, 100, 200).unwrap(),
            tokens: CallTokens { input: Spread::exactly(1_000), output: Spread::exactly(200) },
            cached: Percent::default(),
            hosted: MinutesADay::ALWAYS,
        },
        tier: CallTier::Immediate,
    }
}

#[track_caller]
fn check(book: &PriceBook, today: &str, expected: &Expect) {
    let rows = side_by_side(book, day(today), |_| wish(TokenRange::exactly(100_000)));
    let shown = rows.iter().map(|(model, total)| {
        let total = match total {
            Ok(it) => {
                let high = it.high.map_or("no end".to_owned(), |it| format!("${it}"));
                let days = it.usage.days;
                format!("${} ${} {high} with {days} days", it.low, it.expected)
            }
            Err(err) => err.to_string(),
        };
        format!("{} {}: {total}\n", model.service, model.model)
    });
    expected.assert_eq(&shown.collect::<String>());
}

#[test]
fn models_that_answer_stand_side_by_side_until_their_last_day() {
    let book = PriceBook::built_in();
    check(
        book,
        "2026-11-22",
        &expect![[r#"
        openai gpt-4o-mini-2024-07-18: $2.358 $3.816 $6.732 with 54 days
        openai gpt-4.1-mini-2025-04-14: $5.388 $9.276 $17.052 with 54 days
        openai gpt-4.1-2025-04-14: $22.08 $36.66 $65.82 with 54 days
        openai gpt-4o-2024-08-06: $25.725 $43.95 $80.40 with 54 days
    "#]],
    );
    check(
        book,
        "2027-01-14",
        &expect![[r#"
        openai gpt-4o-mini-2024-07-18: $0.927 $0.954 $1.008 with 1 days
        openai gpt-4.1-mini-2025-04-14: $1.572 $1.644 $1.788 with 1 days
        openai gpt-4.1-2025-04-14: $7.77 $8.04 $8.58 with 1 days
        openai gpt-4o-2024-08-06: $7.8375 $8.175 $8.85 with 1 days
    "#]],
    );
    check(book, "2027-01-15", &expect![[""]]);
}

#[test]
fn standing_ready_and_unknown_prices_are_part_of_the_picture() {
    let mut book = PriceBook::built_in().clone();
    book.models.retain(|it| it.model.starts_with("gpt-4o-mini"));
    let known = book.models[0].clone();
    let at = |service: &str| PricedModel {
        service: service.to_owned(),
        ends_on: String::new(),
        ..known.clone()
    };
    let (azure, mut nobody, mut silent) = (at("azure"), at("nobody"), at("silent"));
    let hour = Price {
        kind: PriceKind::Hosting,
        per: PriceUnit::Hour,
        usd: "0.01".parse().unwrap(),
        checked_on: None,
    };
    nobody.prices.push(hour);
    silent.prices.retain(|it| it.kind != PriceKind::Output);
    book.models = vec![silent, azure, nobody, known];
    check(
        &book,
        "2026-11-22",
        &expect![[r#"
        openai gpt-4o-mini-2024-07-18: $2.358 $3.816 $6.732 with 54 days
        nobody gpt-4o-mini-2024-07-18: $98.355 $108.21 $127.92 with 365 days
        azure gpt-4o-mini-2024-07-18: $14902.755 $14912.61 $14932.32 with 365 days
        silent gpt-4o-mini-2024-07-18: no price of a call is known for model `gpt-4o-mini-2024-07-18`
    "#]],
    );
}

#[test]
fn what_has_no_upper_end_has_none_in_all() {
    let book = PriceBook::built_in();
    let model = book.model("openai", "gpt-4o-mini").unwrap();
    let open = wish(TokenRange::new(100_000, 100_000, None).unwrap());
    let total = outlook(book, model, &open, day("2026-11-22")).unwrap();
    assert_eq!(total.high, None);
    assert!(total.low <= total.expected);
}

#[test]
fn what_cannot_be_priced_says_why() {
    let book = PriceBook::built_in();
    let model = book.model("openai", "gpt-4o-mini").unwrap();
    let refused = |wish: &OutlookWish| outlook(book, model, wish, day("2026-11-22")).unwrap_err();
    assert_eq!(refused(&wish(TokenRange::exactly(0))), TrainingCostError::EmptyDataset.into());
    let mut endless = wish(TokenRange::exactly(1));
    endless.plan.calls_a_day = Spread::exactly(u64::MAX);
    assert_eq!(refused(&endless), UsageError::TooLarge.into());
}

#[test]
fn what_earlier_trainings_were_billed_moves_the_whole() {
    let book = PriceBook::built_in();
    let model = book.model("openai", "gpt-4o-mini").unwrap();
    let total =
        outlook(book, model, &wish(TokenRange::exactly(100_000)), day("2026-11-22")).unwrap();
    let usd = |amount: &str| amount.parse::<MicroUsd>().unwrap();
    let before = crate::BilledBefore::of([(usd("2"), usd("3"))]).unwrap();
    let after = total.after(before).unwrap();
    assert_eq!((total.training.expected, after.training.expected), (usd("0.90"), usd("1.35")));
    assert_eq!(after.expected, total.expected.checked_add(usd("0.45")).unwrap());
    assert_eq!(after.high, total.high.and_then(|high| high.checked_add(usd("0.45"))));
    assert_eq!(after.low, total.low, "no bill makes it cheaper than what is proven");
}
