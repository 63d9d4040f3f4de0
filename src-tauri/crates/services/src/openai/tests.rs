//! The adapter against a small server on this computer: what goes out, what comes in, what is cut.

mod keys;
mod searching;
mod sending;
mod stream;

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing};
use serde_json::{Value, json};

use super::*;
use crate::http::tests::{Still, endpoint};
use crate::{ChatMessage, KeyHeader, TrainingMethod};

type Seen = Arc<Mutex<Vec<Value>>>;

/// Serves `router` on a free port and gives an adapter for it, for which no time passes.
async fn serve(router: Router) -> OpenAiCompatible {
    adapter(crate::http::tests::serve(router).await)
}

fn adapter(base_url: String) -> OpenAiCompatible {
    OpenAiCompatible::new(endpoint(base_url)).unwrap().with_pauses(Arc::new(Still::default()))
}

fn order() -> LaunchOrder {
    LaunchOrder {
        launch_id: "L1".into(),
        model: "lab".into(),
        training_file: "file-1".into(),
        seed: Some(7),
        ..LaunchOrder::default()
    }
}

/// Answers an order with `status` and `body` and says what the adapter made of it.
async fn outcome(status: u16, body: &'static str) -> String {
    let reply = move || async move { (StatusCode::from_u16(status).unwrap(), body) };
    let service = serve(Router::new().route("/v1/fine_tuning/jobs", routing::post(reply))).await;
    match service.launch(&order()).await {
        LaunchOutcome::Acknowledged(job) => format!("acknowledged {}", job.id),
        LaunchOutcome::Rejected(refused) => {
            format!("rejected {}", refused.code.unwrap_or_default())
        }
        LaunchOutcome::Ambiguous => "ambiguous".to_owned(),
    }
}

#[tokio::test]
async fn an_order_is_settled_only_by_a_clean_reply() {
    assert_eq!(outcome(200, r#"{"id":"ftjob-9","status":"queued"}"#).await, "acknowledged ftjob-9");
    assert_eq!(outcome(200, r#"{"status":"queued"}"#).await, "ambiguous");
    assert_eq!(outcome(200, "<html>").await, "ambiguous");
    assert_eq!(outcome(500, r#"{"error":{"message":"x","code":"y"}}"#).await, "ambiguous");
    assert_eq!(
        outcome(403, r#"{"error":{"message":"x","code":"training_not_available"}}"#).await,
        "rejected training_not_available"
    );
    assert_eq!(outcome(302, "").await, "ambiguous");
}

#[tokio::test]
async fn an_order_to_nobody_is_ambiguous() {
    // Bound and never listened on: nobody else can get this port meanwhile.
    let unheard = tokio::net::TcpSocket::new_v4().unwrap();
    unheard.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = unheard.local_addr().unwrap();
    let service = adapter(format!("http://{address}/v1"));
    assert!(matches!(service.launch(&order()).await, LaunchOutcome::Ambiguous));
}

#[tokio::test]
async fn an_order_leaves_out_what_is_absent() {
    let seen = Seen::default();
    let keep = |State(seen): State<Seen>, Json(body): Json<Value>| async move {
        seen.lock().unwrap().push(body);
        Json(json!({"id": "ftjob-1"}))
    };
    let router =
        Router::new().route("/v1/fine_tuning/jobs", routing::post(keep)).with_state(seen.clone());
    let service = serve(router).await;
    service.launch(&order()).await;
    assert_eq!(
        seen.lock().unwrap()[0],
        json!({
            "model": "lab", "training_file": "file-1", "seed": 7,
            "method": {"type": "supervised", "supervised": {"hyperparameters": {}}},
            "metadata": {"app": "attune", "launch_id": "L1"},
        })
    );
    let whole = LaunchOrder {
        model: "ft:gpt-4.1:org::1".into(),
        validation_file: Some("file-2".into()),
        suffix: Some("mine".into()),
        seed: None,
        method: TrainingMethod::Dpo,
        hyperparameters: json!({"n_epochs": "auto", "beta": 0.1}).as_object().unwrap().clone(),
        metadata: [("req".to_owned(), "1234".to_owned()), ("app".to_owned(), "x".to_owned())]
            .into(),
        ..order()
    };
    service.launch(&whole).await;
    service.launch(&LaunchOrder { suffix: Some(String::new()), ..order() }).await;
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[1],
        json!({
            "model": "ft:gpt-4.1:org::1", "training_file": "file-1", "validation_file": "file-2",
            "suffix": "mine",
            "method": {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": "auto", "beta": 0.1}}},
            "metadata": {"app": "attune", "launch_id": "L1", "req": "1234"},
        })
    );
    assert_eq!(seen[2].get("suffix"), None);
}

#[tokio::test]
async fn a_service_without_metadata_gets_none() {
    let capabilities = Capabilities { metadata: false, ..Capabilities::default() };
    assert_eq!(jobs::body(&order(), &capabilities).get("metadata"), None);
}

#[tokio::test]
async fn the_key_and_the_account_are_shown_as_the_service_wants_them() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = |State(seen): State<Arc<Mutex<Vec<String>>>>, headers: axum::http::HeaderMap| async move {
        let shown = ["authorization", "api-key", "openai-organization", "openai-project"];
        let shown = shown.map(|name| headers.get(name).map_or("-", |it| it.to_str().unwrap()));
        seen.lock().unwrap().push(shown.join(" | "));
        Json(json!({"data": []}))
    };
    let router =
        Router::new().route("/v1/models", routing::get(keep)).with_state(Arc::clone(&seen));
    let base_url = crate::http::tests::serve(router).await;
    let plain = endpoint(format!("{base_url}/"));
    let azure = Endpoint {
        key_header: KeyHeader::ApiKey,
        organization: Some("org-1".into()),
        project: Some("proj_1".into()),
        ..plain.clone()
    };
    for endpoint in [plain, azure] {
        OpenAiCompatible::new(endpoint).unwrap().models().await.unwrap();
    }
    let expected = ["Bearer sk-test | - | - | -", "- | sk-test | org-1 | proj_1"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_file_is_sent_whole_with_its_purpose() {
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = |State(received): State<Arc<Mutex<Vec<u8>>>>, body: axum::body::Bytes| async move {
        received.lock().unwrap().extend_from_slice(&body);
        Json(json!({"id": "file-7"})).into_response()
    };
    let router = Router::new().route("/v1/files", routing::post(keep)).with_state(received.clone());
    let service = serve(router).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    std::fs::write(&path, "{\"messages\":[]}\n").unwrap();
    assert_eq!(service.upload(&path, "train.jsonl").await.unwrap(), "file-7");
    let sent = String::from_utf8(received.lock().unwrap().clone()).unwrap();
    for part in
        ["name=\"purpose\"\r\n\r\nfine-tune", "filename=\"train.jsonl\"", "{\"messages\":[]}\n"]
    {
        assert!(sent.contains(part), "{part} in {sent}");
    }
}
