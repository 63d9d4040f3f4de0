//! OpenAI's API document (`openai-openapi.json` of the reference folder) as a judge of replies.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::{LEFT_OUT_WORDS, reference_folder};

const REF: &str = "#/components/schemas/";

/// The document, changed only where it is no JSON schema or contradicts itself.
static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| {
    let file = reference_folder()?.join("facts").join("openai-openapi.json");
    let text = std::fs::read_to_string(&file).ok()?;
    let mut document: Value = serde_json::from_str(&text).expect("the document is JSON");
    modernise(&mut document);
    // `pause` answers a job, and a paused job's state is missing in the list of states.
    let states = &mut document["components"]["schemas"]["FineTuningJob"]["properties"]["status"];
    states["enum"].as_array_mut().expect("a list of states").push(json!("paused"));
    Some(document)
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static jsonschema::Validator>>> =
    LazyLock::new(Mutex::default);

/// Whether the document is given; says so where it is not.
pub(super) fn are_given() -> bool {
    if DOCUMENT.is_none() {
        println!("{LEFT_OUT_WORDS}");
    }
    DOCUMENT.is_some()
}

/// Holds a reply against what the document promises for it. Nothing without the document.
#[track_caller]
pub(super) fn check_reply(method: &str, path: &str, status: u16, reply: &Value) {
    let Some(document) = DOCUMENT.as_ref() else { return };
    let schema = if (200..300).contains(&status) {
        promised(document, method, path, "application/json")
    } else {
        json!({"$ref": format!("{REF}ErrorResponse")})
    };
    check(document, &schema, &format!("{method} {path}"), reply);
}

/// Holds one event of a streamed answer against the document.
#[track_caller]
pub(super) fn check_chunk(chunk: &Value) {
    let Some(document) = DOCUMENT.as_ref() else { return };
    let schema = promised(document, "POST", "/chat/completions", "text/event-stream");
    check(document, &schema, "a chunk", chunk);
}

#[track_caller]
fn check(document: &Value, schema: &Value, what: &str, reply: &Value) {
    let validator = *VALIDATORS.lock().unwrap().entry(schema.to_string()).or_insert_with(|| {
        let mut whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": document["components"],
        });
        let fields = schema.as_object().expect("a schema is an object").clone();
        whole.as_object_mut().unwrap().extend(fields);
        let validator = jsonschema::validator_for(&whole);
        Box::leak(Box::new(validator.unwrap_or_else(|error| panic!("{what}: {error}"))))
    });
    let errors: Vec<String> = validator
        .iter_errors(reply)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what} answered {reply:#}\nwhich is wrong: {errors:#?}");
}

/// The schema of a good answer.
#[track_caller]
fn promised(document: &Value, method: &str, path: &str, kind: &str) -> Value {
    let paths = document["paths"].as_object().expect("the document has paths");
    let mut fitting: Vec<&String> = paths.keys().filter(|it| fits(it, path)).collect();
    fitting.sort_by_key(|it| it.matches('{').count());
    let operation = fitting.first().map(|it| &paths[*it][method.to_lowercase()]);
    let schema = operation
        .and_then(|it| it.pointer("/responses/200/content")?.get(kind)?.get("schema").cloned());
    schema.unwrap_or_else(|| panic!("the document does not know {method} {path}"))
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
    template.len() == path.len() && template.iter().zip(&path).all(same)
}

/// `nullable` and a true `exclusiveMinimum` are of an older `OpenAPI`; JSON schema has other words.
fn modernise(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(modernise),
        Value::Object(fields) => {
            fields.values_mut().for_each(modernise);
            if fields.get("exclusiveMinimum") == Some(&json!(true)) {
                let minimum = fields.remove("minimum").expect("a bound to exclude");
                fields.insert("exclusiveMinimum".to_owned(), minimum);
            }
            if fields.remove("nullable") == Some(json!(true)) && !fields.is_empty() {
                let inner = std::mem::take(fields);
                fields.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
            }
        }
        _ => {}
    }
}

#[test]
fn a_reply_that_lacks_a_promised_field_is_seen() {
    if !are_given() {
        return;
    }
    let good = json!({"id": "file-a", "object": "file", "deleted": true});
    check_reply("DELETE", "/files/file-a", 200, &good);
    let bad = json!({"id": "file-a", "object": "file"});
    let seen = std::panic::catch_unwind(|| check_reply("DELETE", "/files/file-a", 200, &bad));
    assert!(seen.is_err());
    let bad = json!({"error": "no object"});
    assert!(std::panic::catch_unwind(|| check_reply("GET", "/models", 500, &bad)).is_err());
}
