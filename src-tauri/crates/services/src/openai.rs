//! The adapter for every address that speaks OpenAI's format.

mod chat;
mod own;

pub use own::{PlanOrder, RemoteExport, RemoteFile, RemotePlan};

use std::path::Path;

use attune_jobs::{LaunchReply, ReplyKind, classify_reply};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::http::{Http, refusal};
use crate::remote::{self, JobEvent, RemoteCheckpoint};
use crate::{ChatOrder, ChatReply, Endpoint, EventPage, LaunchOrder, LaunchOutcome};
use crate::{RefusedReply, RemoteJob, RemoteModel, ServiceError, TrainingService};

const JOBS: &str = "/fine_tuning/jobs";

/// A service that speaks OpenAI's format.
#[derive(Debug, Clone)]
pub struct OpenAiCompatible {
    http: Http,
}

impl OpenAiCompatible {
    /// Makes the adapter; nothing is sent yet.
    ///
    /// # Errors
    /// [`ServiceError::Client`] when the machine cannot make an HTTP client.
    pub fn new(endpoint: Endpoint) -> Result<Self, ServiceError> {
        Ok(Self { http: Http::new(endpoint)? })
    }

    /// The address up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.http.base_url()
    }

    async fn act(&self, job_id: &str, action: &'static str) -> Result<RemoteJob, ServiceError> {
        let request = self.http.post(&format!("{JOBS}/{job_id}/{action}"));
        read_job(&self.http.json(action, request).await?)
    }
}

impl TrainingService for OpenAiCompatible {
    async fn upload(&self, path: &Path, name: &str) -> Result<String, ServiceError> {
        let file = tokio::fs::File::open(path).await.map_err(ServiceError::File)?;
        let bytes = file.metadata().await.map_err(ServiceError::File)?.len();
        let stream = tokio_util::io::ReaderStream::new(file);
        let part = Part::stream_with_length(reqwest::Body::wrap_stream(stream), bytes)
            .file_name(name.to_owned());
        let form = Form::new().text("purpose", "fine-tune").part("file", part);
        let answer = self.http.json("upload", self.http.order("/files").multipart(form)).await?;
        remote::text(answer.get("id")).ok_or(ServiceError::Garbled { what: "upload" })
    }

    async fn launch(&self, order: &LaunchOrder) -> LaunchOutcome {
        let request = self.http.order(JOBS).json(&launch_body(order));
        let Ok(response) = self.http.send(request).await else {
            return LaunchOutcome::Ambiguous;
        };
        let status = response.status().as_u16();
        match response.bytes().await {
            Ok(body) => read_launch(status, &body),
            Err(_) => LaunchOutcome::Ambiguous,
        }
    }

    async fn find_launch(&self, launch_id: &str) -> Result<Vec<RemoteJob>, ServiceError> {
        let request =
            self.http.get(JOBS).query(&[("limit", "100"), ("metadata[launch_id]", launch_id)]);
        let answer = self.http.json("jobs", request).await?;
        // A service may ignore the filter, so every row is looked at.
        let is_ours = |job: &RemoteJob| {
            job.metadata.get("launch_id").and_then(Value::as_str) == Some(launch_id)
        };
        Ok(remote::list(&answer, RemoteJob::read).into_iter().filter(is_ours).collect())
    }

    async fn job(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        read_job(&self.http.json("job", self.http.get(&format!("{JOBS}/{job_id}"))).await?)
    }

    async fn events(&self, job_id: &str, after: Option<&str>) -> Result<EventPage, ServiceError> {
        let mut request =
            self.http.get(&format!("{JOBS}/{job_id}/events")).query(&[("limit", "100")]);
        if let Some(after) = after {
            request = request.query(&[("after", after)]);
        }
        let answer = self.http.json("events", request).await?;
        let has_more = answer.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        Ok(EventPage { events: remote::list(&answer, JobEvent::read), has_more })
    }

    async fn checkpoints(&self, job_id: &str) -> Result<Vec<RemoteCheckpoint>, ServiceError> {
        let request =
            self.http.get(&format!("{JOBS}/{job_id}/checkpoints")).query(&[("limit", "100")]);
        let answer = self.http.json("checkpoints", request).await?;
        Ok(remote::list(&answer, RemoteCheckpoint::read))
    }

    async fn pause(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        self.act(job_id, "pause").await
    }

    async fn resume(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        self.act(job_id, "resume").await
    }

    async fn cancel(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        self.act(job_id, "cancel").await
    }

    async fn models(&self) -> Result<Vec<RemoteModel>, ServiceError> {
        let answer = self.http.json("models", self.http.get("/models")).await?;
        Ok(remote::list(&answer, RemoteModel::read))
    }

    async fn delete_file(&self, file_id: &str) -> Result<(), ServiceError> {
        self.http.json("delete", self.http.delete(&format!("/files/{file_id}"))).await.map(drop)
    }

    async fn chat(
        &self,
        order: &ChatOrder,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ChatReply, ServiceError> {
        chat::ask(&self.http, order, on_piece).await
    }
}

fn read_job(answer: &Value) -> Result<RemoteJob, ServiceError> {
    RemoteJob::read(answer).ok_or(ServiceError::Garbled { what: "job" })
}

/// The order as it goes over the wire. What is absent is left out: strict services refuse nulls.
fn launch_body(order: &LaunchOrder) -> Value {
    let mut body = json!({
        "model": order.model,
        "training_file": order.training_file,
        "method": {
            "type": "supervised",
            "supervised": { "hyperparameters": order.hyperparameters },
        },
        "metadata": { "app": "attune", "launch_id": order.launch_id },
    });
    let optional = [
        ("validation_file", order.validation_file.as_deref().map(Value::from)),
        ("suffix", order.suffix.as_deref().map(Value::from)),
        ("seed", order.seed.map(Value::from)),
    ];
    if let Some(fields) = body.as_object_mut() {
        for (name, value) in optional {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        }
    }
    body
}

fn read_launch(status: u16, body: &[u8]) -> LaunchOutcome {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let job = parsed.as_ref().and_then(RemoteJob::read);
    let refused: RefusedReply = refusal(status, body);
    let reply = LaunchReply::Answered {
        status,
        job_id: job.as_ref().map(|job| job.id.as_str()),
        error_code: refused.code.as_deref(),
    };
    match (classify_reply(reply), job) {
        (ReplyKind::Acknowledged, Some(job)) => LaunchOutcome::Acknowledged(Box::new(job)),
        (ReplyKind::Rejected, _) => LaunchOutcome::Rejected(refused),
        _ => LaunchOutcome::Ambiguous,
    }
}

#[cfg(test)]
mod tests;
