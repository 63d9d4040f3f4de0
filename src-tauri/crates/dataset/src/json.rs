//! Reading one line of a chat file: strict about JSON, tolerant about fields.
//!
//! It must never lose a field, never panic, and never repair in silence: what other readers treat
//! each in their own way (duplicate keys, `NaN`, half characters) is told by name.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::checks::{message_missing_key, missing_messages, not_an_object};
use crate::example::Example;
use crate::message::{Message, Role};
use crate::problem::{Problem, ProblemCode};

/// Deeper nesting than this is refused (reliability: a hostile line must not exhaust the stack).
const MAX_DEPTH: usize = 64;

/// From here on a JSON number read as a float may not be the whole number that was written.
const EXACT_FLOAT_LIMIT: f64 = 9_007_199_254_740_992.0;

/// Reads one line. The problems beside an example are those that only the source shows; those of
/// the example itself are found by [`crate::check_example`].
pub(crate) fn read_example(line: &str) -> Result<(Example, Vec<Problem>), Problem> {
    let (value, notes) = read_value(line)?;
    let fields = not_an_object::check(value)?;
    let example = example_from(fields)?;
    Ok((example, notes.into_problems()))
}

/// Whether the text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    read_value(text).is_ok()
}

fn example_from(mut fields: Map<String, Value>) -> Result<Example, Problem> {
    if let Some(example) = from_prompt_completion(&mut fields) {
        return Ok(example);
    }
    let items = missing_messages::take(&mut fields)?;
    let messages = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| message_from(item).map_err(|problem| problem.in_message(index)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Example { messages, extra: fields })
}

fn message_from(item: Value) -> Result<Message, Problem> {
    let (role, mut fields) = message_missing_key::take_role(item)?;
    let content = fields.shift_remove("content");
    Ok(Message::from_fields(Role::from(role.as_str()), content, fields))
}

/// The older shape of training files, `{"prompt","completion"}`. Its completions start with one
/// blank by convention (the tokens of that time wanted it); a chat answer does not.
fn from_prompt_completion(fields: &mut Map<String, Value>) -> Option<Example> {
    let is_text = |key: &str| fields.get(key).is_some_and(Value::is_string);
    if fields.contains_key("messages") || !is_text("prompt") || !is_text("completion") {
        return None;
    }
    let prompt = fields.shift_remove("prompt")?;
    let completion = fields.shift_remove("completion")?;
    let answer = completion.as_str()?;
    let answer = answer.strip_prefix(' ').unwrap_or(answer);
    let mut example = Example::from_question_answer(None, prompt.as_str()?, answer);
    example.extra = std::mem::take(fields);
    Some(example)
}

/// What the reader noticed and no value can show.
#[derive(Default)]
struct Notes {
    duplicate_keys: Vec<String>,
    rounded: Vec<String>,
    is_too_deep: bool,
}

impl Notes {
    fn into_problems(self) -> Vec<Problem> {
        let named = |code: ProblemCode| move |what: String| Problem::new(code).naming(what);
        let duplicates = self.duplicate_keys.into_iter().map(named(ProblemCode::DuplicateKey));
        let rounded = self.rounded.into_iter().map(named(ProblemCode::NumberRounded));
        duplicates.chain(rounded).collect()
    }
}

fn read_value(line: &str) -> Result<(Value, Notes), Problem> {
    let mut notes = Notes::default();
    let mut reader = serde_json::Deserializer::from_str(line);
    let read = ValueSeed { notes: &mut notes, depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match read {
        Ok(value) => Ok((value, notes)),
        Err(err) => Err(problem_of(line, &err, notes.is_too_deep)),
    }
}

fn problem_of(line: &str, err: &serde_json::Error, is_too_deep: bool) -> Problem {
    let byte = byte_of(line, err);
    let column = column_of(line, byte);
    if is_too_deep {
        return Problem::new(ProblemCode::NestedTooDeep).at_column(column);
    }
    if let Some((at, what)) = find_non_finite(line, byte) {
        let column = column_of(line, at);
        return Problem::new(ProblemCode::NonFiniteNumber).at_column(column).naming(what);
    }
    match find_lone_surrogate(line) {
        // Only what stands before the fault can be its cause.
        Some(at) if at <= byte => {
            Problem::new(ProblemCode::LoneSurrogate).at_column(column_of(line, at))
        }
        _ => Problem::new(ProblemCode::NotJson).at_column(column),
    }
}

/// Where the reader stopped, as a position in `line`. A chat line is one line, but a caller may
/// hand in a text with line breaks.
fn byte_of(line: &str, err: &serde_json::Error) -> usize {
    let before: usize =
        line.split_inclusive('\n').take(err.line().saturating_sub(1)).map(str::len).sum();
    (before + err.column().saturating_sub(1)).min(line.len())
}

/// The column of a byte position, counted from 1 in characters.
fn column_of(line: &str, byte: usize) -> u64 {
    line.char_indices().take_while(|(at, _)| *at < byte).count() as u64 + 1
}

/// Python writes these words where a number is not one.
fn find_non_finite(line: &str, byte: usize) -> Option<(usize, &'static str)> {
    let bytes = line.as_bytes();
    (byte.saturating_sub(2)..=byte).find_map(|at| {
        let rest = bytes.get(at..)?;
        ["NaN", "-Infinity", "Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word.as_bytes()))
            .map(|word| (at, word))
    })
}

/// The position of the first `\ud800` to `\udfff` that has no other half.
fn find_lone_surrogate(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match escaped_unit(bytes, at) {
            Some(0xd800..=0xdbff) => match escaped_unit(bytes, at + 6) {
                Some(0xdc00..=0xdfff) => at += 12,
                _ => return Some(at),
            },
            Some(0xdc00..=0xdfff) => return Some(at),
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    None
}

/// The unit of a `\uXXXX` at this position.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

struct ValueSeed<'a> {
    notes: &'a mut Notes,
    depth: usize,
}

impl ValueSeed<'_> {
    fn deeper<E: serde::de::Error>(&mut self) -> Result<ValueSeed<'_>, E> {
        if self.depth >= MAX_DEPTH {
            self.notes.is_too_deep = true;
            return Err(E::custom("nested too deep"));
        }
        Ok(ValueSeed { notes: self.notes, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        if value.abs() >= EXACT_FLOAT_LIMIT {
            self.notes.rounded.push(number.to_string());
        }
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper::<A::Error>()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.deeper::<A::Error>()?)?;
            if fields.insert(key.clone(), value).is_some() {
                self.notes.duplicate_keys.push(key);
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests;
