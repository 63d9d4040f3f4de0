//! A correction holds for one price until it is taken back, and only prices are taken for prices.

use attune_contract::money::{PriceBy, PriceFor};

use super::*;

fn row(model: &str, micro_usd: Option<i64>) -> PriceCorrectionRow {
    PriceCorrectionRow {
        service: "openai".to_owned(),
        model: model.to_owned(),
        price_for: "training".to_owned(),
        counted_by: "million_tokens".to_owned(),
        micro_usd,
        from_day: "2026-11-22".to_owned(),
        typed_at_ms: 7,
    }
}

#[track_caller]
fn check(rows: &[PriceCorrectionRow], expected: &[(&str, i64)]) {
    let standing = wire::standing(rows);
    let found: Vec<(&str, i64)> =
        standing.iter().map(|it| (it.model.as_str(), it.price.usd().micros())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_last_word_on_a_price_counts_and_others_stay() {
    check(&[], &[]);
    check(&[row("a", Some(1)), row("b", Some(2)), row("a", Some(3))], &[("b", 2), ("a", 3)]);
    check(&[row("a", Some(1)), row("b", Some(2)), row("a", None)], &[("b", 2)]);
    check(&[row("a", Some(1)), row("a", None), row("a", Some(0))], &[("a", 0)]);
}

/// What a newer version writes, and what no version should.
#[test]
fn what_cannot_be_read_corrects_nothing() {
    let other = PriceCorrectionRow { price_for: "moonlight".to_owned(), ..row("a", Some(1)) };
    let never = PriceCorrectionRow { from_day: "someday".to_owned(), ..row("a", Some(1)) };
    check(&[other, never, row("b", Some(i64::MAX))], &[]);
}

fn request(price_for: PriceFor, by: PriceBy, amount: Option<&str>) -> PriceCorrectRequest {
    PriceCorrectRequest {
        service: "openai".to_owned(),
        model: " gpt-4o-mini ".to_owned(),
        price_for,
        by,
        amount: amount.map(str::to_owned),
    }
}

#[test]
fn only_what_can_be_a_price_is_taken() {
    let amount = |amount: &str| {
        let typed = wire::typed(&request(PriceFor::Training, PriceBy::MillionTokens, Some(amount)));
        typed.map(|typed| typed.price.map(|price| price.usd().micros())).map_err(|it| it.params)
    };
    assert_eq!(amount(" 0.80 "), Ok(Some(800_000)));
    for wrong in ["", "-1", "NaN", "1e3", "10000.01", "0,80", "3 EUR"] {
        assert_eq!(amount(wrong), Err(input_invalid("amount").params), "{wrong}");
    }
    let by = |price_for, by| {
        let typed = wire::typed(&request(price_for, by, None));
        typed.map(|typed| typed.model).map_err(|failure| failure.params)
    };
    let refused = || Err(input_invalid("by").params);
    assert_eq!(by(PriceFor::Training, PriceBy::Hour), Ok("gpt-4o-mini".to_owned()));
    assert_eq!(by(PriceFor::Hosting, PriceBy::Hour), Ok("gpt-4o-mini".to_owned()));
    assert_eq!(by(PriceFor::Hosting, PriceBy::MillionTokens), refused());
    assert_eq!(by(PriceFor::Output, PriceBy::Hour), refused());
}

#[test]
fn a_corrected_price_says_whose_it_is() {
    let today: Day = "2026-11-22".parse().unwrap();
    let corrections = wire::standing(&[row("gpt-4o-mini-2024-07-18", Some(4_000_000))]);
    let book = PriceBook::built_in().with_corrections(&corrections, today);
    let prices = Prices { book, corrections, typed: Vec::new() };
    let quoted = |model: &str| prices.of_training(prices.model("openai", model).unwrap()).unwrap();
    let own = quoted("gpt-4o-mini");
    assert_eq!((own.per_million_micro_usd, own.checked_on.as_str()), (4_000_000, "2026-11-22"));
    assert_eq!(own.source, words("order.price.own", &params![]));
    let known = quoted("gpt-4.1");
    assert_eq!(
        (known.per_million_micro_usd, known.source),
        (25_000_000, prices.book.source.clone())
    );
    // An input price of the same model is still the book's.
    let model = prices.model("openai", "gpt-4o-mini").unwrap();
    let input = model.price(PriceKind::Input, PriceUnit::MillionTokens).unwrap();
    assert!(!prices.is_corrected(model, input));
}

#[test]
fn a_last_day_that_the_service_told_counts_before_the_book() {
    let service = |tunable: &str| ServiceRow {
        name: "openai".to_owned(),
        kind: "openai".to_owned(),
        title: "OpenAI".to_owned(),
        base_url: "https://api.openai.com/v1".to_owned(),
        options_json: "{}".to_owned(),
        check_json: Some(format!(
            r#"{{"checkedAtMs":1,"verdict":"works","models":1,"tunable":[{tunable}],"failure":null}}"#
        )),
        created_at_ms: 1,
    };
    let ends_on = |tunable: &str| {
        let mut book = PriceBook::built_in().clone();
        take_told_ends(&mut book, &[service(tunable)]);
        book.model("openai", "gpt-4o-mini").unwrap().ends_on.clone()
    };
    let told = r#"{"model":"gpt-4o-mini-2024-07-18","endsOn":"2026-12-24T00:00:00Z"}"#;
    assert_eq!(ends_on(told), "2026-12-24");
    for nothing in [
        "",
        r#"{"model":"gpt-4o-mini-2024-07-18","endsOn":null}"#,
        r#"{"model":"gpt-4o-mini-2024-07-18","endsOn":"some day soon"}"#,
        r#"{"model":"gpt-4.1-2025-04-14","endsOn":"2026-12-24"}"#,
    ] {
        assert_eq!(ends_on(nothing), "2027-01-14", "{nothing}");
    }
}
