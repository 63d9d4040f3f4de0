//! What a file is, from its first bytes.

use expect_test::{Expect, expect};

use super::{Format, sniff};

#[track_caller]
fn check(head: impl AsRef<[u8]>, name: &str, expected: &Expect) {
    let shown = match sniff(head.as_ref(), name).map(|it| it.format) {
        Err(err) => format!("refused: {err}"),
        Ok(Format::ChatJsonl { encoding }) => format!("chat {}", encoding.name()),
        Ok(Format::Csv { delimiter, encoding, header, sep_line }) => format!(
            "table {:?} {} {}{}",
            char::from(delimiter),
            encoding.name(),
            if header { "header" } else { "no header" },
            if sep_line { " sep" } else { "" }
        ),
    };
    expected.assert_eq(&shown);
}

const CHAT: &str = r#"{"messages":[{"role":"user","content":"q, or what?"}]}"#;

#[test]
fn chat_files_are_known_by_name_or_content() {
    check(CHAT, "a.jsonl", &expect!["chat UTF-8"]);
    check(CHAT, "a.txt", &expect!["chat UTF-8"]);
    check(CHAT, "no ending", &expect!["chat UTF-8"]);
    check(CHAT, "misnamed.csv", &expect!["chat UTF-8"]);
    check(format!("\u{feff}\r\n{CHAT}\r\n{CHAT}"), "a.json", &expect!["chat UTF-8"]);
    check("[1,2]\n7\nnonsense", "a.ndjson", &expect!["chat UTF-8"]);
    check(b"{\"messages\":\"caf\xe9\"}", "latin.jsonl", &expect!["chat UTF-8"]);
}

#[test]
fn json_that_is_not_by_lines_is_named() {
    check(
        "[\n {\"a\": 1}\n]",
        "a.json",
        &expect!["refused: files of the kind `json` are not read"],
    );
    check("{\n \"a\": 1\n}", "a.json", &expect!["refused: files of the kind `json` are not read"]);
}

#[test]
fn other_kinds_of_file_are_named() {
    check(b"PK\x03\x04rest", "a.xlsx", &expect!["refused: files of the kind `xlsx` are not read"]);
    check(b"PK\x03\x04rest", "a.csv", &expect!["refused: files of the kind `zip` are not read"]);
    check(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a.xls",
        &expect!["refused: files of the kind `xls` are not read"],
    );
    check("%PDF-1.7", "a.pdf", &expect!["refused: files of the kind `pdf` are not read"]);
    check(
        b"\x1f\x8b\x08",
        "a.jsonl.gz",
        &expect!["refused: files of the kind `gzip` are not read"],
    );
    check(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0",
        "a.png",
        &expect!["refused: the file is not text"],
    );
    check([0u8; 64], "zeros", &expect!["refused: the file is not text"]);
    check([0u8; 3], "zeros", &expect!["refused: the file is not text"]);
}

#[test]
fn nothing_is_empty() {
    check("", "a.csv", &expect!["refused: the file is empty"]);
    check("\u{feff}", "a.jsonl", &expect!["refused: the file is empty"]);
    check(" \r\n\n\t", "a.csv", &expect!["refused: the file is empty"]);
    check(b"\xff\xfe", "a.csv", &expect!["refused: the file is empty"]);
}

#[test]
fn delimiters() {
    check("question,answer\nWhere is it?,delivery\n", "a.csv", &expect!["table ',' UTF-8 header"]);
    check(
        "frage;antwort\nWo, bitte, ist es?;Lieferung\nUnd, ja?;Lager\n",
        "a.csv",
        &expect!["table ';' UTF-8 header"],
    );
    check(
        "question\tanswer\nWhere, oh where?\tdelivery\n",
        "a.csv",
        &expect!["table '\\t' UTF-8 header"],
    );
    check("question|answer\nWhere, then?|delivery\n", "a.txt", &expect!["table '|' UTF-8 header"]);
    check(
        "text,label\n\"one; two; three\",a\n\"four; five; six\",b\n",
        "a.csv",
        &expect!["table ',' UTF-8 header"],
    );
    check(
        "text;label\n\"line\none, two\";a\n\"line\ntwo, three\";b\n",
        "a.csv",
        &expect!["table ';' UTF-8 header"],
    );
    check("only one column\nof text\n", "a.tsv", &expect!["table '\\t' UTF-8 no header"]);
    check("sep=;\r\nfrage;antwort\r\na,b;c\r\n", "a.csv", &expect!["table ';' UTF-8 header sep"]);
    check("\"sep=|\"\na|b\n", "a.csv", &expect!["table '|' UTF-8 no header sep"]);
    check("sep=\n", "a.csv", &expect!["table ',' UTF-8 no header"]);
}

#[test]
fn headers() {
    check(
        "Where is my bike?,delivery\nIs it mended?,repair\n",
        "a.csv",
        &expect!["table ',' UTF-8 no header"],
    );
    check(
        "delivery,Where is my bike now\nrepair,Is it mended\ndelivery,When\n",
        "a.csv",
        &expect!["table ',' UTF-8 no header"],
    );
    check("a,b,c\n1,2,3\n4,5,6\n", "a.csv", &expect!["table ',' UTF-8 header"]);
    check("1,2,3\n4,5,6\n", "a.csv", &expect!["table ',' UTF-8 no header"]);
    check("質問,回答\nいつ届きますか,明日です\n", "a.csv", &expect!["table ',' UTF-8 header"]);
    check(
        "Kundentext,Sorte\nWann kommt mein Paket endlich an,Lieferung\nDas Rad klappert laut,Reparatur\n",
        "a.csv",
        &expect!["table ',' UTF-8 header"],
    );
    check("text,category\n", "a.csv", &expect!["table ',' UTF-8 header"]);
    check(
        ",text,label\n0,It is late,bad\n1,Thanks,good\n",
        "a.csv",
        &expect!["table ',' UTF-8 header"],
    );
}
