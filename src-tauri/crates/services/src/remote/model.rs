//! Models, and what a service thinks of a text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{id, moment, object, text};

/// A model a service offers.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteModel {
    /// Its name.
    pub id: String,
    /// Who made it.
    pub owned_by: Option<String>,
    /// When it came, in seconds since 1970.
    pub created_at: Option<i64>,
    /// The day it is switched off, `YYYY-MM-DD`.
    pub shutdown_date: Option<String>,
    /// What only Attune's own engine tells.
    pub engine: Map<String, Value>,
    /// Everything as it was said, unknown fields included.
    pub said: Map<String, Value>,
}

impl RemoteModel {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(value)?,
            owned_by: text(value.get("owned_by")),
            created_at: moment(value.get("created")),
            shutdown_date: text(value.get("shutdown_date")).filter(|day| is_day(day)),
            engine: object(value.get("x_engine")),
            said: object(Some(value)),
        })
    }
}

/// Whether a text is a day like `2027-01-14`; days of this form can be compared as texts.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// What a service thinks of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct ModerationResult {
    /// Whether it objects.
    pub flagged: bool,
    /// To what, by the service's names.
    pub categories: BTreeMap<String, bool>,
    /// How strongly, 0 to 1.
    pub scores: BTreeMap<String, f64>,
}

impl ModerationResult {
    /// Reads one; without a clear verdict it is none, and nobody may take it for "harmless".
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let flagged = value.get("flagged").and_then(Value::as_bool)?;
        let table = |name: &str| object(value.get(name)).into_iter();
        Some(Self {
            flagged,
            categories: table("categories")
                .filter_map(|(name, it)| Some((name, it.as_bool()?)))
                .collect(),
            scores: table("category_scores")
                .filter_map(|(name, it)| Some((name, it.as_f64()?)))
                .collect(),
        })
    }
}
