//! A client that holds every reply against the API document.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::schemas;
use crate::fake_service::{FakeService, FakeSettings};

/// A client with a token.
pub(super) struct Asks {
    base_url: String,
    token: &'static str,
    pub(super) http: Client,
}

impl Asks {
    pub(super) fn new(base_url: String) -> Self {
        Self::with_token(base_url, FakeSettings::TOKEN)
    }

    pub(super) fn with_token(base_url: String, token: &'static str) -> Self {
        // No reused line: each request is one connection, so a cut hits the request it is meant for.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0);
        let http = http.retry(reqwest::retry::never()).build().unwrap();
        Self { base_url, token, http }
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.base_url));
        request.bearer_auth(self.token)
    }

    /// Sends, reads, and holds the reply against the document.
    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        change: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> (u16, Value) {
        let response = change(self.request(method, path)).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let reply = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}"));
        schemas::check_reply(method, path.split('?').next().unwrap(), status, &reply);
        (status, reply)
    }

    #[track_caller]
    pub(super) fn good((status, reply): (u16, Value)) -> Value {
        assert_eq!(status, 200, "{reply:#}");
        reply
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        Self::good(self.send("GET", path, |it| it).await)
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Value {
        Self::good(self.send("POST", path, |it| it.json(body)).await)
    }

    pub(super) async fn delete(&self, path: &str) -> Value {
        Self::good(self.send("DELETE", path, |it| it).await)
    }

    /// The code of a refusal.
    pub(super) async fn refused(&self, path: &str, body: &Value) -> (u16, String) {
        let (status, reply) = self.send("POST", path, |it| it.json(body)).await;
        assert!(status >= 400, "{reply:#}");
        (status, reply["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends a file and gives its id.
    pub(super) async fn upload(&self, name: &str, content: impl Into<Vec<u8>>) -> String {
        let form = file_form(name, content, "fine-tune");
        let reply = Self::good(self.send("POST", "/files", |it| it.multipart(form)).await);
        reply["id"].as_str().unwrap().to_owned()
    }
}

pub(super) fn file_form(name: &str, content: impl Into<Vec<u8>>, purpose: &str) -> Form {
    let part = Part::bytes(content.into()).file_name(name.to_owned());
    Form::new().text("purpose", purpose.to_owned()).part("file", part)
}

/// A service and a client to it.
pub(super) fn started() -> (FakeService, Asks) {
    let service = FakeService::start(FakeSettings::default());
    let asks = Asks::new(service.base_url());
    (service, asks)
}

/// `count` examples of three messages each.
pub(super) fn examples(count: usize) -> String {
    let line = |number: usize| {
        let messages = json!([
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": format!("What is word {number}?")},
            {"role": "assistant", "content": format!("word-{number}")},
        ]);
        json!({"messages": messages}).to_string() + "\n"
    };
    (0..count).map(line).collect()
}

/// An order for a supervised job with a launch id.
pub(super) fn order(file: &str, launch_id: &str) -> Value {
    json!({
        "model": "gpt-4o-mini", "training_file": file,
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}},
        "metadata": {"app": "attune", "launch_id": launch_id},
    })
}

/// Sends, and gives up as soon as `is_time`; an answer before that is a failure.
pub(super) async fn give_up_when(request: RequestBuilder, is_time: impl Fn() -> bool) {
    let waiting = async {
        while !is_time() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = request.send() => panic!("there was an answer: {answer:?}"),
        () = waiting => {}
    }
}

/// Longer than any job of these tests.
pub(super) const LONG: Duration = Duration::from_secs(100_000);
