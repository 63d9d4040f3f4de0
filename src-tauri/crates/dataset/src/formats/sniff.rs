//! What kind of file it is, from its first bytes and its name.
//!
//! It must never guess silently where a guess would lose data: what it cannot read it names.

use crate::formats::csv::dialect;
use crate::formats::encoding::{TextEncoding, TextReader};

/// How many bytes of the beginning of a file [`sniff`] wants to see.
pub const HEAD_BYTES: usize = 1024 * 1024;

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    /// How it is to be read.
    pub format: Format,
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table as text.
    Csv {
        /// What stands between two cells: `,`, `;`, `|` or a tab.
        delimiter: u8,
        /// How the characters are written.
        encoding: TextEncoding,
        /// Whether the first row names the columns.
        header: bool,
        /// Whether the first line only tells the delimiter (`sep=;`, as Excel writes it).
        sep_line: bool,
    },
    /// One chat example a line.
    ChatJsonl {
        /// How the characters are written.
        encoding: TextEncoding,
    },
}

impl Format {
    /// How the characters are written.
    pub fn encoding(self) -> TextEncoding {
        match self {
            Format::Csv { encoding, .. } | Format::ChatJsonl { encoding } => encoding,
        }
    }

    /// The name as the command line prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Csv { delimiter: b'\t', .. } => "tsv",
            Format::Csv { .. } => "csv",
            Format::ChatJsonl { .. } => "chat-jsonl",
        }
    }
}

/// A file that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SniffError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is no text.
    #[error("the file is not text")]
    Binary,
    /// It is something known that is not read yet.
    #[error("files of the kind `{what}` are not read")]
    Unsupported {
        /// The kind: `xlsx`, `pdf`, `json`, ...
        what: &'static str,
    },
}

/// Known beginnings of files that are no text tables, and what they are.
const SIGNATURES: [(&[u8], &str); 12] = [
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a", "rar"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"SQLite format 3\0", "sqlite"),
    (b"{\\rtf", "rtf"),
];

/// Tells what a file is. `head` are its first bytes, [`HEAD_BYTES`] of them where it has as many;
/// `file_name` helps with its ending.
///
/// # Errors
/// [`SniffError`] where the file holds nothing that can be imported.
pub fn sniff(head: &[u8], file_name: &str) -> Result<Sniffed, SniffError> {
    let ending = ending_of(file_name);
    if let Some(what) = known_binary(head, &ending) {
        return Err(SniffError::Unsupported { what });
    }
    let is_named_json = matches!(ending.as_str(), "jsonl" | "ndjson" | "json");
    let encoding = TextEncoding::guess(head, is_named_json);
    let text = text_of(head, encoding);
    if text.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
        let is_blank = !text.contains('\0');
        return Err(if is_blank { SniffError::Empty } else { SniffError::Binary });
    }
    if is_binary(&text) {
        return Err(SniffError::Binary);
    }
    if is_chat(&text, &ending)? {
        let encoding = TextEncoding::guess(head, true);
        return Ok(Sniffed { format: Format::ChatJsonl { encoding } });
    }
    let dialect = dialect::guess(&text, &ending);
    let format = Format::Csv {
        delimiter: dialect.delimiter,
        encoding,
        header: dialect.header,
        sep_line: dialect.sep_line,
    };
    Ok(Sniffed { format })
}

fn ending_of(file_name: &str) -> String {
    file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase()
}

fn known_binary(head: &[u8], ending: &str) -> Option<&'static str> {
    let (_, kind) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start))?;
    Some(match (*kind, ending) {
        ("zip", "xlsx" | "xlsm") => "xlsx",
        ("zip", "ods") => "ods",
        ("zip", "docx") => "docx",
        (kind, _) => kind,
    })
}

/// The head as text; bytes that are none become the replacement character, for looking only.
fn text_of(head: &[u8], encoding: TextEncoding) -> String {
    let mut bytes = Vec::new();
    let mut reader = TextReader::new(head, encoding);
    // Reading from memory does not fail; were it to, less text is looked at.
    let _ = std::io::Read::read_to_end(&mut reader, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// More than one control character in a hundred is no text that a person wrote.
fn is_binary(text: &str) -> bool {
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    let odd = text.chars().filter(is_odd).count();
    odd * 100 > text.chars().count() && odd > 3
}

fn is_chat(text: &str, ending: &str) -> Result<bool, SniffError> {
    let start = text.trim_start();
    match ending {
        "jsonl" | "ndjson" => return Ok(true),
        "json" if start.starts_with('[') => return Err(SniffError::Unsupported { what: "json" }),
        "csv" | "tsv" | "tab" if !start.starts_with("{\"") => return Ok(false),
        _ => {}
    }
    let first_line = start.lines().next().unwrap_or("").trim();
    let is_object = first_line.starts_with('{') && first_line.ends_with('}');
    let is_json = is_object && crate::json::is_json(first_line);
    if ending == "json" && !is_json {
        return Err(SniffError::Unsupported { what: "json" });
    }
    Ok(is_json)
}

#[cfg(test)]
mod tests;
