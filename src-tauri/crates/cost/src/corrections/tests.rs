//! Corrected prices hold from their day on, and only prices are taken for prices.

use proptest::prelude::*;

use super::*;

fn correction(model: &str, usd: &str, from: &str) -> Correction {
    Correction {
        service: "openai".to_owned(),
        model: model.to_owned(),
        tier: TrainingTier::Standard,
        kind: PriceKind::Training,
        per: PriceUnit::MillionTokens,
        price: GivenPrice::read(usd, "USD").unwrap(),
        from: from.parse().unwrap(),
    }
}

#[track_caller]
fn check(corrections: &[Correction], model: &str, on: &str, expected: Option<&str>) {
    let book = PriceBook::built_in().with_corrections(corrections, on.parse().unwrap());
    let price =
        book.model("openai", model).and_then(|it| it.per_million_tokens(PriceKind::Training));
    assert_eq!(price.map(|it| it.to_string()).as_deref(), expected);
}

#[test]
fn a_correction_holds_from_its_day_on() {
    let corrections = [
        correction("gpt-4o-mini", "4", "2026-12-01"),
        correction("gpt-4o-mini-2024-07-18", "3.50", "2026-11-25"),
    ];
    check(&corrections, "gpt-4o-mini", "2026-11-24", Some("3.00"));
    check(&corrections, "gpt-4o-mini", "2026-11-25", Some("3.50"));
    check(&corrections, "ft:gpt-4o-mini-2024-07-18:o::i", "2026-12-01", Some("4.00"));
    check(&[], "gpt-4o-mini", "2026-12-01", Some("3.00"));
    check(&corrections, "gpt-4.1", "2026-12-01", Some("25.00"));
}

#[test]
fn the_last_word_of_a_day_counts() {
    let day = "2026-12-01";
    let corrections = [correction("gpt-4o-mini", "4", day), correction("gpt-4o-mini", "5", day)];
    check(&corrections, "gpt-4o-mini", day, Some("5.00"));
}

#[test]
fn a_model_that_nobody_knew_is_added_and_others_stay_unknown() {
    let corrections = [correction("ft:gpt-7-tuna:o::i", "0.4", "2026-12-01")];
    check(&corrections, "gpt-7-tuna", "2026-12-01", Some("0.40"));
    check(&corrections, "gpt-7-tuna", "2026-11-30", None);
    check(&corrections, "gpt-7", "2026-12-01", None);
    let book = PriceBook::built_in().with_corrections(&corrections, "2026-12-01".parse().unwrap());
    let added = book.model("openai", "gpt-7-tuna").unwrap();
    assert_eq!((added.last_day(), added.per_million_tokens(PriceKind::Input)), (None, None));
    assert_eq!(book.models.len(), PriceBook::built_in().models.len() + 1);
}

#[test]
fn a_corrected_price_has_an_age_of_its_own() {
    let corrections = [correction("gpt-4o-mini", "4", "2026-12-20")];
    let today: Day = "2026-12-25".parse().unwrap();
    let book = PriceBook::built_in().with_corrections(&corrections, today);
    let age = |kind| {
        let model = book.model("openai", "gpt-4o-mini").unwrap();
        let age = book.price_age(model.price(kind, PriceUnit::MillionTokens).unwrap(), today);
        age.map(|age| (age.days, age.is_old))
    };
    assert_eq!(age(PriceKind::Training), Some((5, false)));
    assert_eq!(age(PriceKind::Input), Some((33, true)));
}

#[test]
fn what_a_price_was_is_kept() {
    let corrections = [
        correction("gpt-4o-mini", "4", "2026-12-01"),
        correction("gpt-4.1", "9", "2026-12-02"),
        correction("gpt-4o-mini-2024-07-18", "3.50", "2026-11-25"),
        correction("gpt-4o-mini", "5", "2026-12-01"),
    ];
    let history = PriceBook::built_in().history(&corrections, &corrections[0]);
    let prices: Vec<String> = history.iter().map(|it| it.price.usd().to_string()).collect();
    assert_eq!(prices, ["5.00", "4.00", "3.50"]);
}

#[test]
fn only_dollars_from_nothing_to_ten_thousand_are_a_price() {
    let read = |amount, currency| match GivenPrice::read(amount, currency) {
        Ok(price) => format!("${}", price.usd()),
        Err(err) => err.to_string(),
    };
    assert_eq!(read(" 0.4 ", "usd "), "$0.40");
    assert_eq!(read("0", "USD"), "$0.00");
    assert_eq!(read("10000", "USD"), "$10000.00");
    let above = "a price is at most `10000.00` dollars, and `10000.000001` is more";
    assert_eq!(read("10000.000001", "USD"), above);
    assert_eq!(read("-0.01", "USD"), "a price is never below nothing, and `-0.01` is");
    assert_eq!(read("3", "EUR"), "prices are in US dollars, not in `EUR`");
    assert_eq!(read("3", ""), "prices are in US dollars, not in ``");
    for wrong in ["", "NaN", "nan", "inf", "-inf", "1e3", "3,50", "$3", "99999999999999999999"] {
        let expected = "a price is an amount in dollars, with at most six digits behind a point";
        assert_eq!(read(wrong, "USD"), expected, "{wrong}");
    }
}

/// A file that somebody wrote by hand.
#[test]
fn a_book_with_an_amount_that_is_none_is_not_read() {
    let book = |usd: &str| {
        let text = format!(
            r#"{{"checked_on":"2026-11-22","source":"x","models":[{{"service":"s","model":"m",
            "aliases":[],"ends_on":"","prices":[{{"kind":"input","per":"hour","usd":{usd}}}]}}]}}"#
        );
        serde_json::from_str::<PriceBook>(&text).is_ok()
    };
    assert!(book(r#""3.00""#));
    for wrong in ["3.00", "null", r#""NaN""#, r#""3.00 EUR""#, r#""1e400""#, "1e400"] {
        assert!(!book(wrong), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_price_within_bounds_or_refused(amount in "\\PC{0,12}|-?[0-9]{1,20}(\\.[0-9]{0,8})?") {
        if let Ok(price) = GivenPrice::read(&amount, "USD") {
            prop_assert!(price.usd() >= MicroUsd::ZERO && price <= GivenPrice::MOST);
        }
    }
}
