//! The ledger as a table for spreadsheet programs: CSV as RFC 4180 has it, in UTF-8.
//!
//! It must never hand a spreadsheet a formula that came from a name, and never leave half a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use attune_contract::money::{LedgerRow, PaidKind};
use attune_contract::{Failure, FailureCode, params};
use attune_cost::{Day, MicroUsd};
use csv::{Terminator, WriterBuilder};

use crate::calendar;
use crate::failures::internal;

/// By this mark spreadsheet programs know that letters such as ü come in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
const HEADINGS: [&str; 11] = [
    "time_utc",
    "what",
    "project",
    "place",
    "model",
    "expected_usd",
    "at_most_usd",
    "actual_usd",
    "difference_usd",
    "billed_tokens",
    "training",
];

/// The name that the dialog begins with.
pub(super) fn suggested_name(today: Option<Day>) -> String {
    today.map_or_else(
        || "attune-spending.csv".to_owned(),
        |day| format!("attune-spending-{day}.csv"),
    )
}

/// Writes the rows, newest first as they come, in the place of what was there: whole or not at all.
pub(super) fn write(path: &Path, rows: &[LedgerRow]) -> Result<(), Failure> {
    let table = table(rows).map_err(|error| internal(error.to_string()))?;
    // Beside it, so that the last step is a change of names on one disk.
    let draft = path.with_file_name(format!(".attune-{}.part", ulid::Ulid::new()));
    let written = write_whole(&draft, &table).and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| {
        // What cannot be removed is no worse than what could not be written.
        drop(fs::remove_file(&draft));
        unwritten(&error, path)
    })
}

fn write_whole(path: &Path, table: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(table)?;
    file.sync_all()
}

fn unwritten(error: &io::Error, path: &Path) -> Failure {
    let failure = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Failure::new(FailureCode::DiskFull, params![])
        }
        _ => {
            let folder = path.parent().and_then(Path::file_name).unwrap_or(path.as_os_str());
            let folder = folder.to_string_lossy().into_owned();
            Failure::new(FailureCode::LibraryNoAccess, params![folder])
        }
    };
    failure.with_detail(error.to_string())
}

fn table(rows: &[LedgerRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(MARK.to_vec());
    writer.write_record(HEADINGS)?;
    for row in rows {
        writer.write_record(cells(row))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()).into())
}

fn cells(row: &LedgerRow) -> [String; 11] {
    let what = match row.kind {
        PaidKind::Training => "training",
        PaidKind::Test => "test",
        PaidKind::Answer => "answer",
    };
    let difference = row.actual_micro_usd.zip(row.expected_micro_usd);
    let difference = difference.map(|(actual, expected)| actual.saturating_sub(expected));
    [
        calendar::written(row.at_ms),
        what.to_owned(),
        plain(&row.project_name),
        plain(&row.service_title),
        plain(&row.model),
        dollars(row.expected_micro_usd),
        dollars(row.ceiling_micro_usd),
        dollars(row.actual_micro_usd),
        dollars(difference),
        row.billed_tokens.map_or_else(String::new, |tokens| tokens.to_string()),
        row.run.clone(),
    ]
}

fn dollars(micros: Option<i64>) -> String {
    micros.map_or_else(String::new, |micros| MicroUsd::from_micros(micros).to_string())
}

/// A text that no spreadsheet program takes for a formula.
fn plain(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(project_name: &str) -> LedgerRow {
        LedgerRow {
            at_ms: 1_795_348_800_000,
            kind: PaidKind::Training,
            run: "01J".to_owned(),
            project: 1,
            project_name: project_name.to_owned(),
            service_title: "OpenAI".to_owned(),
            model: "gpt-4o-mini".to_owned(),
            expected_micro_usd: Some(2_500_000),
            ceiling_micro_usd: Some(2_510_000),
            actual_micro_usd: Some(2_400_001),
            billed_tokens: Some(800_000),
        }
    }

    #[track_caller]
    fn check(rows: &[LedgerRow], expected: &[&str]) {
        let text = String::from_utf8(table(rows).unwrap()).unwrap();
        let text = text.strip_prefix('\u{feff}').unwrap();
        let mut lines = text.strip_suffix("\r\n").unwrap().split("\r\n");
        assert_eq!(lines.next(), Some(HEADINGS.join(",").as_str()));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn amounts_are_dollars_and_what_is_not_known_is_empty() {
        check(&[], &[]);
        let known = row("Bäckerei");
        let unknown = LedgerRow {
            kind: PaidKind::Answer,
            expected_micro_usd: None,
            actual_micro_usd: None,
            billed_tokens: None,
            ..row("Letters, \"old\"")
        };
        check(
            &[known, unknown],
            &[
                "2026-11-22T12:00:00Z,training,Bäckerei,OpenAI,gpt-4o-mini,2.50,2.51,2.400001,\
                 -0.099999,800000,01J",
                "2026-11-22T12:00:00Z,answer,\"Letters, \"\"old\"\"\",OpenAI,gpt-4o-mini,,2.51,,,,01J",
            ],
        );
    }

    #[test]
    fn no_name_becomes_a_formula() {
        for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"] {
            assert_eq!(plain(name), format!("'{name}"));
        }
        assert_eq!((plain("Shop = 1"), plain("")), ("Shop = 1".to_owned(), String::new()));
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.csv");
        fs::write(&path, "something older that is much longer than what comes now".repeat(20))
            .unwrap();
        write(&path, &[row("Shop")]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), table(&[row("Shop")]).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = folder.path().join("nowhere").join("spending.csv");
        let refused = write(&nowhere, &[]).unwrap_err();
        assert_eq!(refused.code, FailureCode::LibraryNoAccess);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_suggested_name_has_the_day() {
        assert_eq!(suggested_name("2026-11-22".parse().ok()), "attune-spending-2026-11-22.csv");
        assert_eq!(suggested_name(None), "attune-spending.csv");
    }
}
