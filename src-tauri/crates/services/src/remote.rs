//! What services say, read leniently: what is missing is absent, what is unknown is kept.

use attune_jobs::RemoteStatus;
use serde_json::{Map, Value};

/// A job as its service describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteJob {
    /// The service's id of it.
    pub id: String,
    /// Its status.
    pub status: RemoteStatus,
    /// The name of its model, once there is one.
    pub fine_tuned_model: Option<String>,
    /// The service's code of what went wrong.
    pub error_code: Option<String>,
    /// The service's own text of what went wrong.
    pub error_message: Option<String>,
    /// Bytes that would have been needed, where something was short.
    pub error_needed: Option<u64>,
    /// Bytes that were free, where something was short.
    pub error_free: Option<u64>,
    /// The settings as the service resolved them.
    pub hyperparameters: Map<String, Value>,
    /// What the order's metadata were.
    pub metadata: Map<String, Value>,
    /// What only Attune's own engine tells.
    pub engine: Map<String, Value>,
}

impl RemoteJob {
    /// Reads a job; `None` without an id, because then it is none.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let id = value.get("id")?.as_str().filter(|id| !id.is_empty())?.to_owned();
        let error = value.get("error");
        Some(Self {
            id,
            status: RemoteStatus::from(text(value.get("status")).unwrap_or_default().as_str()),
            fine_tuned_model: text(value.get("fine_tuned_model")),
            error_code: text(error.and_then(|error| error.get("code"))),
            error_message: text(error.and_then(|error| error.get("message"))),
            error_needed: error.and_then(|error| error.get("needed")).and_then(Value::as_u64),
            error_free: error.and_then(|error| error.get("free")).and_then(Value::as_u64),
            hyperparameters: hyperparameters(value),
            metadata: object(value.get("metadata")),
            engine: object(value.get("x_engine")),
        })
    }
}

/// New jobs carry them inside their method, old ones at the top.
fn hyperparameters(job: &Value) -> Map<String, Value> {
    let method = job.get("method");
    let kind = method.and_then(|method| method.get("type")).and_then(Value::as_str);
    let inside = kind
        .and_then(|kind| method.and_then(|method| method.get(kind)))
        .and_then(|method| method.get("hyperparameters"));
    object(inside.filter(|value| value.is_object()).or_else(|| job.get("hyperparameters")))
}

/// One line of a job's diary.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEvent {
    /// The service's id of it.
    pub id: String,
    /// When, in seconds since 1970.
    pub created_at: i64,
    /// `message`, `metrics` or something newer.
    pub kind: String,
    /// Its sentence.
    pub message: String,
    /// Its numbers.
    pub data: Map<String, Value>,
}

impl JobEvent {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value.get("id"))?,
            created_at: value.get("created_at").and_then(Value::as_i64).unwrap_or_default(),
            kind: text(value.get("type")).unwrap_or_else(|| "message".to_owned()),
            message: text(value.get("message")).unwrap_or_default(),
            data: object(value.get("data")),
        })
    }
}

/// A moment of a training that a service kept and that can be asked like a model.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteCheckpoint {
    /// The name under which it answers.
    pub model: String,
    /// The step after which it was kept.
    pub step: u64,
    /// Its loss on the examples that are only watched, where it is a number.
    pub valid_loss: Option<f64>,
}

impl RemoteCheckpoint {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let metrics = object(value.get("metrics"));
        let loss =
            |name: &str| metrics.get(name).and_then(Value::as_f64).filter(|it| it.is_finite());
        Some(Self {
            model: text(value.get("fine_tuned_model_checkpoint"))?,
            step: value.get("step_number").and_then(Value::as_u64)?,
            valid_loss: loss("full_valid_loss").or_else(|| loss("valid_loss")),
        })
    }
}

/// A page of a job's diary, the newest line first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The lines.
    pub events: Vec<JobEvent>,
    /// Whether older lines follow.
    pub has_more: bool,
}

/// A model a service offers.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteModel {
    /// Its name.
    pub id: String,
    /// The day it is switched off, `YYYY-MM-DD`.
    pub shutdown_date: Option<String>,
    /// What only Attune's own engine tells.
    pub engine: Map<String, Value>,
}

impl RemoteModel {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value.get("id"))?,
            shutdown_date: text(value.get("shutdown_date")),
            engine: object(value.get("x_engine")),
        })
    }
}

/// The `data` of a list, each read by `read`; what cannot be read is passed over.
pub(crate) fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let rows = value.get("data").and_then(Value::as_array);
    rows.map(|rows| rows.iter().filter_map(read).collect()).unwrap_or_default()
}

pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

pub(crate) fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_a_job_whose_error_is_null_empty_or_full() {
        for (error, code) in [
            (json!(null), None),
            (json!({}), None),
            (json!({"code": null, "message": null}), None),
            (json!({"code": "server_error", "message": "x"}), Some("server_error")),
        ] {
            let job =
                RemoteJob::read(&json!({"id": "ftjob-1", "status": "failed", "error": error}));
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
    fn a_kept_moment_is_read_with_the_loss_it_has() {
        let read = |metrics: Value| {
            let kept =
                json!({"fine_tuned_model_checkpoint": "m", "step_number": 9, "metrics": metrics});
            RemoteCheckpoint::read(&kept).map(|kept| (kept.step, kept.valid_loss))
        };
        assert_eq!(read(json!({"full_valid_loss": 0.5, "valid_loss": 0.7})), Some((9, Some(0.5))));
        assert_eq!(read(json!({"full_valid_loss": null, "valid_loss": 0.7})), Some((9, Some(0.7))));
        assert_eq!(read(json!(null)), Some((9, None)));
        assert_eq!(RemoteCheckpoint::read(&json!({"step_number": 9})), None);
    }

    #[test]
    fn without_an_id_it_is_no_job() {
        for value in [json!({}), json!({"id": ""}), json!({"id": 3}), json!([]), json!(null)] {
            assert_eq!(RemoteJob::read(&value), None);
        }
    }
}
