//! A training that is killed again and again at random steps ends with the very losses of one that
//! ran through.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use attune_testkit::{Programs, Seeded};
use serde_json::{Value, json};

const KILLS: usize = 20;
/// A step takes milliseconds; far more than this means that the engine hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// An engine of its own that writes a checkpoint after every step.
struct Engine {
    process: Child,
    base: String,
    token: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Engine {
    fn start(home: &Path) -> Self {
        let mut process = Command::new(Programs::find().command_line())
            .args(["engine", "--checkpoint-seconds", "0", "--home"])
            .arg(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("{ready}")).into();
        Self {
            base: text("base_url"),
            token: text("token"),
            process,
            client: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> String {
        self.runtime.block_on(async {
            let answer = request.bearer_auth(&self.token).send().await.unwrap();
            let (ok, text) = (answer.status().is_success(), answer.text().await.unwrap());
            assert!(ok, "{text}");
            text
        })
    }

    fn get(&self, path: &str) -> String {
        self.send(self.client.get(format!("{}{path}", self.base)))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.send(self.client.post(format!("{}{path}", self.base)).json(body));
        serde_json::from_str(&answer).unwrap()
    }

    fn upload(&self, content: &str) -> Value {
        let part = reqwest::multipart::Part::text(content.to_owned()).file_name("rows.jsonl");
        let form = reqwest::multipart::Form::new().text("purpose", "fine-tune").part("file", part);
        let url = format!("{}/files", self.base);
        serde_json::from_str(&self.send(self.client.post(url).multipart(form))).unwrap()
    }

    fn job(&self, id: &str) -> Value {
        serde_json::from_str(&self.get(&format!("/fine_tuning/jobs/{id}"))).unwrap()
    }

    /// Looks at the job until `enough` says so.
    fn wait(&self, id: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let start = std::time::Instant::now();
        loop {
            let job = self.job(id);
            assert_ne!(job["status"], "failed", "{job}");
            if enough(&job) {
                return job;
            }
            assert!(start.elapsed() < PATIENCE, "the engine hangs: {job}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn rows() -> String {
    (0..40).map(|at| {
        let (question, answer) = (format!("which way is {}", at % 7), ["north", "south"][at % 2]);
        let messages = json!([{"role": "user", "content": question}, {"role": "assistant", "content": answer}]);
        json!({ "messages": messages }).to_string() + "\n"
    }).collect()
}

fn order(engine: &Engine, model: &str, settings: &Value) -> String {
    let (train, watched) = (engine.upload(&rows()), engine.upload(&rows()));
    let body = json!({
        "model": model, "training_file": train["id"], "validation_file": watched["id"], "seed": 5,
        "method": {"type": "supervised", "supervised": {"hyperparameters": settings}},
    });
    engine.post("/fine_tuning/jobs", &body)["id"].as_str().unwrap().to_owned()
}

/// The losses of every step, as the finished job's table has them.
fn losses(engine: &Engine, id: &str) -> String {
    let job = engine.wait(id, |job| job["status"] == "succeeded");
    let file = job["result_files"][0].as_str().unwrap();
    engine.get(&format!("/files/{file}/content"))
}

fn is_at(job: &Value, step: u64) -> bool {
    job["x_engine"]["step"].as_u64().is_some_and(|made| made >= step)
        || job["status"] == "succeeded"
}

/// Kills the training of `model` at twenty random steps; its losses must be those of an unbroken
/// one.
fn check(model: impl Fn(&Engine) -> String, settings: &Value, steps: u64) {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = Engine::start(whole.path());
    let expected = losses(&engine, &order(&engine, &model(&engine), settings));
    assert_eq!(expected.lines().count() as u64, steps + 1, "{expected}");
    engine.kill();

    let mut engine = Engine::start(broken.path());
    let id = order(&engine, &model(&engine), settings);
    let mut draws = Seeded::new(11);
    let last = usize::try_from(steps).unwrap() - 2;
    let mut targets: Vec<u64> = (0..KILLS).map(|_| 1 + draws.below(last) as u64).collect();
    targets.sort_unstable();
    let mut ended_early = 0;
    for target in targets {
        let job = engine.wait(&id, |job| is_at(job, target));
        ended_early += u64::from(job["status"] == "succeeded");
        engine.kill();
        engine = Engine::start(broken.path());
        if engine.job(&id)["status"] == "paused" {
            engine.post(&format!("/fine_tuning/jobs/{id}/resume"), &json!({}));
        }
    }
    assert_eq!(losses(&engine, &id), expected);
    assert!(ended_early < 3, "{ended_early} kills came after the end and tested nothing");
    engine.kill();
}

#[test]
fn the_lab_goes_on_with_the_same_losses_after_twenty_kills() {
    let settings = json!({"n_epochs": 40, "batch_size": 8, "layers": 2, "width": 64});
    check(|_| "lab".to_owned(), &settings, 200);
}

#[test]
fn adapters_go_on_with_the_same_losses_after_twenty_kills() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/llama-tiny");
    let model = |engine: &Engine| {
        let added = engine.post("/attune/models", &json!({"path": folder}));
        added["id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
    };
    let settings =
        json!({"n_epochs": 40, "batch_size": 8, "rank": 4, "dropout": 0.1, "patience": 0});
    check(model, &settings, 200);
}
