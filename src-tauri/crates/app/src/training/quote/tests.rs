//! Quotes are kept for one order each, and ceilings come from whoever knows.

use super::*;

fn quoted(expires_at_ms: i64) -> Quoted {
    Quoted {
        stuff: Stuff {
            project: ProjectId(1),
            dataset_version: 1,
            counts: SplitCounts { train: 10, validate: 0, test: 0 },
            files: Files { train: String::new(), validate: String::new(), test: String::new() },
            tokens: 0,
            seed: 0,
            refusal: None,
        },
        service: "openai".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        recipe: StoredRecipe::default(),
        request_sha: String::new(),
        expected_micro_usd: None,
        ceiling_micro_usd: 1,
        must_type_amount: false,
        expires_at_ms,
    }
}

#[test]
fn a_quote_is_taken_once_and_not_after_its_time() {
    let mut quotes = Quotes::default();
    quotes.keep("one".to_owned(), quoted(100), 0);
    quotes.keep("late".to_owned(), quoted(10), 0);
    assert!(quotes.take("nobody", 0).is_none());
    assert!(quotes.take("one", 99).is_some());
    assert!(quotes.take("one", 99).is_none(), "it was used");
    assert!(quotes.take("late", 10).is_none(), "it is over");
}

#[test]
fn only_so_many_quotes_are_kept_and_the_oldest_go() {
    let mut quotes = Quotes::default();
    for number in 0..=MOST_QUOTES {
        quotes.keep(number.to_string(), quoted(100), 0);
    }
    assert_eq!(quotes.kept.len(), MOST_QUOTES);
    assert!(quotes.take("0", 0).is_none());
    assert!(quotes.take("1", 0).is_some());
}

#[test]
fn a_computed_ceiling_wins_and_a_typed_one_has_bounds() {
    let cost = |ceiling: Option<i64>| TrainingCost {
        billed: attune_cost::TokenRange::exactly(1),
        low: MicroUsd::from_micros(5),
        expected: MicroUsd::from_micros(5),
        ceiling: ceiling.map(MicroUsd::from_micros),
    };
    let check = |cost: Option<TrainingCost>, typed| {
        ceiling(cost.as_ref(), typed).map(|ceiling| ceiling.map(MicroUsd::micros))
    };
    assert_eq!(check(Some(cost(Some(10_000))), Some(3)), Ok(Some(10_000)));
    assert_eq!(check(Some(cost(None)), Some(3)), Ok(Some(3)));
    assert_eq!(check(None, None), Ok(None));
    for wrong in [0, -1, MOST_TYPED_MICRO_USD + 1] {
        assert_eq!(check(None, Some(wrong)), Err(input_invalid("typedCeilingMicroUsd")));
    }
}

#[test]
fn no_two_tokens_are_alike() {
    let (one, other) = (new_token().unwrap(), new_token().unwrap());
    assert_eq!(one.len(), 32);
    assert_ne!(one, other);
}
