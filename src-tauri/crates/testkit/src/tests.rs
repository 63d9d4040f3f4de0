//! The equipment itself: it must be the same in every run and break what it says it breaks.

use std::collections::BTreeSet;

use crate::{
    GroupTask, HomeFolder, Pair, broken_jsonl, chat_jsonl, csv, groups_of, library_file,
    make_library_newer,
};

const TASK: GroupTask = GroupTask { seed: 7, groups: 3, rows: 60 };

#[test]
fn a_task_is_the_same_in_every_run_and_another_with_another_seed() {
    assert_eq!(TASK.pairs(), TASK.pairs());
    assert_ne!(TASK.pairs(), GroupTask { seed: 8, ..TASK }.pairs());
}

#[test]
fn a_task_has_even_groups_and_no_row_twice() {
    let pairs = TASK.pairs();
    assert_eq!(groups_of(&pairs).values().copied().collect::<Vec<_>>(), [20, 20, 20]);
    assert_eq!(pairs.iter().collect::<BTreeSet<_>>().len(), 60);
}

#[test]
fn a_cell_with_quotes_and_a_new_line_stays_one_cell() {
    let pair = Pair { question: "a \"b\"\nc, d".to_owned(), answer: "e".to_owned() };
    assert_eq!(csv(&[pair]), "question,answer\r\n\"a \"\"b\"\"\nc, d\",\"e\"\r\n");
}

#[test]
fn the_broken_lines_are_where_they_are_said_to_be() {
    let pairs = TASK.pairs();
    let (text, broken) = broken_jsonl(&pairs);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(broken.len(), 30);
    let good = chat_jsonl(&pairs);
    let mut good = good.lines();
    for (number, line) in (1_u64..).zip(lines) {
        if !broken.contains(&number) {
            assert_eq!(Some(line), good.next());
        }
    }
    assert_eq!(good.next(), None, "every good row is in the file");
}

#[test]
fn a_newer_library_says_so_in_its_header() {
    let home = HomeFolder::new();
    std::fs::write(library_file(home.path()), [0_u8; 100]).unwrap();
    make_library_newer(home.path());
    let header = std::fs::read(library_file(home.path())).unwrap();
    assert_eq!(header[60..64], [0, 0, 0x23, 0x28]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_is_found_by_its_environment_and_ended() {
    let mark = format!("{}", std::process::id());
    let mut sleeper = std::process::Command::new("sleep");
    let mut child = sleeper.arg("600").env("ATTUNE_TESTKIT_MARK", &mark).spawn().unwrap();
    let found = loop {
        // Between fork and exec the child still is this test; its environment comes with exec.
        let found = crate::with_environment("ATTUNE_TESTKIT_MARK", &mark);
        if !found.is_empty() {
            break found;
        }
        std::thread::yield_now();
    };
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].arguments(), ["600"]);
    found[0].kill();
    child.wait().unwrap();
    assert!(!found[0].runs());
}
