//! The proxy: cuts at every place, slow, silent and dead lines.

use std::time::Duration;

use serde_json::Value;

use super::client::{Asks, examples, file_form, give_up_when, started};
use crate::fake_service::{FakeService, FaultProxy, Line};

/// Places to cut at: this many, evenly over the whole.
const POINTS: u64 = 200;

fn behind_a_proxy() -> (FakeService, FaultProxy, Asks) {
    let (service, _) = started();
    let proxy = FaultProxy::start(service.address());
    let asks = Asks::new(proxy.base_url());
    (service, proxy, asks)
}

async fn upload(asks: &Asks, content: &str) -> Result<Value, reqwest::Error> {
    let form = file_form("train.jsonl", content.to_owned(), "fine-tune");
    let text = asks.request("POST", "/files").multipart(form).send().await?.text().await?;
    Ok(serde_json::from_str(&text).unwrap())
}

async fn list(asks: &Asks) -> Result<Value, reqwest::Error> {
    let text = asks.request("GET", "/files").send().await?.text().await?;
    Ok(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_clear_line_changes_nothing() {
    let (service, proxy, asks) = behind_a_proxy();
    let content = examples(500);
    upload(&asks, &content).await.unwrap();
    assert_eq!(service.files()[0].content, content.into_bytes());
    assert_eq!(list(&asks).await.unwrap()["data"].as_array().unwrap().len(), 1);
    assert_eq!(proxy.connections(), 2);
    assert!(proxy.bytes_to_service() > 50_000 && proxy.bytes_to_client() > 500);
}

#[tokio::test]
async fn a_request_that_is_cut_anywhere_is_not_carried_out() {
    let (service, proxy, asks) = behind_a_proxy();
    let content = examples(10);
    upload(&asks, &content).await.unwrap();
    let whole = proxy.bytes_to_service();
    for point in 0..POINTS {
        proxy.next_line(Line::CutRequest(whole * point / POINTS));
        assert!(upload(&asks, &content).await.is_err(), "cut at {point} of {POINTS}");
    }
    assert_eq!(service.files().len(), 1);
    assert!(proxy.bytes_to_service() < whole * (1 + POINTS / 2) + whole);
    // The next line is a good one again.
    upload(&asks, &content).await.unwrap();
    assert_eq!(service.files().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_cut_anywhere_was_carried_out() {
    let (service, proxy, asks) = behind_a_proxy();
    let content = examples(10);
    upload(&asks, &content).await.unwrap();
    let whole = proxy.bytes_to_client();
    // Not before the first byte: such a cut may come while the request is still on its way.
    for point in 1..=POINTS {
        proxy.next_line(Line::CutResponse((whole - 1) * point / POINTS));
        assert!(upload(&asks, &content).await.is_err(), "cut at {point} of {POINTS}");
        let files = service.files();
        assert_eq!(files.len() as u64, 1 + point, "carried out, once");
        assert_eq!(files.last().unwrap().content, content.as_bytes());
    }
}

#[tokio::test]
async fn a_slow_line_brings_everything_in_the_end() {
    let (_service, proxy, asks) = behind_a_proxy();
    upload(&asks, &examples(1)).await.unwrap();
    let before = list(&asks).await.unwrap();
    proxy.next_line(Line::Slow { bytes: 16, pause: Duration::from_millis(1) });
    assert_eq!(list(&asks).await.unwrap(), before);
}

#[tokio::test]
async fn dead_lines_are_dead_in_their_own_way() {
    let (service, proxy, asks) = behind_a_proxy();
    upload(&asks, &examples(1)).await.unwrap();
    let seen = service.log().len();
    proxy.next_line(Line::BlackHole);
    let before = proxy.connections();
    give_up_when(asks.request("GET", "/files"), || proxy.connections() > before).await;
    proxy.next_line(Line::Refused);
    assert!(asks.request("GET", "/files").send().await.is_err());
    assert_eq!(service.log().len(), seen, "neither reached the service");
    // A few bytes of the head come, and then there is silence.
    for bytes in [1, 20] {
        proxy.next_line(Line::HalfOpen(bytes));
        let before = proxy.bytes_to_client();
        let all_came = || proxy.bytes_to_client() == before + bytes;
        give_up_when(asks.request("GET", "/files"), all_came).await;
    }
    assert_eq!(service.log().len(), seen + 2, "half-open lines did reach it");
    proxy.every_line(Line::Refused);
    for _ in 0..3 {
        assert!(list(&asks).await.is_err());
    }
    proxy.every_line(Line::Clear);
    list(&asks).await.unwrap();
}
