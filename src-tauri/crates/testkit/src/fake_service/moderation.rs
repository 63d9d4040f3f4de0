//! `/v1/moderations`: an input is flagged for every category whose name stands in it in double
//! brackets, as in `[[violence]]`. Nothing is judged here.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::handle::Shared;
use super::refusal::Refusal;

/// Name, and whether pictures are looked at for it.
const CATEGORIES: [(&str, bool); 13] = [
    ("hate", false),
    ("hate/threatening", false),
    ("harassment", false),
    ("harassment/threatening", false),
    ("illicit", false),
    ("illicit/violent", false),
    ("self-harm", true),
    ("self-harm/intent", true),
    ("self-harm/instructions", true),
    ("sexual", true),
    ("sexual/minors", false),
    ("violence", true),
    ("violence/graphic", true),
];

/// `POST /v1/moderations`
pub(super) async fn judge(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let (mut world, _) = shared.enter(&headers)?;
    let order: Value = serde_json::from_slice(&body).map_err(|_| Refusal::unreadable())?;
    let inputs = inputs(&order["input"]).ok_or_else(|| {
        let message = "Missing required parameter: 'input'.";
        Refusal::invalid("input", "missing_required_parameter", message)
    })?;
    let model = order["model"].as_str().unwrap_or("omni-moderation-latest");
    let results: Vec<Value> = inputs.iter().map(|input| result(input)).collect();
    Ok(Json(json!({"id": world.new_id("modr-", 24), "model": model, "results": results})))
}

/// Texts get a result each; a list of parts is one input.
fn inputs(input: &Value) -> Option<Vec<String>> {
    match input {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            Some(list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect())
        }
        Value::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(|it| it["text"].as_str()).collect();
            Some(vec![texts.join("\n")])
        }
        _ => None,
    }
}

fn result(input: &str) -> Value {
    let (mut flags, mut scores, mut kinds) = (Map::new(), Map::new(), Map::new());
    for (name, sees_pictures) in CATEGORIES {
        let is_flagged = input.contains(&format!("[[{name}]]"));
        flags.insert(name.to_owned(), json!(is_flagged));
        scores.insert(name.to_owned(), json!(if is_flagged { 0.97 } else { 0.0001 }));
        let kind = if sees_pictures { json!(["text", "image"]) } else { json!(["text"]) };
        kinds.insert(name.to_owned(), kind);
    }
    let flagged = flags.values().any(|flag| flag == true);
    json!({
        "flagged": flagged, "categories": flags, "category_scores": scores,
        "category_applied_input_types": kinds,
    })
}
