//! What is saved is what the estimates say, and no way costs more.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// gpt-4.1-mini, 200 examples of 500 tokens, four passes: 400,000 tokens at $5.00, $2.00.
fn case(book: &PriceBook) -> SavingsCase<'_> {
    SavingsCase {
        book,
        service: "openai",
        model: "gpt-4.1-mini",
        tier: TrainingTier::Standard,
        today: "2026-11-22".parse().unwrap(),
        examples: 200,
        tokens: TrainingTokens(100_000),
        epochs: NonZeroU32::new(4).unwrap(),
        instructions: Some(StandingTokens { tokens: 300, examples: 200, shorter: 50 }),
        call: Some(UsualCall { input: 400, output: 100, cached: Percent::default() }),
    }
}

#[track_caller]
fn check(case: &SavingsCase<'_>, expected: &Expect) {
    let shown = match savings(case) {
        Ok(ways) => ways.iter().fold(String::new(), |text, it| {
            let calls = it.per_thousand_calls.map_or("unknown".to_owned(), |it| format!("${it}"));
            format!("{text}{:?}: ${}, calls {calls}, {:?}\n", it.kind, it.training, it.risk)
        }),
        Err(err) => format!("refused: {err}"),
    };
    expected.assert_eq(&shown);
}

#[test]
fn every_way_has_what_it_saves_and_what_it_risks() {
    check(
        &case(PriceBook::built_in()),
        &expect![[r#"
        ShorterInstructions { fewer_tokens: 250 }: $1.00, calls $0.20, ForgetsInstructions
        FewerExamples { keep: 100 }: $1.00, calls $0.00, LessVariety
        SmallerBase { model: "gpt-4o-mini-2024-07-18" }: $0.80, calls $0.40, WeakerModel
        FewerEpochs { to: 3 }: $0.50, calls $0.00, LearnsLess
        Batch: $0.00, calls $0.32, AnswersLater
    "#]],
    );
}

#[test]
fn without_a_usual_call_only_the_training_is_known() {
    let case = SavingsCase { call: None, instructions: None, ..case(PriceBook::built_in()) };
    check(
        &case,
        &expect![[r#"
        FewerExamples { keep: 100 }: $1.00, calls unknown, LessVariety
        SmallerBase { model: "gpt-4o-mini-2024-07-18" }: $0.80, calls unknown, WeakerModel
        FewerEpochs { to: 3 }: $0.50, calls unknown, LearnsLess
    "#]],
    );
}

#[test]
fn few_examples_and_few_passes_are_not_made_fewer() {
    let few = SavingsCase {
        examples: 98,
        epochs: NonZeroU32::new(3).unwrap(),
        instructions: None,
        call: None,
        model: "gpt-4o-mini",
        ..case(PriceBook::built_in())
    };
    check(&few, &expect![[""]]);
    check(
        &SavingsCase { examples: 99, ..few },
        &expect![[r#"
        FewerExamples { keep: 50 }: $0.445446, calls unknown, LessVariety
    "#]],
    );
    check(
        &SavingsCase { examples: 99, epochs: NonZeroU32::new(7).unwrap(), ..few },
        &expect![[r#"
            FewerExamples { keep: 50 }: $1.039374, calls unknown, LessVariety
            FewerEpochs { to: 5 }: $0.60, calls unknown, LearnsLess
        "#]],
    );
}

#[test]
fn what_has_ended_is_not_proposed() {
    let late = SavingsCase { today: "2027-01-15".parse().unwrap(), ..case(PriceBook::built_in()) };
    let ways = savings(&late).unwrap();
    assert!(ways.iter().all(|it| !matches!(it.kind, SavingKind::SmallerBase { .. })));
}

#[test]
fn a_cheaper_way_of_training_the_same_model_is_proposed() {
    let mut book = PriceBook::built_in().clone();
    let model = book.model("openai", "gpt-4.1-mini").unwrap().clone();
    for (tier, usd) in [(TrainingTier::Developer, "2.50"), (TrainingTier::Global, "6.00")] {
        let mut other = PricedModel { tier, ..model.clone() };
        other.prices[0].usd = usd.parse().unwrap();
        book.models.push(other);
    }
    let tiers = |case: &SavingsCase<'_>| {
        let ways = savings(case).unwrap().into_iter();
        let found = ways.filter(|it| matches!(it.kind, SavingKind::CheaperTier { .. }));
        found.map(|it| format!("{:?} ${} {:?}", it.kind, it.training, it.risk)).collect::<Vec<_>>()
    };
    let standard = case(&book);
    assert_eq!(tiers(&standard), ["CheaperTier { tier: Developer } $1.00 Interrupted"]);
    let developer = SavingsCase { tier: TrainingTier::Developer, ..standard };
    assert_eq!(tiers(&developer), [""; 0]);
}

#[test]
fn refuses_what_cannot_be_priced() {
    let book = PriceBook::built_in();
    let of = |model| SavingsCase { model, ..case(book) };
    check(
        &of("gpt-6-luna"),
        &expect!["refused: no training price is known for model `gpt-6-luna`"],
    );
    // Its training is paid by the hour.
    check(&of("o4-mini"), &expect!["refused: no training price is known for model `o4-mini`"]);
    let huge = SavingsCase { tokens: TrainingTokens(u64::MAX), ..case(book) };
    check(&huge, &expect!["refused: the training is too large to price"]);
    let call = UsualCall { input: u64::MAX, output: u64::MAX, cached: Percent::default() };
    check(
        &SavingsCase { call: Some(call), ..case(book) },
        &expect!["refused: a usual call cannot be priced"],
    );
}

#[test]
fn epochs_follow_the_number_of_examples() {
    let usual: Vec<_> = [0, 99, 100, 499, 500, 2_000, 2_001, u64::MAX].map(usual_epochs).into();
    assert_eq!(usual, [3..=5, 3..=5, 2..=3, 2..=3, 1..=2, 1..=2, 1..=1, 1..=1]);
}

proptest! {
    #[test]
    fn no_way_saves_more_than_everything_or_costs_more(
        examples in 0..100_000_u64, tokens in 0..1_000_000_000_u64, epochs in 1..50_u32,
        standing in 0..5_000_u64, shorter in 0..5_000_u64, input in 0..10_000_u64,
        output in 0..10_000_u64, cached in 0..=100_u8,
    ) {
        let cached = Percent::new(cached).unwrap();
        let case = SavingsCase {
            examples, tokens: TrainingTokens(tokens), epochs: NonZeroU32::new(epochs).unwrap(),
            instructions: Some(StandingTokens { tokens: standing, examples, shorter }),
            call: Some(UsualCall { input, output, cached }),
            ..case(PriceBook::built_in())
        };
        let now = Now::of(&case).unwrap();
        for way in savings(&case).unwrap() {
            prop_assert!((MicroUsd::ZERO..=now.training).contains(&way.training));
            let less = way.per_thousand_calls.unwrap();
            prop_assert!((MicroUsd::ZERO..=now.calls.unwrap()).contains(&less));
        }
    }
}
