//! Conversations line by line, whole and broken.

use std::io::{self, Read};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::formats::rows::read_limited;
use crate::formats::{LEFT_OUT_TEXT_CHARS, Mapping, RowOutcome, SourceRow, read, sniff};

fn rows(bytes: &[u8]) -> Vec<SourceRow> {
    let Ok(sniffed) = sniff(bytes, "a.jsonl") else { return Vec::new() };
    read(bytes, &sniffed, &Mapping::default()).map(Result::unwrap).collect()
}

fn shown(row: &SourceRow) -> String {
    let outcome = match &row.outcome {
        RowOutcome::Blank => "blank".to_owned(),
        RowOutcome::LeftOut { problem, text } => format!("left out: {} {text:?}", problem.code),
        RowOutcome::Example(example, problems) => {
            let codes: Vec<&str> = problems.iter().map(|it| it.code.as_str()).collect();
            format!("{:?} > {:?} {}", example.question(), example.answer(), codes.join(" "))
        }
    };
    format!("{} {}", row.line, outcome.trim_end())
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: &Expect) {
    let shown: Vec<String> = rows(bytes.as_ref()).iter().map(shown).collect();
    expected.assert_eq(&shown.join("\n"));
}

fn line(question: &str) -> String {
    format!(
        r#"{{"messages":[{{"role":"user","content":"{question}"}},{{"role":"assistant","content":"a"}}]}}"#
    )
}

#[test]
fn every_line_is_told() {
    let (one, two) = (line("1"), line("2"));
    check(
        format!(
            "\u{feff}{one}\r\n\r\n  \n{{oops\n{two}\n[]\n{{\"prompt\":\"p\",\"completion\":\" c\"}}"
        ),
        &expect![[r#"
            1 "1" > "a"
            2 blank
            3 blank
            4 left out: not_json "{oops"
            5 "2" > "a"
            6 left out: not_an_object "[]"
            7 "p" > "c""#]],
    );
}

#[test]
fn bytes_that_are_no_text_leave_out_their_line_only() {
    let mut bytes = line("fünf schöne Größen").into_bytes();
    bytes.extend(b"\n{\"messages\":\"caf\xe9\"}\n");
    bytes.extend(line("2").into_bytes());
    check(
        bytes,
        &expect![[r#"
        1 "fünf schöne Größen" > "a"
        2 left out: bad_encoding "{\"messages\":\"caf�\"}"
        3 "2" > "a""#]],
    );
}

#[test]
fn utf_16_is_read() {
    let text = format!("\u{feff}{}\n{}\n", line("Größe"), line("2"));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(
        bytes,
        &expect![[r#"
        1 "Größe" > "a"
        2 "2" > "a""#]],
    );
}

/// So many bytes of one letter, then a good line, without ever holding them.
struct Endless<'a> {
    letters: usize,
    rest: &'a [u8],
}

impl Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.letters == 0 {
            return self.rest.read(out);
        }
        let length = self.letters.min(out.len());
        out[..length].fill(b'x');
        self.letters -= length;
        Ok(length)
    }
}

#[test]
fn a_line_beyond_the_limit_is_left_out_and_reading_goes_on() {
    let rest = format!("\n{}", line("2"));
    let source = Endless { letters: 40 * 1024 * 1024, rest: rest.as_bytes() };
    let sniffed = sniff(b"{}", "a.jsonl").unwrap();
    let rows: Vec<SourceRow> =
        read(source, &sniffed, &Mapping::default()).map(Result::unwrap).collect();
    let [first, second] = rows.as_slice() else { panic!("two rows, but {}", rows.len()) };
    let RowOutcome::LeftOut { problem, text } = &first.outcome else { panic!("left out") };
    assert_eq!((problem.code.as_str(), text.len()), ("row_too_long", LEFT_OUT_TEXT_CHARS));
    expect![[r#"2 "2" > "a""#]].assert_eq(&shown(second));
}

#[test]
fn more_rows_than_a_project_takes_end_the_reading() {
    let text = format!("{}\n\n{}\n", line("1"), line("2"));
    let sniffed = sniff(text.as_bytes(), "a.jsonl").unwrap();
    let read = |limit| {
        let rows = read_limited(text.as_bytes(), &sniffed, &Mapping::default(), limit);
        let shown = rows.map(|row| row.map_or_else(|err| err.to_string(), |row| shown(&row)));
        shown.collect::<Vec<_>>().join(", ")
    };
    expect![[r#"1 "1" > "a", 2 blank, the file has more than 2 rows"#]].assert_eq(&read(2));
    expect![[r#"1 "1" > "a", 2 blank, 3 "2" > "a""#]].assert_eq(&read(3));
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn a_source_that_fails_is_an_error_and_the_end() {
    let sniffed = sniff(b"{}", "a.jsonl").unwrap();
    let source = b"{}\n".chain(Broken);
    let rows: Vec<_> = read(source, &sniffed, &Mapping::default()).collect();
    assert_eq!(rows.len(), 2);
    expect!["the file cannot be read"].assert_eq(&rows[1].as_ref().unwrap_err().to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_line_of_any_bytes_is_one_row(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\":,\n\\umesagol ".to_vec())], 0..200)
    ) {
        let found = rows(&bytes);
        prop_assert_eq!(&found, &rows(&bytes), "deterministic");
        if !found.is_empty() && !bytes.contains(&0) && !bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff") {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let ends = text.iter().filter(|&&it| it == b'\n').count();
            let expected = ends + usize::from(!text.ends_with(b"\n") && !text.is_empty());
            prop_assert_eq!(found.len(), expected);
            prop_assert!(found.iter().zip(1..).all(|(row, line)| row.line == line));
        }
    }
}
