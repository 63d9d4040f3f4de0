//! Looking for the job of an order whose answer was lost, on services that list well and badly.

use std::collections::HashMap;

use super::*;
use axum::extract::Query;

/// How a list misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Fine,
    IgnoresFilter,
    LeadsInCircles,
}

/// A service with these jobs, the newest first, three a page.
async fn listing(jobs: Vec<Value>, manner: Manner) -> OpenAiCompatible {
    let list = move |Query(query): Query<HashMap<String, String>>| async move {
        let wanted = query.get("metadata[launch_id]").filter(|_| manner != Manner::IgnoresFilter);
        let fits = |job: &&Value| {
            wanted.is_none_or(|wanted| job["metadata"]["launch_id"] == wanted.as_str())
        };
        let rows: Vec<&Value> = jobs.iter().filter(fits).collect();
        let after = query.get("after").filter(|_| manner != Manner::LeadsInCircles);
        let begin = after.map_or(0, |after| {
            rows.iter().position(|job| job["id"] == after.as_str()).unwrap() + 1
        });
        let page: Vec<&Value> = rows[begin..].iter().take(3).copied().collect();
        let has_more = begin + page.len() < rows.len();
        Json(json!({"data": page, "has_more": has_more}))
    };
    serve(Router::new().route("/v1/fine_tuning/jobs", routing::get(list))).await
}

fn job(id: &str, created_at: i64, more: Value) -> Value {
    let mut job = json!({"id": id, "created_at": created_at, "metadata": {}});
    if let Value::Object(more) = more {
        job.as_object_mut().unwrap().extend(more);
    }
    job
}

/// Other people's jobs, one a minute, the newest at `newest`.
fn others(count: i64, newest: i64) -> Vec<Value> {
    let other = |at: i64| job(&format!("other-{at}"), newest - at * 60, json!({}));
    (0..count).map(other).collect()
}

const SENT: i64 = 1_760_000_000;

fn trace() -> LaunchTrace {
    LaunchTrace {
        launch_id: "L1".into(),
        training_file: Some("file-1".into()),
        code: Some("k7q2m9xz".into()),
        since: Some(SENT),
    }
}

#[track_caller]
fn check(search: &LaunchSearch, ids: &[&str], is_complete: bool) {
    let found: Vec<&str> = search.jobs.iter().map(|job| job.id.as_str()).collect();
    assert_eq!((found.as_slice(), search.is_complete), (ids, is_complete));
}

#[tokio::test]
async fn only_jobs_that_really_carry_the_launch_are_ours() {
    let jobs = vec![
        job("b", SENT + 9, json!({"metadata": {"launch_id": "L1"}})),
        job("c", SENT, json!({"metadata": {"launch_id": "L2"}, "training_file": "file-1"})),
        job("a", SENT, json!({"metadata": {"launch_id": "L1"}})),
        job("d", SENT - 9, json!({"metadata": null})),
    ];
    for (manner, is_complete) in [(Manner::Fine, true), (Manner::IgnoresFilter, false)] {
        let service = listing(jobs.clone(), manner).await;
        check(&service.search_launch(&trace()).await.unwrap(), &["a", "b"], is_complete);
        let found = service.find_launch("L1").await.unwrap();
        assert_eq!(found.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(service.find_launch("L3").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_job_without_metadata_is_found_by_its_file_or_its_code() {
    for mark in [
        json!({"training_file": "file-1"}),
        json!({"user_provided_suffix": "mine-k7q2m9xz"}),
        json!({"fine_tuned_model": "ft:m:org:mine-k7q2m9xz:1"}),
    ] {
        let mut jobs = others(8, SENT + 600);
        jobs.insert(7, job("ours", SENT + 200, mark));
        jobs.extend(others(20, SENT - 3_600));
        let service = listing(jobs, Manner::Fine).await;
        check(&service.search_launch(&trace()).await.unwrap(), &["ours"], true);
    }
}

#[tokio::test]
async fn nothing_is_claimed_of_what_was_not_seen() {
    let search = async |jobs: Vec<Value>, manner, trace: LaunchTrace| {
        listing(jobs, manner).await.search_launch(&trace).await.unwrap()
    };
    // The list goes back to a quarter of an hour before the order left, and there is none.
    let mut jobs = others(9, SENT + 60);
    jobs.extend(others(4, SENT - 901));
    check(&search(jobs.clone(), Manner::Fine, trace()).await, &[], true);
    // The list never gets there.
    check(&search(jobs.clone(), Manner::LeadsInCircles, trace()).await, &[], false);
    let endless = search(others(400, SENT + 100_000), Manner::Fine, trace()).await;
    check(&endless, &[], false);
    // Without a time, only what is newest was looked at.
    let timeless = LaunchTrace { since: None, ..trace() };
    check(&search(jobs, Manner::IgnoresFilter, timeless).await, &[], false);
}

#[tokio::test]
async fn a_service_that_knows_no_filter_is_not_asked_with_one() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = |State(seen): State<Arc<Mutex<Vec<String>>>>, uri: axum::http::Uri| async move {
        seen.lock().unwrap().push(uri.query().unwrap_or_default().to_owned());
        Json(json!({"data": []}))
    };
    let router = Router::new()
        .route("/v1/fine_tuning/jobs", routing::get(list))
        .with_state(Arc::clone(&seen));
    let mut plain = endpoint(crate::http::tests::serve(router).await);
    plain.capabilities.metadata_filter = false;
    OpenAiCompatible::new(plain).unwrap().find_launch("L1").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["limit=100"]);
}
