//! Any bytes at all: never a panic, always the same result; and a real file where one is given.

use std::io::Read;
use std::path::PathBuf;

use super::{Format, Mapping, RowOutcome, csv, read, sniff};

/// The published set of bank customers' questions, where the reference folder is at hand:
/// `ATTUNE_REFERENCE`, or a folder `shared` beside the checkout.
fn reference_file(path: &str) -> Option<Vec<u8>> {
    let named = std::env::var_os("ATTUNE_REFERENCE").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let mut bytes = Vec::new();
    std::fs::File::open(named.unwrap_or(beside).join(path)).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[test]
fn ten_thousand_real_questions_lose_no_row() {
    let Some(bytes) = reference_file("data/banking77/train.csv") else {
        println!("left out: the questions need the reference folder (ATTUNE_REFERENCE)");
        return;
    };
    let sniffed = sniff(&bytes, "train.csv").unwrap();
    assert!(matches!(sniffed.format, Format::Csv { delimiter: b',', header: true, .. }));
    let preview = csv::preview(bytes.as_slice(), &sniffed, 20).unwrap();
    assert_eq!((preview.guess.question, preview.guess.answer), (0, 1));
    let mut groups = std::collections::BTreeSet::new();
    let mut examples = 0;
    for row in read(bytes.as_slice(), &sniffed, &Mapping::default()) {
        let RowOutcome::Example(example, problems) = row.unwrap().outcome else {
            panic!("every row is an example");
        };
        assert_eq!(problems, []);
        assert!(!example.question().is_empty());
        groups.insert(example.answer().to_owned());
        examples += 1;
    }
    assert_eq!((examples, groups.len()), (10_003, 77));
}
