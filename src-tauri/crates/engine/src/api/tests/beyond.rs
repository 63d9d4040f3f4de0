//! What the API has beside OpenAI's, and what must hold while a training runs.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_a_training_would_take_and_trains_nothing() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(60)).await;
    let plan = |hyperparameters: Value| json!({"model": "lab", "training_file": file, "hyperparameters": hyperparameters});
    let ask = async |body: &Value| {
        let reply = server.post("/attune/plans", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    };
    let usual = ask(&plan(json!({"n_epochs": 2, "batch_size": 4}))).await;
    assert_eq!((usual["total_steps"].as_u64(), usual["shortened"].as_u64()), (Some(30), Some(0)));
    assert_eq!(usual["parameters"], usual["learnt_parameters"]);
    assert_eq!(usual["settings"]["window"], 0);
    assert_eq!(usual["refusal"], Value::Null);
    let larger = ask(&plan(json!({"layers": 6, "width": 256, "context": 16}))).await;
    assert!(larger["parameters"].as_u64() > usual["parameters"].as_u64());
    assert!(larger["memory_bytes"].as_u64() > usual["memory_bytes"].as_u64());
    assert_eq!(larger["shortened"], 0);
    for (hyperparameters, code) in [
        (json!({"heads": 7}), "invalid_hyperparameters"),
        (json!({"rank": 7}), "invalid_hyperparameters"),
        (
            json!({"layers": 24, "width": 1024, "hidden": 8192, "context": 4096, "batch_size": 256}),
            "",
        ),
    ] {
        let refused = ask(&plan(hyperparameters)).await;
        let found = refused["refusal"]["code"].as_str().unwrap_or_default();
        // Whether the largest shape fits depends on the computer.
        assert!(found == code || (code.is_empty() && found == "not_enough_memory"), "{refused}");
    }
    let few = server.upload(&examples(3)).await;
    let refused = ask(&json!({"model": "lab", "training_file": few})).await;
    assert_eq!(refused["refusal"]["code"], "invalid_n_examples");
    let unknown = ask(&json!({"model": "own:nothing", "training_file": file})).await;
    assert_eq!(unknown["refusal"]["code"], "model_not_available");
    let jobs = server.get("/fine_tuning/jobs").await.json();
    assert_eq!(jobs["data"].as_array().unwrap().len(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measurement_makes_real_steps_and_keeps_nothing() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(24)).await;
    let body = json!({"model": "lab", "training_file": file, "validation_file": file,
        "hyperparameters": {"n_epochs": 40, "batch_size": 4, "layers": 1, "width": 32}});
    let measured = server.post("/attune/measurements", &body).await.json();
    assert_eq!(measured["total_steps"], 240);
    assert!(measured["tokens_per_second"].as_f64().unwrap() > 1.0, "{measured}");
    assert!(measured["seconds"].as_f64().unwrap() > 0.0, "{measured}");
    let job = server.create(&file, small(50)).await;
    let id = job["id"].as_str().unwrap();
    let busy = server.post("/attune/measurements", &body).await;
    let settled = server.wait_for(id, &["succeeded", "failed"]).await;
    assert_eq!((busy.status, settled["status"].as_str()), (409, Some("succeeded")));
    assert_eq!(busy.json()["error"]["code"], "busy");
    assert!(settled["x_engine"]["memory_bytes"].as_u64().unwrap() > 1 << 20);
    assert_eq!(std::fs::read_dir(home.path().join("models")).unwrap().count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_model_are_refused_with_the_reason() {
    let home = home();
    let server = Server::start(home.path()).await;
    let broken = home.path().join("broken.gguf");
    std::fs::write(&broken, b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff").unwrap();
    let missing = home.path().join("none.gguf");
    for (path, code) in [
        (broken.to_str().unwrap(), "model_file_broken"),
        (missing.to_str().unwrap(), "model_files_missing"),
        ("relative.gguf", "invalid_value"),
    ] {
        let reply = server.post("/attune/models", &json!({"path": path})).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(reply.json()["error"]["code"], code);
    }
    let models = server.get("/models").await.json();
    assert_eq!(models["data"].as_array().unwrap().len(), 1);
    assert_eq!(models["data"][0]["x_engine"]["kind"], "lab");
    for (name, status) in [("lab", 400), ("own:nothing", 404)] {
        assert_eq!(server.send("DELETE", &format!("/models/{name}"), "", b"").await.status, status);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_that_are_too_long_are_shortened_and_counted() {
    let home = home();
    let server = Server::start(home.path()).await;
    let long = json!({"messages": [
        {"role": "user", "content": "word ".repeat(200)},
        {"role": "assistant", "content": "yes"}]});
    let file = server.upload(&format!("{}{long}\n", examples(12))).await;
    let mut body = small(1);
    body["method"]["supervised"]["hyperparameters"]["context"] = json!(64);
    let hyperparameters = body["method"]["supervised"]["hyperparameters"].clone();
    let plan = json!({"model": "lab", "training_file": file, "hyperparameters": hyperparameters});
    assert_eq!(server.post("/attune/plans", &plan).await.json()["shortened"], 1);
    let job = server.create(&file, body).await;
    let id = job["id"].as_str().unwrap();
    server.wait_for(id, &["succeeded"]).await;
    let events = server.get(&format!("/fine_tuning/jobs/{id}/events?limit=100")).await.json();
    let said = events["data"].to_string();
    assert!(said.contains("1 example(s) are longer than 64 pieces and were shortened"), "{said}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_refused_as_too_few_examples() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload("\n\n").await;
    let job = server.create(&file, json!({})).await;
    let job = server.wait_for(job["id"].as_str().unwrap(), &["failed"]).await;
    assert_eq!(job["error"]["code"], "invalid_n_examples");
    server.stop().await;
}

/// Answers come from threads of their own: each of these ends while the training goes on.
#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_while_a_training_runs() {
    let home = home();
    let server = Arc::new(Server::start(home.path()).await);
    let file = server.upload(&examples(24)).await;
    let job = server.create(&file, small(40)).await;
    let job = server.wait_for(job["id"].as_str().unwrap(), &["succeeded"]).await;
    let model = job["fine_tuned_model"].as_str().unwrap().to_owned();
    let many = server.upload(&examples(2_000)).await;
    let mut wanted = small(50);
    wanted["metadata"]["launch_id"] = json!("L2");
    let running = server.create(&many, wanted).await["id"].as_str().unwrap().to_owned();
    server.wait_for_step(&running, 1).await;
    let ask = |question: &'static str| {
        let (server, model) = (server.clone(), model.clone());
        tokio::spawn(async move {
            let messages = json!([{"role": "user", "content": question}]);
            let body = json!({"model": model, "messages": messages});
            server.post("/chat/completions", &body).await.json()
        })
    };
    let asked: Vec<_> =
        ["ping", "hello there", "what colour"].repeat(4).into_iter().map(ask).collect();
    for (index, answer) in asked.into_iter().enumerate() {
        let content = answer.await.unwrap()["choices"][0]["message"]["content"].clone();
        assert_eq!(content, ["pong", "good day", "blue"][index % 3]);
    }
    let path = format!("/fine_tuning/jobs/{running}");
    assert_eq!(server.get(&path).await.json()["status"], "running");
    server.post(&format!("{path}/cancel"), &json!({})).await;
    server.wait_for(&running, &["cancelled"]).await;
    Arc::into_inner(server).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_cut_into_pages() {
    let home = home();
    let server = Server::start(home.path()).await;
    for _ in 0..3 {
        server.upload(&examples(12)).await;
    }
    let first = server.get("/files?limit=2").await.json();
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (2, &json!(true)));
    let last = first["last_id"].as_str().unwrap();
    let rest = server.get(&format!("/files?limit=2&after={last}")).await.json();
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (1, &json!(false)));
    for wrong in ["/files?limit=x", "/files?after=no", "/fine_tuning/jobs?after=no"] {
        assert_eq!(server.get(wrong).await.status, 400, "{wrong}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_refused_before_anything_is_written() {
    let home = home();
    let server = Server::start(home.path()).await;
    let file = server.upload(&examples(24)).await;
    let job = server.create(&file, small(1)).await;
    let job = server.wait_for(job["id"].as_str().unwrap(), &["succeeded"]).await;
    let folder = home.path().join("taken-along");
    let export = |model: &str| json!({"model": model, "kind": "adapter", "folder": folder});
    let lab =
        server.post("/attune/exports", &export(job["fine_tuned_model"].as_str().unwrap())).await;
    assert_eq!((lab.status, &lab.json()["error"]["code"]), (400, &json!("model_not_exportable")));
    assert_eq!(server.post("/attune/exports", &export("ft:none")).await.status, 404);
    assert_eq!(server.get("/attune/exports/export-none").await.status, 404);
    assert!(!folder.exists());
    server.stop().await;
}
