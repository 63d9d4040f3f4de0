//! The clients against small servers on this computer: what is asked again, and what stands in the
//! way of an answer.

mod obstacles;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap as Headers, HeaderName, HeaderValue, StatusCode};
use axum::routing::{any, delete};

use super::*;
use crate::{RefusalKind, ServiceKey};

/// A Monday in 2026; the servers of these tests show it as their date.
const NOW: &str = "Mon, 23 Nov 2026 10:00:00 GMT";

/// Time that stands still: a wait is written down and over at once.
#[derive(Debug, Default)]
pub(crate) struct Still {
    pub(crate) waits: Mutex<Vec<Duration>>,
    pub(crate) chance: f64,
}

impl Pauses for Still {
    fn now(&self) -> std::time::SystemTime {
        httpdate::parse_http_date(NOW).unwrap()
    }

    fn wait(&self, pause: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.waits.lock().unwrap().push(pause);
        Box::pin(std::future::ready(()))
    }

    fn chance(&self) -> f64 {
        self.chance
    }
}

pub(crate) fn endpoint(base_url: String) -> Endpoint {
    Endpoint::new(base_url, ServiceKey::new("sk-test".to_owned()), Capabilities::openai())
}

/// Serves `router` on a free port and gives its address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1")
}

/// Asks a service that always answers with `status`, `headers` and `body`; gives the pauses that
/// were made and the refusal.
async fn asked(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
    chance: f64,
) -> (Vec<f64>, RefusedReply) {
    let mut sent = Headers::new();
    sent.insert("date", HeaderValue::from_static(NOW));
    for (name, value) in headers {
        sent.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let count = Arc::new(Mutex::new(0_usize));
    let answer = move |State(count): State<Arc<Mutex<usize>>>| async move {
        *count.lock().unwrap() += 1;
        (StatusCode::from_u16(status).unwrap(), sent, body)
    };
    let router = Router::new().route("/v1/models", any(answer)).with_state(Arc::clone(&count));
    let pauses = Arc::new(Still { chance, ..Still::default() });
    let http = Http::new(endpoint(serve(router).await)).unwrap();
    let http = http.with_pauses(Arc::clone(&pauses) as Arc<dyn Pauses>);
    let Err(ServiceError::Refused(refused)) = http.ask("models", http.get("/models")).await else {
        panic!("a refusal was due");
    };
    let waits: Vec<f64> = pauses.waits.lock().unwrap().iter().map(Duration::as_secs_f64).collect();
    assert_eq!(*count.lock().unwrap(), waits.len() + 1, "one try more than pauses");
    (waits, *refused)
}

const BACKOFF: &[f64] = &[0.5, 1.0, 2.0, 4.0];
const QUOTA: &str = r#"{"error":{"message":"x","type":"insufficient_quota","code":null}}"#;

/// A status, its headings, and the seconds that are waited before each further try.
type WaitCase = (u16, &'static [(&'static str, &'static str)], &'static [f64]);

#[tokio::test]
async fn a_wish_to_be_left_alone_is_honoured_up_to_ten_minutes() {
    let cases: &[WaitCase] = &[
        (429, &[], BACKOFF),
        (429, &[("retry-after", "3")], &[3.0; 4]),
        (429, &[("retry-after", " 2 ")], &[2.0; 4]),
        (429, &[("retry-after", "0.25")], &[0.25; 4]),
        (429, &[("retry-after", "600")], &[600.0; 4]),
        (429, &[("retry-after", "601")], &[]),
        (429, &[("retry-after", "1000000000")], &[]),
        (429, &[("retry-after", "99999999999999999999999")], &[]),
        (429, &[("retry-after", "0")], BACKOFF),
        (429, &[("retry-after", "-5")], BACKOFF),
        (429, &[("retry-after", "soon")], BACKOFF),
        (429, &[("retry-after", "")], BACKOFF),
        (429, &[("retry-after", "inf")], BACKOFF),
        (429, &[("retry-after", "Mon, 23 Nov 2026 10:00:40 GMT")], &[40.0; 4]),
        (429, &[("retry-after", "Mon, 23 Nov 2026 09:00:00 GMT")], BACKOFF),
        (429, &[("retry-after", "Mon, 23 Nov 2026 12:00:00 GMT")], &[]),
        (429, &[("retry-after-ms", "1500")], &[1.5; 4]),
        (429, &[("retry-after-ms", "x"), ("retry-after", "2")], &[2.0; 4]),
        (429, &[("retry-after-ms", "-1"), ("retry-after", "2")], BACKOFF),
        (429, &[("x-should-retry", "false"), ("retry-after", "2")], &[]),
        (400, &[("x-should-retry", "true")], BACKOFF),
        (400, &[("x-should-retry", "perhaps")], &[]),
        (500, &[("retry-after", "7")], &[7.0; 4]),
        (503, &[], BACKOFF),
        (408, &[], BACKOFF),
        (409, &[], BACKOFF),
        (401, &[("retry-after", "2")], &[]),
        (404, &[], &[]),
    ];
    for (status, headers, expected) in cases {
        let (waits, _) = asked(*status, headers, "{}", 0.0).await;
        assert_eq!(waits, *expected, "{status} {headers:?}");
    }
    let (waits, refused) = asked(429, &[], QUOTA, 0.0).await;
    assert_eq!((waits.len(), refused.meaning()), (0, RefusalKind::NoCredit));
}

#[tokio::test]
async fn chance_spreads_the_pauses_and_never_shortens_a_wish() {
    let (waits, _) = asked(503, &[], "", 1.0).await;
    assert_eq!(waits, [0.375, 0.75, 1.5, 3.0]);
    let (waits, _) = asked(503, &[("retry-after", "3")], "", 1.0).await;
    assert_eq!(waits, [3.5; 4]);
}

#[tokio::test]
async fn a_refusal_keeps_everything_that_was_said() {
    let body = r#"{"error":{"message":"no","type":"t","param":"model","code":"c"}}"#;
    let headers = [("x-request-id", "req_1"), ("retry-after", "900")];
    let (_, refused) = asked(429, &headers, body, 0.0).await;
    let expected = RefusedReply {
        status: 429,
        code: Some("c".into()),
        kind: Some("t".into()),
        param: Some("model".into()),
        message: "no".into(),
        request_id: Some("req_1".into()),
        retry_after: Some(Duration::from_secs(900)),
        ..RefusedReply::default()
    };
    assert_eq!(refused, expected);
}

/// A proxy that is badly set up repeats what it was sent.
#[tokio::test]
async fn a_refusal_that_repeats_the_key_does_not_hand_it_on() {
    let answer = |headers: Headers| async move {
        let key = headers["authorization"].to_str().unwrap().to_owned();
        let spelled = key.replace('-', "\\u002d");
        let body = format!(r#"{{"error":{{"message":"got {key}","code":"{spelled}"}}}}"#);
        (StatusCode::BAD_REQUEST, body)
    };
    let router = Router::new().route("/v1/models", any(answer));
    let key = "sk-proj-canary-of-this-test";
    let endpoint =
        Endpoint { key: ServiceKey::new(key.to_owned()), ..endpoint(serve(router).await) };
    let http = Http::new(endpoint).unwrap();
    let error = http.ask("models", http.get("/models")).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(key), "{error:?}");
    assert!(error.to_string().contains("got Bearer ****"), "{error}");
}

#[test]
fn a_refusal_is_read_from_anything() {
    let short = br#"{"error":{"message":"no","code":"not_enough_memory","needed":9,"free":6}}"#;
    let short = refusal_in(400, short);
    assert_eq!((short.needed, short.free), (Some(9), Some(6)));
    let message = |body: &str| refusal_in(502, body.as_bytes()).message;
    assert_eq!(message("<html>"), "status 502");
    assert_eq!(message(r#"{"error":"gone"}"#), "gone");
    assert_eq!(message(r#"{"detail":"not here"}"#), "not here");
    assert_eq!(message(r#"{"message":"busy"}"#), "busy");
    assert_eq!(message(r#"{"detail":[{"loc":1}]}"#), "status 502");
    let numbered = refusal_in(400, br#"{"error":{"message":"x","type":"t","code":1301}}"#);
    assert_eq!(numbered.code.as_deref(), Some("1301"));
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_removed() {
    let count = Arc::new(Mutex::new(0));
    let answer = |State(count): State<Arc<Mutex<u32>>>| async move {
        let mut count = count.lock().unwrap();
        *count += 1;
        if *count == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::NOT_FOUND }
    };
    let router = Router::new().route("/v1/files/a", delete(answer)).with_state(count);
    let http = Http::new(endpoint(serve(router).await)).unwrap();
    let http = http.with_pauses(Arc::new(Still::default()));
    assert!(http.remove("/files/a").await.is_ok());
    // The first answer says that it was never there.
    let again = http.remove("/files/a").await;
    assert!(matches!(again, Err(ServiceError::Refused(refused)) if refused.status == 404));
}

#[tokio::test]
async fn the_services_own_time_is_handed_on() {
    let answer = || async { ([("date", NOW)], "{}") };
    let router = Router::new().route("/v1/models", any(answer));
    let http = Http::new(endpoint(serve(router).await)).unwrap();
    assert_eq!(http.server_date(), None);
    http.ask("models", http.get("/models")).await.unwrap();
    assert_eq!(http.clone().server_date(), Some(1_795_428_000));
}
