//! What services say, read leniently: what is missing is absent, what is unknown is kept.

mod file;
mod job;
mod model;

pub use file::{RemoteFile, RemoteUpload};
pub use job::{Checkpoint, EventPage, JobEvent, RemoteJob};
pub use model::{ModerationResult, RemoteModel};

use serde_json::{Map, Value};

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Its rows; one that cannot be read is passed over.
    pub rows: Vec<T>,
    /// Behind this id the next page begins, where there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Reads a page. The cursor is the last row's id, also of a row that cannot be read.
    pub(crate) fn read(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Self {
        let has_more = value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        let last = value.get("data").and_then(Value::as_array).and_then(|rows| rows.last());
        let last = || text(last?.get("id"));
        let next = has_more.then(|| text(value.get("last_id")).or_else(last)).flatten();
        Self { rows: list(value, read), next }
    }
}

/// The `data` of a list, each read by `read`; what cannot be read is passed over.
pub(crate) fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let rows = value.get("data").and_then(Value::as_array);
    rows.map(|rows| rows.iter().filter_map(read).collect()).unwrap_or_default()
}

/// A text. Some services send numbers where OpenAI sends texts.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An id: a text that is not empty.
pub(crate) fn id(value: &Value) -> Option<String> {
    text(value.get("id")).filter(|id| !id.is_empty())
}

pub(crate) fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// A moment in seconds since 1970. Some services send fractions, some send texts.
pub(crate) fn moment(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        _ => None,
    }
}

/// The whole seconds of a number, where it is a moment between the years 1970 and 9999.
fn whole(number: f64) -> Option<i64> {
    let seconds = std::time::Duration::try_from_secs_f64(number).ok()?.as_secs();
    i64::try_from(seconds).ok().filter(|&seconds| seconds <= 253_402_300_799)
}

/// A count. Some services send it as a fraction or a text.
pub(crate) fn count(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod drift;
#[cfg(test)]
mod tests;
