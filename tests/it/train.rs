//! `attune train` and what can be done with its result: a small task of invented words.

use std::collections::BTreeSet;

use attune_testkit::{GroupTask, chat_jsonl, csv};
use serde_json::Value;

use crate::support::{Ended, Shell, beginning_and_end, losses, metrics, text};

const TASK: GroupTask = GroupTask { seed: 21, groups: 3, rows: 90 };

#[track_caller]
fn launch_of(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let last = ended.last();
    assert_eq!(last["event"], "succeeded", "{last}");
    last["launch_id"].as_str().unwrap_or_else(|| panic!("{last}")).to_owned()
}

#[test]
fn a_training_is_recorded_whole_and_its_model_answers() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    let ended = shell.train(&file);
    let launch_id = launch_of(&ended);
    let model = ended.last()["model"].as_str().unwrap().to_owned();
    assert!(model.starts_with("ft:lab:attune:"), "{model}");
    let kinds: BTreeSet<String> =
        ended.events().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    for kind in ["queued", "step", "checkpoint", "succeeded"] {
        assert!(kinds.contains(kind), "no `{kind}` in {kinds:?}");
    }
    is_stored(&shell, &launch_id, &model);
    is_listed(&shell, &launch_id, &model);
    answers(&shell, &model);
}

/// The rows, the split, the prepared files by their hash, the real losses.
#[track_caller]
fn is_stored(shell: &Shell, launch_id: &str, model: &str) {
    let library = shell.library();
    let projects = library.projects().unwrap();
    assert_eq!(
        projects.iter().map(|one| (one.name.as_str(), one.examples)).collect::<Vec<_>>(),
        [("Command line", 90)]
    );
    let launch = library.launch(launch_id).unwrap();
    assert_eq!((launch.state.as_str(), launch.result_model.as_deref()), ("succeeded", Some(model)));
    // By command all rows are for learning and watching: the test has a file of its own.
    assert_eq!((launch.counts.train, launch.counts.validate, launch.counts.test), (81, 9, 0));
    let files = [(&launch.train_file, 81), (&launch.validate_file, 9), (&launch.test_file, 0)];
    let mut seen = BTreeSet::new();
    for (hash, rows) in files {
        let bytes = std::fs::read(library.file_path(hash).unwrap()).unwrap();
        assert_eq!(blake3::hash(&bytes).to_string(), *hash, "a prepared file is named by its hash");
        let content = String::from_utf8(bytes).unwrap();
        assert_eq!(content.lines().count(), rows);
        assert!(content.lines().all(|line| seen.insert(line.to_owned())), "a row in two parts");
    }
    let losses = losses(&library, launch_id);
    let (first, last) = beginning_and_end(&losses);
    assert!(last < first * 0.8, "the loss does not fall: {first} to {last}");
    let watched =
        metrics(&library, launch_id).iter().filter(|data| data["valid_loss"].is_f64()).count();
    assert!(watched >= 1, "the examples kept for watching were never looked at");
}

#[track_caller]
fn is_listed(shell: &Shell, launch_id: &str, model: &str) {
    let ended = shell.run(&["jobs", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let jobs = ended.json();
    let [job] = jobs.as_array().unwrap().as_slice() else { panic!("one job, not {jobs}") };
    assert_eq!(job["launch_id"], launch_id);
    assert_eq!(job["service"], "this-computer");
    assert_eq!(job["state"], "succeeded");
    assert_eq!(job["model"], "lab");
    assert_eq!(job["result_model"], model);
    assert!(job["job_id"].is_string(), "{job}");
}

#[track_caller]
fn answers(shell: &Shell, model: &str) {
    let question = &TASK.pairs()[0].question;
    let ended = shell.run(&["chat", "--model", model, "--json", question]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = ended.json();
    assert!(!said["answer"].as_str().unwrap().is_empty(), "{said}");
    assert!(said["tokens"].as_u64().unwrap() >= 1, "{said}");
    // Rows of the same language that it has not read, by another order of the same words.
    let unseen = GroupTask { rows: 150, ..TASK }.pairs();
    let known = TASK.pairs();
    let unseen: Vec<_> = unseen.into_iter().filter(|pair| !known.contains(pair)).take(30).collect();
    let file = shell.file("unseen.jsonl", chat_jsonl(&unseen));
    let ended = shell.run(&["evaluate", text(&file), "--model", model, "--json"]);
    assert!(matches!(ended.code, Some(0 | 1)), "{ended:?}");
    let report = ended.json();
    assert_eq!(report["examples"], 30, "{report}");
    let accuracy = report["metrics"]["accuracy"].as_f64().unwrap_or_else(|| panic!("{report}"));
    assert!((0.0..=1.0).contains(&accuracy), "{report}");
    assert!(report["metrics"]["macro_f1"].is_f64(), "{report}");
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_is_stored() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    for wrong in ["layers=0", "layers=many", "nonsense=1", "layers"] {
        let ended = shell.run(&[
            "train",
            text(&file),
            "--service",
            "this-computer",
            "--model",
            "lab",
            "--set",
            wrong,
            "--json",
        ]);
        assert_eq!(ended.code, Some(2), "{wrong}: {ended:?}");
        assert!(shell.library().launches_all().unwrap().is_empty(), "{wrong}");
    }
}

#[test]
fn too_few_examples_do_not_start() {
    let shell = Shell::new();
    let pairs = TASK.pairs();
    let file = shell.file("few.csv", csv(&pairs[..6]));
    let ended = shell.train(&file);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let last = ended.last();
    assert_eq!(last["event"], "not_started", "{last}");
    assert_eq!(last["failure"]["code"], "too_few_examples", "{last}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_training_is_found_again_and_says_where_it_stands() {
    use crate::support::{Running, SMALL};
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    // Seconds on a fast computer, so that it is killed in its midst on any.
    let longer = |&word: &&'static str| match word {
        "12" => "50",
        "layers=1" => "layers=2",
        "width=64" => "width=256",
        word => word,
    };
    let long: Vec<&str> = SMALL.iter().map(longer).collect();
    let arguments = [&["train", text(&file)], &long[..], &["--json"]].concat();
    let mut training = Running::start(shell.attune(&arguments));
    while training.next().is_some_and(|event| event["event"] != "step") {}
    training.child.kill().unwrap();
    drop(training);
    let ended = shell.run(&["jobs", "--json", "--wait", "5"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let jobs = ended.json();
    let state = jobs[0]["state"].as_str().unwrap();
    assert_eq!(state, "paused", "{jobs}");
    let stored = shell.library().launches_all().unwrap();
    assert_eq!(Value::from(stored[0].launch_id.as_str()), jobs[0]["launch_id"]);
}
