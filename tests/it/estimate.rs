//! `attune estimate`: what a training would cost, before anything is sent or stored.

use std::path::Path;

use attune_store::{Library, LibraryOptions, PriceCorrectionRow, ServiceRow};
use attune_testkit::{GroupTask, LEFT_OUT_WORDS, chat_jsonl, csv, reference_folder};
use serde_json::{Value, json};

use crate::support::{Shell, text};

const MODEL: &str = "gpt-4o-mini-2024-07-18";
const TASK: GroupTask = GroupTask { seed: 81, groups: 3, rows: 30 };

fn estimate(shell: &Shell, file: &Path, more: &[&str]) -> Value {
    let first = ["estimate", text(file), "--json"];
    let ended = shell.run(&[&first[..], more].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.json()
}

/// An amount in US dollars as millionths.
fn micros(amount: &Value) -> u64 {
    let (dollars, rest) = amount.as_str().unwrap().split_once('.').unwrap();
    assert!((2..=6).contains(&rest.len()), "{amount}");
    format!("{dollars}{rest:0<6}").parse().unwrap()
}

fn codes(estimate: &Value) -> Vec<&str> {
    let warnings = estimate["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// So many examples of a thousand tokens each: one for the example, four for each message, and words
/// that are a token each.
fn thousands(examples: usize) -> String {
    let question = ["hello"; 990].join(" ");
    let line = json!({ "messages": [
        {"role": "user", "content": question}, {"role": "assistant", "content": "world"},
    ] });
    format!("{line}\n").repeat(examples)
}

/// Rounds and tokens of five jobs that were published with their files
/// (<https://github.com/AldonahZero/QTRAN_PLUS>, September and October 2025).
const INVOICES: [(&str, u64, u64); 5] = [
    ("norec", 3, 19_956),
    ("dqe", 4, 37_616),
    ("tlp", 3, 95_838),
    ("pinolo", 3, 216_609),
    ("semantic", 3, 46_134),
];

#[test]
fn five_of_five_real_invoices_are_foretold_to_the_token() {
    let Some(folder) = reference_folder() else {
        say(LEFT_OUT_WORDS);
        return;
    };
    let shell = Shell::new();
    for (name, rounds, tokens) in INVOICES {
        let file = folder.join(format!("data/billed-jobs/{name}.jsonl"));
        let foretold = estimate(&shell, &file, &["--service", "openai", "--model", MODEL]);
        assert_eq!(
            (&foretold["epochs"], &foretold["billed_tokens"]),
            (&json!(rounds), &json!(tokens))
        );
        assert_eq!(foretold["exact"], true, "{name}: {foretold}");
        assert_eq!(
            micros(&foretold["expected_usd"]),
            3 * tokens,
            "{name}: three dollars a million"
        );
        assert!(micros(&foretold["ceiling_usd"]) >= 3 * tokens, "{name}: {foretold}");
        assert_eq!(foretold["price"]["per_million_training"], "3.00");
    }
    assert!(!shell.home().join("library.db").exists(), "a price stores nothing");
}

/// The seed of the product says 800 dollars.
#[test]
fn a_hundred_thousand_tokens_at_eight_dollars_a_million_are_eighty_cents() {
    let shell = Shell::new();
    let file = shell.file("thousands.jsonl", thousands(100));
    for (rounds, tokens, dollars) in [("1", 100_000, "0.80"), ("3", 300_000, "2.40")] {
        let of = |model| estimate(&shell, &file, &["--model", model, "--epochs", rounds]);
        let foretold = of("gpt-3.5-turbo");
        assert_eq!(
            (&foretold["billed_tokens"], &foretold["exact"]),
            (&json!(tokens), &json!(true))
        );
        assert_eq!(
            (&foretold["expected_usd"], &foretold["ceiling_usd"]),
            (&json!(dollars), &json!(dollars))
        );
        // On whatever day this runs, it is too late to order it.
        let late = ["model_ended", "service_closed"];
        assert!(codes(&foretold).iter().any(|code| late.contains(code)), "{foretold}");
    }
}

#[test]
fn a_price_that_was_corrected_in_the_window_holds_for_the_command() {
    let shell = Shell::new();
    let file = shell.file("thousands.jsonl", thousands(100));
    // Held open, as by the window.
    let library = Library::open(LibraryOptions::new(shell.home().to_owned())).unwrap();
    let correction = PriceCorrectionRow {
        service: "openai".to_owned(),
        model: MODEL.to_owned(),
        price_for: "training".to_owned(),
        counted_by: "million_tokens".to_owned(),
        micro_usd: Some(8_000_000),
        from_day: "2026-01-01".to_owned(),
        typed_at_ms: 7,
    };
    library.price_correction_add(&correction).unwrap();
    let foretold = estimate(&shell, &file, &["--model", "gpt-4o-mini", "--epochs", "1"]);
    assert_eq!(foretold["expected_usd"], "0.80");
    assert_eq!(foretold["price"]["per_million_training"], "8.00");
    assert_eq!(foretold["price"]["as_of"], "2026-01-01");
}

#[test]
fn a_table_is_priced_and_rounds_are_as_many_as_openai_chooses() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    let usual = estimate(&shell, &file, &["--model", MODEL, "--epochs", "auto"]);
    // A hundred examples read in all, for thirty.
    assert_eq!((&usual["epochs"], &usual["exact"]), (&json!(3), &json!(true)));
    let once = estimate(&shell, &file, &["--model", MODEL, "--epochs", "1"]);
    let tokens = |estimate: &Value| estimate["billed_tokens"].as_u64().unwrap();
    assert_eq!(tokens(&usual), 3 * tokens(&once));
    assert!(usual["price"]["source"].as_str().unwrap().contains("OpenAI"), "{usual}");
    let told = shell.run(&["estimate", text(&file), "--model", MODEL]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.starts_with("OpenAI, gpt-4o-mini-2024-07-18: about US$0."), "{told:?}");
}

#[test]
fn what_no_invoice_shows_is_a_range_and_what_is_no_text_has_no_end() {
    let shell = Shell::new();
    let plain = chat_jsonl(&TASK.pairs());
    let user = |content: Value| {
        let line = json!({ "messages": [
            {"role": "user", "content": content}, {"role": "assistant", "content": "yes"},
        ] });
        format!("{line}\n")
    };
    let part = |part: Value| json!([{"type": "text", "text": "What is this?"}, part]);
    let sound = part(json!({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}));
    let with_sound = shell.file("sound.jsonl", plain.clone() + &user(sound));
    let unbounded = estimate(&shell, &with_sound, &["--model", MODEL]);
    assert_eq!((&unbounded["exact"], &unbounded["ceiling_usd"]), (&json!(false), &Value::Null));
    assert!(codes(&unbounded).contains(&"no_ceiling"), "{unbounded}");

    // How an image counts is published, whatever its size.
    let image = part(json!({"type": "image_url", "image_url": {"url": "https://example.com/a"}}));
    let with_image = shell.file("image.jsonl", plain.clone() + &user(image));
    let bounded = estimate(&shell, &with_image, &["--model", MODEL]);
    assert_eq!(bounded["exact"], false);
    assert!(micros(&bounded["ceiling_usd"]) > micros(&bounded["expected_usd"]), "{bounded}");
    let without = estimate(&shell, &shell.file("plain.jsonl", plain.clone()), &["--model", MODEL]);
    assert!(micros(&bounded["expected_usd"]) > micros(&without["expected_usd"]), "{bounded}");

    let named = user(json!("Who is it?"))
        .replace("\"role\":\"user\"", "\"role\":\"user\",\"name\":\"ann\"");
    let with_name = shell.file("name.jsonl", plain + &named.repeat(30));
    let about = estimate(&shell, &with_name, &["--model", MODEL, "--epochs", "50"]);
    assert_eq!(about["exact"], false);
    assert!(micros(&about["ceiling_usd"]) > micros(&about["expected_usd"]), "{about}");
    assert!(codes(&about).contains(&"count_is_about"), "{about}");
}

#[test]
fn what_cannot_be_learned_from_is_counted_out_and_said() {
    let shell = Shell::new();
    let few = chat_jsonl(&TASK.pairs()[..5]);
    let whole = estimate(&shell, &shell.file("few.jsonl", few.clone()), &["--model", MODEL]);
    assert!(codes(&whole).contains(&"too_few"), "{whole}");
    let broken = shell.file("broken.jsonl", few + "{\"messages\": [\n");
    let rest = estimate(&shell, &broken, &["--model", MODEL]);
    assert_eq!(rest["billed_tokens"], whole["billed_tokens"]);
    assert!(codes(&rest).contains(&"left_out"), "{rest}");
    let nothing = shell.file("nothing.jsonl", "{\"messages\": []}\n{\"messages\": []}\n");
    shell
        .run(&["estimate", text(&nothing), "--model", MODEL, "--json"])
        .is_refused("import_nothing_usable");
}

#[test]
fn what_cannot_be_priced_is_refused_in_words() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    let refused = |more: &[&str], code: &str| {
        let first = ["estimate", text(&file), "--json"];
        shell.run(&[&first[..], more].concat()).is_refused(code);
    };
    for rounds in ["0", "51", "three", "1.5", ""] {
        refused(&["--model", MODEL, "--epochs", rounds], "input_invalid");
    }
    refused(&["--model", " "], "input_invalid");
    refused(&["--model", "gpt-6-luna"], "price_unknown");
    // Its training is paid by the hour.
    refused(&["--model", "o4-mini"], "price_unknown");
    refused(&["--model", MODEL, "--service", "nebius"], "price_unknown");
    refused(&["--model", MODEL, "--service", "the-moon"], "service_not_known");
    let missing = shell.path("nowhere.csv");
    shell
        .run(&["estimate", text(&missing), "--model", MODEL, "--json"])
        .is_refused("file_unreadable");
}

#[test]
fn services_are_listed_with_prices_and_last_days() {
    let shell = Shell::new();
    let library = Library::open(LibraryOptions::new(shell.home().to_owned())).unwrap();
    let row = ServiceRow {
        name: "openai".to_owned(),
        kind: "openai".to_owned(),
        title: "OpenAI".to_owned(),
        base_url: "https://api.openai.com/v1".to_owned(),
        options_json: "{}".to_owned(),
        check_json: None,
        created_at_ms: 1,
    };
    library.service_put(&row).unwrap();
    drop(library);
    let mut command = shell.attune(&["services", "--json"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let ended: crate::support::Ended = command.output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let listed = ended.json();
    let here = listed[0]["models"].as_array().unwrap();
    assert!(here.iter().any(|model| model["model"] == "lab" && model["prices"].is_null()));
    let models = listed[1]["models"].as_array().unwrap();
    let model = models.iter().find(|model| model["model"] == MODEL).unwrap();
    assert_eq!(model["ends_on"], "2027-01-14");
    let prices = model["prices"].as_array().unwrap();
    let training = prices.iter().find(|price| price["for"] == "training").unwrap();
    assert_eq!((&training["usd"], &training["by"]), (&json!("3.00"), &json!("million_tokens")));
    assert_eq!((&training["as_of"], &training["corrected"]), (&json!("2026-11-22"), &json!(false)));
}

#[test]
fn known_services_are_listed_before_they_are_connected() {
    let shell = Shell::new();
    let ended: crate::support::Ended =
        shell.attune(&["services", "--json"]).output().unwrap().into();
    let listed = ended.json();
    let openai = listed.as_array().unwrap().iter().find(|it| it["service"] == "openai").unwrap();
    assert_eq!((&openai["connected"], &openai["ready"]), (&json!(false), &json!(false)));
    let models = openai["models"].as_array().unwrap();
    assert!(models.iter().any(|model| model["model"] == MODEL && model["ends_on"] == "2027-01-14"));
}

/// What people read of prices is what the program counts with.
#[test]
fn the_page_of_prices_is_the_book() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read("docs/prices.md");
    let book: Value = serde_json::from_str(&read("src-tauri/crates/cost/prices.json")).unwrap();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let says = |what: &str| assert!(page.contains(what), "docs/prices.md lacks `{what}`");
    says(&format!("{}. Looked up on {}.", text(&book, "source"), text(&book, "checked_on")));
    for model in book["models"].as_array().unwrap() {
        let begin = format!("| {} | {} |", text(model, "model"), text(model, "ends_on"));
        let row = page.lines().find_map(|line| line.strip_prefix(&begin));
        let row = row.unwrap_or_else(|| panic!("docs/prices.md lacks `{begin}`"));
        let shown: Vec<&str> =
            row.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let price = |price: &Value| match text(price, "per").as_str() {
            "hour" => format!("{} an hour", text(price, "usd")),
            _ => text(price, "usd"),
        };
        let known: Vec<String> = model["prices"].as_array().unwrap().iter().map(price).collect();
        assert_eq!(shown, known, "{begin}");
    }
    for service in book["services"].as_array().unwrap() {
        says(&text(service, "source"));
    }
}

/// Says it past the test runner, which keeps what a passing test prints.
fn say(words: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{words}").unwrap();
}
