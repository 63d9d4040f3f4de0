//! One message of an example.
//!
//! It must never lose a field it does not know: services add them faster than programs learn.

use std::fmt;

use serde_json::{Map, Value};

/// Who speaks in a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Role {
    /// Standing instructions.
    System,
    /// Standing instructions, in the newer wording of the services.
    Developer,
    /// The person who asks.
    User,
    /// The model that answers.
    Assistant,
    /// The result of a tool call.
    Tool,
    /// The result of a function call (the older name of tools).
    Function,
    /// Anything else, kept as it was written.
    Other(String),
}

impl Role {
    /// The role as it stands in a chat file.
    pub fn as_str(&self) -> &str {
        match self {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Function => "function",
            Role::Other(name) => name,
        }
    }
}

impl From<&str> for Role {
    fn from(name: &str) -> Self {
        match name {
            "system" => Role::System,
            "developer" => Role::Developer,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" => Role::Tool,
            "function" => Role::Function,
            other => Role::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One message: who speaks, the text, and every other field as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The text a person reads. For a list of parts: the text parts, joined by line breaks.
    pub content: String,
    /// Whether the message has a `content` field at all (`null` counts as having one).
    pub has_content: bool,
    /// All other fields (`name`, `weight`, `tool_calls`, ...) in the order of the source.
    pub extra: Map<String, Value>,
    /// `content` as it was written, when it was not a plain text.
    given: Option<Value>,
}

impl Message {
    /// A message with a plain text.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Message { role, content: content.into(), has_content: true, extra: Map::new(), given: None }
    }

    /// A message from the fields of a source; `extra` no longer holds `role` and `content`.
    pub(crate) fn from_fields(
        role: Role,
        content: Option<Value>,
        extra: Map<String, Value>,
    ) -> Self {
        let (content, has_content, given) = match content {
            None => (String::new(), false, None),
            Some(Value::String(text)) => (text, true, None),
            Some(other) => (text_of(&other), true, Some(other)),
        };
        Message { role, content, has_content, extra, given }
    }

    /// `content` as it will be written: the source's own value as long as its text is unchanged.
    pub(crate) fn content_value(&self) -> Option<Value> {
        match &self.given {
            Some(given) if text_of(given) == self.content => Some(given.clone()),
            _ if !self.has_content && self.content.is_empty() => None,
            _ => Some(Value::String(self.content.clone())),
        }
    }

    /// `content` as the source wrote it, when that was not a plain text.
    pub(crate) fn given_content(&self) -> Option<&Value> {
        self.given.as_ref().filter(|given| text_of(given) == self.content)
    }

    /// The `weight` field, where it is 0 or 1 (or another small whole number).
    pub fn weight(&self) -> Option<u8> {
        let weight = self.extra.get("weight")?;
        if let Some(whole) = weight.as_u64() {
            return u8::try_from(whole).ok();
        }
        match weight.as_f64() {
            Some(0.0) => Some(0),
            Some(1.0) => Some(1),
            _ => None,
        }
    }

    /// Whether a training run learns to write this message: an assistant's, unless its weight is 0.
    pub fn is_learned(&self) -> bool {
        self.role == Role::Assistant && self.weight() != Some(0)
    }

    /// Whether the message says something by other means than text (a tool call, a refusal).
    pub fn speaks_without_text(&self) -> bool {
        ["tool_calls", "function_call", "refusal", "audio"]
            .iter()
            .any(|key| self.extra.get(*key).is_some_and(|value| !is_void(value)))
    }

    /// Whether the content is one plain text: no list of parts, no `null`.
    pub fn is_plain_text(&self) -> bool {
        self.given_content().is_none()
    }

    /// Whether the message carries a part that is no text (an image, a sound).
    pub fn has_other_parts(&self) -> bool {
        let Some(Value::Array(parts)) = self.given_content() else { return false };
        parts.iter().any(|part| part_text(part).is_none())
    }
}

fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The readable text of a `content` that is not a plain text.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(part_text).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn part_text(part: &Value) -> Option<&str> {
    match part {
        Value::String(text) => Some(text),
        Value::Object(fields) => fields.get("text").and_then(Value::as_str),
        _ => None,
    }
}
