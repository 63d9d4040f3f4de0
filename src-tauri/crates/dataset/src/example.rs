//! One example: a conversation whose answer is to be learned.
//!
//! Writing and reading a chat line must never lose or reorder a message or an unknown field.

use serde_json::{Map, Value};

use crate::json;
use crate::key::{self, ContentKey};
use crate::message::{Message, Role};
use crate::problem::Problem;

/// A conversation whose answer is to be learned, with every unknown field kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Example {
    /// The messages in order.
    pub messages: Vec<Message>,
    /// All other fields of the line (`tools`, `parallel_tool_calls`, ...) in the source's order.
    pub extra: Map<String, Value>,
}

/// A text is no chat example.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the text is not a chat example: {}", problem.code)]
pub struct ParseError {
    /// What is wrong with it, and where.
    pub problem: Problem,
}

impl Example {
    /// The example that one row of a table makes. Blank instructions make no message.
    pub fn from_question_answer(instructions: Option<&str>, question: &str, answer: &str) -> Self {
        let mut messages = Vec::with_capacity(3);
        if let Some(instructions) = instructions.filter(|text| !text.trim().is_empty()) {
            messages.push(Message::new(Role::System, instructions));
        }
        messages.push(Message::new(Role::User, question));
        messages.push(Message::new(Role::Assistant, answer));
        Example { messages, extra: Map::new() }
    }

    /// Reads one line of a chat file.
    ///
    /// # Errors
    /// [`ParseError`] with the problem that would leave the line out of an import.
    pub fn from_chat_json(text: &str) -> Result<Self, ParseError> {
        let line = text.strip_prefix('\u{feff}').unwrap_or(text);
        json::read_example(line)
            .map(|(example, _)| example)
            .map_err(|problem| ParseError { problem })
    }

    /// One canonical line of a chat file, without its line end.
    pub fn to_chat_json(&self) -> String {
        let mut fields = Map::with_capacity(self.extra.len() + 1);
        let messages = self.messages.iter().map(message_value).collect();
        fields.insert("messages".to_owned(), Value::Array(messages));
        copy_extra(&self.extra, &mut fields);
        Value::Object(fields).to_string()
    }

    /// The text of the last user message before the last answer; "" where there is none.
    pub fn question(&self) -> &str {
        let end = self.last_answer_index().unwrap_or(self.messages.len());
        self.messages[..end]
            .iter()
            .rev()
            .find(|message| message.role == Role::User)
            .map_or("", |message| &message.content)
    }

    /// The text of the last answer; "" where there is none.
    pub fn answer(&self) -> &str {
        self.last_answer_index().map_or("", |index| &self.messages[index].content)
    }

    /// The text of the first standing instructions.
    pub fn instructions(&self) -> Option<&str> {
        self.messages
            .iter()
            .find(|message| matches!(message.role, Role::System | Role::Developer))
            .map(|message| message.content.as_str())
    }

    /// Equal for examples that say the same: the base of exact duplicates and of the split.
    pub fn content_key(&self) -> ContentKey {
        key::content_key(self)
    }

    pub(crate) fn last_answer_index(&self) -> Option<usize> {
        self.messages.iter().rposition(|message| message.role == Role::Assistant)
    }
}

fn message_value(message: &Message) -> Value {
    let mut fields = Map::with_capacity(message.extra.len() + 2);
    fields.insert("role".to_owned(), Value::String(message.role.as_str().to_owned()));
    if let Some(content) = message.content_value() {
        fields.insert("content".to_owned(), content);
    }
    copy_extra(&message.extra, &mut fields);
    Value::Object(fields)
}

/// Copies what is not there yet: `extra` never overrides a field that has a meaning of its own.
fn copy_extra(extra: &Map<String, Value>, fields: &mut Map<String, Value>) {
    for (key, value) in extra {
        if !fields.contains_key(key) {
            fields.insert(key.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests;
