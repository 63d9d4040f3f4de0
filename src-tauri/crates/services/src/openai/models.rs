//! Models, and the screening of texts.

use serde_json::{Value, json};

use crate::endpoint::segment;
use crate::http::Http;
use crate::remote;
use crate::{ModerationResult, RemoteModel, ServiceError};

const PATH: &str = "/models";
const MODERATION_MODEL: &str = "omni-moderation-latest";

pub(super) async fn list(http: &Http) -> Result<Vec<RemoteModel>, ServiceError> {
    read_list(&http.ask("models", http.get(PATH)).await?)
}

/// The models of an answer. One without a list is none: "no models" would be a statement.
pub(super) fn read_list(answer: &Value) -> Result<Vec<RemoteModel>, ServiceError> {
    match answer.get("data") {
        Some(Value::Array(_)) => Ok(remote::list(answer, RemoteModel::read)),
        _ => Err(ServiceError::Garbled { what: "models" }),
    }
}

pub(super) async fn delete(http: &Http, model: &str) -> Result<(), ServiceError> {
    http.remove(&format!("{PATH}/{}", segment(model))).await
}

pub(super) fn moderation_body(texts: &[String]) -> Value {
    json!({ "model": MODERATION_MODEL, "input": texts })
}

pub(super) async fn moderate(
    http: &Http,
    texts: &[String],
) -> Result<Vec<ModerationResult>, ServiceError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let request = http.post("/moderations").json(&moderation_body(texts));
    read_moderation(&http.json("moderation", request).await?, texts.len())
}

/// One result for each text, or none at all: nobody could tell which text a missing one was about.
pub(super) fn read_moderation(
    answer: &Value,
    texts: usize,
) -> Result<Vec<ModerationResult>, ServiceError> {
    let rows = answer.get("results").and_then(Value::as_array);
    let results: Option<Vec<_>> =
        rows.and_then(|rows| rows.iter().map(ModerationResult::read).collect());
    let is_one_each = |results: &Vec<_>| results.len() == texts;
    results.filter(is_one_each).ok_or(ServiceError::Garbled { what: "moderation" })
}
