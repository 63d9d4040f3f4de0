//! The figures of the book are those of the services' pages, and they age.

use super::*;

#[track_caller]
fn check(service: &str, model: &str, expected: Option<i64>) {
    let book = PriceBook::built_in();
    let price =
        book.model(service, model).and_then(|model| model.per_million_tokens(PriceKind::Training));
    assert_eq!(price.map(MicroUsd::micros), expected);
}

/// The figures of OpenAI's price page.
#[test]
fn a_model_is_found_by_its_name_its_short_name_and_as_a_tuned_one() {
    check("openai", "gpt-4o-mini-2024-07-18", Some(3_000_000));
    check("openai", "gpt-4o-mini", Some(3_000_000));
    check("openai", "ft:gpt-4.1-mini-2025-04-14:org::id", Some(5_000_000));
    check("openai", "gpt-4.1-2025-04-14.ft-0a1b", Some(25_000_000));
    check("openai", "gpt-4.1-2025-04-14", Some(25_000_000));
}

#[test]
fn what_is_not_in_the_book_has_no_price() {
    check("openai", "gpt-6-luna", None);
    check("openai", "gpt-4.1-mini-2025", None);
    check("nebius", "gpt-4o-mini-2024-07-18", None);
    // Its training is paid by the hour.
    check("openai", "o4-mini-2025-04-16", None);
    let by_the_hour = PriceBook::built_in().model("openai", "o4-mini").unwrap();
    assert_eq!(by_the_hour.per_hour(PriceKind::Training), "100".parse().ok());
    assert_eq!(by_the_hour.per_hour(PriceKind::Hosting), None);
}

#[test]
fn a_cheaper_way_of_training_has_to_be_asked_for() {
    let book = PriceBook::built_in();
    let tier = TrainingTier::Developer;
    assert_eq!(book.model_at("openai", "gpt-4o-mini", tier), None);
    let mut with_tier = book.clone();
    let model = book.model("openai", "gpt-4o-mini").unwrap();
    with_tier.models.insert(0, PricedModel { tier, ..model.clone() });
    assert_eq!(with_tier.model("openai", "gpt-4o-mini"), Some(model));
    assert_eq!(with_tier.model_at("openai", "gpt-4o-mini", tier).map(|it| it.tier), Some(tier));
}

#[test]
fn every_price_is_above_nothing_and_every_model_has_one() {
    for model in &PriceBook::built_in().models {
        assert!(!model.prices.is_empty(), "{}", model.model);
        assert!(model.prices.iter().all(|price| price.usd > MicroUsd::ZERO), "{}", model.model);
        assert!(model.last_day().is_some(), "{}", model.model);
    }
}

#[test]
fn a_price_is_old_after_thirty_days() {
    let book = PriceBook::built_in();
    let price = &book.models[0].prices[0];
    let age = |today: &str| {
        let age = book.price_age(price, today.parse().unwrap()).unwrap();
        (age.days, age.is_old)
    };
    assert_eq!(age("2026-11-22"), (0, false));
    assert_eq!(age("2026-12-22"), (30, false));
    assert_eq!(age("2026-12-23"), (31, true));
    // A clock that stands too early knows of no age.
    assert_eq!(age("2020-01-01"), (0, false));
    let own_day = Price { checked_on: "2026-01-01".parse().ok(), ..price.clone() };
    assert!(book.price_age(&own_day, "2026-11-22".parse().unwrap()).unwrap().is_old);
    let nameless = PriceBook { checked_on: "once".to_owned(), ..book.clone() };
    assert_eq!(nameless.price_age(price, "2026-11-22".parse().unwrap()), None);
}
