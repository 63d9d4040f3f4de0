//! The adapter against OpenAI's own document, which lies in the reference folder.
//!
//! The document as it lies there has no whole example answers any more, only examples of single
//! fields. So answers are made from its schemas, with every example in it, once with every field
//! and once with the required ones alone; each must be valid by the document and readable.

use std::path::PathBuf;

use attune_testkit::{LEFT_OUT_WORDS, Seeded, reference_folder};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::{chat, drift_readers, files, jobs, models, parts};
use crate::remote::{Checkpoint, EventPage, JobEvent, RemoteUpload};
use crate::{
    Capabilities, ChatMessage, ChatOrder, FileOrder, LaunchOrder, Page, RemoteFile, RemoteJob,
    RemoteModel, SettingRange, TrainingMethod, UploadRecord,
};

/// OpenAI's document, made fit for a validator.
struct Document(Value);

impl Document {
    /// Reads it; says plainly when it is not there.
    fn find() -> Option<Self> {
        let path = reference_folder().map(|it| it.join("facts/openai-openapi.json"));
        let Some(path) = path.filter(|it| it.is_file()) else {
            println!("{LEFT_OUT_WORDS}");
            return None;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let mut document: Value = serde_json::from_str(&text).unwrap();
        modernise(&mut document);
        Some(Self(document))
    }

    fn validator(&self, name: &str) -> Validator {
        let schema = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": self.0["components"],
        });
        jsonschema::options().with_draft(Draft::Draft202012).build(&schema).unwrap()
    }

    #[track_caller]
    fn check(&self, name: &str, value: &Value) {
        let validator = self.validator(name);
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?} in {value:#}");
    }

    /// A value that a schema describes, with its examples; with every field or the required alone.
    fn example(&self, schema: &Value, is_full: bool) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            return self.example(self.0.pointer(name.trim_start_matches('#')).unwrap(), is_full);
        }
        for given in ["example", "const"] {
            if !schema[given].is_null() {
                return schema[given].clone();
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return values[0].clone();
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[choice].as_array().and_then(|it| it.first()) {
                return self.example(first, is_full);
            }
        }
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
            Some("string") => json!("text"),
            Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("number") => json!(0.5),
            Some("boolean") => json!(true),
            Some("array") => json!([self.example(&schema["items"], is_full)]),
            Some("null") => Value::Null,
            _ => self.example_object(schema, is_full),
        }
    }

    fn example_object(&self, schema: &Value, is_full: bool) -> Value {
        let is_required = |name: &str| {
            schema["required"].as_array().is_some_and(|it| it.iter().any(|it| it == name))
        };
        let fields = schema["properties"].as_object().cloned().unwrap_or_default();
        let wanted = fields.iter().filter(|(name, _)| is_full || is_required(name));
        wanted.map(|(name, it)| (name.clone(), self.example(it, is_full))).collect()
    }
}

/// The document still writes two things as `OpenAPI` 3.0 did: limits that are excluded, and `null`.
fn modernise(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(modernise),
        Value::Object(fields) => {
            for (limit, excluded) in
                [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")]
            {
                match fields.get(excluded) {
                    Some(Value::Bool(true)) => {
                        let limit = fields.remove(limit).unwrap_or_default();
                        fields.insert(excluded.to_owned(), limit);
                    }
                    Some(Value::Bool(false)) => drop(fields.remove(excluded)),
                    _ => {}
                }
            }
            if fields.get("nullable") == Some(&json!(true))
                && let Some(Value::String(kind)) = fields.get("type").cloned()
            {
                fields.insert("type".to_owned(), json!([kind, "null"]));
            }
            fields.values_mut().for_each(modernise);
        }
        _ => {}
    }
}

/// Some value that a setting can have, or `auto`.
fn setting(random: &mut Seeded, range: SettingRange) -> Value {
    let fraction = random.below(1_000_000) as f64 / 1_000_000.0;
    match (random.below(3), range) {
        (0, _) => json!("auto"),
        (_, SettingRange::Whole { least, most }) => {
            let most = usize::try_from(most.unwrap_or(1_000_000) - least).unwrap();
            json!(least + random.below(most + 1) as u64)
        }
        (_, SettingRange::Above { above, most }) => {
            json!(most.unwrap_or(100.0) - fraction * (most.unwrap_or(100.0) - above) * 0.999)
        }
        (_, SettingRange::Share) => json!(fraction),
        (_, SettingRange::Flag) => json!(random.below(2) == 0),
    }
}

fn some_text(random: &mut Seeded, longest: usize) -> String {
    let letters: Vec<char> = "abc-_.ü\u{1f980}\"\\/ ".chars().collect();
    (0..=random.below(longest)).map(|_| *random.pick(&letters)).collect()
}

fn some_launch(random: &mut Seeded, openai: &Capabilities) -> LaunchOrder {
    let method = *random.pick(&[TrainingMethod::Supervised, TrainingMethod::Dpo]);
    let mut hyperparameters = Map::new();
    for offered in openai.settings_of(method) {
        if random.below(2) == 0 {
            hyperparameters.insert(offered.name.clone(), setting(random, offered.range));
        }
    }
    let half = |random: &mut Seeded| random.below(2) == 0;
    let mut metadata = std::collections::BTreeMap::new();
    while metadata.len() < 14 && random.below(3) > 0 {
        metadata.insert(some_text(random, 64), some_text(random, 512));
    }
    LaunchOrder {
        launch_id: "01JD8Z6S1T".into(),
        model: if half(random) { "gpt-4o-mini-2024-07-18".into() } else { "ft:m:org::1".into() },
        training_file: "file-1".into(),
        validation_file: half(random).then(|| "file-2".into()),
        suffix: half(random).then(|| some_text(random, 64)),
        seed: half(random).then(|| u32::try_from(random.below(1 << 31)).unwrap()),
        method,
        hyperparameters,
        metadata,
    }
}

#[test]
fn every_order_without_a_fault_is_valid() {
    let Some(document) = Document::find() else { return };
    let validator = document.validator("CreateFineTuningJobRequest");
    let openai = Capabilities::openai();
    for seed in 0..2_000 {
        let order = some_launch(&mut Seeded::new(seed), &openai);
        assert_eq!(order.faults(&openai), [], "seed={seed}");
        let body = jobs::body(&order, &openai);
        let fault = validator.iter_errors(&body).next().map(|it| it.to_string());
        assert_eq!(fault, None, "seed={seed} {body:#}");
    }
    // The validator is awake: what the document forbids, it finds.
    for wrong in [json!({"n_epochs": 0}), json!({"n_epochs": 51}), json!({"batch_size": "some"})] {
        let hyperparameters = wrong.as_object().unwrap().clone();
        let order = LaunchOrder { hyperparameters, ..some_launch(&mut Seeded::new(1), &openai) };
        assert!(
            !order.faults(&openai).is_empty() && !validator.is_valid(&jobs::body(&order, &openai))
        );
    }
}

#[test]
fn every_question_is_valid() {
    let Some(document) = Document::find() else { return };
    for seed in 0..100 {
        let mut random = Seeded::new(seed);
        let roles = ["system", "user", "assistant"];
        let message = |random: &mut Seeded| ChatMessage {
            role: (*random.pick(&roles)).to_owned(),
            content: some_text(random, 100),
        };
        let order = ChatOrder {
            model: "gpt-4o".into(),
            messages: (0..=random.below(5)).map(|_| message(&mut random)).collect(),
            max_tokens: (random.below(2) == 0).then_some(48),
            temperature: (random.below(2) == 0).then_some(0.5),
            seed: (random.below(2) == 0).then_some(7),
            logprobs: (random.below(2) == 0).then(|| u8::try_from(random.below(256)).unwrap()),
        };
        document.check("CreateChatCompletionRequest", &chat::body(&order, seed % 2 == 0));
    }
    let texts = ["a".to_owned(), String::new()];
    document.check("CreateModerationRequest", &models::moderation_body(&texts));
}

#[test]
fn every_way_to_send_a_file_is_valid() {
    let Some(document) = Document::find() else { return };
    let record = UploadRecord::from_json(&json!({
        "name": "train-1.jsonl", "purpose": "fine-tune", "bytes": 25, "md5": "d41d8cd9",
        "part_bytes": 10, "upload_id": "upload_1", "expires_at": 1, "is_completing": true,
        "parts": {"0": "part_a", "1": "part_b", "2": "part_c"},
    }))
    .unwrap();
    document.check("CompleteUploadRequest", &parts::complete_body(&record));
    let plain = FileOrder::to_learn_from(PathBuf::from("x"), "train-1.jsonl".into());
    for expires_after in [None, Some(1), Some(86_400), Some(u32::MAX)] {
        let order = FileOrder { expires_after, ..plain.clone() };
        document.check("CreateUploadRequest", &parts::begin_body(&order, &record, true));
        document.check("CreateFileRequest", &as_json(&files::fields(&order, true)));
    }
    document.check("AddUploadPartRequest", &json!({"data": "the bytes"}));
}

/// The fields of a form as the document sees them.
fn as_json(fields: &[(&str, String)]) -> Value {
    let mut form = json!({"file": "the bytes"});
    for (name, value) in fields {
        match name.strip_prefix("expires_after[").and_then(|it| it.strip_suffix(']')) {
            None => form[*name] = json!(value),
            Some("seconds") => form["expires_after"]["seconds"] = value.parse().unwrap(),
            Some(inner) => form["expires_after"][inner] = json!(value),
        }
    }
    form
}

/// A schema's name, and whether an answer of it is read.
type Reader = (&'static str, fn(&Value) -> Option<()>);
/// A schema's name, and how many rows of an answer of it are read.
type ListReader = (&'static str, fn(&Value) -> usize);

#[test]
fn every_answer_of_the_document_is_read() {
    let Some(document) = Document::find() else { return };
    let readers: &[Reader] = &[
        ("FineTuningJob", |it| RemoteJob::read(it).map(drop)),
        ("FineTuningJobEvent", |it| JobEvent::read(it).map(drop)),
        ("FineTuningJobCheckpoint", |it| Checkpoint::read(it).map(drop)),
        ("OpenAIFile", |it| RemoteFile::read(it).map(drop)),
        ("Upload", |it| RemoteUpload::read(it).map(drop)),
        ("UploadPart", |it| crate::remote::id(it).map(drop)),
        ("Model", |it| RemoteModel::read(it).map(drop)),
        ("CreateChatCompletionResponse", |it| drift_readers::chat(it).map(drop)),
        ("CreateModerationResponse", |it| drift_readers::moderation(it).map(drop)),
        ("ListModelsResponse", |it| drift_readers::models(it).map(drop)),
    ];
    let lists: &[ListReader] = &[
        ("ListPaginatedFineTuningJobsResponse", |it| Page::read(it, RemoteJob::read).rows.len()),
        ("ListFineTuningJobEventsResponse", |it| EventPage::read(it).events.len()),
        ("ListFineTuningJobCheckpointsResponse", |it| Page::read(it, Checkpoint::read).rows.len()),
        ("ListFilesResponse", |it| Page::read(it, RemoteFile::read).rows.len()),
    ];
    for is_full in [true, false] {
        let example = |name: &str| {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            let example = document.example(&schema, is_full);
            document.check(name, &example);
            example
        };
        for (name, read) in readers {
            let example = example(name);
            assert!(read(&example).is_some(), "{name}: {example:#}");
        }
        for (name, rows) in lists {
            let example = example(name);
            assert_eq!(rows(&example), 1, "{name}: {example:#}");
        }
        let chunk = example("CreateChatCompletionStreamResponse");
        assert!(drift_readers::chunk(&chunk).is_ok(), "{chunk:#}");
        for gone in ["DeleteFileResponse", "DeleteModelResponse"] {
            assert!(example(gone).is_object());
        }
        let refusal = example("ErrorResponse").to_string();
        let refusal = crate::http::refusal_in(400, refusal.as_bytes());
        assert_eq!((refusal.message.as_str(), refusal.kind.as_deref()), ("text", Some("text")));
    }
}
