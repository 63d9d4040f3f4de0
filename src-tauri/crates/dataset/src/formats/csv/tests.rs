//! Tables of every dialect: what is previewed is what is imported.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::preview;
use crate::checks::{ExampleLimits, ExampleTokens, check_example};
use crate::example::Example;
use crate::formats::{
    Format, InstructionsSource, Mapping, RowOutcome, Sniffed, SourceRow, read, sniff,
};
use crate::problem::Problem;

fn shown(row: &SourceRow) -> String {
    let outcome = match &row.outcome {
        RowOutcome::Blank => "blank".to_owned(),
        RowOutcome::LeftOut { problem, text } => format!("left out: {} {text:?}", problem.code),
        RowOutcome::Example(example, problems) => example_shown(example, problems),
    };
    format!("{} {outcome}", row.line)
}

fn example_shown(example: &Example, problems: &[Problem]) -> String {
    let tokens = ExampleTokens { total: 9, answers: 1 };
    let checked = check_example(example, &ExampleLimits::default(), tokens);
    let mut text = String::new();
    if let Some(instructions) = example.instructions() {
        text += &format!("[{instructions}] ");
    }
    text += &format!("{:?} > {:?}", example.question(), example.answer());
    for problem in problems.iter().chain(&checked) {
        text += &format!(" {}", problem.code);
        if let Some(what) = &problem.what {
            text += &format!(" {what:?}");
        }
    }
    text
}

/// Reads by the guess of the preview.
#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: &Expect) {
    let bytes = bytes.as_ref();
    let sniffed = sniff(bytes, "a.csv").unwrap();
    let preview = preview(bytes, &sniffed, 20).unwrap();
    let names: Vec<&str> = preview.columns.iter().map(|it| it.name.as_str()).collect();
    let mapping = Mapping {
        question: preview.guess.question,
        answer: preview.guess.answer,
        instructions: preview.guess.instructions.map(InstructionsSource::Column),
    };
    let rows = read(bytes, &sniffed, &mapping).map(|row| shown(&row.unwrap()));
    let mut lines = vec![format!("{names:?}")];
    lines.extend(rows);
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn quotes_line_breaks_and_blank_rows() {
    check(
        "question,answer\n\"Where, and when?\",\"on\nMonday\"\n\n,\n\"say \"\"hi\"\"\",hi\n",
        &expect![[r#"
            ["question", "answer"]
            2 "Where, and when?" > "on\nMonday"
            4 blank
            5 blank
            6 "say \"hi\"" > "hi""#]],
    );
}

#[test]
fn excel_tells_the_delimiter() {
    check(
        "sep=;\r\nFrage;Antwort\r\nWo, bitte?;hier\r\n",
        &expect![[r#"
        ["Frage", "Antwort"]
        3 "Wo, bitte?" > "hier""#]],
    );
}

#[test]
fn ragged_rows_are_told() {
    check(
        "question,answer\nno answer\nq,a,\nq,a,more text, and more\n,a\n",
        &expect![[r#"
        ["question", "answer", "Column 3", "Column 4"]
        2 "no answer" > "" empty_answer
        3 "q" > "a"
        4 "q" > "a" extra_cells "more text"
        5 "" > "a" empty_question"#]],
    );
}

#[test]
fn names_are_made_unique_and_complete() {
    check(
        "answer,,question,answer,\n1a,x,1q,b,\n2a,y,2q,c,,7\n",
        &expect![[r#"
        ["answer", "Column 2", "question", "answer (2)", "Column 5", "Column 6"]
        2 "1q" > "1a"
        3 "2q" > "2a" extra_cells "7""#]],
    );
    check(
        "Where is it?,delivery\nIs it mended?,repair\nWhen?,delivery\n",
        &expect![[r#"
        ["Column 1", "Column 2"]
        1 "Where is it?" > "delivery"
        2 "Is it mended?" > "repair"
        3 "When?" > "delivery""#]],
    );
}

#[test]
fn instructions_come_from_a_column_or_a_text() {
    check(
        "system,question,answer\nBe kind.,q,a\n,q2,a2\n",
        &expect![[r#"
        ["system", "question", "answer"]
        2 [Be kind.] "q" > "a"
        3 "q2" > "a2""#]],
    );
    let text = "q,a\n1,2\n";
    let format = Format::Csv {
        delimiter: b',',
        encoding: crate::formats::TextEncoding::UTF_8,
        header: true,
        sep_line: false,
    };
    let instructions = Some(InstructionsSource::Text("Be brief.".to_owned()));
    let mapping = Mapping { question: 1, answer: 0, instructions };
    let rows: Vec<String> = read(text.as_bytes(), &Sniffed { format }, &mapping)
        .map(|row| shown(&row.unwrap()))
        .collect();
    expect![[r#"2 [Be brief.] "2" > "1""#]].assert_eq(&rows.join("\n"));
}

#[test]
fn an_open_quote_leaves_out_the_rest_with_its_line() {
    check(
        "question,answer\nq,a\n\"open,a\nq2,a2\n",
        &expect![[r#"
        ["question", "answer"]
        2 "q" > "a"
        3 left out: unclosed_quote "\"open,a\nq2,a2""#]],
    );
}

#[test]
fn bytes_that_are_no_text_leave_out_their_row_only() {
    let mut bytes = "question,answer\nGröße für Männer?,schön\n".as_bytes().to_vec();
    bytes.extend(b"br\xffken,a\n");
    bytes.extend("Übung?,ja\n".as_bytes());
    check(
        bytes,
        &expect![[r#"
        ["question", "answer"]
        2 "Größe für Männer?" > "schön"
        3 left out: bad_encoding "br�ken,a"
        4 "Übung?" > "ja""#]],
    );
}

#[test]
fn older_encodings_are_read() {
    let text =
        "Frage;Antwort\nWann kommt die Überweisung für die Schläuche?;Rechnung\nGrößer?;Lager\n";
    check(
        encoding_rs::WINDOWS_1252.encode(text).0,
        &expect![[r#"
        ["Frage", "Antwort"]
        2 "Wann kommt die Überweisung für die Schläuche?" > "Rechnung"
        3 "Größer?" > "Lager""#]],
    );
    let bytes: Vec<u8> = "\u{feff}question\tanswer\r\nGröße?\tyes 👍\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    check(
        bytes,
        &expect![[r#"
        ["question", "answer"]
        2 "Größe?" > "yes 👍""#]],
    );
}

#[test]
fn the_preview_shows_samples_of_its_columns() {
    let text = "text,label\nfirst,a\nsecond,b\nfirst,a\n,a\nthird,b\nfourth,a\n";
    let sniffed = sniff(text.as_bytes(), "a.csv").unwrap();
    let preview = preview(text.as_bytes(), &sniffed, 2).unwrap();
    assert_eq!(preview.rows, [["first", "a"], ["second", "b"]]);
    assert_eq!(preview.columns[0].samples, ["first", "second", "third"]);
    assert_eq!(preview.columns[1].samples, ["a", "b"]);
}

fn any_table() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        3 => prop::sample::select(b"ab ;,\t|\n\r\"".to_vec()),
        1 => any::<u8>(),
    ];
    let text = r#"(sep=[;,|]\n)?([a-zé"]{0,5}[,;\t\n"]){0,30}"#;
    prop_oneof![prop::collection::vec(bytes, 0..150), text.prop_map(String::into_bytes)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_preview_is_what_the_import_takes(bytes in any_table(), question in 0usize..3, answer in 0usize..3) {
        let Ok(sniffed) = sniff(&bytes, "a.csv") else { return Ok(()) };
        let shown = preview(bytes.as_slice(), &sniffed, 1000).unwrap();
        prop_assert_eq!(&shown, &preview(bytes.as_slice(), &sniffed, 1000).unwrap(), "deterministic");
        let mapping = Mapping { question, answer, instructions: None };
        let rows: Vec<SourceRow> = read(bytes.as_slice(), &sniffed, &mapping).map(Result::unwrap).collect();
        if matches!(sniffed.format, Format::ChatJsonl { .. }) {
            return Ok(());
        }
        let left_out = rows.iter().filter(|row| matches!(row.outcome, RowOutcome::LeftOut { .. })).count();
        prop_assert_eq!(left_out as u64, shown.left_out);
        let cell = |row: &[String], index: usize| row.get(index).cloned().unwrap_or_default();
        let expected: Vec<(String, String)> =
            shown.rows.iter().map(|row| (cell(row, question), cell(row, answer))).collect();
        let taken: Vec<(String, String)> = rows
            .iter()
            .filter_map(|row| match &row.outcome {
                RowOutcome::Example(it, _) => Some((it.question().to_owned(), it.answer().to_owned())),
                _ => None,
            })
            .collect();
        prop_assert_eq!(taken, expected);
        prop_assert!(rows.is_sorted_by(|a, b| a.line < b.line), "each row starts on a line of its own");
        prop_assert!(shown.rows.iter().all(|row| row.len() == shown.columns.len()));
    }
}
