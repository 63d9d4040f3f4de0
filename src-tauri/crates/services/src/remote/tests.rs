//! What services really send, and what they might.

use super::*;
use attune_jobs::RemoteStatus;
use serde_json::json;

#[test]
fn reads_a_job_whose_error_is_null_empty_or_full() {
    for (error, code) in [
        (json!(null), None),
        (json!({}), None),
        (json!({"code": null, "message": null}), None),
        (json!({"code": "server_error", "message": "x"}), Some("server_error")),
    ] {
        let job = RemoteJob::read(&json!({"id": "ftjob-1", "status": "failed", "error": error}));
        assert_eq!(job.and_then(|job| job.error_code).as_deref(), code);
    }
}

#[test]
fn keeps_a_status_it_does_not_know() {
    let job = RemoteJob::read(&json!({"id": "a", "status": "dreaming", "more": [1]}));
    assert_eq!(job.map(|job| job.status), Some(RemoteStatus::Other("dreaming".into())));
}

#[test]
fn finds_settings_in_both_places() {
    let new = json!({"id": "a", "method": {"type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 3}}}});
    let old = json!({"id": "a", "hyperparameters": {"n_epochs": 3}});
    for job in [new, old] {
        let job = RemoteJob::read(&job).unwrap();
        assert_eq!(job.hyperparameters.get("n_epochs"), Some(&json!(3)));
    }
}

#[test]
fn without_an_id_it_is_no_job() {
    for value in [json!({}), json!({"id": ""}), json!({"id": []}), json!([]), json!(null)] {
        assert_eq!(RemoteJob::read(&value), None);
    }
}

#[test]
fn numbers_and_moments_come_in_many_shapes() {
    let job = RemoteJob::read(&json!({
        "id": 9_007_199_254_740_993_u64, "created_at": 1_760_000_000.5, "finished_at": "1760000100",
        "trained_tokens": "42", "seed": null, "estimated_finish": -1.0e300,
    }))
    .unwrap();
    assert_eq!(job.id, "9007199254740993");
    assert_eq!((job.created_at, job.finished_at), (Some(1_760_000_000), Some(1_760_000_100)));
    assert_eq!((job.trained_tokens, job.seed, job.estimated_finish), (Some(42), None, None));
}

#[test]
fn a_method_that_is_not_offered_is_kept() {
    let job = RemoteJob::read(&json!({"id": "a", "method": {"type": "reinforcement",
        "reinforcement": {"grader": {"type": "string_check"}, "hyperparameters": {"n_epochs": 2}}}}))
    .unwrap();
    assert_eq!(job.method.as_deref(), Some("reinforcement"));
    assert_eq!(job.method_details["grader"], json!({"type": "string_check"}));
    assert_eq!(job.hyperparameters["n_epochs"], json!(2));
}

#[test]
fn the_next_page_begins_behind_the_last_row() {
    let next = |value: Value| Page::read(&value, RemoteModel::read).next;
    let rows = json!([{"id": "a"}, {"id": "b"}]);
    assert_eq!(next(json!({"data": rows, "has_more": true})).as_deref(), Some("b"));
    assert_eq!(next(json!({"data": rows, "has_more": true, "last_id": "c"})).as_deref(), Some("c"));
    assert_eq!(next(json!({"data": rows, "has_more": false})), None);
    assert_eq!(next(json!({"data": [], "has_more": true})), None);
}

#[test]
fn a_day_is_a_day_and_a_verdict_a_verdict() {
    let day = |value: Value| RemoteModel::read(&json!({"id": "m", "shutdown_date": value}));
    let day = |value: Value| day(value).and_then(|model| model.shutdown_date);
    assert_eq!(day(json!("2027-01-14")).as_deref(), Some("2027-01-14"));
    assert_eq!([day(json!("soon")), day(json!(null)), day(json!(20_270_114))], [None, None, None]);
    assert_eq!(ModerationResult::read(&json!({"categories": {}})), None);
}
