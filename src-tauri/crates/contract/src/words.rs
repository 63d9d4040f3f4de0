//! The catalogue of words for everything that speaks without the page: the command line, native
//! dialogs. It is the same file the page uses (`ui/src/messages/en.json`), embedded at build time.
//!
//! The texts use a small part of ICU: `{name}`, `{n, plural, =0 {..} one {..} other {..}}` with `#`,
//! and `{x, select, a {..} other {..}}`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::{Failure, Param, Params};

const CATALOGUE: &str = include_str!("../../../../ui/src/messages/en.json");

fn catalogue() -> &'static BTreeMap<String, String> {
    static PARSED: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(CATALOGUE).expect("a test parses the catalogue"))
}

/// The words of `key` with `params` filled in; the key itself where the catalogue lacks it.
#[must_use]
pub fn words(key: &str, params: &Params) -> String {
    match catalogue().get(key) {
        Some(template) => fill(template, params),
        None => key.to_owned(),
    }
}

/// The words of a failure: what happened, what it means, what to do.
#[must_use]
pub fn failure_words(failure: &Failure) -> String {
    words(&format!("failure.{}", failure.code.as_text()), &failure.params)
}

/// Whether the catalogue has `key`.
#[must_use]
pub fn has(key: &str) -> bool {
    catalogue().contains_key(key)
}

/// Fills the gaps of one template.
#[must_use]
pub fn fill(template: &str, params: &Params) -> String {
    fill_counting(template, params, None)
}

fn fill_counting(template: &str, params: &Params, count: Option<u64>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '#']) {
        out += &rest[..at];
        if rest[at..].starts_with('#') {
            match count {
                Some(count) => out += &grouped(count),
                None => out.push('#'),
            }
            rest = &rest[at + 1..];
            continue;
        }
        let Some(length) = closing(&rest[at..]) else {
            out += &rest[at..];
            return out;
        };
        out += &fill_gap(&rest[at + 1..at + length], params);
        rest = &rest[at + length + 1..];
    }
    out + rest
}

/// Where the brace that opens `text` is closed again.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn fill_gap(gap: &str, params: &Params) -> String {
    let mut parts = gap.splitn(3, ',');
    let name = parts.next().unwrap_or_default().trim();
    let kind = parts.next().map(str::trim);
    let cases = parts.next().unwrap_or_default();
    let value = params.get(name);
    match (kind, value) {
        (None, Some(value)) => shown(value),
        (Some("plural"), Some(Param::Count(count))) => {
            fill_counting(plural_case(cases, *count), params, Some(*count))
        }
        (Some("select"), Some(value)) => {
            fill(case(cases, &shown(value)).or_else(|| case(cases, "other")).unwrap_or(""), params)
        }
        _ => String::new(),
    }
}

fn plural_case(cases: &str, count: u64) -> &str {
    let exact = format!("={count}");
    let category = if count == 1 { "one" } else { "other" };
    case(cases, &exact)
        .or_else(|| case(cases, category))
        .or_else(|| case(cases, "other"))
        .unwrap_or("")
}

/// The text behind `label` in `label {text} label {text}`.
fn case<'a>(cases: &'a str, label: &str) -> Option<&'a str> {
    let mut rest = cases;
    while let Some(open) = rest.find('{') {
        let length = closing(&rest[open..])?;
        if rest[..open].trim() == label {
            return Some(&rest[open + 1..open + length]);
        }
        rest = &rest[open + length + 1..];
    }
    None
}

fn shown(value: &Param) -> String {
    match value {
        Param::Text(text) | Param::Date(text) => text.clone(),
        Param::Count(count) => grouped(*count),
        Param::MicroUsd(micros) => {
            let cents = (i128::from(*micros) + 9_999).div_euclid(10_000);
            format!("US${}.{:02}", cents / 100, cents % 100)
        }
        Param::Bytes(bytes) => shown_bytes(*bytes),
    }
}

fn shown_bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in UNITS {
        if bytes >= size {
            return format!("{} {unit}", bytes.div_ceil(size));
        }
    }
    format!("{bytes} bytes")
}

/// `1234567` as `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
