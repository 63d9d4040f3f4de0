//! Files and uploads.

use std::time::Duration;

use md5::{Digest, Md5};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::client::{Asks, examples, file_form, started};
use crate::fake_service::FakeSettings;
use crate::fake_service::request_log::hexadecimal;

#[tokio::test]
async fn a_file_is_kept_listed_read_and_removed() {
    let (service, asks) = started();
    let content = examples(12);
    let id = asks.upload("train.jsonl", content.clone()).await;
    let file = asks.get(&format!("/files/{id}")).await;
    assert_eq!(
        (file["bytes"].as_u64(), file["filename"].as_str()),
        (Some(content.len() as u64), Some("train.jsonl"))
    );
    let path = format!("/files/{id}/content");
    assert_eq!(asks.request("GET", &path).send().await.unwrap().text().await.unwrap(), content);
    assert_eq!(service.files()[0].content, content.into_bytes());
    asks.delete(&format!("/files/{id}")).await;
    let (status, reply) = asks.send("GET", &format!("/files/{id}"), |it| it).await;
    assert_eq!((status, reply["error"]["code"].as_str()), (404, Some("file_not_found")));
    assert_eq!(asks.get("/files").await["data"], json!([]));
}

#[tokio::test]
async fn lists_of_files_come_in_pages_in_both_orders() {
    let (_service, asks) = started();
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(asks.upload(&format!("{number}.jsonl"), examples(1)).await);
    }
    for order in ["asc", "desc"] {
        let (mut seen, mut after): (Vec<Value>, String) = (Vec::new(), String::new());
        loop {
            let page =
                asks.get(&format!("/files?limit=2&order={order}{after}&purpose=fine-tune")).await;
            seen.extend(page["data"].as_array().unwrap().iter().map(|file| file["id"].clone()));
            if page["has_more"] == false {
                break;
            }
            after = format!("&after={}", page["last_id"].as_str().unwrap());
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!(seen, sent);
    }
    assert_eq!(asks.get("/files?purpose=batch").await["data"], json!([]));
    for query in ["limit=0", "limit=x", "after=file-none"] {
        assert_eq!(asks.send("GET", &format!("/files?{query}"), |it| it).await.0, 400);
    }
}

#[tokio::test]
async fn a_file_goes_away_when_it_was_said_to() {
    let (service, asks) = started();
    let form = |seconds: &'static str| {
        file_form("a.jsonl", examples(1), "fine-tune")
            .text("expires_after[anchor]", "created_at")
            .text("expires_after[seconds]", seconds)
    };
    let kept = Asks::good(asks.send("POST", "/files", |it| it.multipart(form("3600"))).await);
    assert_eq!(kept["expires_at"].as_u64(), Some(service.now() + 3_600));
    assert_eq!(asks.send("POST", "/files", |it| it.multipart(form("3599"))).await.0, 400);
    service.advance(Duration::from_secs(3_599));
    assert_eq!(service.files().len(), 1);
    service.advance(Duration::from_secs(1));
    assert_eq!(service.files(), []);
}

#[tokio::test]
async fn a_file_for_training_is_lines_with_a_known_purpose() {
    let (_service, asks) = started();
    for (name, purpose) in [("a.csv", "fine-tune"), ("a.jsonl", "nonsense")] {
        let form = file_form(name, "x", purpose);
        assert_eq!(asks.send("POST", "/files", |it| it.multipart(form)).await.0, 400);
    }
    let form = Form::new().text("purpose", "fine-tune");
    assert_eq!(asks.send("POST", "/files", |it| it.multipart(form)).await.0, 400);
}

async fn begin(asks: &Asks, bytes: usize) -> String {
    let order = json!({
        "filename": "large.jsonl", "purpose": "fine-tune", "bytes": bytes,
        "mime_type": "text/jsonl",
    });
    let upload = asks.post("/uploads", &order).await;
    assert_eq!(upload["status"], "pending");
    upload["id"].as_str().unwrap().to_owned()
}

async fn part(asks: &Asks, upload: &str, content: &[u8]) -> (u16, Value) {
    let form = Form::new().part("data", Part::bytes(content.to_vec()).file_name("part"));
    asks.send("POST", &format!("/uploads/{upload}/parts"), |it| it.multipart(form)).await
}

#[tokio::test]
async fn parts_become_a_file_in_the_order_of_complete() {
    let (service, asks) = started();
    let content = examples(40);
    let (first, second) = content.as_bytes().split_at(1_000);
    let upload = begin(&asks, content.len()).await;
    let path = format!("/uploads/{upload}/complete");
    let mut ids = Vec::new();
    for bytes in [second, first, first] {
        ids.push(Asks::good(part(&asks, &upload, bytes).await)["id"].clone());
    }
    let md5 = hexadecimal(&Md5::digest(&content));
    let wrong = [
        json!({"part_ids": [ids[1]]}),
        json!({"part_ids": [ids[1], ids[1]]}),
        json!({"part_ids": [ids[1], ids[0]], "md5": hexadecimal(&Md5::digest("else"))}),
        json!({"part_ids": [ids[0], ids[1]], "md5": md5}),
        json!({"part_ids": ["part_none"]}),
        json!({"part_ids": []}),
    ];
    for order in wrong {
        assert_eq!(asks.refused(&path, &order).await.0, 400);
    }
    // A part that was sent twice has two ids; either serves.
    let done = asks.post(&path, &json!({"part_ids": [ids[2], ids[0]], "md5": md5})).await;
    assert_eq!(
        (done["status"].as_str(), done["file"]["bytes"].as_u64()),
        (Some("completed"), Some(content.len() as u64))
    );
    assert_eq!(service.files()[0].content, content.into_bytes());
    assert_eq!(asks.refused(&path, &json!({"part_ids": [ids[1], ids[0]]})).await.0, 400);
    assert_eq!(service.files().len(), 1, "completing twice makes no second file");
}

#[tokio::test]
async fn an_upload_ends_after_an_hour_or_when_it_is_cancelled() {
    let (service, asks) = started();
    let (late, stopped) = (begin(&asks, 3).await, begin(&asks, 3).await);
    asks.post(&format!("/uploads/{stopped}/cancel"), &json!({})).await;
    service.advance(Duration::from_secs(3_599));
    let id = Asks::good(part(&asks, &late, b"abc").await)["id"].clone();
    service.advance(Duration::from_secs(1));
    for upload in [&late, &stopped] {
        assert_eq!(part(&asks, upload, b"abc").await.0, 400);
        let order = json!({"part_ids": [id]});
        assert_eq!(asks.refused(&format!("/uploads/{upload}/complete"), &order).await.0, 400);
    }
    let states: Vec<&str> = service.uploads().iter().map(|(_, state)| *state).collect();
    assert_eq!(states, ["expired", "cancelled"]);
    assert_eq!(service.files(), []);
}

#[tokio::test]
async fn wrong_orders_for_an_upload_are_refused() {
    let (_service, asks) = started();
    let good = json!({"filename": "a.jsonl", "purpose": "fine-tune", "bytes": 3, "mime_type": "text/jsonl"});
    let changes = [
        ("bytes", json!(0)),
        ("bytes", json!(9_000_000_000_u64)),
        ("purpose", json!("evals")),
        ("filename", json!(null)),
        ("mime_type", json!("")),
        ("expires_after", json!({"anchor": "created_at", "seconds": 5})),
    ];
    for (name, value) in changes {
        let mut order = good.clone();
        order[name] = value;
        assert_eq!(asks.refused("/uploads", &order).await.0, 400, "{name}");
    }
    assert_eq!(asks.refused("/uploads/upload_none/cancel", &json!({})).await.0, 404);
}

#[tokio::test]
async fn another_organisation_sees_nothing() {
    use crate::fake_service::{Account, FakeService, TokenKind};
    let mut settings = FakeSettings::default();
    settings.accounts.push(Account::new("sk-other", TokenKind::Normal).of("org-other"));
    let service = FakeService::start(settings);
    let ours = Asks::new(service.base_url());
    let theirs = Asks::with_token(service.base_url(), "sk-other");
    let id = ours.upload("a.jsonl", examples(10)).await;
    assert_eq!(theirs.get("/files").await["data"], json!([]));
    assert_eq!(theirs.send("DELETE", &format!("/files/{id}"), |it| it).await.0, 404);
    let order = super::client::order(&id, "launch");
    assert_eq!(theirs.refused("/fine_tuning/jobs", &order).await.1, "file_not_found");
    let named = |it: reqwest::RequestBuilder| it.header("OpenAI-Organization", "org-other");
    assert_eq!(ours.send("GET", "/files", named).await.0, 401);
}
