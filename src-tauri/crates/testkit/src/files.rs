//! Files as people really have them: good, half broken, of another kind, too large.

use std::io;
use std::path::Path;

use serde_json::json;

use crate::{Pair, Seeded, csv};

/// A file of conversations, one JSON object a line.
#[must_use]
pub fn chat_jsonl(pairs: &[Pair]) -> String {
    pairs.iter().map(|pair| chat_line(pair) + "\n").collect()
}

fn chat_line(pair: &Pair) -> String {
    json!({"messages": [
        {"role": "user", "content": pair.question},
        {"role": "assistant", "content": pair.answer},
    ]})
    .to_string()
}

/// A file of conversations in which every third line is broken, each in another way.
///
/// The good rows are all of `pairs`; line numbers of the broken ones come back beside the text.
#[must_use]
pub fn broken_jsonl(pairs: &[Pair]) -> (String, Vec<u64>) {
    const BROKEN: [&str; 4] = [
        r#"{"messages": [{"role": "user", "content": "cut off in the mid"#,
        r#"["a list", "is no example"]"#,
        r#"{"text": "an object without messages"}"#,
        r#"{"messages": [{"role": "user"}, {"content": "nobody says this"}]}"#,
    ];
    let mut text = String::new();
    let mut broken_lines = Vec::new();
    let mut line = 0_u64;
    for (index, pair) in pairs.iter().enumerate() {
        text += &(chat_line(pair) + "\n");
        line += 1;
        if index % 2 == 1 {
            text += BROKEN[(index / 2) % BROKEN.len()];
            text.push('\n');
            line += 1;
            broken_lines.push(line);
        }
    }
    (text, broken_lines)
}

/// Good lines with one line between them that is `bytes` long, all of it one answer.
#[must_use]
pub fn huge_line_jsonl(pairs: &[Pair], bytes: usize) -> String {
    let (first, rest) = pairs.split_at(pairs.len() / 2);
    let huge = Pair { question: "How long?".to_owned(), answer: "so ".repeat(bytes / 3) };
    chat_jsonl(first) + &chat_line(&huge) + "\n" + &chat_jsonl(rest)
}

/// Bytes that are no text in any encoding, with the beginning of a picture (PNG).
#[must_use]
pub fn binary_bytes(length: usize) -> Vec<u8> {
    let mut seeded = Seeded::new(137);
    let head = *b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let noise = std::iter::repeat_with(move || seeded.number().to_le_bytes()).flatten();
    head.into_iter().chain(noise).take(length).collect()
}

/// A table as a spreadsheet program saves "Unicode text": UTF-16, little end first, with its mark.
#[must_use]
pub fn utf16_csv(pairs: &[Pair]) -> Vec<u8> {
    let text = format!("\u{feff}{}", csv(pairs));
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Puts something at `path` that exists and that nobody can read, the system's owner included: a
/// link that leads to itself.
///
/// # Errors
/// When the link cannot be made.
#[cfg(unix)]
pub fn make_unreadable(path: &Path) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path has no file name"))?;
    std::os::unix::fs::symlink(name, path)
}

/// Puts something at `path` that exists and that nobody can read as a file: a folder.
///
/// # Errors
/// When the folder cannot be made.
#[cfg(not(unix))]
pub fn make_unreadable(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}
