//! Real input in the window: Banking77, 77 groups of real questions to a bank.

use std::process::Command;
use std::time::Instant;

use attune_contract::params;
use attune_testkit::{Banking, LEFT_OUT_WORDS, Pair, Programs, csv};

use crate::steps;
use crate::support::{Journey, Wait, say, say_with, until};

/// What issue 2 asks of the answers to the rows of test.csv in the ten groups.
const ACCURACY: f64 = 0.85;

#[test]
fn ten_groups_of_real_questions_are_learnt_in_the_window() {
    let Some(banking) = Banking::find() else {
        crate::say_past_the_runner(LEFT_OUT_WORDS);
        return;
    };
    let journey = Journey::begin("banking");
    let window = journey.open();
    let all = steps::bring_in(&journey, &window, &banking.train_file());
    let pairs = steps::pairs_of(&journey.library(), all);
    assert_eq!(pairs.len(), 10_003);
    assert!(pairs == banking.train(), "a row was lost or changed");
    assert!(journey.library().left_out(all).unwrap().is_empty());
    journey.album.take(&window, "ten-thousand");

    let groups = banking.most_frequent(10);
    let of_groups = |pairs: Vec<Pair>| -> Vec<Pair> {
        pairs.into_iter().filter(|pair| groups.contains(&pair.answer)).collect()
    };
    let train = journey.equipment.file("ten-groups.csv", csv(&of_groups(banking.train())));
    let project = steps::bring_in(&journey, &window, &train);
    let began = Instant::now();
    steps::start_training(&window, &[]);
    window.wait_text(Wait::LongTraining, &say("train.title.done"));
    let seconds = began.elapsed().as_secs_f64();
    let launch = steps::wait_launch(&journey, &window, project, "succeeded");
    steps::they_fall(&steps::losses(&journey.library(), &launch.launch_id));
    journey.album.take(&window, "trained");

    window.press("button", &say("train.done.test"));
    window.press("button", &say("test.start.button"));
    let finished = || {
        let latest = journey.library().evaluation_latest_of_launch(&launch.launch_id).ok()??;
        (latest.state == "finished").then_some(latest)
    };
    let kept_aside = until(Wait::Training, finished).unwrap_or_else(|| window.give_up("the test"));
    let (_, wrong) = journey.library().answers(kept_aside.id, 0, 1, true).unwrap();
    let right = kept_aside.done - wrong;
    window.sees(
        say_with("test.right", &params!["right" => right, "total" => kept_aside.done]).trim(),
    );
    journey.album.take(&window, "tested");
    window.quit();

    let test = journey.equipment.file("ten-groups-test.csv", csv(&of_groups(banking.test())));
    let model = launch.result_model.expect("a success has a model");
    let mut evaluate = Command::new(Programs::find().command_line());
    evaluate.arg("evaluate").arg(test).args(["--model", &model, "--json"]);
    let output = evaluate.env("ATTUNE_HOME", journey.home()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let metric =
        |name: &str| report["metrics"][name].as_f64().unwrap_or_else(|| panic!("{report}"));
    let (accuracy, macro_f1) = (metric("accuracy"), metric("macro_f1"));
    crate::say_past_the_runner(&format!(
        "Banking77, ten groups, in the window: accuracy {accuracy:.4}, macro F1 {macro_f1:.4} on \
         {} rows of test.csv; {right} of {} kept-aside rows right; trained in {seconds:.1} s",
        report["examples"], kept_aside.done
    ));
    assert_eq!(report["examples"], 400, "all rows of test.csv in the ten groups");
    assert!(accuracy >= ACCURACY, "{report}");
}
