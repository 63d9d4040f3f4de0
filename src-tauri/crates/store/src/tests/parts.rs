//! The parts that need no library: sets of ids, search text, and the order of a view.

use std::ops::ControlFlow;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{content, open, project};
use crate::ranges::IdRanges;
use crate::search::Needle;
use crate::{ExampleContent, ExampleId, ViewQuery};

#[track_caller]
fn check_found(needle: &str, text: &str, expected: &Expect) {
    let found = match Needle::new(needle).map(|mut needle| needle.is_in(text)) {
        None => "nothing to look for",
        Some(true) => "found",
        Some(false) => "not found",
    };
    expected.assert_eq(found);
}

#[test]
fn search_ignores_case_in_every_script() {
    check_found("REFUND", "a refund, please", &expect!["found"]);
    check_found("größe", "SCHUHGRÖSSE 42", &expect!["found"]);
    check_found("GRÖẞE", "schuhgröße", &expect!["found"]);
    check_found("ΟΔΟΣ", "οδος", &expect!["found"]);
    check_found("привет", "ПРИВЕТ, мир", &expect!["found"]);
    check_found("你好", "说你好吗", &expect!["found"]);
    check_found("istanbul", "İstanbul", &expect!["not found"]);
    check_found("i̇stanbul", "İSTANBUL", &expect!["found"]);
}

#[test]
fn search_takes_signs_literally() {
    check_found("100%", "100 percent", &expect!["not found"]);
    check_found("100%", "it is 100% sure", &expect!["found"]);
    check_found("a_b", "axb", &expect!["not found"]);
    check_found("\\", "c:\\temp", &expect!["found"]);
    check_found("' OR 1=1", "x' or 1=1 --", &expect!["found"]);
    check_found("  \t", "anything", &expect!["nothing to look for"]);
    check_found("  trimmed ", "is trimmed.", &expect!["found"]);
}

#[test]
fn a_million_deleted_examples_are_a_few_bytes_in_the_log() {
    let ids: Vec<_> = (5..1_000_005).map(ExampleId).collect();
    let ranges = IdRanges::from_ids(&ids);
    assert_eq!(ranges.len(), 1_000_000);
    assert!(ranges.to_bytes().len() < 8);
}

#[test]
fn broken_bytes_of_the_log_are_no_ids() {
    for bytes in [&[0x80][..], &[1], &[0xff; 30], &[1, 0x80]] {
        assert_eq!(IdRanges::from_bytes(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn ranges_hold_exactly_the_ids(ids in proptest::collection::vec(1..400i64, 0..200), most in 1..70i64) {
        let ids: Vec<_> = ids.into_iter().map(ExampleId).collect();
        let ranges = IdRanges::from_ids(&ids);
        prop_assert_eq!(IdRanges::from_bytes(&ranges.to_bytes()), Some(ranges.clone()));
        let mut expected = ids;
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(ranges.len(), expected.len() as u64);
        let held: Vec<_> = ranges.pieces(most).flat_map(|(first, last)| first..=last).map(ExampleId).collect();
        prop_assert!(ranges.pieces(most).all(|(first, last)| last - first < most));
        prop_assert_eq!(held, expected);
    }
}

#[test]
fn views_sums_and_duplicates() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let with = |text: &str, problems: &str| ExampleContent {
        problems: problems.to_owned(),
        ..content(text)
    };
    let add =
        |after, content: &ExampleContent| library.example_add(project, after, content, 1).unwrap();
    let apple = add(None, &with("Äpfel", ""));
    let pear = add(None, &with("pear", "empty_answer,too_long"));
    let again = add(Some(apple), &with("Äpfel", "too_long"));
    let longest = add(None, &with("a much longer one", "empty_answer,empty_answer"));

    let view = |search: Option<&str>, only_problems| {
        let query = ViewQuery { search: search.map(str::to_owned), only_problems };
        library.example_ids(project, &query).unwrap()
    };
    assert_eq!(view(None, false), [apple, again, pear, longest]);
    assert_eq!(view(None, true), [again, pear, longest]);
    assert_eq!(view(Some("äPFEL"), false), [apple, again]);
    assert_eq!(view(Some("äPFEL"), true), [again]);
    assert_eq!(view(Some("question PEAR"), false), [pear]);
    assert_eq!(view(Some(" "), false).len(), 4);

    let mut first = None;
    let stop_at_first = &mut |id| {
        first = Some(id);
        ControlFlow::Break(())
    };
    library.example_ids_each(project, &ViewQuery::default(), stop_at_first).unwrap();
    assert_eq!(first, Some(apple));

    let stats = library.stats(project).unwrap();
    assert_eq!((stats.examples, stats.duplicate_rows), (4, 1));
    assert_eq!((stats.longest, stats.longest_example), (27, Some(longest)));
    let problems = [("empty_answer".to_owned(), 2), ("too_long".to_owned(), 2)];
    assert_eq!(stats.problems, problems);
    let too_long = library.problem_examples(project, "too_long", 10).unwrap();
    assert_eq!(too_long.iter().map(|row| row.0).collect::<Vec<_>>(), [again, pear]);
    assert_eq!(library.problem_examples(project, "too_long", 1).unwrap().len(), 1);
    assert!(library.problem_examples(project, "long", 9).unwrap().is_empty(), "whole codes only");
    assert_eq!(library.duplicate_groups(project, 5).unwrap(), [[apple, again]]);

    let asked = [longest, ExampleId(404), apple];
    let rows = library.examples(&asked).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [longest, apple]);
}
