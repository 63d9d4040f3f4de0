//! The adapter against a small server on this computer: what goes out, what comes in, what is cut.

use super::*;
use crate::{ChatMessage, ServiceKey};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing};
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<Value>>>;

/// Serves `router` on a free port and gives an adapter for it.
async fn serve(router: Router) -> OpenAiCompatible {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    adapter(format!("http://{address}/v1"))
}

fn adapter(base_url: String) -> OpenAiCompatible {
    OpenAiCompatible::new(Endpoint { base_url, key: ServiceKey::new("secret".into()) }).unwrap()
}

fn order() -> LaunchOrder {
    LaunchOrder {
        launch_id: "L1".into(),
        model: "lab".into(),
        training_file: "file-1".into(),
        validation_file: None,
        suffix: None,
        seed: Some(7),
        hyperparameters: serde_json::Map::new(),
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
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
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
    serve(router).await.launch(&order()).await;
    assert_eq!(
        seen.lock().unwrap()[0],
        json!({
            "model": "lab", "training_file": "file-1", "seed": 7,
            "method": {"type": "supervised", "supervised": {"hyperparameters": {}}},
            "metadata": {"app": "attune", "launch_id": "L1"},
        })
    );
}

#[tokio::test]
async fn only_jobs_that_really_carry_the_launch_are_ours() {
    let jobs = || async {
        Json(json!({"data": [
            {"id": "a", "metadata": {"launch_id": "L1"}},
            {"id": "b", "metadata": {"launch_id": "L2"}},
            {"id": "c", "metadata": null},
        ]}))
    };
    let service = serve(Router::new().route("/v1/fine_tuning/jobs", routing::get(jobs))).await;
    let found = service.find_launch("L1").await.unwrap();
    assert_eq!(found.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["a"]);
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

const WHOLE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}],\"obfuscation\":\"x\"}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

async fn ask(stream: &'static str) -> (String, Result<ChatReply, ServiceError>) {
    let reply = move || async move { stream };
    let service = serve(Router::new().route("/v1/chat/completions", routing::post(reply))).await;
    let message = ChatMessage { role: "user".into(), content: "hi".into() };
    let order = ChatOrder {
        model: "m".into(),
        messages: vec![message],
        max_tokens: None,
        temperature: None,
    };
    let mut pieces = String::new();
    let reply = service.chat(&order, &mut |piece| pieces += piece).await;
    (pieces, reply)
}

#[tokio::test]
async fn an_answer_streams_in_and_is_whole_at_its_end() {
    let (pieces, reply) = ask(WHOLE).await;
    assert_eq!(pieces, "Hello");
    let expected = ChatReply {
        content: "Hello".into(),
        finish_reason: "stop".into(),
        completion_tokens: Some(2),
    };
    assert_eq!(reply.unwrap(), expected);
}

#[tokio::test]
async fn a_cut_answer_is_never_called_finished() {
    for end in [
        WHOLE.find("data: {\"choices\":[{\"delta\":{},").unwrap(),
        WHOLE.find("data: [DONE]").unwrap(),
    ] {
        let (_, reply) = ask(&WHOLE[..end]).await;
        assert!(matches!(reply, Err(ServiceError::CutOff)), "cut at {end}: {reply:?}");
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_its_words() {
    let (_, reply) =
        ask("data: {\"error\":{\"message\":\"gone\",\"code\":\"upstream\"}}\n\n").await;
    assert!(matches!(reply, Err(ServiceError::Refused(refused)) if refused.message == "gone"));
}

#[test]
fn a_key_never_shows_itself() {
    let endpoint =
        Endpoint { base_url: "http://x/v1".into(), key: ServiceKey::new("sk-canary".into()) };
    assert!(!format!("{endpoint:?}").contains("canary"));
}
