//! Text of open models is counted by the tokenizer file that the person chose, and by nothing else.

use std::path::{Path, PathBuf};

use attune_contract::money::{PriceBy, PriceCorrectRequest, PriceFor};
use attune_contract::orders::{
    OrderNoticeCode, OrderQuote, OrderQuoteRequest, OrderSettings, TokenizerRequest,
};
use attune_contract::outlook::OutlookRequest;
use attune_contract::services::{ServiceAddRequest, ServiceKind};
use attune_contract::{FailureCode, Param, ProjectId};
use attune_store::{Library, PriceCorrectionRow};
use attune_testkit::{GroupTask, chat_jsonl};
use serde_json::{Value, json};

use crate::support::{House, Shell, text};

const TASK: GroupTask = GroupTask { seed: 64, groups: 3, rows: 40 };
const MODEL: &str = "our-model-8b";

/// A tokenizer for which every word is one token, all of them unknown but one.
fn words(folder: &Path) -> PathBuf {
    let file = folder.join("tokenizer.json");
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": { "type": "WhitespaceSplit" },
        "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": { "<unk>": 0, "Hello": 1 }, "unk_token": "<unk>" },
    });
    std::fs::write(&file, tokenizer.to_string()).unwrap();
    file
}

fn typed_price(service: &str) -> PriceCorrectionRow {
    PriceCorrectionRow {
        service: service.to_owned(),
        model: MODEL.to_owned(),
        price_for: "training".to_owned(),
        counted_by: "million_tokens".to_owned(),
        micro_usd: Some(1_000_000_000),
        from_day: "2026-11-20".to_owned(),
        typed_at_ms: 1,
    }
}

/// A place of one's own with a model of a known price.
struct Place {
    house: House,
    project: ProjectId,
    service: String,
}

impl Place {
    async fn open() -> Self {
        let house = House::open(|options| options.clock = || 1_795_348_800_000);
        let project = house.bring_in(TASK).await;
        let request = ServiceAddRequest {
            kind: ServiceKind::Compatible,
            title: Some("Ours".to_owned()),
            address: Some("https://models.example.org/v1".to_owned()),
            key_header: None,
        };
        let list = house.app.service_add(request).await.unwrap();
        let service = list.services[0].service.clone();
        let price = PriceCorrectRequest {
            service: service.clone(),
            model: MODEL.to_owned(),
            price_for: PriceFor::Training,
            by: PriceBy::MillionTokens,
            amount: Some("1000".to_owned()),
        };
        house.app.price_correct(price).await.unwrap();
        Self { house, project, service }
    }

    fn request(&self, model: &str) -> TokenizerRequest {
        TokenizerRequest { service: self.service.clone(), model: model.to_owned() }
    }

    async fn quote(&self) -> OrderQuote {
        let request = OrderQuoteRequest {
            project: self.project,
            service: self.service.clone(),
            model: MODEL.to_owned(),
            settings: OrderSettings { rounds: Some(1), ..OrderSettings::default() },
            typed_ceiling_micro_usd: None,
        };
        self.house.app.order_quote(request).await.unwrap()
    }

    async fn choose(&self, file: &Path) -> Result<Option<String>, attune_contract::Failure> {
        self.house.pick(file);
        Ok(self.house.app.tokenizer_choose(self.request(MODEL)).await?.file)
    }
}

fn outlook_request(project: ProjectId) -> OutlookRequest {
    OutlookRequest {
        project,
        calls_a_day: 10,
        cached_percent: 0,
        is_batch: false,
        power: None,
        untuned: None,
    }
}

fn notice(quote: &OrderQuote, code: OrderNoticeCode) -> Option<&attune_contract::Params> {
    quote.notices.iter().find(|notice| notice.code == code).map(|notice| &notice.params)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_file_counts_until_it_is_forgotten() {
    let place = Place::open().await;
    let guessed = place.quote().await;
    assert!(notice(&guessed, OrderNoticeCode::CountedElsewhere).is_some(), "{guessed:?}");
    assert_eq!((guessed.takes_tokenizer, &guessed.tokenizer_file), (true, &None));

    let file = words(place.house.home.path());
    assert_eq!(place.choose(&file).await.unwrap().as_deref(), Some("tokenizer.json"));
    // Its content was kept.
    std::fs::remove_file(&file).unwrap();
    let counted = place.quote().await;
    let named = notice(&counted, OrderNoticeCode::CountedByFile).unwrap();
    assert_eq!(named["file"], Param::Text("tokenizer.json".to_owned()));
    assert_eq!(counted.tokenizer_file.as_deref(), Some("tokenizer.json"));
    assert!(counted.billed_tokens < guessed.billed_tokens, "words are fewer than their pieces");
    assert!(counted.ceiling_micro_usd < guessed.ceiling_micro_usd);
    assert!(counted.least_micro_usd < counted.expected_micro_usd);
    assert!(counted.expected_micro_usd < counted.ceiling_micro_usd);

    // It is known after a restart.
    let place = Place { house: place.house.reopen(|_| ()).await, ..place };
    let app = &place.house.app;
    assert_eq!(place.quote().await.billed_tokens, counted.billed_tokens);
    app.tokenizer_forget(place.request(MODEL)).await.unwrap();
    let again = place.quote().await;
    assert_eq!(again.billed_tokens, guessed.billed_tokens);
    assert_eq!(again.ceiling_micro_usd, guessed.ceiling_micro_usd);
    // Forgetting is undone, once.
    let restored = app.tokenizer_restore(place.request(MODEL)).await.unwrap();
    assert_eq!(restored.file.as_deref(), Some("tokenizer.json"));
    assert_eq!(place.quote().await.billed_tokens, counted.billed_tokens);
    app.tokenizer_forget(place.request("another")).await.unwrap();
    assert_eq!(app.tokenizer_restore(place.request("another")).await.unwrap().file, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outlook_counts_by_the_file_too() {
    let place = Place::open().await;
    for (price_for, amount) in [(PriceFor::Input, "1000"), (PriceFor::Output, "1000")] {
        let price = PriceCorrectRequest {
            service: place.service.clone(),
            model: MODEL.to_owned(),
            price_for,
            by: PriceBy::MillionTokens,
            amount: Some(amount.to_owned()),
        };
        place.house.app.price_correct(price).await.unwrap();
    }
    let training = async || {
        let outlook = place.house.app.outlook_read(outlook_request(place.project)).await.unwrap();
        let of_openai = outlook.rows.iter().filter(|row| row.service == "openai").count();
        assert_eq!(of_openai, 4, "other places count as before");
        let row = outlook.rows.into_iter().find(|row| row.service == place.service).unwrap();
        (row.training.expected_micro_usd, row.training.high_micro_usd)
    };
    let guessed = training().await;
    place.choose(&words(place.house.home.path())).await.unwrap();
    let counted = training().await;
    assert!(counted.0 < guessed.0 && counted.1 < guessed.1, "{counted:?} {guessed:?}");
    // A file that spoils hides no place.
    let hash = place.house.library().model_tokenizer(&place.service, MODEL).unwrap().unwrap().file;
    std::fs::write(place.house.library().file_path(&hash).unwrap(), "{").unwrap();
    let place = Place { house: place.house.reopen(|_| ()).await, ..place };
    let outlook = place.house.app.outlook_read(outlook_request(place.project)).await.unwrap();
    let row = outlook.rows.into_iter().find(|row| row.service == place.service).unwrap();
    assert_eq!(row.training.high_micro_usd, guessed.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tokenizer_changes_nothing() {
    let place = Place::open().await;
    let file = words(place.house.home.path());
    place.choose(&file).await.unwrap();
    let counted = place.quote().await;
    let broken = place.house.home.path().join("broken.json");
    for text in ["", "{}", "[1, 2]", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}"] {
        std::fs::write(&broken, text).unwrap();
        let refused = place.choose(&broken).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::TokenizerBroken, "{text}");
        assert_eq!(refused.params["file"], Param::Text("broken.json".to_owned()));
    }
    let gone = place.choose(Path::new("/nowhere/tokenizer.json")).await.unwrap_err();
    assert_eq!(gone.code, FailureCode::TokenizerBroken);
    assert_eq!(place.quote().await.billed_tokens, counted.billed_tokens);
    // A file of the library that somebody damaged is said, and forgetting it helps.
    let hash = place.house.library().model_tokenizer(&place.service, MODEL).unwrap().unwrap().file;
    let kept = place.house.library().file_path(&hash).unwrap();
    std::fs::write(kept, "{").unwrap();
    let place = Place { house: place.house.reopen(|_| ()).await, ..place };
    let request = OrderQuoteRequest {
        project: place.project,
        service: place.service.clone(),
        model: MODEL.to_owned(),
        settings: OrderSettings::default(),
        typed_ceiling_micro_usd: None,
    };
    let refused = place.house.app.order_quote(request).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::TokenizerBroken);
    place.house.app.tokenizer_forget(place.request(MODEL)).await.unwrap();
    assert_eq!(place.quote().await.tokenizer_file, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_count_is_proven_takes_no_file() {
    let place = Place::open().await;
    let choose = async |service: &str, model: &str| {
        let request = TokenizerRequest { service: service.to_owned(), model: model.to_owned() };
        place.house.app.tokenizer_choose(request).await.unwrap_err().code
    };
    assert_eq!(choose("openai", "gpt-4.1-mini").await, FailureCode::InputInvalid);
    assert_eq!(choose(&place.service, " ").await, FailureCode::InputInvalid);
    assert_eq!(choose("nowhere", MODEL).await, FailureCode::ServiceMissing);
}

#[test]
fn a_price_by_command_counts_by_the_named_file() {
    let shell = Shell::new();
    let service = "nebius";
    let library =
        Library::open(attune_store::LibraryOptions::new(shell.home().to_owned())).unwrap();
    library.price_correction_add(&typed_price(service)).unwrap();
    drop(library);
    let examples = shell.file("examples.jsonl", chat_jsonl(&TASK.pairs()));
    let tokenizer = words(examples.parent().unwrap());
    let estimate = |more: &[&str]| -> Value {
        let estimate =
            ["estimate", text(&examples), "--service", service, "--model", MODEL, "--json"];
        shell.run(&[&estimate[..], more].concat()).json()
    };
    let guessed = estimate(&[]);
    let counted = estimate(&["--tokenizer", text(&tokenizer)]);
    let tokens = |estimate: &Value| estimate["billed_tokens"].as_u64().unwrap();
    assert!(tokens(&counted) < tokens(&guessed), "{counted} {guessed}");
    let codes: Vec<_> = counted["warnings"].as_array().unwrap().iter().collect();
    assert!(codes.iter().any(|it| it["code"] == "counted_by_file"), "{counted}");
    std::fs::write(&tokenizer, "{}").unwrap();
    let estimate = ["estimate", text(&examples), "--service", service, "--model", MODEL, "--json"];
    let more = ["--tokenizer", text(&tokenizer)];
    let refused = shell.run(&[&estimate[..], &more].concat());
    assert_eq!(refused.json()["failure"]["code"], "tokenizer_broken", "{refused:?}");
}
