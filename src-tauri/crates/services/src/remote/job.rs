//! A job, its diary and what it keeps on the way.

use std::collections::BTreeMap;

use attune_jobs::RemoteStatus;
use serde_json::{Map, Value};

use super::{count, id, list, moment, object, text};

/// A job as its service describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteJob {
    /// The service's id of it.
    pub id: String,
    /// Its status.
    pub status: RemoteStatus,
    /// The model it starts from; `ft:` in front where that was trained before.
    pub model: Option<String>,
    /// When it was ordered, in seconds since 1970.
    pub created_at: Option<i64>,
    /// When it ended, in seconds since 1970.
    pub finished_at: Option<i64>,
    /// When the service thinks it ends, in seconds since 1970.
    pub estimated_finish: Option<i64>,
    /// The service's id of the file it learns from.
    pub training_file: Option<String>,
    /// The service's id of the file that is only watched.
    pub validation_file: Option<String>,
    /// The service's ids of the files with its figures.
    pub result_files: Vec<String>,
    /// The part of the model's name that was ordered.
    pub suffix: Option<String>,
    /// What makes it repeatable.
    pub seed: Option<u64>,
    /// Tokens that are billed, once it is known.
    pub trained_tokens: Option<u64>,
    /// How it learns: `supervised`, `dpo`, `reinforcement` or something newer.
    pub method: Option<String>,
    /// Everything else of how it learns.
    pub method_details: Map<String, Value>,
    /// The name of its model, once there is one.
    pub fine_tuned_model: Option<String>,
    /// The service's code of what went wrong.
    pub error_code: Option<String>,
    /// The service's own text of what went wrong.
    pub error_message: Option<String>,
    /// What of the order went wrong.
    pub error_param: Option<String>,
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
    /// Everything as it was said, unknown fields included.
    pub said: Map<String, Value>,
}

impl RemoteJob {
    /// Reads a job; `None` without an id, because then it is none.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let error = |name: &str| value.get("error").and_then(|error| error.get(name));
        let (method, method_details) = method(value);
        let files = value.get("result_files").and_then(Value::as_array);
        Some(Self {
            id: id(value)?,
            status: RemoteStatus::from(text(value.get("status")).unwrap_or_default().as_str()),
            model: text(value.get("model")),
            created_at: moment(value.get("created_at")),
            finished_at: moment(value.get("finished_at")),
            estimated_finish: moment(value.get("estimated_finish")),
            training_file: text(value.get("training_file")),
            validation_file: text(value.get("validation_file")),
            result_files: files
                .map(|files| files.iter().filter_map(|it| text(Some(it))).collect())
                .unwrap_or_default(),
            suffix: text(value.get("user_provided_suffix")).or_else(|| text(value.get("suffix"))),
            seed: count(value.get("seed")),
            trained_tokens: count(value.get("trained_tokens")),
            method,
            method_details,
            fine_tuned_model: text(value.get("fine_tuned_model")),
            error_code: text(error("code")),
            error_message: text(error("message")),
            error_param: text(error("param")),
            error_needed: error("needed").and_then(Value::as_u64),
            error_free: error("free").and_then(Value::as_u64),
            hyperparameters: hyperparameters(value),
            metadata: object(value.get("metadata")),
            engine: object(value.get("x_engine")),
            said: object(Some(value)),
        })
    }

    /// Whether its metadata really carry this `launch_id`.
    #[must_use]
    pub fn carries(&self, launch_id: &str) -> bool {
        self.metadata.get("launch_id").and_then(Value::as_str) == Some(launch_id)
    }
}

/// The name of the method and everything else of it.
fn method(job: &Value) -> (Option<String>, Map<String, Value>) {
    let method = job.get("method");
    let kind = text(method.and_then(|method| method.get("type")));
    let details = kind.as_deref().and_then(|kind| method?.get(kind));
    (kind.clone(), object(details))
}

/// New jobs carry them inside their method, old ones at the top.
fn hyperparameters(job: &Value) -> Map<String, Value> {
    let (_, details) = method(job);
    match details.get("hyperparameters") {
        Some(Value::Object(inside)) => inside.clone(),
        _ => object(job.get("hyperparameters")),
    }
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
    /// `info`, `warn`, `error` or something newer.
    pub level: String,
    /// Its sentence.
    pub message: String,
    /// Its numbers.
    pub data: Map<String, Value>,
}

impl JobEvent {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(value)?,
            created_at: moment(value.get("created_at")).unwrap_or_default(),
            kind: text(value.get("type")).unwrap_or_else(|| "message".to_owned()),
            level: text(value.get("level")).unwrap_or_else(|| "info".to_owned()),
            message: text(value.get("message")).unwrap_or_default(),
            data: object(value.get("data")),
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

impl EventPage {
    pub(crate) fn read(value: &Value) -> Self {
        let has_more = value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        Self { events: list(value, JobEvent::read), has_more }
    }
}

/// A stage of a job that was kept as a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The service's id of it.
    pub id: String,
    /// The name by which it answers.
    pub model: Option<String>,
    /// After so many steps.
    pub step: Option<u64>,
    /// When it was kept, in seconds since 1970.
    pub created_at: Option<i64>,
    /// Its figures by the service's names; what is no number is left out.
    pub metrics: BTreeMap<String, f64>,
    /// The service's ids of the files with its weights, where those can be had.
    pub result_files: Vec<String>,
    /// Everything as it was said, unknown fields included.
    pub said: Map<String, Value>,
}

impl Checkpoint {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let files = value.get("result_files").and_then(Value::as_array);
        Some(Self {
            id: id(value)?,
            model: text(value.get("fine_tuned_model_checkpoint")),
            step: count(value.get("step_number")),
            created_at: moment(value.get("created_at")),
            metrics: object(value.get("metrics"))
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_f64()?)))
                .collect(),
            result_files: files
                .map(|files| files.iter().filter_map(|it| text(Some(it))).collect())
                .unwrap_or_default(),
            said: object(Some(value)),
        })
    }
}
