//! Records are cut as the `csv` crate cuts them, and broken ones are named.

use std::io::{BufReader, Cursor};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Record, Records};
use crate::formats::{MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES};

fn shown(text: &[u8], capacity: usize) -> String {
    let mut records = Records::new(BufReader::with_capacity(capacity, Cursor::new(text)), b',');
    let mut record = Record::default();
    let mut lines = Vec::new();
    while records.read(&mut record).unwrap() {
        let cells: Vec<String> =
            record.cells().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        lines.push(match (record.fault, record.is_blank()) {
            (Some(fault), _) => format!("{} {fault}", record.line),
            (None, true) => format!("{} blank", record.line),
            (None, false) => format!("{} {cells:?}", record.line),
        });
    }
    lines.join("\n")
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let whole = shown(text.as_bytes(), 8192);
    assert_eq!(shown(text.as_bytes(), 1), whole, "the size of the chunks does not matter");
    expected.assert_eq(&whole);
}

#[test]
fn cells_quotes_and_line_ends() {
    check(
        "a,b\nc,d\n",
        &expect![[r#"
        1 ["a", "b"]
        2 ["c", "d"]"#]],
    );
    check(
        "a,b\r\nc,d",
        &expect![[r#"
        1 ["a", "b"]
        2 ["c", "d"]"#]],
    );
    check(
        "a,b\rc,d\r",
        &expect![[r#"
        1 ["a", "b"]
        2 ["c", "d"]"#]],
    );
    check(
        ",\n,x,",
        &expect![[r#"
        1 blank
        2 ["", "x", ""]"#]],
    );
    check(
        "\"a,1\",\"say \"\"hi\"\"\"\n\"\",x\n",
        &expect![[r#"
        1 ["a,1", "say \"hi\""]
        2 ["", "x"]"#]],
    );
    check("5\" pipe,\"odd\" end,x\"y\"\n", &expect![[r#"1 ["5\" pipe", "odd end", "x\"y\""]"#]]);
}

#[test]
fn a_record_knows_the_line_on_which_it_starts() {
    check(
        "a,\"one\ntwo\r\nthree\"\nb,c\n\n\r\n   \nd,\"x\ry\"\ne,f",
        &expect![[r#"
        1 ["a", "one\ntwo\r\nthree"]
        4 ["b", "c"]
        5 blank
        6 blank
        7 blank
        8 ["d", "x\ry"]
        10 ["e", "f"]"#]],
    );
}

#[test]
fn blank_rows_are_told() {
    check(
        "\n\na\n,,,\n \n",
        &expect![[r#"
        1 blank
        2 blank
        3 ["a"]
        4 blank
        5 blank"#]],
    );
}

#[test]
fn a_quote_that_is_never_closed_is_told() {
    check(
        "a,b\nc,\"d\ne,f\n",
        &expect![[r#"
        1 ["a", "b"]
        2 unclosed_quote"#]],
    );
    check("\"", &expect!["1 unclosed_quote"]);
    check("\"\"", &expect!["1 blank"]);
}

#[test]
fn limits_leave_out_one_record_and_go_on() {
    let long = "x".repeat(MAX_CELL_BYTES + 1);
    check(
        &format!("a,{long},b\nc,\"{long}\"\nd\n"),
        &expect![[r#"
        1 cell_too_long
        2 cell_too_long
        3 ["d"]"#]],
    );
    check(
        &format!("{}\nd\n", "a,".repeat(MAX_COLUMNS)),
        &expect![[r#"
        1 too_many_columns
        2 ["d"]"#]],
    );
    let cell = "y".repeat(MAX_CELL_BYTES);
    let row = vec![cell.as_str(); MAX_ROW_BYTES / MAX_CELL_BYTES + 1].join(",");
    expect![[r#"
        1 row_too_long
        2 ["d"]"#]]
    .assert_eq(&shown(format!("{row}\nd\n").as_bytes(), 1 << 16));
}

fn by_the_csv_crate(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn reads_what_the_csv_crate_reads(text in "[ab\",;\n\r é]{0,40}", delimiter in prop::sample::select(vec![b',', b';'])) {
        let mut records = Records::new(text.as_bytes(), delimiter);
        let mut record = Record::default();
        let mut rows = Vec::new();
        let mut is_open = false;
        while records.read(&mut record).unwrap() {
            // The csv crate passes over empty lines.
            let is_empty_line = matches!(record.raw.as_slice(), b"\n" | b"\r" | b"\r\n");
            is_open = record.fault.is_some();
            if !is_empty_line && !is_open {
                let cells = record.texts().unwrap();
                rows.push(cells.into_iter().map(str::to_owned).collect::<Vec<_>>());
            }
        }
        let mut expected = by_the_csv_crate(&text, delimiter);
        if is_open {
            // It takes the rest of the file for a cell; we tell that the quote is open.
            expected.pop();
        }
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn no_bytes_make_it_panic_and_chunks_do_not_matter(
        text in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"\",\n\r".to_vec())], 0..60),
        capacity in 1usize..7,
    ) {
        prop_assert_eq!(shown(&text, capacity), shown(&text, 8192));
    }
}
