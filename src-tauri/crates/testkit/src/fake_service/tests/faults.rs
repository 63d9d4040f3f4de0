//! What goes wrong by plan: the matrix of E-02, every form of `Retry-After`, cuts, plans as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Asks, examples, give_up_when, order, started};
use crate::fake_service::{FakeService, Fault, FaultPlan, ListBehaviour, RetryAfter, Rule};

const JOBS: &str = "/fine_tuning/jobs";
/// What a client can see of an order.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    NoAnswer,
    Garbled(u16),
    Answer { status: u16, has_id: bool },
}

/// The eleven faults of the matrix, with what a client sees and whether the job exists.
fn faults() -> Vec<(Fault, Seen, usize)> {
    let answer = |status, has_id| Seen::Answer { status, has_id };
    let late = |retry_after| Fault::TooMany { retry_after };
    vec![
        (Fault::DropBeforeRead, Seen::NoAnswer, 0),
        (Fault::DropAfterAccept, Seen::NoAnswer, 1),
        (Fault::ErrorAfterAccept, answer(500, false), 1),
        (Fault::BadGateway { accept: true }, Seen::Garbled(502), 1),
        (Fault::Hang { accept: true }, Seen::NoAnswer, 1),
        (Fault::Drip { bytes: 64, pause_ms: 1 }, answer(200, true), 1),
        (Fault::TruncatedJson, Seen::Garbled(200), 1),
        (Fault::WrongContentType, Seen::Garbled(200), 1),
        (Fault::WithoutId, answer(200, false), 1),
        (late(RetryAfter::Text("3".to_owned())), answer(429, false), 0),
        (Fault::Conflict, answer(409, false), 0),
    ]
}

async fn see(service: &FakeService, asks: &Asks, fault: &Fault, order: &Value) -> Seen {
    let request = asks.request("POST", JOBS).json(order);
    if let Fault::Hang { accept: true } = fault {
        let before = service.ledger().rows().len();
        give_up_when(request, || service.ledger().rows().len() > before).await;
        return Seen::NoAnswer;
    }
    let Ok(response) = request.send().await else { return Seen::NoAnswer };
    let status = response.status().as_u16();
    let Ok(body) = response.bytes().await else { return Seen::NoAnswer };
    match serde_json::from_slice::<Value>(&body) {
        Ok(reply) => Seen::Answer { status, has_id: reply["id"].is_string() },
        Err(_) => Seen::Garbled(status),
    }
}

async fn found(asks: &Asks, query: &str) -> (u16, Vec<Value>, bool) {
    let response = asks.request("GET", &format!("{JOBS}?{query}")).send().await.unwrap();
    let status = response.status().as_u16();
    let page: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let rows = page["data"].as_array().cloned().unwrap_or_default();
    (status, rows, page["has_more"] == true)
}

/// How many of the jobs that a list answers carry our id, one look at a time.
async fn rows_of(asks: &Asks, launch_id: &str) -> usize {
    let (status, rows, _) = found(asks, &format!("metadata[launch_id]={launch_id}")).await;
    assert_eq!(status, 200);
    rows.iter().filter(|row| row["metadata"]["launch_id"] == launch_id).count()
}

/// After the loss, the list behaves as planned; `made` jobs are there to be found.
async fn check_list(service: &FakeService, asks: &Asks, list: &ListBehaviour, made: usize) {
    match list {
        ListBehaviour::Instant => assert_eq!(rows_of(asks, "ours").await, made),
        ListBehaviour::Lag(seconds) => {
            service.advance(Duration::from_secs(seconds - 1));
            assert_eq!(rows_of(asks, "ours").await, 0);
            service.advance(Duration::from_secs(1));
            assert_eq!(rows_of(asks, "ours").await, made);
        }
        ListBehaviour::Fails(times) => {
            for _ in 0..*times {
                assert_eq!(found(asks, "metadata[launch_id]=ours").await.0, 500);
            }
            assert_eq!(rows_of(asks, "ours").await, made);
        }
        ListBehaviour::FilterIgnored => {
            let (_, rows, _) = found(asks, "metadata[launch_id]=ours").await;
            assert_eq!(rows.len(), made + 1, "the other launch's job is answered too");
            assert_eq!(rows_of(asks, "ours").await, made);
        }
        ListBehaviour::CursorLoop => {
            let (_, rows, more) = found(asks, "limit=1").await;
            let last = rows[0]["id"].as_str().unwrap();
            assert!(more);
            let again = found(asks, &format!("limit=1&after={last}")).await;
            assert_eq!((again.1, again.2), (rows, true));
        }
        ListBehaviour::WithoutMetadata => {
            assert_eq!(rows_of(asks, "ours").await, 0);
            let (_, rows, _) = found(asks, "limit=100").await;
            assert_eq!(rows.len(), made + 1);
            assert!(rows.iter().all(|row| row.get("metadata").is_none()));
        }
    }
}

#[tokio::test]
async fn every_fault_meets_every_list_as_planned() {
    let lists = [
        ListBehaviour::Instant,
        ListBehaviour::Lag(5),
        ListBehaviour::Lag(60),
        ListBehaviour::Fails(2),
        ListBehaviour::FilterIgnored,
        ListBehaviour::CursorLoop,
        ListBehaviour::WithoutMetadata,
    ];
    let mut cells = 0;
    for list in &lists {
        for (fault, expected, made) in faults() {
            let (service, asks) = started();
            let file = asks.upload("train.jsonl", examples(10)).await;
            assert_eq!(asks.post(JOBS, &order(&file, "other")).await["object"], "fine_tuning.job");
            let name = fault.name();
            let rule = Rule::new("POST", JOBS, fault.clone());
            service.plan(FaultPlan::new().with(rule).listing(list.clone()));
            let seen = see(&service, &asks, &fault, &order(&file, "ours")).await;
            assert_eq!(seen, expected, "{name} x {list:?}");
            let created = service.ledger().created_per_launch().get("ours").copied();
            assert_eq!(created.unwrap_or(0), made, "{name} x {list:?}");
            assert_eq!(service.log().last().unwrap().fault, Some(name));
            check_list(&service, &asks, list, made).await;
            // The fault was for one request: the next order of the same launch is bought again.
            service.plan(FaultPlan::new());
            assert_eq!(asks.post(JOBS, &order(&file, "ours")).await["status"], "validating_files");
            assert_eq!(service.ledger().bought_twice().len(), made, "{name} x {list:?}");
            cells += 1;
        }
    }
    assert_eq!(cells, 77);
}

#[tokio::test]
async fn a_rule_meets_the_requests_it_names() {
    let (service, asks) = started();
    let plan = FaultPlan::new()
        .with(Rule::new("GET", "/files/*", Fault::Conflict).starting_at(2).times(2))
        .with(Rule::new("GET", "/models", Fault::ErrorAfterAccept));
    service.plan(plan);
    let status = |method: &'static str, path: &'static str| {
        let sent = asks.request(method, path).send();
        async move { sent.await.unwrap().status().as_u16() }
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status("GET", "/files/file-none").await);
        assert_eq!(status("DELETE", "/files/file-none").await, 404);
        assert_eq!(status("GET", "/files").await, 200);
    }
    assert_eq!(seen, [404, 409, 409, 404]);
    assert_eq!([status("GET", "/models").await, status("GET", "/models").await], [500, 200]);
}

#[tokio::test]
async fn a_429_says_when_to_come_back_in_every_form() {
    let (service, asks) = started();
    let text = |text: &str| RetryAfter::Text(text.to_owned());
    let forms = [
        (RetryAfter::Absent, None),
        (text("7"), Some(("retry-after", "7"))),
        (text("-5"), Some(("retry-after", "-5"))),
        (text("1000000000"), Some(("retry-after", "1000000000"))),
        (text("soon"), Some(("retry-after", "soon"))),
        (RetryAfter::Date(90), Some(("retry-after", "Sun, 22 Nov 2026 12:01:30 GMT"))),
        (RetryAfter::Date(-90), Some(("retry-after", "Sun, 22 Nov 2026 11:58:30 GMT"))),
        (RetryAfter::Milliseconds(1_500), Some(("retry-after-ms", "1500"))),
        (RetryAfter::ShouldRetry(false), Some(("x-should-retry", "false"))),
    ];
    for (form, expected) in forms {
        let fault = Fault::TooMany { retry_after: form };
        service.plan(FaultPlan::new().with(Rule::new("GET", "/models", fault)));
        let response = asks.request("GET", "/models").send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["date"], "Sun, 22 Nov 2026 12:00:00 GMT");
        let names = ["retry-after", "retry-after-ms", "x-should-retry"];
        let headers = response.headers();
        let header = |name: &'static str| Some((name, headers.get(name)?.to_str().ok()?));
        let seen: Vec<_> = names.into_iter().filter_map(header).collect();
        assert_eq!(seen, Vec::from_iter(expected));
    }
}

#[tokio::test]
async fn a_cut_answer_is_seen_as_cut_wherever_it_is_cut() {
    let (service, asks) = started();
    asks.upload("train.jsonl", examples(10)).await;
    let whole = asks.request("GET", "/files").send().await.unwrap().bytes().await.unwrap();
    for bytes in 0..whole.len() {
        let fault = Fault::CutResponse { bytes };
        service.plan(FaultPlan::new().with(Rule::new("GET", "/files", fault)));
        let mut response = asks.request("GET", "/files").send().await.unwrap();
        let mut read = Vec::new();
        let ended = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        assert_eq!((ended, &read[..]), (false, &whole[..bytes]));
    }
}

#[tokio::test]
async fn a_cut_request_leaves_nothing_behind() {
    let (service, asks) = started();
    let content = examples(100);
    for bytes in [0, 1, 500, 5_000] {
        let rule = Rule::new("POST", "/files", Fault::CutRequest { bytes });
        service.plan(FaultPlan::new().with(rule));
        let form = super::client::file_form("train.jsonl", content.clone(), "fine-tune");
        assert!(asks.request("POST", "/files").multipart(form).send().await.is_err());
        assert_eq!(service.files(), []);
        let log = service.log();
        let entry = log.last().unwrap();
        assert_eq!((entry.body_bytes, entry.status), (bytes as u64, None));
        assert_eq!(entry.body_sha256, None);
    }
}

#[tokio::test]
async fn any_answer_can_be_given() {
    let (service, asks) = started();
    let fault = Fault::Reply {
        status: 407,
        headers: vec![("proxy-authenticate".to_owned(), "Basic".to_owned())],
        body: "<html>".to_owned(),
    };
    service.plan(FaultPlan::new().with(Rule::new("GET", "*", fault)));
    let response = asks.request("GET", "/models").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers().contains_key("content-type")),
        (407, false)
    );
    assert_eq!(response.headers()["proxy-authenticate"], "Basic");
    assert_eq!(response.text().await.unwrap(), "<html>");
}

#[tokio::test]
async fn a_field_of_an_answer_is_missing_or_is_something_else() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    asks.post(JOBS, &order(&file, "one")).await;
    let whole = asks.get(JOBS).await;
    let text = |pointer: &str| pointer.to_owned();
    let changed =
        |pointer: &str, value: Value| Fault::FieldChanged { pointer: text(pointer), value };
    let huge = Value::from("x".repeat(100_000));
    let cases = [
        (Fault::FieldRemoved { pointer: text("/data/0/status") }, "/data/0/status", None),
        (changed("/data/0/status", json!("pondering")), "/data/0/status", Some(json!("pondering"))),
        (changed("/data/0/surprise", huge.clone()), "/data/0/surprise", Some(huge)),
        (changed("/data/0", json!(7)), "/data/0", Some(json!(7))),
        (changed("/object", Value::Null), "/object", Some(Value::Null)),
    ];
    for (fault, pointer, expected) in cases {
        service.plan(FaultPlan::new().with(Rule::new("GET", JOBS, fault)));
        let sent = asks.request("GET", JOBS).send().await.unwrap().text().await.unwrap();
        let reply: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(reply.pointer(pointer), expected.as_ref());
        assert_eq!(reply["has_more"], whole["has_more"]);
    }
    assert_eq!(asks.get(JOBS).await, whole, "the job itself is as it was");
}

#[test]
fn a_plan_is_read_from_json_and_written_back() {
    let text = json!({
        "rules": [
            {"method": "POST", "path": "/fine_tuning/jobs", "fault": {"kind": "drop_after_accept"}},
            {"method": null, "path": "/files*", "first": 3, "times": 2,
             "fault": {"kind": "too_many", "retry_after": {"date": -5}}},
        ],
        "list": {"lag": 60},
    });
    let plan: FaultPlan = serde_json::from_value(text).unwrap();
    let dated = Fault::TooMany { retry_after: RetryAfter::Date(-5) };
    let expected = FaultPlan::new()
        .with(Rule::new("POST", JOBS, Fault::DropAfterAccept))
        .with(Rule::of_any_method("/files*", dated).starting_at(3).times(2))
        .listing(ListBehaviour::Lag(60));
    assert_eq!(plan, expected);
    assert_eq!(serde_json::from_value::<FaultPlan>(json!(expected)).unwrap(), expected);
    assert_eq!(serde_json::from_value::<FaultPlan>(json!({})).unwrap(), FaultPlan::new());
}
