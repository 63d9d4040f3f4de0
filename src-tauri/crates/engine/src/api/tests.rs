//! The API from outside, over a real loopback connection.

mod adapters;
mod bases;
mod beyond;
mod exports;
mod memory;
mod steering;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::{EngineOptions, Ready, ServeError, serve};

const TOKEN: &str = "test-token";

struct Server {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServeError>>,
}

fn options(home: &Path) -> EngineOptions {
    EngineOptions {
        home: home.to_path_buf(),
        models: home.join("models-of-others"),
        port: 0,
        token: Some(TOKEN.to_owned()),
        threads: Some(2),
        checkpoint_every: crate::BETWEEN_CHECKPOINTS,
        on_point: |_| {},
        free_memory: crate::free_memory,
    }
}

struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Server {
    async fn start(home: &Path) -> Self {
        Self::with(options(home)).await
    }

    async fn with(options: EngineOptions) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, ready) = oneshot::channel();
        let serving = tokio::spawn(serve(
            options,
            move |ready: &Ready| told.send(ready.base_url.clone()).unwrap(),
            async move { drop(stopped.await) },
        ));
        let base_url = ready.await.unwrap();
        let port = base_url.trim_end_matches("/v1").rsplit(':').next().unwrap();
        Self { port: port.parse().unwrap(), stop: Some(stop), serving }
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.await.unwrap().unwrap();
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let head = format!(
            "{method} /v1{path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {TOKEN}\r\n\
             connection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        let split = reply.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&reply[..split]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = &reply[split + 4..];
        let chunked = head.contains("transfer-encoding: chunked");
        Reply { status, body: if chunked { join_chunks(body) } else { body.to_vec() } }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "application/json", b"").await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, "application/json", body.to_string().as_bytes()).await
    }

    async fn upload(&self, content: &str) -> String {
        let body = format!(
            "--cut\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--cut\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{content}\r\n--cut--\r\n"
        );
        let reply =
            self.send("POST", "/files", "multipart/form-data; boundary=cut", body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    async fn create(&self, file: &str, more: Value) -> Value {
        let mut body = json!({"model": "lab", "training_file": file});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = self.post("/fine_tuning/jobs", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Asks for the job again and again until it has one of these states.
    async fn wait_for(&self, job: &str, statuses: &[&str]) -> Value {
        loop {
            let shown = self.get(&format!("/fine_tuning/jobs/{job}")).await.json();
            let status = shown["status"].as_str().unwrap();
            if statuses.contains(&status) {
                return shown;
            }
            let is_over = ["succeeded", "failed", "cancelled"].contains(&status);
            assert!(!is_over, "{status} instead of {statuses:?}");
            tokio::task::yield_now().await;
        }
    }

    async fn wait_for_step(&self, job: &str, step: u64) {
        while self.get(&format!("/fine_tuning/jobs/{job}")).await.json()["x_engine"]["step"]
            .as_u64()
            .unwrap()
            < step
        {
            tokio::task::yield_now().await;
        }
    }
}

fn join_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    loop {
        let line = body.windows(2).position(|it| it == b"\r\n").unwrap();
        let size = std::str::from_utf8(&body[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return joined;
        }
        joined.extend_from_slice(&body[line + 2..][..size]);
        body = &body[line + 2 + size + 2..];
    }
}

fn examples(count: usize) -> String {
    let pairs = [("ping", "pong"), ("hello there", "good day"), ("what colour", "blue")];
    (0..count)
        .map(|index| {
            let (question, answer) = pairs[index % 3];
            json!({"messages": [{"role": "user", "content": question},
                {"role": "assistant", "content": answer}]})
            .to_string()
                + "\n"
        })
        .collect()
}

/// Small enough for a test, long enough to be steered.
fn small(epochs: u64) -> Value {
    json!({
        "method": {"type": "supervised", "supervised": {"hyperparameters":
            {"n_epochs": epochs, "batch_size": 4, "layers": 1, "width": 32, "dropout": 0.0,
             "learning_rate_multiplier": 5}}},
        "suffix": "mine", "seed": 7, "metadata": {"launch_id": "L1"},
    })
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_file_to_answer() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(24)).await;
    assert_eq!(server.get(&format!("/files/{file}/content")).await.text(), examples(24));
    let mut wanted = small(40);
    wanted["validation_file"] = json!(file);
    let job = server.create(&file, wanted).await;
    let id = job["id"].as_str().unwrap();
    assert_eq!(job["object"], "fine_tuning.job");
    let job = server.wait_for(id, &["succeeded", "failed"]).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    assert_eq!(job["hyperparameters"]["n_epochs"], 40);
    assert_eq!(job["x_engine"]["step"], 240);
    let model = job["fine_tuned_model"].as_str().unwrap().to_owned();
    assert!(model.starts_with("ft:lab:attune:mine:"), "{model}");

    let result = job["result_files"][0].as_str().unwrap();
    let table = server.get(&format!("/files/{result}/content")).await.text();
    let mut lines = table.lines();
    let columns = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy";
    assert_eq!(lines.next(), Some(columns));
    assert_eq!(lines.count(), 240);
    let models = server.get("/models").await.json();
    assert_eq!(models["data"][0]["id"], "lab");
    assert_eq!(models["data"][1]["id"], model.as_str());
    check_events(&server, id).await;
    check_answers(&server, &model).await;

    let kept = server.get(&format!("/fine_tuning/jobs/{id}/checkpoints")).await.json();
    assert_eq!(kept["data"].as_array().unwrap().len(), 3);
    let named = &kept["data"][0]["fine_tuned_model_checkpoint"];
    let question = json!({"model": named, "messages": [{"role": "user", "content": "ping"}]});
    assert_eq!(server.post("/chat/completions", &question).await.status, 200);

    let path = format!("/models/{model}");
    assert_eq!(server.send("DELETE", &path, "", b"").await.json()["deleted"], true);
    assert_eq!(server.get(&path).await.status, 404);
    // Its checkpoints go with it, also the one that answered just now.
    assert_eq!(server.post("/chat/completions", &question).await.status, 404);
    let kept = server.get(&format!("/fine_tuning/jobs/{id}/checkpoints")).await.json();
    assert_eq!(kept["data"], json!([]));
    assert!(!home.path().join("jobs").join(id).join("checkpoints").exists());
    server.stop().await;
}

async fn check_events(server: &Server, id: &str) {
    let mut messages = Vec::new();
    let mut metrics = 0;
    let mut after = String::new();
    loop {
        let path = format!("/fine_tuning/jobs/{id}/events?limit=7{after}");
        let page = server.get(&path).await.json();
        for event in page["data"].as_array().unwrap() {
            match event["type"].as_str() {
                Some("metrics") => {
                    assert!(event["data"]["train_loss"].as_f64().unwrap().is_finite());
                    metrics += 1;
                }
                _ => messages.push(event["message"].as_str().unwrap().to_owned()),
            }
            after = format!("&after={}", event["id"].as_str().unwrap());
        }
        if page["has_more"] == false {
            break;
        }
    }
    assert!(metrics >= 20, "{metrics}");
    assert_eq!(messages.first().unwrap(), "The job has successfully completed");
    assert_eq!(messages[messages.len() - 4], "Fine-tuning job started");
    assert_eq!(*messages.last().unwrap(), format!("Created fine-tuning job: {id}"));
}

async fn check_answers(server: &Server, model: &str) {
    let question = |stream: bool| {
        json!({"model": model, "stream": stream, "logprobs": true, "top_logprobs": 3,
            "messages": [{"role": "user", "content": "hello there"}]})
    };
    let whole = server.post("/chat/completions", &question(false)).await.json();
    let choice = &whole["choices"][0];
    assert_eq!(choice["message"]["content"], "good day");
    assert_eq!(choice["finish_reason"], "stop");
    let first = &choice["logprobs"]["content"][0];
    assert_eq!(first["top_logprobs"].as_array().unwrap().len(), 3);
    assert_eq!(first["top_logprobs"][0]["logprob"], first["logprob"]);

    let streamed = server.post("/chat/completions", &question(true)).await.text();
    let mut text = String::new();
    for line in streamed.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if line != "[DONE]" {
            let chunk: Value = serde_json::from_str(line).unwrap();
            text += chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        }
    }
    assert_eq!(text, "good day");
    assert!(streamed.ends_with("data: [DONE]\n\n"));

    let mut short = question(false);
    short["max_tokens"] = json!(1);
    short["messages"][0]["content"] = json!("write something else entirely please");
    assert_eq!(server.post("/chat/completions", &short).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_launch_makes_one_job_and_can_be_found() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(12)).await;
    let first = server.create(&file, small(50)).await;
    let second = server.create(&file, small(50)).await;
    assert_eq!(first["id"], second["id"]);
    let found = server.get("/fine_tuning/jobs?metadata%5Blaunch_id%5D=L1").await.json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let other = server.get("/fine_tuning/jobs?metadata%5Blaunch_id%5D=L2").await.json();
    assert_eq!(other["data"].as_array().unwrap().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_training_stops() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(2_000)).await;
    let id = server.create(&file, small(50)).await["id"].as_str().unwrap().to_owned();
    server.wait_for_step(&id, 1).await;
    assert_eq!(
        server.post(&format!("/fine_tuning/jobs/{id}/cancel"), &json!({})).await.status,
        200
    );
    let job = server.wait_for(&id, &["cancelled", "succeeded"]).await;
    assert_eq!(job["status"], "cancelled");
    let again = server.post(&format!("/fine_tuning/jobs/{id}/cancel"), &json!({})).await;
    assert_eq!(
        (again.status, again.json()["error"]["code"].as_str()),
        (400, Some("invalid_status"))
    );
    server.stop().await;
}

/// The losses of every step, from the result file.
async fn losses(server: &Server, id: &str) -> String {
    let job = server.wait_for(id, &["succeeded", "failed", "cancelled"]).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let result = job["result_files"][0].as_str().unwrap();
    server.get(&format!("/files/{result}/content")).await.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_and_ended_trainings_go_on_with_the_same_losses() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(48)).await;
    let mut wanted = small(50);
    wanted["validation_file"] = json!(file);
    wanted["method"]["supervised"]["hyperparameters"]["dropout"] = json!(0.1);
    let unbroken = server.create(&file, wanted.clone()).await["id"].as_str().unwrap().to_owned();
    let unbroken = losses(&server, &unbroken).await;

    wanted["metadata"]["launch_id"] = json!("L2");
    let id = server.create(&file, wanted).await["id"].as_str().unwrap().to_owned();
    let act = |action: &str| format!("/fine_tuning/jobs/{id}/{action}");
    server.wait_for_step(&id, 20).await;
    server.post(&act("pause"), &json!({})).await;
    let paused = server.wait_for(&id, &["paused", "succeeded"]).await;
    assert_eq!(paused["status"], "paused");
    assert_eq!(server.post(&act("resume"), &json!({})).await.status, 200);
    let step = paused["x_engine"]["step"].as_u64().unwrap();
    server.wait_for_step(&id, step + 40).await;
    server.stop().await;

    let server = Server::start(home.path()).await;
    assert_eq!(server.get(act("").trim_end_matches('/')).await.json()["status"], "paused");
    assert_eq!(server.post(&act("resume"), &json!({})).await.status, 200);
    assert_eq!(losses(&server, &id).await, unbroken);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_trained_on_fail_with_their_line() {
    let home = home();
    let server = Server::start(home.path()).await;
    let few = server.upload(&examples(7)).await;
    let broken = server.upload(&format!("{}{{\"messages\":7}}\n", examples(11))).await;
    for (file, code, words) in [
        (few, "invalid_n_examples", "Training file has 7 example(s), but must have at least 10"),
        (broken, "invalid_training_file", "line 12 is not an example"),
    ] {
        let job = server.create(&file, json!({})).await;
        let job = server.wait_for(job["id"].as_str().unwrap(), &["failed", "succeeded"]).await;
        assert_eq!(job["error"]["code"], code);
        assert!(job["error"]["message"].as_str().unwrap().contains(words), "{job}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_refused_in_openais_shape() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(12)).await;
    let job = |more: Value| {
        let mut body = json!({"model": "lab", "training_file": file});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let heads = json!({"hyperparameters": {"heads": 7}});
    let question = json!([{"role": "user", "content": "x"}]);
    for (path, body, status, code) in [
        ("/fine_tuning/jobs", job(json!({"model": "gpt-4o"})), 400, "model_not_available"),
        ("/fine_tuning/jobs", job(json!({"training_file": "no"})), 400, "file_not_found"),
        ("/fine_tuning/jobs", job(heads), 400, "invalid_hyperparameters"),
        ("/fine_tuning/jobs", job(json!({"method": {"type": "dpo"}})), 400, "method_not_available"),
        ("/fine_tuning/jobs", job(json!({"suffix": "a b"})), 400, "invalid_suffix"),
        ("/fine_tuning/jobs", json!({"model": "lab"}), 400, "invalid_request"),
        ("/nowhere", json!({}), 404, "unknown_url"),
        ("/models", json!({}), 405, "method_not_allowed"),
        ("/fine_tuning/jobs", json!("not an object"), 400, "invalid_request"),
        ("/fine_tuning/jobs/x/cancel", json!({}), 404, "fine_tune_not_found"),
        (
            "/chat/completions",
            json!({"model": "lab", "messages": question}),
            400,
            "model_not_trained",
        ),
        (
            "/chat/completions",
            json!({"model": "ft:x", "messages": question}),
            404,
            "model_not_found",
        ),
        ("/chat/completions", json!({"model": "lab", "messages": []}), 400, "invalid_messages"),
    ] {
        let reply = server.post(path, &body).await;
        let error = reply.json()["error"].clone();
        assert_eq!((reply.status, error["code"].as_str()), (status, Some(code)), "{path} {body}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    assert_eq!(server.send("DELETE", &format!("/files/{file}"), "", b"").await.status, 200);
    assert_eq!(server.get(&format!("/files/{file}")).await.status, 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_folder_has_one_engine() {
    let home = home();
    let server = Server::start(home.path()).await;
    let waiting = Arc::new(Notify::new());
    let options = EngineOptions { token: None, threads: Some(1), ..options(home.path()) };
    let second = serve(options, |_| waiting.notify_one(), std::future::pending()).await;
    assert!(matches!(second, Err(ServeError::FolderInUse)), "{second:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_lost_its_disk_goes_on_when_it_is_back() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(48)).await;
    let mut wanted = small(50);
    let unbroken = server.create(&file, wanted.clone()).await["id"].as_str().unwrap().to_owned();
    let unbroken = losses(&server, &unbroken).await;
    wanted["metadata"]["launch_id"] = json!("L2");
    let id = server.create(&file, wanted).await["id"].as_str().unwrap().to_owned();
    server.wait_for_step(&id, 1).await;
    let folder = home.path().join("jobs").join(&id).join("checkpoints");
    let act = |action: &str| format!("/fine_tuning/jobs/{id}/{action}");
    server.post(&act("pause"), &json!({})).await;
    server.wait_for(&id, &["paused"]).await;
    let aside = home.path().join("aside");
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "no folder").unwrap();
    server.post(&act("resume"), &json!({})).await;
    let failed = server.wait_for(&id, &["failed", "succeeded"]).await;
    assert_eq!(failed["error"]["code"], "storage_error", "{failed}");
    assert_eq!(failed["x_engine"]["can_resume"], true);
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    // As a process leaves it that is killed while it writes.
    std::fs::create_dir(folder.join(".resume-0000000009.tmp")).unwrap();
    assert_eq!(server.post(&act("resume"), &json!({})).await.status, 200);
    let done = server.wait_for(&id, &["failed", "succeeded"]).await;
    assert_eq!((done["status"].as_str(), &done["error"]), (Some("succeeded"), &Value::Null));
    assert_eq!(done["x_engine"]["can_resume"], false);
    assert_eq!(losses(&server, &id).await, unbroken);
    server.stop().await;
    // The three last epochs stay; what was needed to resume does not.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}
