//! A client of an engine that runs as a program of its own.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Running;

/// A step takes milliseconds; far more than this means that the engine hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running engine and how it is asked; it ends with this value.
pub(crate) struct EngineClient {
    pub(crate) program: Running,
    pub(crate) base: String,
    pub(crate) token: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl EngineClient {
    /// Starts a program whose first line tells where its engine listens.
    pub(crate) fn start(command: Command) -> Self {
        let mut program = Running::start(command);
        let first = program.next().expect("the first line has the address");
        let text =
            |name: &str| first[name].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
        let (base, token) = (text("base_url"), text("token"));
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { program, base, token, client, runtime }
    }

    /// Asks with a token, or without one.
    pub(crate) fn ask(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let (status, text) = self.sent(request);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.send(self.client.get(format!("{}{path}", self.base)))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.send(self.client.post(format!("{}{path}", self.base)).json(body));
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) fn upload(&self, content: &str) -> Value {
        let part = reqwest::multipart::Part::text(content.to_owned()).file_name("rows.jsonl");
        let form = reqwest::multipart::Form::new().text("purpose", "fine-tune").part("file", part);
        let url = format!("{}/files", self.base);
        serde_json::from_str(&self.send(self.client.post(url).multipart(form))).unwrap()
    }

    pub(crate) fn job(&self, id: &str) -> Value {
        serde_json::from_str(&self.get(&format!("/fine_tuning/jobs/{id}"))).unwrap()
    }

    /// Looks at the job until `enough` says so.
    #[track_caller]
    pub(crate) fn wait(&self, id: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
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

    #[track_caller]
    fn send(&self, request: reqwest::RequestBuilder) -> String {
        let (status, text) = self.sent(request.bearer_auth(&self.token));
        assert!((200..300).contains(&status), "{status}: {text}");
        text
    }

    fn sent(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }
}
