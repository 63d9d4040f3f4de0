//! What is refused when memory is short, and what models at hand give back.

use std::sync::atomic::{AtomicU64, Ordering};

use super::adapters::{adapters, trained};
use super::*;
use crate::formats::hub::testing::write_folder;

#[track_caller]
fn assert_short(reply: &Reply, free: u64) {
    let error = &reply.json()["error"];
    assert_eq!((reply.status, &error["code"]), (400, &json!("not_enough_memory")), "{error}");
    assert_eq!(error["free"], free);
    assert!(error["needed"].as_u64().unwrap() > free, "{error}");
}

fn question(model: &str) -> Value {
    json!({"model": model, "max_tokens": 2, "messages": [{"role": "user", "content": "ping"}]})
}

static FREE: AtomicU64 = AtomicU64::new(1 << 40);

#[tokio::test(flavor = "multi_thread")]
async fn answers_exports_and_paused_trainings_are_refused_with_the_numbers() {
    let home = home();
    let free_memory = || Some(FREE.load(Ordering::SeqCst));
    let server = Server::with(EngineOptions { free_memory, ..options(home.path()) }).await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let base = server.post("/attune/models", &json!({"path": files})).await.json();
    let base = base["id"].as_str().unwrap();
    let file = server.upload(&examples(24)).await;
    let job = trained(&server, base, &file, adapters(1)).await;
    let model = job["fine_tuned_model"].as_str().unwrap();
    let mut long = adapters(50);
    long["model"] = json!(base);
    let id = server.create(&file, long).await["id"].as_str().unwrap().to_owned();
    server.wait_for_step(&id, 1).await;
    let act = |action: &str| format!("/fine_tuning/jobs/{id}/{action}");
    server.post(&act("pause"), &json!({})).await;
    server.wait_for(&id, &["paused"]).await;

    FREE.store(10_000, Ordering::SeqCst);
    for name in [base, model] {
        assert_short(&server.post("/chat/completions", &question(name)).await, 10_000);
    }
    let out = home.path().join("out");
    let export = json!({"model": model, "kind": "merged", "folder": out});
    assert_short(&server.post("/attune/exports", &export).await, 10_000);
    assert!(!out.exists());
    assert_short(&server.post(&act("resume"), &json!({})).await, 10_000);
    assert_eq!(server.get(&format!("/fine_tuning/jobs/{id}")).await.json()["status"], "paused");

    FREE.store(1 << 40, Ordering::SeqCst);
    assert_eq!(server.post("/chat/completions", &question(model)).await.status, 200);
    // The model is at hand now, and a question takes memory of its own.
    FREE.store(10_000, Ordering::SeqCst);
    assert_short(&server.post("/chat/completions", &question(model)).await, 10_000);
    FREE.store(1 << 40, Ordering::SeqCst);
    assert_eq!(server.post(&act("resume"), &json!({})).await.status, 200);
    server.wait_for_step(&id, 2).await;
    server.post(&act("cancel"), &json!({})).await;
    server.stop().await;
}

static LOADED: AtomicU64 = AtomicU64::new(0);
static PLANNED: AtomicU64 = AtomicU64::new(1 << 40);

#[tokio::test(flavor = "multi_thread")]
async fn models_that_only_answer_give_their_memory_to_trainings() {
    let home = home();
    let server = Server::with(EngineOptions {
        free_memory: || Some(PLANNED.load(Ordering::SeqCst)),
        on_point: |point| {
            LOADED.fetch_add(u64::from(point == "engine.model.loading"), Ordering::SeqCst);
        },
        ..options(home.path())
    })
    .await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let base = server.post("/attune/models", &json!({"path": files})).await.json();
    let base = base["id"].as_str().unwrap();
    let file = server.upload(&examples(24)).await;
    let body = json!({"model": base, "training_file": file});
    for _ in 0..2 {
        assert_eq!(server.post("/chat/completions", &question(base)).await.status, 200);
    }
    assert_eq!(LOADED.load(Ordering::SeqCst), 1);
    PLANNED.store(1_000, Ordering::SeqCst);
    let plan = server.post("/attune/plans", &body).await.json();
    let row = server.get(&format!("/models/{base}")).await.json();
    // Two bytes a number are at hand and come back.
    let weights = 2 * row["x_engine"]["parameters"].as_u64().unwrap();
    assert_eq!(plan["refusal"]["free"], 1_000 + weights, "{plan}");

    PLANNED.store(1 << 40, Ordering::SeqCst);
    let measured = server.post("/attune/measurements", &body).await.json();
    assert!(measured["seconds"].as_f64().unwrap() > 0.0, "{measured}");
    assert_eq!(server.post("/chat/completions", &question(base)).await.status, 200);
    assert_eq!(LOADED.load(Ordering::SeqCst), 2);
    server.stop().await;
}
