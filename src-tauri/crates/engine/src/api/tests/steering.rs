//! Orders that cross each other, trainings that break off, and what stays on the disk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::*;
use crate::api::engine::Engine;
use crate::api::job::{Job, JobError, JobRecord, Status};
use crate::api::runner::paused;
use crate::formats::hub::testing::write_folder;
use crate::train::session::Command;

fn record(id: &str) -> JobRecord {
    serde_json::from_value(json!({
        "id": id, "created_at": 1, "finished_at": null, "model": "lab", "fine_tuned_model": null,
        "status": "running", "training_file": "file-1", "validation_file": null, "suffix": null,
        "metadata": {}, "hyperparameters": {}, "seed": 1, "settings": null, "parameters": null,
        "error": null, "result_files": [], "trained_tokens": null, "checkpoints": [],
        "phase": "learning", "step": 7, "total_steps": null,
    }))
    .unwrap()
}

fn threads() -> Arc<ThreadPool> {
    Arc::new(ThreadPoolBuilder::new().num_threads(1).build().unwrap())
}

fn engine(home: &Path) -> Engine {
    Engine::open(&options(home), threads(), threads()).unwrap()
}

fn job(engine: &Engine, id: &str) -> Arc<Job> {
    Arc::new(Job::create(engine.job_folder(id), record(id)).unwrap())
}

#[test]
fn a_cancel_outlives_the_pause_of_an_ending_engine() {
    let home = home();
    let engine = engine(home.path());
    let running = job(&engine, "ftjob-1");
    engine.enqueue(&running);
    assert!(engine.next_job().is_some());
    running.state().order(Command::Cancel);
    engine.close();
    assert_eq!(running.state().command, Command::Cancel);
    // The trainer had begun to pause when the cancel came.
    paused(&engine, &running, 8).unwrap();
    assert_eq!(running.state().record.status, Status::Cancelled);
    let other = job(&engine, "ftjob-2");
    other.state().order(Command::Pause);
    paused(&engine, &other, 8).unwrap();
    let record = other.state().record.clone();
    assert_eq!((record.status, record.step), (Status::Paused, 8));
}

#[test]
fn a_failed_training_tells_whether_it_can_go_on() {
    for (code, can_resume) in [
        ("disk_full", true),
        ("storage_error", true),
        ("trainer_panicked", true),
        ("not_enough_memory", true),
        ("loss_not_a_number", false),
        ("invalid_training_file", false),
    ] {
        let mut record = record("ftjob-1");
        record.status = Status::Failed;
        record.error = Some(JobError {
            code: code.to_owned(),
            message: String::new(),
            param: None,
            needed: None,
            free: None,
        });
        assert_eq!(record.can_resume(), can_resume, "{code}");
    }
}

static CHECKPOINTS: AtomicUsize = AtomicUsize::new(0);

fn fault_in_the_third_checkpoint(name: &'static str) {
    let third = || CHECKPOINTS.fetch_add(1, Ordering::Relaxed) == 2;
    assert!(name != "engine.checkpoint.mid" || !third(), "a fault that a test asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_one_training_fails_it_and_leaves_the_trainer() {
    let home = home();
    let options = EngineOptions {
        checkpoint_every: std::time::Duration::ZERO,
        on_point: fault_in_the_third_checkpoint,
        ..options(home.path())
    };
    let server = Server::with(options).await;
    let file = server.upload(&examples(24)).await;
    let mut wanted = small(2);
    let id = server.create(&file, wanted.clone()).await["id"].as_str().unwrap().to_owned();
    let failed = server.wait_for(&id, &["failed", "succeeded"]).await;
    assert_eq!(failed["error"]["code"], "trainer_panicked", "{failed}");
    let words = "a fault in this program ended the training; it can be resumed";
    assert_eq!(failed["error"]["message"], words);
    assert_eq!(failed["x_engine"]["can_resume"], true);
    wanted["metadata"]["launch_id"] = json!("L2");
    let next = server.create(&file, wanted).await["id"].as_str().unwrap().to_owned();
    let unbroken = losses(&server, &next).await;
    let resume = format!("/fine_tuning/jobs/{id}/resume");
    assert_eq!(server.post(&resume, &json!({})).await.status, 200);
    assert_eq!(losses(&server, &id).await, unbroken);
    let said = server.get(&format!("/fine_tuning/jobs/{id}/events?limit=100")).await.text();
    assert!(said.contains("Fine-tuning job resumed after step 2"), "{said}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_training_leaves_nothing_on_the_disk() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(48)).await;
    let id = server.create(&file, small(50)).await["id"].as_str().unwrap().to_owned();
    let at = |what: &str| format!("/fine_tuning/jobs/{id}/{what}");
    // The fifth of fifty epochs is the first that is kept.
    server.wait_for_step(&id, 61).await;
    server.post(&at("pause"), &json!({})).await;
    server.wait_for(&id, &["paused"]).await;
    let kept = server.get(&at("checkpoints")).await.json()["data"][0].clone();
    let question = json!({"model": kept["fine_tuned_model_checkpoint"],
        "messages": [{"role": "user", "content": "ping"}]});
    assert_eq!(server.post("/chat/completions", &question).await.status, 200);
    let folder = home.path().join("jobs").join(&id).join("checkpoints");
    assert!(folder.is_dir());
    assert_eq!(server.post(&at("cancel"), &json!({})).await.json()["status"], "cancelled");
    assert!(!folder.exists());
    assert_eq!(server.get(&at("checkpoints")).await.json()["data"], json!([]));
    assert_eq!(server.post("/chat/completions", &question).await.status, 404);
    server.stop().await;
}

/// Two windows, or a window and a command, may both let a training go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_is_resumed_twice_is_trained_once() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(48)).await;
    let id = server.create(&file, small(50)).await["id"].as_str().unwrap().to_owned();
    let at = |what: &str| format!("/fine_tuning/jobs/{id}/{what}");
    server.wait_for_step(&id, 1).await;
    server.post(&at("pause"), &json!({})).await;
    server.wait_for(&id, &["paused"]).await;
    let (path, nothing) = (at("resume"), json!({}));
    let both = tokio::join!(server.post(&path, &nothing), server.post(&path, &nothing));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    server.wait_for(&id, &["succeeded"]).await;
    let said = server.get(&at("events?limit=1000")).await.text();
    assert_eq!(said.matches("Fine-tuning job resumed after step").count(), 1, "{said}");
    assert_eq!(server.post(&path, &nothing).await.status, 400);
    server.stop().await;
}

fn hold_the_result(name: &'static str) {
    while name == "engine.result.before" && !RESULT_MAY_GO_ON.load(Ordering::SeqCst) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

static RESULT_MAY_GO_ON: AtomicBool = AtomicBool::new(false);

/// The last step is made, the model is not there yet: whoever stops it now wants none.
#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_is_cancelled_in_its_last_checks_leaves_no_model() {
    let home = home();
    let options = EngineOptions { on_point: hold_the_result, ..options(home.path()) };
    let server = Server::with(options).await;
    let file = server.upload(&examples(24)).await;
    let id = server.create(&file, small(1)).await["id"].as_str().unwrap().to_owned();
    loop {
        let job = server.get(&format!("/fine_tuning/jobs/{id}")).await.json();
        if job["x_engine"]["phase"] == "last_checks" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let cancel = format!("/fine_tuning/jobs/{id}/cancel");
    assert_eq!(server.post(&cancel, &json!({})).await.status, 200);
    RESULT_MAY_GO_ON.store(true, Ordering::SeqCst);
    let job = server.wait_for(&id, &["cancelled", "succeeded"]).await;
    assert_eq!((&job["status"], &job["fine_tuned_model"]), (&json!("cancelled"), &Value::Null));
    let models = home.path().join("models");
    assert_eq!(std::fs::read_dir(models).unwrap().count(), 0);
    server.stop().await;
}

/// The tiny model under another chat template, by the name it is given.
async fn model_with(server: &Server, folder: &Path, template: &str) -> String {
    write_folder(folder);
    let file = folder.join("tokenizer_config.json");
    let mut settings: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    settings["chat_template"] = json!(template);
    std::fs::write(&file, settings.to_string()).unwrap();
    let added = server.post("/attune/models", &json!({"path": folder})).await;
    assert_eq!(added.status, 200, "{}", added.text());
    added.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_without_answers_teaches_nothing_and_is_refused() {
    let home = home();
    let server = Server::start(home.path()).await;
    let deaf = "{% for message in messages %}{% if message['role'] == 'user' %}{{ message['content'] }}{% endif %}{% endfor %}";
    let model = model_with(&server, &home.path().join("Deaf"), deaf).await;
    let file = server.upload(&examples(24)).await;
    let words = "the model's chat template leaves every answer out, so nothing would be learned";
    let plan = json!({"model": model, "training_file": file});
    let refusal = server.post("/attune/plans", &plan).await.json()["refusal"].clone();
    assert_eq!(refusal["code"], "invalid_training_file", "{refusal}");
    assert!(refusal["message"].as_str().unwrap().contains(words), "{refusal}");
    let job = server.create(&file, json!({"model": model})).await;
    let job = server.wait_for(job["id"].as_str().unwrap(), &["failed", "succeeded"]).await;
    assert_eq!(job["error"]["code"], "invalid_training_file", "{job}");
    assert!(job["error"]["message"].as_str().unwrap().contains(words), "{job}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_writes_nothing_is_a_refusal() {
    let home = home();
    let server = Server::start(home.path()).await;
    let model = model_with(&server, &home.path().join("Mute"), "{% if false %}x{% endif %}").await;
    let question = json!({"model": model, "messages": [{"role": "user", "content": "ping"}]});
    let reply = server.post("/chat/completions", &question).await;
    let error = reply.json()["error"].clone();
    assert_eq!((reply.status, &error["code"]), (400, &json!("invalid_messages")), "{error}");
    assert_eq!(error["message"], "the model's chat template writes nothing for these messages");
    server.stop().await;
}
