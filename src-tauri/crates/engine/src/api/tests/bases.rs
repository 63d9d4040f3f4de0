//! A model of somebody else that is another one by now, at the same place and under the same name.

use super::adapters::{adapters, row, trained};
use super::*;
use crate::formats::hub::testing::write_folder;

/// The same sizes, other weights.
fn change_weights(folder: &Path) {
    let weights = folder.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 0x40;
    std::fs::write(&weights, bytes).unwrap();
}

fn question(model: &str) -> Value {
    json!({"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "ping"}]})
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!("base_changed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn adapters_never_answer_go_on_or_leave_on_other_weights() {
    let home = home();
    let server = Server::start(home.path()).await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let base = server.post("/attune/models", &json!({"path": files})).await.json();
    let base = base["id"].as_str().unwrap().to_owned();
    let file = server.upload(&examples(24)).await;
    let job = trained(&server, &base, &file, adapters(1)).await;
    let model = job["fine_tuned_model"].as_str().unwrap().to_owned();
    let mut long = adapters(50);
    long["model"] = json!(base);
    let paused = server.create(&file, long).await["id"].as_str().unwrap().to_owned();
    server.wait_for_step(&paused, 1).await;
    let act = |action: &str| format!("/fine_tuning/jobs/{paused}/{action}");
    server.post(&act("pause"), &json!({})).await;
    server.wait_for(&paused, &["paused"]).await;

    change_weights(&files);
    assert_refused(&server.post("/chat/completions", &question(&model)).await);
    assert_eq!(row(&server, &model).await["unusable"]["code"], "base_changed");
    let order = json!({"model": model, "training_file": file});
    assert_refused(&server.post("/fine_tuning/jobs", &order).await);
    assert_refused(&server.post(&act("resume"), &json!({})).await);
    assert_eq!(server.get(&act("")[..act("").len() - 1]).await.json()["status"], "paused");
    let folder = home.path().join("out");
    let export = json!({"model": model, "kind": "adapter", "folder": folder});
    assert_refused(&server.post("/attune/exports", &export).await);
    // As it was before, everything goes on.
    change_weights(&files);
    assert_eq!(server.post("/chat/completions", &question(&model)).await.status, 200);
    assert_eq!(row(&server, &model).await["unusable"], Value::Null);
    assert_eq!(server.post(&act("resume"), &json!({})).await.status, 200);
    server.wait_for_step(&paused, 2).await;
    server.post(&act("cancel"), &json!({})).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_free_again_is_not_the_model_that_had_it() {
    let home = home();
    let server = Server::start(home.path()).await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let add = async |path: &Path| {
        let added = server.post("/attune/models", &json!({"path": path})).await.json();
        added["id"].as_str().unwrap().to_owned()
    };
    let base = add(&files).await;
    let file = server.upload(&examples(24)).await;
    let job = trained(&server, &base, &file, adapters(1)).await;
    let model = job["fine_tuned_model"].as_str().unwrap().to_owned();
    assert_eq!(server.send("DELETE", &format!("/models/{base}"), "", b"").await.status, 200);
    let other = home.path().join("elsewhere").join("Tiny Llama");
    write_folder(&other);
    change_weights(&other);
    assert_eq!(add(&other).await, base);
    assert_refused(&server.post("/chat/completions", &question(&model)).await);

    // Records of earlier versions tell the sizes alone, and are believed.
    let id = job["id"].as_str().unwrap().trim_start_matches("ftjob-");
    let origin = home.path().join("models").join(id).join("attune.json");
    let mut known: Value = serde_json::from_slice(&std::fs::read(&origin).unwrap()).unwrap();
    assert!(known.as_object_mut().unwrap().remove("base_fingerprint").is_some());
    std::fs::write(&origin, known.to_string()).unwrap();
    assert_eq!(server.post("/chat/completions", &question(&model)).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_does_not_fit_is_refused_and_not_cut() {
    let home = home();
    let server = Server::start(home.path()).await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let base = server.post("/attune/models", &json!({"path": files})).await.json();
    let ask = async |words: usize| {
        let content = "word ".repeat(words);
        let messages = json!([{"role": "user", "content": content}]);
        server.post("/chat/completions", &json!({"model": base["id"], "messages": messages})).await
    };
    // A byte a piece, 128 places: 90 of them leave some for the frame and the answer.
    assert_eq!(ask(18).await.status, 200);
    let refused = ask(40).await;
    let error = &refused.json()["error"];
    assert_eq!(
        (refused.status, &error["code"], &error["param"]),
        (400, &json!("context_length_exceeded"), &json!("messages"))
    );
    assert!(error["message"].as_str().unwrap().contains("127"), "{error}");
    server.stop().await;
}
