//! What a model must give again when it is taken along, and what an end in the midst leaves.

use std::sync::atomic::{AtomicBool, Ordering};

use super::adapters::{adapters, exported, trained};
use super::*;
use crate::formats::hub::testing::write_folder;

/// A server with a small trained model, by its name, and where its files are.
async fn with_model(options: EngineOptions) -> (Server, String, std::path::PathBuf) {
    let home = options.home.clone();
    let server = Server::with(options).await;
    let files = home.join("Tiny Llama");
    write_folder(&files);
    let base = server.post("/attune/models", &json!({"path": files})).await.json();
    let file = server.upload(&examples(24)).await;
    let job = trained(&server, base["id"].as_str().unwrap(), &file, adapters(1)).await;
    let id = job["id"].as_str().unwrap().trim_start_matches("ftjob-");
    (server, job["fine_tuned_model"].as_str().unwrap().to_owned(), home.join("models").join(id))
}

fn read(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("answers.json")).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_do_not_give_the_stored_answers_never_count_as_written() {
    let home = home();
    let (server, model, folder) = with_model(options(home.path())).await;
    let stored = read(&folder);
    assert_eq!(stored["answers"].as_array().unwrap().len(), 5);
    assert_eq!(stored["answers"][0]["question"]["turns"][0]["text"], "ping");
    let mut other = stored.clone();
    other["answers"][2]["answer"] = json!("what it never said");
    std::fs::write(folder.join("answers.json"), other.to_string()).unwrap();
    let out = home.path().join("out");
    for kind in ["adapter", "merged"] {
        let export = exported(&server, &model, kind, &out.join(kind)).await;
        assert_eq!(export["error"]["code"], "export_not_proven", "{export}");
        assert_eq!(
            (&export["asked"], &export["rounded"].as_u64().unwrap()),
            (&json!(5), &(4 - export["same"].as_u64().unwrap()))
        );
    }
    assert_eq!(std::fs::read_dir(&out).map_or(0, Iterator::count), 0);

    // A model of an earlier version has no answers: they are made once, then they count.
    std::fs::remove_file(folder.join("answers.json")).unwrap();
    let export = exported(&server, &model, "adapter", &out.join("adapter")).await;
    assert_eq!((&export["phase"], &export["same"]), (&json!("done"), &json!(5)), "{export}");
    assert_eq!(read(&folder), stored);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ended_engine_left_beside_a_folder_is_removed_and_nothing_else() {
    let home = home();
    let (server, model, _) = with_model(options(home.path())).await;
    let out = home.path().join("out");
    let id = "01k2j3m4n5p6q7r8s9t0v1w2x3";
    let left = [format!(".taken.export-{id}"), format!("..taken.export-{id}.tmp")];
    let kept = [format!(".other.export-{id}"), ".taken.export-notes".to_owned()];
    for name in left.iter().chain(&kept) {
        std::fs::create_dir_all(out.join(name)).unwrap();
    }
    let export = exported(&server, &model, "adapter", &out.join("taken")).await;
    assert_eq!(export["phase"], "done", "{export}");
    assert!(left.iter().all(|name| !out.join(name).exists()));
    assert!(kept.iter().all(|name| out.join(name).exists()));
    server.stop().await;
}

static REACHED: AtomicBool = AtomicBool::new(false);
static GO_ON: AtomicBool = AtomicBool::new(false);

fn hold_export(point: &'static str) {
    if point == "engine.export.mid" {
        REACHED.store(true, Ordering::SeqCst);
        while !GO_ON.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_ends_waits_until_an_export_has_cleaned_up() {
    let home = home();
    let wanted = EngineOptions { on_point: hold_export, ..options(home.path()) };
    let (server, model, _) = with_model(wanted).await;
    let out = home.path().join("out");
    let body = json!({"model": model, "kind": "adapter", "folder": out.join("taken")});
    assert_eq!(server.post("/attune/exports", &body).await.status, 200);
    while !REACHED.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    let port = server.port;
    let ending = tokio::spawn(server.stop());
    while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!ending.is_finished());
    GO_ON.store(true, Ordering::SeqCst);
    ending.await.unwrap();
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_a_model_refuses_to_read_counts_for_nothing() {
    let home = home();
    let (server, model, folder) = with_model(options(home.path())).await;
    // Without the files of the training it is asked the usual questions, two of which are refused.
    let files: Value = server.get("/files").await.json();
    for file in files["data"].as_array().unwrap() {
        let path = format!("/files/{}", file["id"].as_str().unwrap());
        assert_eq!(server.send("DELETE", &path, "", b"").await.status, 200);
    }
    let template = "{% if '?' in messages[0]['content'] or 'some' in messages[0]['content'] %}\
                    {{ raise_exception('no') }}{% endif %}{{ messages[0]['content'] }}";
    std::fs::write(home.path().join("Tiny Llama/chat_template.jinja"), template).unwrap();
    std::fs::remove_file(folder.join("answers.json")).unwrap();
    forget_fingerprint(&folder);
    let export = exported(&server, &model, "adapter", &home.path().join("out")).await;
    assert_eq!((&export["phase"], &export["asked"]), (&json!("done"), &json!(1)), "{export}");
    assert_eq!(read(&folder)["answers"][0]["question"]["turns"][0]["text"], "Hello.");

    std::fs::write(
        home.path().join("Tiny Llama/chat_template.jinja"),
        "{{ raise_exception('no') }}",
    )
    .unwrap();
    std::fs::remove_file(folder.join("answers.json")).unwrap();
    let export = exported(&server, &model, "adapter", &home.path().join("none")).await;
    assert_eq!(export["error"]["code"], "export_not_proven", "{export}");
    server.stop().await;
}

/// Makes a model look as if an earlier version had trained it.
fn forget_fingerprint(folder: &Path) {
    let origin = folder.join("attune.json");
    let mut known: Value = serde_json::from_slice(&std::fs::read(&origin).unwrap()).unwrap();
    known.as_object_mut().unwrap().remove("base_fingerprint");
    std::fs::write(&origin, known.to_string()).unwrap();
}
