//! Real input by command: the ten most frequent groups of Banking77.

use std::time::Instant;

use attune_testkit::{Banking, LEFT_OUT_WORDS, Pair, csv};

use crate::support::{Shell, text};

/// What issue 2 asks of the answers to the rows of test.csv in those groups.
const ACCURACY: f64 = 0.85;

#[test]
fn ten_groups_of_real_questions_are_learnt() {
    let Some(banking) = Banking::find() else {
        say(LEFT_OUT_WORDS);
        return;
    };
    let groups = banking.most_frequent(10);
    let of_groups = |pairs: Vec<Pair>| -> Vec<Pair> {
        pairs.into_iter().filter(|pair| groups.contains(&pair.answer)).collect()
    };
    let shell = Shell::new();
    let train = shell.file("ten-groups.csv", csv(&of_groups(banking.train())));
    let test = shell.file("ten-groups-test.csv", csv(&of_groups(banking.test())));
    let began = Instant::now();
    let ended = shell.run(&[
        "train",
        text(&train),
        "--service",
        "this-computer",
        "--model",
        "lab",
        "--json",
    ]);
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let model = ended.last()["model"].as_str().unwrap().to_owned();
    let report = shell.run(&["evaluate", text(&test), "--model", &model, "--json"]).json();
    let metric =
        |name: &str| report["metrics"][name].as_f64().unwrap_or_else(|| panic!("{report}"));
    let (accuracy, macro_f1) = (metric("accuracy"), metric("macro_f1"));
    let launch = shell.library().launches_all().unwrap().remove(0);
    say(&format!(
        "Banking77, ten groups, by command: accuracy {accuracy:.4}, macro F1 {macro_f1:.4}, \
         trained in {seconds:.1} s; counts {:?}; settings {}",
        launch.counts,
        launch.progress_json.unwrap_or_default()
    ));
    assert_eq!(report["examples"], 400, "all rows of test.csv in the ten groups");
    assert!(accuracy >= ACCURACY, "{report}");
}

/// Says it past the test runner, which keeps what a passing test prints.
fn say(words: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{words}").unwrap();
}
