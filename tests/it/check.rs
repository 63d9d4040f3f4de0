//! `attune check`: what is in a file and what is wrong with it.

use attune_testkit::{GroupTask, Pair, broken_jsonl, chat_jsonl, csv, utf16_csv};
use serde_json::{Value, json};

use crate::support::{Shell, text};

const TASK: GroupTask = GroupTask { seed: 11, groups: 3, rows: 60 };

fn lines_of(report: &Value, code: &str) -> Vec<u64> {
    let problems = report["problems"].as_array().unwrap();
    let of_code = problems.iter().filter(|problem| problem["code"] == code);
    let lines = of_code.flat_map(|problem| match &problem["lines"] {
        Value::Array(lines) => lines.clone(),
        _ => vec![problem["line"].clone()],
    });
    let mut lines: Vec<u64> = lines.filter_map(|line| line.as_u64()).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_good_table_has_no_problems() {
    let shell = Shell::new();
    let file = shell.file("good.csv", csv(&TASK.pairs()));
    let ended = shell.run(&["check", text(&file), "--json"]);
    let report = ended.json();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(report["format"], "csv");
    assert_eq!((&report["examples"], &report["usable"]), (&json!(60), &json!(60)));
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["tokens"]["encoding"], "o200k_base");
    let tokens = |name: &str| report["tokens"][name].as_u64().unwrap();
    assert!(tokens("total") > tokens("answers") && tokens("answers") >= 60, "{report}");
    assert!(tokens("longest") > 4 && tokens("longest") < tokens("total"), "{report}");
    assert_eq!(report["duplicates"]["exact"], 0);
    assert_eq!(report["personal_data"], Value::Null, "what is not built is absent, not empty");
}

#[test]
fn every_broken_line_is_named_and_every_good_one_counted() {
    let shell = Shell::new();
    let (content, broken) = broken_jsonl(&TASK.pairs());
    let file = shell.file("half.jsonl", content);
    let ended = shell.run(&["check", text(&file), "--json"]);
    let report = ended.json();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(report["format"], "chat-jsonl", "{report}");
    assert_eq!(report["usable"], 60, "{report}");
    let codes = ["not_json", "not_an_object", "missing_messages", "message_missing_key"];
    let mut named: Vec<u64> = codes.iter().flat_map(|code| lines_of(&report, code)).collect();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named, broken, "{report}");
}

#[test]
fn the_same_example_twice_is_found_with_its_lines() {
    let shell = Shell::new();
    let mut pairs = TASK.pairs();
    pairs.push(pairs[4].clone());
    let file = shell.file("twice.jsonl", chat_jsonl(&pairs));
    let report = shell.run(&["check", text(&file), "--json"]).json();
    assert_eq!(report["duplicates"]["exact"], 1, "{report}");
    assert_eq!(report["duplicates"]["groups"], json!([[5, 61]]), "{report}");
}

#[test]
fn fewer_than_ten_examples_and_reserved_pieces_are_problems() {
    let shell = Shell::new();
    let mut pairs: Vec<Pair> = TASK.pairs().into_iter().take(8).collect();
    pairs[2].question += " <|endoftext|>";
    let file = shell.file("few.jsonl", chat_jsonl(&pairs));
    let ended = shell.run(&["check", text(&file), "--json"]);
    let report = ended.json();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let codes: Vec<&str> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|problem| problem["code"].as_str())
        .collect();
    assert!(codes.contains(&"too_few_examples"), "{report}");
    assert_eq!(lines_of(&report, "special_token"), [3], "{report}");
}

#[test]
fn a_table_from_a_spreadsheet_program_reads_like_any_other() {
    let shell = Shell::new();
    let pairs = TASK.pairs();
    let wide = shell.file("wide.csv", utf16_csv(&pairs));
    let plain = shell.file("plain.csv", csv(&pairs));
    let [wide, plain] =
        [wide, plain].map(|file| shell.run(&["check", text(&file), "--json"]).json());
    assert_eq!(wide["usable"], 60);
    assert_eq!(wide["tokens"], plain["tokens"]);
}

#[test]
fn columns_can_be_named() {
    let shell = Shell::new();
    let rows: String = TASK
        .pairs()
        .iter()
        .enumerate()
        .map(|(index, pair)| format!("{index};{};{}\n", pair.answer, pair.question))
        .collect();
    let file = shell.file("three.csv", format!("id;kind;said\n{rows}"));
    let named = ["check", text(&file), "--question", "said", "--answer", "kind", "--json"];
    let report = shell.run(&named).json();
    assert_eq!((&report["examples"], &report["usable"]), (&json!(60), &json!(60)), "{report}");
    let swapped = ["check", text(&file), "--question", "kind", "--answer", "said", "--json"];
    let swapped = shell.run(&swapped).json();
    assert!(swapped["tokens"]["answers"].as_u64() > report["tokens"]["answers"].as_u64());
    let wrong = ["check", text(&file), "--question", "nothing", "--answer", "kind", "--json"];
    shell.run(&wrong).is_refused("input_invalid");
}

#[test]
fn checking_makes_no_library() {
    let shell = Shell::new();
    let file = shell.file("good.csv", csv(&TASK.pairs()));
    shell.run(&["check", text(&file), "--json"]);
    assert!(!shell.home().join("library.db").exists());
}
