//! When a training has paid for itself against a model without any, through the app.

use attune_contract::money::{PriceBy, PriceCorrectRequest, PriceFor, UntunedPricesRequest};
use attune_contract::outlook::{Outlook, OutlookRequest, PaysOff, UntunedWish};
use attune_contract::{FailureCode, Param};

use attune_testkit::fake_service::FakeSettings;

use crate::support::far::{FarHouse, MODEL};

const OTHER: &str = "gpt-nobody-tunes";

async fn typed(far: &FarHouse, model: &str, price_for: PriceFor, amount: &str) {
    let request = PriceCorrectRequest {
        service: "openai".to_owned(),
        model: model.to_owned(),
        price_for,
        by: PriceBy::MillionTokens,
        amount: Some(amount.to_owned()),
    };
    far.house.app.price_correct(request).await.unwrap();
}

fn request(far: &FarHouse, untuned: Option<UntunedWish>) -> OutlookRequest {
    OutlookRequest {
        project: far.project,
        calls_a_day: 100,
        cached_percent: 0,
        is_batch: false,
        power: None,
        untuned,
    }
}

fn wish(model: Option<&str>, told_tokens: Option<u64>) -> Option<UntunedWish> {
    let service = model.map(|_| "openai".to_owned());
    Some(UntunedWish { service, model: model.map(str::to_owned), told_tokens })
}

async fn outlook(far: &FarHouse, untuned: Option<UntunedWish>) -> Outlook {
    far.house.app.outlook_read(request(far, untuned)).await.unwrap()
}

fn paid(outlook: &Outlook) -> Option<PaysOff> {
    outlook.rows.iter().find(|row| row.model == MODEL).unwrap().pays_off
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_held_against_what_nobody_knows() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    typed(&far, OTHER, PriceFor::UntunedInput, "2").await;
    let seen = outlook(&far, None).await;
    assert_eq!((paid(&seen), &seen.untuned), (None, &None));
    assert!(seen.untuned_models.is_empty(), "one price is not enough");
    let places: Vec<_> = seen.places.iter().map(|place| place.title.as_str()).collect();
    assert_eq!(places, ["OpenAI"]);
    // Whoever asks for more than can be read is told so.
    let wrong = request(&far, wish(None, Some(1_000_001)));
    let refused = far.house.app.outlook_read(wrong).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::InputInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_prompt_pays_for_a_training_and_a_short_one_does_not() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let before = outlook(&far, None).await.rows.len();
    let prices = [
        (PriceFor::UntunedInput, "2"),
        (PriceFor::UntunedCachedInput, "2"),
        (PriceFor::UntunedOutput, "8"),
    ];
    for (price_for, amount) in prices {
        typed(&far, OTHER, price_for, amount).await;
    }
    let seen = outlook(&far, None).await;
    assert_eq!(seen.rows.len(), before, "what nobody tunes is no place to train");
    assert_eq!(seen.unpriced, Vec::<String>::new());
    let used = seen.untuned.as_ref().unwrap();
    assert_eq!((used.of.model.as_str(), used.told_tokens), (OTHER, seen.told_tokens));
    assert!(seen.told_tokens > seen.input_tokens, "{seen:?}");

    // Worked out anew, by hand: what each question saves has to reach the most the training costs.
    let row = seen.rows.iter().find(|row| row.model == MODEL).unwrap();
    let Some(PaysOff::After { calls, days }) = row.pays_off else { panic!("{row:?}") };
    let standing = seen.instruction_tokens.unwrap_or(0);
    let told = seen.input_tokens - standing + seen.told_tokens;
    let without = i128::from(2 * told + 8 * seen.output_tokens);
    // 0.80 and 3.20 dollars a million.
    let with = (8 * i128::from(seen.input_tokens) + 32 * i128::from(seen.output_tokens)) / 10;
    let most = i128::from(row.training.high_micro_usd.unwrap());
    let by_hand = most / (without - with);
    assert!((i128::from(calls) - by_hand).abs() <= by_hand / 100 + 2, "{calls} and {by_hand}");
    assert_eq!(days, calls.div_ceil(100));

    let long = outlook(&far, wish(Some(OTHER), Some(200_000))).await;
    let Some(PaysOff::After { calls: fewer, .. }) = paid(&long) else { panic!("{long:?}") };
    assert!(fewer < calls, "{fewer} and {calls}");

    // The same model, cheaper without training and told nothing: that never pays.
    typed(&far, MODEL, PriceFor::UntunedInput, "0.40").await;
    typed(&far, "gpt-4.1-mini", PriceFor::UntunedOutput, "1.60").await;
    let short = outlook(&far, wish(Some("gpt-4.1-mini"), Some(0))).await;
    assert_eq!(short.untuned.as_ref().unwrap().of.model, MODEL, "by any of its names");
    assert_eq!(paid(&short), Some(PaysOff::Never));
    let names: Vec<_> = short.untuned_models.iter().map(|it| it.model.as_str()).collect();
    assert_eq!(names, [MODEL, OTHER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_may_wait_are_not_held_against_those_at_once() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    for (price_for, amount) in [(PriceFor::UntunedInput, "2"), (PriceFor::UntunedOutput, "8")] {
        typed(&far, OTHER, price_for, amount).await;
    }
    let batch = OutlookRequest { is_batch: true, ..request(&far, None) };
    let seen = far.house.app.outlook_read(batch).await.unwrap();
    assert_eq!((paid(&seen), &seen.untuned), (None, &None));
    assert_eq!(seen.untuned_models.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prices_of_a_model_are_kept_together_or_not_at_all() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let request = |input: &str, cached: &str, output: &str| UntunedPricesRequest {
        service: "openai".to_owned(),
        model: OTHER.to_owned(),
        input: input.to_owned(),
        cached_input: cached.to_owned(),
        output: output.to_owned(),
    };
    let app = &far.house.app;
    for (wrong, field) in [
        (request("free", "1", "8"), "input"),
        (request("2", "-1", "8"), "cachedInput"),
        (request("2", "1", "20000"), "output"),
        (UntunedPricesRequest { model: " ".to_owned(), ..request("2", "1", "8") }, "model"),
    ] {
        let refused = app.untuned_prices_set(wrong).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid);
        assert_eq!(refused.params["field"], Param::Text(field.to_owned()), "{refused:?}");
    }
    assert_eq!(far.house.library().price_corrections().unwrap(), []);
    app.untuned_prices_set(request("2", "0.5", "8")).await.unwrap();
    let seen = outlook(&far, None).await;
    assert_eq!(seen.untuned_models.len(), 1);
    let kept = far.house.library().price_corrections().unwrap();
    let amounts: Vec<_> = kept.iter().filter_map(|row| row.micro_usd).collect();
    assert_eq!(amounts, [2_000_000, 500_000, 8_000_000]);
}
