//! A training that is killed again and again at random steps ends with the very losses of one that
//! ran through.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Stdio};

use attune_testkit::{Programs, Seeded};
use serde_json::{Value, json};

use crate::support::EngineClient;

/// How often one training is killed at most.
const KILLS: usize = 20;
/// How often all are killed at least. On a busy computer an engine may reach its end sooner than it is
/// killed, so as many trainings are begun as that takes.
const LEAST_KILLS: usize = 10;
const MOST_TRAININGS: usize = 20;

/// An engine of its own that writes a checkpoint after every step.
fn start(home: &Path) -> EngineClient {
    let mut command = Command::new(Programs::find().command_line());
    command.args(["engine", "--checkpoint-seconds", "0", "--home"]).arg(home);
    // The end of its input would be its end.
    command.stdin(Stdio::piped());
    EngineClient::start(command)
}

fn rows() -> String {
    (0..40).map(|at| {
        let (question, answer) = (format!("which way is {}", at % 7), ["north", "south"][at % 2]);
        let messages = json!([{"role": "user", "content": question}, {"role": "assistant", "content": answer}]);
        json!({ "messages": messages }).to_string() + "\n"
    }).collect()
}

fn order(engine: &EngineClient, model: &str, settings: &Value) -> String {
    let (train, watched) = (engine.upload(&rows()), engine.upload(&rows()));
    let body = json!({
        "model": model, "training_file": train["id"], "validation_file": watched["id"], "seed": 5,
        "method": {"type": "supervised", "supervised": {"hyperparameters": settings}},
    });
    engine.post("/fine_tuning/jobs", &body)["id"].as_str().unwrap().to_owned()
}

/// The losses of every step, as the finished job's table has them.
fn losses(engine: &EngineClient, id: &str) -> String {
    let job = engine.wait(id, |job| job["status"] == "succeeded");
    let file = job["result_files"][0].as_str().unwrap();
    engine.get(&format!("/files/{file}/content"))
}

fn is_at(job: &Value, step: u64) -> bool {
    job["x_engine"]["step"].as_u64().is_some_and(|made| made >= step)
        || job["status"] == "succeeded"
}

/// Kills trainings of `model` at up to twenty random steps each; their losses must be those of an
/// unbroken one.
fn check(model: impl Fn(&EngineClient) -> String, settings: &Value, steps: u64) {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = start(whole.path());
    let expected = losses(&engine, &order(&engine, &model(&engine), settings));
    assert_eq!(expected.lines().count() as u64, steps + 1, "{expected}");
    drop(engine);

    let mut engine = start(broken.path());
    let model = model(&engine);
    let mut draws = Seeded::new(11);
    let mut kills = 0;
    for _ in 0..MOST_TRAININGS {
        let id = order(&engine, &model, settings);
        for target in targets(&mut draws, steps) {
            let job = engine.wait(&id, |job| is_at(job, target));
            if job["status"] == "succeeded" {
                break;
            }
            kills += 1;
            drop(engine);
            engine = start(broken.path());
            if engine.job(&id)["status"] == "paused" {
                engine.post(&format!("/fine_tuning/jobs/{id}/resume"), &json!({}));
            }
        }
        assert_eq!(losses(&engine, &id), expected);
        if kills >= LEAST_KILLS {
            return;
        }
    }
    panic!("only {kills} kills came before an end");
}

/// The steps at which a training is killed, in order.
fn targets(draws: &mut Seeded, steps: u64) -> Vec<u64> {
    let last = usize::try_from(steps).unwrap() - 2;
    let mut targets: Vec<u64> = (0..KILLS).map(|_| 1 + draws.below(last) as u64).collect();
    targets.sort_unstable();
    targets
}

#[test]
fn the_lab_goes_on_with_the_same_losses_after_many_kills() {
    let settings = json!({"n_epochs": 40, "batch_size": 8, "layers": 2, "width": 64});
    check(|_| "lab".to_owned(), &settings, 200);
}

#[test]
fn adapters_go_on_with_the_same_losses_after_many_kills() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/llama-tiny");
    let model = |engine: &EngineClient| {
        let added = engine.post("/attune/models", &json!({"path": folder}));
        added["id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
    };
    let settings =
        json!({"n_epochs": 40, "batch_size": 8, "rank": 4, "dropout": 0.1, "patience": 0});
    check(model, &settings, 200);
}
