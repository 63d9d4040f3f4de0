//! A model of somebody else, from its folder to a trained, continued and exported one.

use super::*;
use crate::formats::hub::testing::write_folder;

/// Adapters on a model so small that it trains in seconds.
pub(super) fn adapters(epochs: u64) -> Value {
    json!({"suffix": "mine", "method": {"type": "supervised", "supervised": {"hyperparameters":
        {"n_epochs": epochs, "batch_size": 4, "rank": 4, "context": 96, "dial": 1}}}})
}

pub(super) async fn trained(server: &Server, model: &str, file: &str, mut wanted: Value) -> Value {
    wanted["model"] = json!(model);
    wanted["validation_file"] = json!(file);
    let job = server.create(file, wanted).await;
    server.wait_for(job["id"].as_str().unwrap(), &["succeeded", "failed"]).await
}

pub(super) async fn row(server: &Server, model: &str) -> Value {
    server.get(&format!("/models/{model}")).await.json()["x_engine"].clone()
}

pub(super) async fn exported(server: &Server, model: &str, kind: &str, folder: &Path) -> Value {
    let body = json!({"model": model, "kind": kind, "folder": folder});
    let mut export = server.post("/attune/exports", &body).await.json();
    while ["writing", "proving"].contains(&export["phase"].as_str().unwrap()) {
        tokio::task::yield_now().await;
        let path = format!("/attune/exports/{}", export["id"].as_str().unwrap());
        export = server.get(&path).await.json();
    }
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_others_is_named_trained_continued_and_taken_along() {
    let home = home();
    let server = Server::start(home.path()).await;
    let files = home.path().join("Tiny Llama");
    write_folder(&files);
    let added = server.post("/attune/models", &json!({"path": files})).await.json();
    let base = added["id"].as_str().unwrap().to_owned();
    assert_eq!((base.as_str(), &added["x_engine"]["kind"]), ("own:tiny-llama", &json!("own")));
    let file = server.upload(&examples(24)).await;
    let plan = json!({"model": base, "training_file": file, "hyperparameters": {"rank": 4}});
    let plan = server.post("/attune/plans", &plan).await.json();
    assert!(plan["learnt_parameters"].as_u64() < plan["parameters"].as_u64(), "{plan}");
    assert_eq!((&plan["settings"]["rank"], &plan["settings"]["alpha"]), (&json!(4), &json!(8.0)));

    let first = trained(&server, &base, &file, adapters(2)).await;
    assert_eq!(first["status"], "succeeded", "{first}");
    let (extras, name) = (&first["x_engine"], first["fine_tuned_model"].as_str().unwrap());
    assert!(name.starts_with("ft:own:tiny-llama:attune:mine:"), "{name}");
    assert_eq!((&extras["base"], &extras["parent_job"]), (&json!(base), &Value::Null));
    let second = trained(&server, name, &file, adapters(1)).await;
    assert_eq!(
        (&second["status"], &second["x_engine"]["parent_job"]),
        (&json!("succeeded"), &first["id"])
    );
    let second = second["fine_tuned_model"].as_str().unwrap();
    let question = |model: &str| json!({"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "ping"}]});
    for model in [&base, name, second] {
        assert_eq!(server.post("/chat/completions", &question(model)).await.status, 200, "{model}");
    }

    for (kind, has) in [("adapter", "adapter_config.json"), ("merged", "config.json")] {
        let folder = home.path().join("out").join(kind);
        std::fs::create_dir_all(&folder).unwrap();
        let export = exported(&server, second, kind, &folder).await;
        let count = |name: &str| export[name].as_u64().unwrap();
        assert_eq!((&export["phase"], count("asked")), (&json!("done"), 5), "{export}");
        assert_eq!(count("same") + count("rounded"), 5, "{export}");
        assert!(kind == "merged" || count("rounded") == 0, "{export}");
        assert!(folder.join(has).is_file() && export["fraction"] == 1.0);
        let again = json!({"model": second, "kind": kind, "folder": folder});
        let again = server.post("/attune/exports", &again).await;
        assert_eq!(
            (again.status, &again.json()["error"]["code"]),
            (400, &json!("folder_not_empty"))
        );
    }
    assert_eq!(std::fs::read_dir(home.path().join("out")).unwrap().count(), 2);

    assert_eq!(server.send("DELETE", &format!("/models/{base}"), "", b"").await.status, 200);
    assert!(files.join("config.json").is_file());
    assert_eq!(row(&server, second).await["unusable"]["code"], "model_files_missing");
    server.stop().await;
}
