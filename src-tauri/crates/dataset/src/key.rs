//! The content key: equal for examples that say the same.
//!
//! It must never depend on the order of fields or on white space at the ends, and it is stored:
//! changing it needs a migration of the library.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::Value;

use crate::example::Example;
use crate::message::Message;

/// 128 bits over the roles and contents of an example.
pub type ContentKey = [u8; 16];

/// What belongs to what a message says, beside its text. `weight` does not: the same conversation
/// with another weight must not be learned in one part of the split and asked in another.
const SAYING: [&str; 5] = ["name", "tool_calls", "tool_call_id", "function_call", "refusal"];

pub(crate) fn content_key(example: &Example) -> ContentKey {
    let mut hasher = blake3::Hasher::new();
    for message in &example.messages {
        add_message(&mut hasher, message);
    }
    for key in ["tools", "functions"] {
        if let Some(value) = example.extra.get(key) {
            add(&mut hasher, key);
            add(&mut hasher, &sorted(value));
        }
    }
    let mut key = ContentKey::default();
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    key
}

fn add_message(hasher: &mut blake3::Hasher, message: &Message) {
    add(hasher, message.role.as_str());
    add(hasher, message.content.replace("\r\n", "\n").trim());
    if message.has_other_parts()
        && let Some(parts) = message.given_content()
    {
        add(hasher, "parts");
        add(hasher, &sorted(parts));
    }
    for key in SAYING {
        if let Some(value) = message.extra.get(key).filter(|value| !value.is_null()) {
            add(hasher, key);
            add(hasher, &sorted(value));
        }
    }
    add(hasher, "");
}

/// Length first, so that no two different sequences of texts feed the same bytes.
fn add(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// The value as JSON with its keys in alphabetical order.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let ordered: BTreeMap<&String, &Value> = fields.iter().collect();
            let inner: Vec<String> = ordered
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), sorted(value)))
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}

/// The positions of equal keys, each group and the groups in order of first appearance; keys that
/// stand alone are not listed.
pub fn duplicate_groups(keys: &[ContentKey]) -> Vec<Vec<usize>> {
    let mut group_of: HashMap<&ContentKey, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (position, key) in keys.iter().enumerate() {
        let group = *group_of.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(position);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

#[cfg(test)]
mod tests;
