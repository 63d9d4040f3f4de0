//! A job's figures: a table with headings that differ from service to service, sometimes wrapped in
//! base64.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The figures of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricRow {
    /// The step.
    pub step: u64,
    /// Its figures by the service's headings; an empty cell is absent.
    pub figures: BTreeMap<String, f64>,
}

impl MetricRow {
    fn first(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| self.figures.get(*name)).copied()
    }

    /// How wrong it was on what it learns from.
    #[must_use]
    pub fn train_loss(&self) -> Option<f64> {
        self.first(&["train_loss", "training_loss"])
    }

    /// How often it was right on what it learns from.
    #[must_use]
    pub fn train_accuracy(&self) -> Option<f64> {
        self.first(&["train_mean_token_accuracy", "train_accuracy"])
    }

    /// How wrong it was on what it only watches; of the whole file where that was computed.
    #[must_use]
    pub fn valid_loss(&self) -> Option<f64> {
        self.first(&["full_valid_loss", "full_validation_loss", "valid_loss", "validation_loss"])
    }

    /// How often it was right on what it only watches.
    #[must_use]
    pub fn valid_accuracy(&self) -> Option<f64> {
        self.first(&[
            "full_valid_mean_token_accuracy",
            "full_validation_mean_token_accuracy",
            "valid_mean_token_accuracy",
            "validation_mean_token_accuracy",
            "valid_accuracy",
        ])
    }
}

/// Reads a result file; `None` when it is no table with steps.
pub(super) fn read_table(bytes: &[u8]) -> Option<Vec<MetricRow>> {
    if let Some(rows) = read_csv(bytes) {
        return Some(rows);
    }
    let packed: Vec<u8> = bytes.iter().copied().filter(|it| !it.is_ascii_whitespace()).collect();
    read_csv(&STANDARD.decode(packed).ok()?)
}

fn read_csv(bytes: &[u8]) -> Option<Vec<MetricRow>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headings = reader.byte_headers().ok()?.clone();
    let headings: Vec<String> = headings
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .collect();
    let step = headings.iter().position(|name| name == "step")?;
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).ok()? {
        let cell = |at: usize| number(record.get(at)?);
        let Some(at_step) = cell(step).and_then(whole) else {
            continue;
        };
        let others = headings.iter().enumerate().filter(|(at, _)| *at != step);
        let figures = others.filter_map(|(at, name)| Some((name.clone(), cell(at)?))).collect();
        rows.push(MetricRow { step: at_step, figures });
    }
    Some(rows)
}

fn number(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

/// A step. Some tables write it as `12.0`.
fn whole(number: f64) -> Option<u64> {
    let seconds = std::time::Duration::try_from_secs_f64(number).ok()?;
    (seconds.subsec_nanos() == 0).then_some(seconds.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPENAI: &str = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n\
        1,2.5,0.4,,\n2,1.5,0.6,1.75,0.5\n";

    #[test]
    fn columns_are_found_by_their_headings() {
        let rows = read_table(OPENAI.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].train_loss(), rows[0].valid_loss()), (Some(2.5), None));
        assert_eq!((rows[1].train_accuracy(), rows[1].valid_accuracy()), (Some(0.6), Some(0.5)));
        let azure = "full_valid_loss,step,train_mean_token_accuracy,valid_loss\r\n1.0,3.0,0.9,2.0";
        let rows = read_table(azure.as_bytes()).unwrap();
        assert_eq!((rows[0].step, rows[0].valid_loss()), (3, Some(1.0)));
        assert_eq!(rows[0].train_accuracy(), Some(0.9));
    }

    #[test]
    fn a_table_may_come_wrapped() {
        let packed = STANDARD.encode(OPENAI);
        let lines: String = packed
            .as_bytes()
            .chunks(60)
            .fold(String::new(), |text, line| text + &String::from_utf8_lossy(line) + "\n");
        for wrapped in [packed, lines] {
            assert_eq!(read_table(wrapped.as_bytes()), read_table(OPENAI.as_bytes()));
        }
    }

    #[test]
    fn what_has_no_steps_is_no_table() {
        for text in ["", "<html>", "a,b\n1,2\n", "{\"error\":{}}"] {
            assert_eq!(read_table(text.as_bytes()), None, "{text}");
        }
        let holes = "step,train_loss\nx,1\n,2\n3,NaN\n4\n5,1,9,9\n";
        let steps: Vec<_> =
            read_table(holes.as_bytes()).unwrap().iter().map(|row| row.step).collect();
        assert_eq!(steps, [3, 4, 5]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_none(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), has_heading in any::<bool>(),
        ) {
            let heading: &[u8] = if has_heading { b"step,train_loss\n" } else { b"" };
            let rows = read_table(&[heading, &bytes].concat()).unwrap_or_default();
            let finite = |row: &MetricRow| row.figures.values().all(|it| it.is_finite());
            prop_assert!(rows.iter().all(finite));
        }
    }
}
