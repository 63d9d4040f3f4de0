//! What a trained model is good for: going on from it, and taking it along.

use std::path::Path;

use attune_contract::params;
use attune_store::{LaunchRow, ProjectId};
use attune_testkit::GroupTask;

use crate::steps;
use crate::support::{Journey, Wait, Window, say, say_with};

/// A project with one finished training that grew out of the tiny model.
#[track_caller]
pub(crate) fn trained(journey: &Journey, window: &Window) -> (ProjectId, LaunchRow) {
    let pairs = GroupTask { seed: 53, groups: 3, rows: 60 }.pairs();
    let file = journey.equipment.file("grown.csv", attune_testkit::csv(&pairs));
    let project = steps::bring_in(journey, window, &file);
    steps::open_plan(window);
    steps::use_own_model(journey, window);
    steps::set(window, &steps::ADD_ON);
    window.press("button", &say("train.start"));
    let launch = steps::wait_launch(journey, window, project, "succeeded");
    window.wait_text(Wait::Training, &say("train.title.done"));
    (project, launch)
}

#[test]
fn continue_trained_shows_and_stores_what_it_grew_out_of() {
    let journey = Journey::begin("continue_trained");
    let window = journey.open();
    let (project, first) = trained(&journey, &window);
    let grown_from = first.result_model.clone().expect("a finished training has a model");
    steps::open_plan(&window);
    choose_trained(&window, &grown_from);
    journey.album.take(&window, "chosen");
    window.is_accessible();
    steps::set(&window, &[("setting.rounds", "2")]);
    window.press("button", &say("train.start"));
    let is_second = || {
        let launches = journey.library().launches(project).ok()?;
        (launches.len() == 2).then_some(())
    };
    crate::support::until(Wait::Usual, is_second)
        .unwrap_or_else(|| window.give_up("a second training in the library"));
    let second = steps::wait_launch(&journey, &window, project, "succeeded");
    assert_ne!(second.launch_id, first.launch_id);
    window.wait_text(Wait::Training, &say("train.title.done"));
    assert_eq!(second.model, grown_from, "the parent is stored");
    assert_ne!(second.result_model, first.result_model);
    window.find("navigation", &say("train.family"));
    let number = |n: u64| say_with("train.family.number", &params!["n" => n]);
    window.sees(&number(1));
    window.sees(&format!("{}, {}", number(2), say("train.family.this")));
    journey.album.take(&window, "family");
    window.is_accessible();
    window.press("button", &number(1));
    window.sees(&say_with("train.title.past", &params!["n" => 1_u64]));
    window.quit();
}

/// Unfolds the trained models of the shelf and chooses the only one.
#[track_caller]
pub(crate) fn choose_trained(window: &Window, model: &str) {
    window.press("button", &say_with("models.trained", &params!["n" => 1_u64]));
    const SHOWN: &str = "return [...document.querySelectorAll('[data-model^=\"ft:\"]')]\
        .find((card) => card.checkVisibility())?.dataset.model ?? null;";
    let shown = window.wait_for(Wait::Usual, "the trained model on the shelf", SHOWN);
    assert_eq!(shown, model);
    let title = window.script(
        "return document.querySelector(`[data-model=\"${arguments[0]}\"] b`).textContent;",
        &serde_json::json!([model]),
    );
    window.choose_card(title.as_str().unwrap());
}

#[test]
fn export_writes_both_kinds_and_proves_them() {
    let journey = Journey::begin("export");
    let window = journey.open();
    let (_, _) = trained(&journey, &window);
    let adapter = journey.equipment.path().join("adapter");
    export(&journey, &window, "export.adapter", "export.start", &adapter);
    let config = std::fs::read(adapter.join("adapter_config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!((&config["peft_type"], &config["r"]), (&"LORA".into(), &4.into()), "{config}");
    let names = tensors(&adapter.join("adapter_model.safetensors"));
    assert!(names.iter().any(|name| name.contains("lora_A")), "{names:?}");
    journey.album.take(&window, "adapter");
    window.is_accessible();

    let merged = journey.equipment.path().join("merged");
    export(&journey, &window, "export.merged", "export.again", &merged);
    let config = std::fs::read(merged.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["model_type"], "llama", "{config}");
    let names = tensors(&merged.join("model.safetensors"));
    assert!(names.contains(&"model.embed_tokens.weight".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("lora")), "{names:?}");
    assert!(merged.join("tokenizer.json").is_file());
    journey.album.take(&window, "merged");
    window.quit();
}

/// Exports into a new folder and waits for the sentence that says what was proven.
#[track_caller]
fn export(journey: &Journey, window: &Window, kind: &str, button: &str, folder: &Path) {
    journey.equipment.will_pick(folder);
    window.choose_card(&say(kind));
    window.press("button", &say(button));
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let proven = || {
        let text = window.text();
        (text.contains(&format!("“{name}”")) && text.contains("letter for letter")).then_some(text)
    };
    let text = crate::support::until(Wait::Training, proven)
        .unwrap_or_else(|| window.give_up("the proof of the export"));
    // A whole model rounds in another way, and the tiny one's scores lie close together.
    let most_rounded = if kind == "export.merged" { 5 } else { 0 };
    let sentences = (0..=most_rounded).map(|rounded: u64| {
        let sentence = params!["asked" => 5_u64, "same" => 5 - rounded, "rounded" => rounded];
        say_with("export.proof", &sentence)
    });
    let is_said = sentences.collect::<Vec<_>>().iter().any(|sentence| text.contains(sentence));
    assert!(is_said, "five answers, each the same or rounded, in {text}");
}

/// The names of the tensors of a safetensors file: eight bytes of length, then a JSON object
/// (huggingface.co/docs/safetensors, "Format").
#[track_caller]
fn tensors(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let header = &bytes[8..8 + usize::try_from(length).unwrap()];
    let header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(header).unwrap();
    header.keys().filter(|name| *name != "__metadata__").cloned().collect()
}
