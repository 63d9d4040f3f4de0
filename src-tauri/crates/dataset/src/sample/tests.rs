//! The sample is balanced, distinct and without problems.

use std::collections::{BTreeMap, BTreeSet};

use super::{FILE_NAME, GROUPS, MESSAGES_CSV, examples};
use crate::checks::{ExampleLimits, ExampleTokens, check_example};
use crate::example::Example;
use crate::formats::{Mapping, RowOutcome, read, sniff};

#[test]
fn has_48_different_messages_of_each_group() {
    let examples = examples();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for example in &examples {
        *groups.entry(example.answer()).or_default() += 1;
    }
    assert_eq!(groups, GROUPS.iter().map(|group| (*group, 48)).collect());
    let keys: BTreeSet<_> = examples.iter().map(Example::content_key).collect();
    assert_eq!(keys.len(), examples.len(), "no message stands twice");
}

#[test]
fn is_the_same_as_the_import_of_its_file() {
    let sniffed = sniff(MESSAGES_CSV.as_bytes(), FILE_NAME).unwrap();
    let rows = read(MESSAGES_CSV.as_bytes(), &sniffed, &Mapping::default());
    let imported: Vec<Example> = rows
        .map(|row| match row.unwrap().outcome {
            RowOutcome::Example(example, problems) if problems.is_empty() => example,
            other => panic!("the sample is in order, but: {other:?}"),
        })
        .collect();
    assert_eq!(imported, examples());
}

#[test]
fn has_no_problems() {
    let tokens = ExampleTokens { total: 30, answers: 2 };
    for example in examples() {
        assert_eq!(check_example(&example, &ExampleLimits::default(), tokens), []);
    }
}
