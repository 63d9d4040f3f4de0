//! What services might send one day: every field missing, empty, of another kind, huge, or with
//! company. Nothing may panic, nothing unknown may be lost.

use attune_testkit::Seeded;
use serde_json::{Value, json};

use super::*;
use crate::openai::drift_readers;

/// An answer, how it is read, and where what it said is kept. What was read is given as text.
struct Case {
    name: &'static str,
    answer: Value,
    read: fn(&Value) -> Option<String>,
}

fn one<T: std::fmt::Debug>(read: Option<T>) -> Option<String> {
    read.map(|it| format!("{it:?}"))
}

fn cases() -> Vec<Case> {
    let page = |row: Value| json!({"object": "list", "data": [row], "first_id": "a", "last_id": "a", "has_more": true});
    let case = |name, answer, read| Case { name, answer, read };
    vec![
        case("job", job(), |it| one(RemoteJob::read(it))),
        case("jobs", page(job()), |it| one(Some(Page::read(it, RemoteJob::read)))),
        case("events", page(event()), |it| one(Some(EventPage::read(it)))),
        case("checkpoints", page(checkpoint()), |it| one(Some(Page::read(it, Checkpoint::read)))),
        case("file", file(), |it| one(RemoteFile::read(it))),
        case("files", page(file()), |it| one(Some(Page::read(it, RemoteFile::read)))),
        case("upload", upload(), |it| one(RemoteUpload::read(it))),
        case("models", page(model()), |it| one(drift_readers::models(it))),
        case("chat", chat(), |it| one(drift_readers::chat(it))),
        case("chunk", chunk(), |it| one(Some(drift_readers::chunk(it)))),
        case("moderation", moderation(), |it| one(drift_readers::moderation(it))),
    ]
}

fn job() -> Value {
    json!({
        "object": "fine_tuning.job", "id": "ftjob-1", "model": "gpt-4o-mini-2024-07-18",
        "created_at": 1_721_764_800, "finished_at": null, "fine_tuned_model": null,
        "organization_id": "org-123", "result_files": ["file-r"], "status": "queued",
        "validation_file": "file-v", "training_file": "file-t", "trained_tokens": 5_768,
        "estimated_finish": 1_721_764_900, "seed": 7, "user_provided_suffix": "x",
        "error": {"code": "c", "message": "m", "param": "training_file"},
        "hyperparameters": {"n_epochs": "auto", "batch_size": 4},
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
        "metadata": {"launch_id": "L1"}, "x_engine": {"memory_bytes": 5},
    })
}

fn event() -> Value {
    json!({"object": "fine_tuning.job.event", "id": "ftevent-1", "created_at": 1_721_764_800,
        "level": "info", "type": "metrics", "message": "Step 1",
        "data": {"step": 1, "train_loss": 2.5, "total_steps": 10}})
}

fn checkpoint() -> Value {
    json!({"object": "fine_tuning.job.checkpoint", "id": "ftckpt_1", "created_at": 1_721_764_867,
        "fine_tuned_model_checkpoint": "ft:m:o::1:ckpt-step-2000", "fine_tuning_job_id": "ftjob-1",
        "metrics": {"full_valid_loss": 0.134, "step": 2000}, "step_number": 2000,
        "result_files": ["file-w"]})
}

fn file() -> Value {
    json!({"id": "file-1", "object": "file", "bytes": 120_000, "created_at": 1_677_610_602,
        "expires_at": 1_677_614_202, "filename": "train.jsonl", "purpose": "fine-tune",
        "status": "processed", "status_details": "fine"})
}

fn upload() -> Value {
    json!({"id": "upload_1", "object": "upload", "bytes": 9, "created_at": 1_719_184_911,
        "filename": "a.jsonl", "purpose": "fine-tune", "status": "completed",
        "expires_at": 1_719_127_296, "file": file()})
}

fn model() -> Value {
    json!({"id": "gpt-4o", "object": "model", "created": 1_686_935_002, "owned_by": "openai",
        "shutdown_date": "2027-01-14", "x_engine": {"bytes": 1}})
}

fn logprobs() -> Value {
    json!({"content": [{"token": "a", "logprob": -0.5, "bytes": [97],
        "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}]}]})
}

fn chat() -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_741_569_952,
        "model": "m", "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": logprobs(),
            "message": {"role": "assistant", "content": "hi", "refusal": "no"}}]})
}

fn chunk() -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_741_569_952,
        "model": "m", "obfuscation": "xyz", "usage": {"completion_tokens": 2},
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": logprobs(),
            "delta": {"role": "assistant", "content": "hi", "refusal": "no"}}]})
}

fn moderation() -> Value {
    json!({"id": "modr-1", "model": "omni-moderation-latest", "results": [{"flagged": true,
        "categories": {"violence": true, "sexual": false},
        "category_scores": {"violence": 0.99, "sexual": 0.01},
        "category_applied_input_types": {"violence": ["text"]}}]})
}

/// What a field may become.
fn odd_values() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_u64),
        json!(1.5),
        json!(1_721_764_800.25),
        json!(" 1721764800 "),
        json!(1e308),
        json!(-1e308),
        json!(""),
        json!("unheard-of"),
        json!("1721764800"),
        json!("2026-11-22T10:00:00Z"),
        json!("\u{0}\u{202e}<script>"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([1, null, "a", {}]),
        json!({}),
        json!({"id": 1, "type": [], "code": {}}),
        deep,
    ]
}

/// The places of every field and every row.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, it)| (format!("{at}/{name}"), it)).collect()
        }
        Value::Array(rows) => {
            rows.iter().enumerate().map(|(row, it)| (format!("{at}/{row}"), it)).collect()
        }
        _ => Vec::new(),
    };
    for (place, it) in below {
        places(it, &place, found);
        found.push(place);
    }
}

/// Every answer that differs in one field: gone, odd, or renamed; 400 of them at least.
fn drifted(answer: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    places(answer, "", &mut found);
    let mut all = odd_values();
    for place in &found {
        for odd in odd_values() {
            let mut changed = answer.clone();
            *changed.pointer_mut(place).expect("the place is there") = odd;
            all.push(changed);
        }
        let (parent, name) = place.rsplit_once('/').expect("a place has a parent");
        let mut changed = answer.clone();
        if let Some(Value::Object(fields)) = changed.pointer_mut(parent) {
            let gone = fields.remove(name);
            all.push(Value::Object(fields.clone()));
            fields.insert(format!("{name}_2"), gone.unwrap_or_default());
        }
        all.push(changed);
    }
    // Small answers have few fields: two at a time make up for it.
    let mut random = Seeded::new(5);
    let odd = odd_values();
    while all.len() < 400 {
        let mut changed = answer.clone();
        for _ in 0..2 {
            if let Some(field) = changed.pointer_mut(random.pick::<String>(&found)) {
                *field = random.pick(&odd).clone();
            }
        }
        all.push(changed);
    }
    all
}

#[test]
fn no_answer_however_odd_ends_in_a_panic() {
    for Case { name, answer, read } in cases() {
        assert!(read(&answer).is_some(), "{name} is read as it is");
        let all = drifted(&answer);
        assert!(all.len() >= 400, "{name}: {} cases", all.len());
        for odd in &all {
            let first = read(odd);
            assert_eq!(first, read(odd), "{name} is read alike twice");
        }
    }
}

#[test]
fn what_is_unknown_is_kept_as_it_was_said() {
    let with = |mut answer: Value, name: &str, value: Value| {
        answer[name] = value;
        answer
    };
    for odd in odd_values() {
        let kept = [
            RemoteJob::read(&with(job(), "news", odd.clone())).map(|it| it.said),
            Checkpoint::read(&with(checkpoint(), "news", odd.clone())).map(|it| it.said),
            RemoteFile::read(&with(file(), "news", odd.clone())).map(|it| it.said),
            RemoteModel::read(&with(model(), "news", odd.clone())).map(|it| it.said),
        ];
        for said in kept {
            assert_eq!(said.expect("it is read")["news"], odd);
        }
    }
    let odd = RemoteJob::read(&with(job(), "status", json!("dreaming"))).unwrap();
    assert_eq!(odd.status, attune_jobs::RemoteStatus::Other("dreaming".to_owned()));
    let odd = RemoteUpload::read(&with(upload(), "status", json!("melting"))).unwrap();
    assert_eq!(odd.status, "melting");
    let odd = RemoteFile::read(&with(file(), "purpose", json!("art"))).unwrap();
    assert_eq!(odd.purpose.as_deref(), Some("art"));
    let odd = JobEvent::read(&with(event(), "type", json!("song"))).unwrap();
    assert_eq!(odd.kind, "song");
}

#[test]
fn one_odd_row_costs_no_other_row() {
    for odd in odd_values() {
        let answer = json!({"data": [file(), odd, file()], "has_more": false});
        assert!(Page::read(&answer, RemoteFile::read).rows.len() >= 2);
    }
}
