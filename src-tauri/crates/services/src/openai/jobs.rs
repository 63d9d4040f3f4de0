//! Jobs: ordering one, following it, stopping it.

use attune_jobs::{LaunchReply, ReplyKind, classify_reply};
use serde_json::{Map, Value, json};

use crate::endpoint::segment;
use crate::http::{Http, Reply};
use crate::order::{APP, LAUNCH_ID};
use crate::remote::EventPage;
use crate::{Capabilities, Checkpoint, LaunchOrder, LaunchOutcome, Page, RemoteJob, ServiceError};

pub(super) const PATH: &str = "/fine_tuning/jobs";
/// So many rows a page.
const ROWS: &str = "100";

/// Sends an order, once. The `Idempotency-Key` does no harm, and no service is known to heed it.
pub(super) async fn launch(http: &Http, order: &LaunchOrder) -> LaunchOutcome {
    let body = body(order, http.capabilities());
    let request = http.order(PATH).header("idempotency-key", &order.launch_id).json(&body);
    match http.reply("launch", request).await {
        Ok(reply) => outcome(http, &reply),
        Err(_) => LaunchOutcome::Ambiguous,
    }
}

fn outcome(http: &Http, reply: &Reply) -> LaunchOutcome {
    let parsed: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let job = parsed.as_ref().and_then(RemoteJob::read);
    let refused = http.refusal(reply);
    let answer = LaunchReply::Answered {
        status: reply.status,
        job_id: job.as_ref().map(|job| job.id.as_str()),
        error_code: refused.code.as_deref(),
    };
    match (classify_reply(answer), job) {
        (ReplyKind::Acknowledged, Some(job)) => LaunchOutcome::Acknowledged(Box::new(job)),
        (ReplyKind::Rejected, _) => LaunchOutcome::Rejected(refused),
        _ => LaunchOutcome::Ambiguous,
    }
}

/// The order as it goes over the wire. What is absent is left out: strict services refuse nulls.
pub(super) fn body(order: &LaunchOrder, capabilities: &Capabilities) -> Value {
    let method = order.method.as_str();
    let mut settings = Map::new();
    settings.insert("hyperparameters".to_owned(), Value::Object(order.hyperparameters.clone()));
    let mut body = Map::new();
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    add("model", Value::from(order.model.as_str()));
    add("training_file", Value::from(order.training_file.as_str()));
    add("method", json!({ "type": method, method: settings }));
    if capabilities.metadata {
        let mut metadata: Map<String, Value> = Map::new();
        metadata.insert(APP.to_owned(), Value::from("attune"));
        metadata.insert(LAUNCH_ID.to_owned(), Value::from(order.launch_id.as_str()));
        for (name, value) in &order.metadata {
            metadata.entry(name.as_str()).or_insert_with(|| Value::from(value.as_str()));
        }
        add("metadata", Value::Object(metadata));
    }
    if let Some(file) = &order.validation_file {
        add("validation_file", Value::from(file.as_str()));
    }
    if let Some(suffix) = order.suffix.as_deref().filter(|suffix| !suffix.is_empty()) {
        add("suffix", Value::from(suffix));
    }
    if let Some(seed) = order.seed {
        add("seed", Value::from(seed));
    }
    Value::Object(body)
}

pub(super) async fn read(http: &Http, job_id: &str) -> Result<RemoteJob, ServiceError> {
    let request = http.get(&format!("{PATH}/{}", segment(job_id)));
    read_job(&http.ask("job", request).await?)
}

pub(super) async fn act(
    http: &Http,
    job_id: &str,
    action: &'static str,
) -> Result<RemoteJob, ServiceError> {
    let request = http.post(&format!("{PATH}/{}/{action}", segment(job_id)));
    read_job(&http.json(action, request).await?)
}

fn read_job(answer: &Value) -> Result<RemoteJob, ServiceError> {
    RemoteJob::read(answer).ok_or(ServiceError::Garbled { what: "job" })
}

pub(super) async fn page(
    http: &Http,
    metadata: Option<(&str, &str)>,
    after: Option<&str>,
) -> Result<Page<RemoteJob>, ServiceError> {
    let filter = metadata.map(|(name, value)| (format!("metadata[{name}]"), value));
    let mut request = paged(http, PATH, after);
    if let Some((name, value)) = &filter {
        request = request.query(&[(name.as_str(), *value)]);
    }
    Ok(Page::read(&http.ask("jobs", request).await?, RemoteJob::read))
}

pub(super) async fn events(
    http: &Http,
    job_id: &str,
    after: Option<&str>,
) -> Result<EventPage, ServiceError> {
    let request = paged(http, &format!("{PATH}/{}/events", segment(job_id)), after);
    Ok(EventPage::read(&http.ask("events", request).await?))
}

pub(super) async fn checkpoints(
    http: &Http,
    job_id: &str,
    after: Option<&str>,
) -> Result<Page<Checkpoint>, ServiceError> {
    let request = paged(http, &format!("{PATH}/{}/checkpoints", segment(job_id)), after);
    Ok(Page::read(&http.ask("checkpoints", request).await?, Checkpoint::read))
}

fn paged(http: &Http, path: &str, after: Option<&str>) -> reqwest::RequestBuilder {
    let request = http.get(path).query(&[("limit", ROWS)]);
    match after {
        Some(after) => request.query(&[("after", after)]),
        None => request,
    }
}
