//! What a key is worth, found out in one question.

use super::*;
use crate::{KeyKind, ServiceKey, TlsFault, UnreachableCause};

/// Checks a key against a service that answers with `status` and `body`.
async fn check(status: u16, body: Value) -> KeyCheck {
    let answer = move || async move {
        let headers = [("date", "Mon, 23 Nov 2026 10:00:00 GMT")];
        (StatusCode::from_u16(status).unwrap(), headers, Json(body))
    };
    let router = Router::new().route("/v1/models", routing::get(answer));
    serve(router).await.check_key(Duration::from_secs(30)).await
}

fn refusal(code: &str) -> Value {
    json!({"error": {"message": "x", "type": "t", "code": code}})
}

#[tokio::test]
async fn a_key_is_accepted_with_what_it_may_use() {
    let models = json!({"data": [
        {"id": "gpt-4.1-2025-04-14", "shutdown_date": "2027-01-14"},
        {"id": "gpt-4o-mini-2024-07-18", "shutdown_date": "2026-11-23"},
        {"id": "ft:gpt-4.1-mini-2025-04-14:org::1", "shutdown_date": null},
        {"id": "gpt-6-luna"},
    ]});
    let names = ["gpt-4.1-2025-04-14", "ft:gpt-4.1-mini-2025-04-14:org::1"];
    let tunable = Some(names.map(str::to_owned).to_vec());
    assert_eq!(check(200, models).await, KeyCheck::Accepted { models: 4, tunable });
    let nothing = KeyCheck::Accepted { models: 0, tunable: Some(Vec::new()) };
    assert_eq!(check(200, json!({"data": []})).await, nothing);
}

#[tokio::test]
async fn a_key_that_is_not_accepted_says_why() {
    for (status, code, expected) in [
        (401, "invalid_api_key", "Refused"),
        (403, "unsupported_country_region_territory", "Refused"),
        (429, "insufficient_quota", "NoCredit"),
        (402, "payment_required", "NoCredit"),
        (429, "rate_limit_exceeded", "NotNow"),
        (503, "overloaded", "NotNow"),
        (404, "not_found", "NotAService"),
    ] {
        let seen = format!("{:?}", check(status, refusal(code)).await);
        assert!(seen.starts_with(expected), "{status} {code}: {seen}");
    }
    assert_eq!(check(200, json!({"hello": 1})).await, KeyCheck::NotAService);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_not_a_wrong_key() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = adapter(format!("http://{address}/v1"));
    let waited = silent.check_key(Duration::from_millis(200)).await;
    assert_eq!(waited, KeyCheck::Unreachable(UnreachableCause::TimedOut));
    let talks_plainly =
        adapter(crate::http::tests::serve(Router::new()).await.replace("http:", "https:"));
    let plain = talks_plainly.check_key(Duration::from_secs(30)).await;
    assert_eq!(plain, KeyCheck::Unreachable(UnreachableCause::Tls(TlsFault::Other)));
}

#[tokio::test]
async fn an_admin_key_is_not_even_sent() {
    let nobody = Endpoint {
        key: ServiceKey::new("sk-admin-1".into()),
        ..endpoint("http://127.0.0.1:1/v1".into())
    };
    assert_eq!(nobody.key.kind(), KeyKind::Admin);
    let service = OpenAiCompatible::new(nobody).unwrap();
    assert_eq!(service.check_key(Duration::from_secs(30)).await, KeyCheck::AdminKey);
}
