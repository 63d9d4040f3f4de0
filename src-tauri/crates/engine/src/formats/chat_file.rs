//! Conversations from the lines of a chat file and from the messages of a request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Speaker {
    /// `system` and `developer`.
    System,
    /// `user`.
    User,
    /// `assistant`.
    Assistant,
    /// `tool`, `function` and roles of the future.
    Other,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// Who speaks.
    pub(crate) speaker: Speaker,
    /// What is said.
    pub(crate) text: String,
    /// How much it counts in learning: 0 unless it is an answer; OpenAI knows 0 and 1 only.
    pub(crate) weight: f32,
}

/// Messages in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    /// The messages.
    pub(crate) turns: Vec<Turn>,
}

/// Why messages cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChatError {
    #[error("not a JSON object with `messages`")]
    NotAnExample(#[source] serde_json::Error),
    #[error("`messages` is empty")]
    NoMessages,
    #[error("message {index} has no text")]
    NoText { index: usize },
    #[error("the weight of message {index} must be from 0 to 1")]
    Weight { index: usize },
    #[error("no assistant message is learned")]
    NoAnswer,
}

/// A message of the chat format.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawMessage {
    role: String,
    #[serde(default)]
    content: Value,
    weight: Option<f64>,
    tool_calls: Option<Value>,
    function_call: Option<Value>,
}

#[derive(Deserialize)]
struct RawExample {
    messages: Vec<RawMessage>,
}

/// Reads a line of a training file; at least one answer must be learned.
pub(crate) fn parse_line(line: &str) -> Result<Conversation, ChatError> {
    let raw: RawExample = serde_json::from_str(line).map_err(ChatError::NotAnExample)?;
    let conversation = conversation(&raw.messages)?;
    match conversation.turns.iter().any(|turn| turn.weight > 0.0) {
        true => Ok(conversation),
        false => Err(ChatError::NoAnswer),
    }
}

/// Reads the messages of a request.
pub(crate) fn conversation(messages: &[RawMessage]) -> Result<Conversation, ChatError> {
    if messages.is_empty() {
        return Err(ChatError::NoMessages);
    }
    let turns: Result<_, _> =
        messages.iter().enumerate().map(|(index, message)| turn(message, index)).collect();
    Ok(Conversation { turns: turns? })
}

fn turn(message: &RawMessage, index: usize) -> Result<Turn, ChatError> {
    let speaker = match message.role.as_str() {
        "system" | "developer" => Speaker::System,
        "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        _ => Speaker::Other,
    };
    let text = text_of(message).ok_or(ChatError::NoText { index })?;
    let weight = match (speaker, message.weight) {
        (Speaker::Assistant, weight) => weight_of(weight.unwrap_or(1.0), index)?,
        _ => 0.0,
    };
    Ok(Turn { speaker, text, weight })
}

/// Weights beyond 0 to 1 would hide every other answer.
fn weight_of(weight: f64, index: usize) -> Result<f32, ChatError> {
    if !(0.0..=1.0).contains(&weight) {
        return Err(ChatError::Weight { index });
    }
    #[expect(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
    Ok(weight as f32)
}

/// The text of a message; a call of a tool is learned as its JSON.
fn text_of(message: &RawMessage) -> Option<String> {
    let said = match &message.content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join(""),
        ),
        _ => None,
    };
    said.or_else(|| message.tool_calls.as_ref().map(Value::to_string))
        .or_else(|| message.function_call.as_ref().map(Value::to_string))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::parse_line;

    #[track_caller]
    fn check(line: &str, expected: &Expect) {
        let shown = match parse_line(line) {
            Ok(read) => read
                .turns
                .iter()
                .map(|turn| format!("{:?} {} {}", turn.speaker, turn.text, turn.weight))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("refused: {error}"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn roles_weights_and_parts_are_read() {
        check(
            r#"{"messages":[{"role":"developer","content":"d"},{"role":"user","content":[{"type":"text","text":"q"}]},
            {"role":"assistant","content":"a","weight":0},{"role":"tool","content":"t"},{"role":"assistant","content":"b"}]}"#,
            &expect!["System d 0; User q 0; Assistant a 0; Other t 0; Assistant b 1"],
        );
    }

    #[test]
    fn calls_of_tools_are_learned_as_json() {
        check(
            r#"{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":1}]}]}"#,
            &expect![[r#"Assistant [{"id":1}] 1"#]],
        );
    }

    #[test]
    fn what_cannot_be_learned_is_refused() {
        check("[]", &expect!["refused: not a JSON object with `messages`"]);
        check(r#"{"messages":[]}"#, &expect!["refused: `messages` is empty"]);
        check(
            r#"{"messages":[{"role":"user","content":null}]}"#,
            &expect!["refused: message 0 has no text"],
        );
        check(
            r#"{"messages":[{"role":"assistant","content":"a","weight":0}]}"#,
            &expect!["refused: no assistant message is learned"],
        );
    }
}
