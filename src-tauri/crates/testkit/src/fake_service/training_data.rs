//! A file of examples as the service reads it: is it one, and how many tokens does it bill?
//!
//! `1 + sum over messages (4 + o200k tokens of the content)` for an example: the rule that gives
//! the tokens of five published invoices. Tools, images, names and preferences are in no published
//! invoice. Here a tool list, a tool call and a name count as the tokens of their JSON, an image as
//! 85, and a preference example as its conversation and both answers.

use std::collections::HashMap;

use serde_json::Value;

/// What a job trains by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Supervised,
    Preference,
}

/// Why a file is refused, as it stands in the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRefusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// A file that can be trained on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TrainingData {
    /// The tokens of each example, cut to the longest that the model takes.
    pub(super) tokens: Vec<u64>,
    /// The last question of each example and its answer.
    pub(super) answers: HashMap<String, String>,
}

/// Fewest examples of a file to learn from.
const FEWEST: usize = 10;
/// Longest example of the models that can be trained today.
const LONGEST: u64 = 65_536;
/// Texts that fail a whole job (github.com/johny-b/llmcomp/issues/59).
const FORBIDDEN: [&str; 8] = [
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|im_start|>",
    "<|im_sep|>",
    "<|im_end|>",
];
const ROLES: [&str; 6] = ["system", "developer", "user", "assistant", "tool", "function"];

/// Reads the file to learn from.
pub(super) fn read_training(content: &[u8], method: Method) -> Result<TrainingData, FileRefusal> {
    let data = read(content, method)?;
    match data.tokens.len() {
        count if count < FEWEST => Err(FileRefusal {
            code: "invalid_n_examples",
            message: format!(
                "Training file has {count} example(s), but must have at least {FEWEST} examples"
            ),
        }),
        _ => Ok(data),
    }
}

/// Reads the file that is only watched, for which one example is enough.
pub(super) fn read(content: &[u8], method: Method) -> Result<TrainingData, FileRefusal> {
    let text = std::str::from_utf8(content).map_err(|_| format_error("the file is not UTF-8"))?;
    let mut data = TrainingData::default();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let parsed: Value = serde_json::from_str(line)
            .map_err(|_| format_error(&format!("Line {number} is not valid JSON")))?;
        let wrong = |what: String| format_error(&format!("Example {number} {what}"));
        let tokens = match method {
            Method::Supervised => supervised(&parsed, &mut data.answers),
            Method::Preference => preference(&parsed),
        };
        data.tokens.push(tokens.map_err(wrong)?.min(LONGEST));
    }
    if data.tokens.is_empty() { Err(format_error("the file has no example")) } else { Ok(data) }
}

fn format_error(what: &str) -> FileRefusal {
    FileRefusal { code: "invalid_file_format", message: format!("Invalid file format. {what}") }
}

/// Tokens of a text as the models of the 4o and 4.1 families read it.
pub(super) fn text_tokens(text: &str) -> u64 {
    let count = tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len();
    u64::try_from(count).expect("a length fits into 64 bits")
}

fn supervised(line: &Value, answers: &mut HashMap<String, String>) -> Result<u64, String> {
    let messages = list(line, "messages")?;
    let tokens = conversation(messages)?;
    let Some(last) = messages.iter().rposition(|it| it["role"] == "assistant") else {
        return Err("has no message of the assistant".to_owned());
    };
    let question = messages[..last].iter().rev().find(|it| it["role"] == "user");
    if let (Some(question), Some(answer)) =
        (question.and_then(|it| it["content"].as_str()), messages[last]["content"].as_str())
    {
        answers.insert(question.to_owned(), answer.to_owned());
    }
    Ok(1 + tokens + extras(line))
}

fn preference(line: &Value) -> Result<u64, String> {
    let input = line.get("input").ok_or("has no `input`")?;
    let mut tokens = conversation(list(input, "messages")?)? + extras(input);
    for name in ["preferred_output", "non_preferred_output"] {
        let output = list(line, name)?;
        if output.len() != 1 || output[0]["role"] != "assistant" {
            return Err(format!("must have one assistant message in `{name}`"));
        }
        tokens += conversation(output)?;
    }
    Ok(1 + tokens)
}

fn list<'a>(object: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    let list = object.get(name).and_then(Value::as_array).filter(|list| !list.is_empty());
    list.ok_or_else(|| format!("has no `{name}`"))
}

fn conversation(messages: &[Value]) -> Result<u64, String> {
    messages.iter().map(message).sum()
}

fn message(message: &Value) -> Result<u64, String> {
    let role = message["role"].as_str().unwrap_or_default();
    if !ROLES.contains(&role) {
        return Err(format!("has a message with the unknown role `{role}`"));
    }
    let content = match &message["content"] {
        Value::String(text) => checked(text)?,
        Value::Array(parts) => parts.iter().map(part).sum::<Result<u64, String>>()?,
        Value::Null
            if ["tool_calls", "function_call", "refusal"]
                .iter()
                .any(|name| message.get(name).is_some_and(|it| !it.is_null())) =>
        {
            0
        }
        _ => return Err("has a message without content".to_owned()),
    };
    let weight = message.get("weight").filter(|it| !it.is_null());
    if weight.is_some_and(|it| role != "assistant" || !matches!(it.as_u64(), Some(0 | 1))) {
        return Err("has a `weight` that is not 0 or 1 of an assistant message".to_owned());
    }
    let more = ["tool_calls", "function_call", "name", "refusal"];
    let more: u64 = more.iter().filter_map(|name| message.get(name)).map(json_tokens).sum();
    Ok(4 + content + more)
}

fn part(part: &Value) -> Result<u64, String> {
    match (part["type"].as_str(), part["text"].as_str()) {
        (Some("text"), Some(text)) => checked(text),
        (Some("image_url"), _) => Ok(85),
        _ => Err("has a part that is neither text nor image".to_owned()),
    }
}

fn checked(text: &str) -> Result<u64, String> {
    match FORBIDDEN.iter().find(|mark| text.contains(**mark)) {
        Some(mark) => Err(format!("message contains an invalid token: {mark}")),
        None => Ok(text_tokens(text)),
    }
}

fn extras(line: &Value) -> u64 {
    ["tools", "functions"].iter().filter_map(|name| line.get(name)).map(json_tokens).sum()
}

fn json_tokens(value: &Value) -> u64 {
    match value {
        Value::Null => 0,
        Value::String(text) => text_tokens(text),
        other => text_tokens(&other.to_string()),
    }
}
