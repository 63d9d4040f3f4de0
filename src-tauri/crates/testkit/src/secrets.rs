//! Looking for a secret where it must not be, in the forms in which programs write texts down.
//!
//! It finds a secret that was cut at one end too: its first and its last characters count alone.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// So many characters of either end tell too much.
const TELLING: usize = 12;

/// A form of a secret: its name and its bytes.
type Form = (&'static str, Vec<u8>);

/// What a secret looks like wherever it was written down.
#[derive(Debug, Clone)]
pub struct SecretTraces {
    forms: Vec<Form>,
    /// Whether one of the forms begins with these two bytes: nearly all places are passed by that.
    begins: Vec<bool>,
}

impl SecretTraces {
    /// The traces of a secret.
    ///
    /// # Panics
    /// When it is so short that it would be found by chance.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let letters: Vec<char> = secret.chars().collect();
        assert!(letters.len() >= TELLING, "so short a secret is found by chance");
        let first: String = letters[..TELLING].iter().collect();
        let last: String = letters[letters.len() - TELLING..].iter().collect();
        let texts = [secret, first.as_str(), last.as_str()];
        let forms: Vec<Form> = texts.into_iter().flat_map(forms_of).collect();
        let mut begins = vec![false; 1 << 16];
        for (_, bytes) in &forms {
            begins[beginning(bytes)] = true;
        }
        Self { forms, begins }
    }

    /// The form in which the secret stands in some bytes.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<&'static str> {
        for (at, pair) in bytes.windows(2).enumerate() {
            if !self.begins[beginning(pair)] {
                continue;
            }
            let is_here = |(_, form): &&Form| bytes[at..].starts_with(form);
            if let Some((name, _)) = self.forms.iter().find(is_here) {
                return Some(*name);
            }
        }
        None
    }

    /// The files below a folder in which it stands, and in which form. Links are not followed.
    ///
    /// # Panics
    /// When a folder or a file that is there cannot be read: what was not looked into proves nothing.
    #[must_use]
    pub fn below(&self, folder: &Path) -> Vec<(PathBuf, &'static str)> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(folder) {
            // It went away meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => return found,
            entries => entries.expect("the folder can be read"),
        };
        for entry in entries.flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                found.extend(self.below(&path));
            } else if kind.is_ok_and(|kind| kind.is_file()) {
                found.extend(self.find(&read(&path)).map(|form| (path, form)));
            }
        }
        found
    }
}

/// The bytes of a file; of one that went away meanwhile there is nothing to read.
fn read(path: &Path) -> Vec<u8> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        bytes => bytes.expect("the file can be read"),
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn forms_of(text: &str) -> Vec<Form> {
    let bytes = text.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let json = Value::from(text).to_string();
    let mut forms = vec![
        ("plain text", bytes.to_vec()),
        ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("upper-case hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
        ("JSON", json.as_bytes()[1..json.len() - 1].to_vec()),
        ("URL", in_url(bytes).into_bytes()),
    ];
    for offset in 0..3 {
        forms.push(("base64", in_base64(bytes, offset, &STANDARD_NO_PAD)));
        forms.push(("base64 of URLs", in_base64(bytes, offset, &URL_SAFE_NO_PAD)));
    }
    forms
}

/// As RFC 3986 writes it: all but letters, digits and four marks by number.
fn in_url(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => {
            char::from(*byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(letter).collect()
}

/// What no neighbour changes of a base64 text in which the bytes begin so many places after a group of
/// three.
fn in_base64(bytes: &[u8], offset: usize, engine: &GeneralPurpose) -> Vec<u8> {
    let mut all = vec![0; offset];
    all.extend(bytes);
    let text = engine.encode(&all);
    let whole = (offset * 8).div_ceil(6)..all.len() * 8 / 6;
    text.as_bytes()[whole].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sk-canary/\"0123456789+abcdefgh";

    /// The form in which the secret is found between other bytes.
    fn found(written: impl AsRef<[u8]>) -> Option<&'static str> {
        let (before, after) = (&b"some words before "[..], &b" and after"[..]);
        SecretTraces::of(SECRET).find(&[before, written.as_ref(), after].concat())
    }

    #[test]
    fn every_form_is_found() {
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let upper = hex.to_uppercase();
        let utf16: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let written: [&[u8]; 8] = [
            SECRET.as_bytes(),
            hex.as_bytes(),
            upper.as_bytes(),
            &utf16,
            br#"{"key":"sk-canary/\"0123456789+abcdefgh"}"#,
            b"?key=sk-canary%2F%220123456789%2Babcdefgh",
            &SECRET.as_bytes()[..TELLING],
            &SECRET.as_bytes()[SECRET.len() - TELLING..],
        ];
        for written in written {
            assert!(found(written).is_some(), "{}", String::from_utf8_lossy(written));
        }
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before}{SECRET} and more");
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                assert!(found(engine.encode(&text)).is_some(), "after `{before}`");
            }
        }
    }

    #[test]
    fn what_is_shown_of_a_key_is_no_trace_of_it() {
        for shown in ["", "s", "Key ending in efgh", "sk-c****efgh", "sk-canary"] {
            assert_eq!(found(shown), None, "{shown}");
        }
    }

    #[test]
    fn files_are_looked_into_however_deep_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("one/two");
        fs::create_dir_all(&inner).unwrap();
        fs::write(folder.path().join("clean"), "nothing").unwrap();
        let traces = SecretTraces::of(SECRET);
        assert!(traces.below(folder.path()).is_empty());
        fs::write(inner.join("log"), SECRET).unwrap();
        assert_eq!(traces.below(folder.path()), [(inner.join("log"), "plain text")]);
    }
}
