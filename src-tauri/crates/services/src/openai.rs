//! The adapter for every address that speaks OpenAI's format.

mod chat;
mod check;
mod files;
mod jobs;
mod metrics;
mod models;
mod own;
mod parts;
mod record;
mod search;

pub use check::KeyCheck;
pub use metrics::MetricRow;
pub use own::{PlanOrder, RemoteExport, RemotePlan};
pub use parts::{UploadError, part_bytes_for};
pub use record::UploadRecord;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::http::Http;
use crate::service::KeepRecord;
use crate::{
    Capabilities, ChatOrder, ChatReply, Checkpoint, Endpoint, EventPage, FileOrder, LaunchOrder,
    LaunchOutcome, LaunchSearch, LaunchTrace, ModerationResult, Page, Pauses, RemoteFile,
    RemoteJob, RemoteModel, ServiceError, TrainingService,
};

/// A service that speaks OpenAI's format.
#[derive(Debug, Clone)]
pub struct OpenAiCompatible {
    http: Http,
}

impl OpenAiCompatible {
    /// Makes the adapter; nothing is sent yet.
    ///
    /// # Errors
    /// [`ServiceError::Endpoint`] when nothing can be sent there, [`ServiceError::Client`] when the
    /// machine cannot make an HTTP client.
    pub fn new(endpoint: Endpoint) -> Result<Self, ServiceError> {
        Ok(Self { http: Http::new(endpoint)? })
    }

    /// The same with time and chance of one's own.
    #[must_use]
    pub fn with_pauses(self, pauses: Arc<dyn Pauses>) -> Self {
        Self { http: self.http.with_pauses(pauses) }
    }

    /// The same over the same connections, asking each question once.
    #[must_use]
    pub fn asking_once(&self) -> Self {
        Self { http: self.http.asking_once() }
    }

    /// The address up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.http.base_url()
    }
}

impl TrainingService for OpenAiCompatible {
    fn capabilities(&self) -> &Capabilities {
        self.http.capabilities()
    }

    fn server_date(&self) -> Option<i64> {
        self.http.server_date()
    }

    async fn check_key(&self, budget: Duration) -> KeyCheck {
        check::check_key(&self.http, budget).await
    }

    async fn upload(&self, path: &Path, name: &str) -> Result<String, ServiceError> {
        let order = FileOrder::to_learn_from(path.to_owned(), name.to_owned());
        Ok(self.send_file(&order).await?.id)
    }

    async fn send_file(&self, order: &FileOrder) -> Result<RemoteFile, ServiceError> {
        files::send(&self.http, order).await
    }

    async fn send_in_parts(
        &self,
        order: &FileOrder,
        begun: Option<UploadRecord>,
        keep: &mut KeepRecord<'_>,
    ) -> Result<RemoteFile, UploadError> {
        parts::send(&self.http, order, begun, keep).await
    }

    async fn cancel_upload(&self, upload_id: &str) -> Result<(), ServiceError> {
        parts::cancel(&self.http, upload_id).await
    }

    async fn file(&self, file_id: &str) -> Result<RemoteFile, ServiceError> {
        files::read(&self.http, file_id).await
    }

    async fn file_page(
        &self,
        purpose: Option<&str>,
        after: Option<&str>,
    ) -> Result<Page<RemoteFile>, ServiceError> {
        files::page(&self.http, purpose, after).await
    }

    async fn find_file(
        &self,
        purpose: &str,
        name: &str,
        bytes: u64,
    ) -> Result<Option<RemoteFile>, ServiceError> {
        files::find(&self.http, purpose, name, bytes).await
    }

    async fn file_content(&self, file_id: &str) -> Result<Vec<u8>, ServiceError> {
        files::content(&self.http, file_id).await
    }

    async fn delete_file(&self, file_id: &str) -> Result<(), ServiceError> {
        files::delete(&self.http, file_id).await
    }

    async fn launch(&self, order: &LaunchOrder) -> LaunchOutcome {
        jobs::launch(&self.http, order).await
    }

    async fn find_launch(&self, launch_id: &str) -> Result<Vec<RemoteJob>, ServiceError> {
        let trace = LaunchTrace { launch_id: launch_id.to_owned(), ..LaunchTrace::default() };
        Ok(self.search_launch(&trace).await?.jobs)
    }

    async fn search_launch(&self, trace: &LaunchTrace) -> Result<LaunchSearch, ServiceError> {
        search::search(&self.http, trace).await
    }

    async fn job(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        jobs::read(&self.http, job_id).await
    }

    async fn job_page(
        &self,
        metadata: Option<(&str, &str)>,
        after: Option<&str>,
    ) -> Result<Page<RemoteJob>, ServiceError> {
        jobs::page(&self.http, metadata, after).await
    }

    async fn events(&self, job_id: &str, after: Option<&str>) -> Result<EventPage, ServiceError> {
        jobs::events(&self.http, job_id, after).await
    }

    async fn checkpoints(
        &self,
        job_id: &str,
        after: Option<&str>,
    ) -> Result<Page<Checkpoint>, ServiceError> {
        jobs::checkpoints(&self.http, job_id, after).await
    }

    async fn metrics(&self, file_id: &str) -> Result<Vec<MetricRow>, ServiceError> {
        metrics::read_table(&files::content(&self.http, file_id).await?)
            .ok_or(ServiceError::Garbled { what: "metrics" })
    }

    async fn pause(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        jobs::act(&self.http, job_id, "pause").await
    }

    async fn resume(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        jobs::act(&self.http, job_id, "resume").await
    }

    async fn cancel(&self, job_id: &str) -> Result<RemoteJob, ServiceError> {
        jobs::act(&self.http, job_id, "cancel").await
    }

    async fn models(&self) -> Result<Vec<RemoteModel>, ServiceError> {
        models::list(&self.http).await
    }

    async fn delete_model(&self, model: &str) -> Result<(), ServiceError> {
        models::delete(&self.http, model).await
    }

    async fn chat(
        &self,
        order: &ChatOrder,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ChatReply, ServiceError> {
        chat::ask(&self.http, order, on_piece).await
    }

    async fn chat_whole(&self, order: &ChatOrder) -> Result<ChatReply, ServiceError> {
        chat::ask_whole(&self.http, order).await
    }

    async fn moderate(&self, texts: &[String]) -> Result<Vec<ModerationResult>, ServiceError> {
        models::moderate(&self.http, texts).await
    }
}

/// How answers that have no type of their own are read, for the tests of drifting answers.
#[cfg(test)]
pub(crate) mod drift_readers {
    use super::{ChatReply, ModerationResult, RemoteModel, chat, models};
    use serde_json::Value;

    pub(crate) fn models(answer: &Value) -> Option<Vec<RemoteModel>> {
        models::read_list(answer).ok()
    }

    pub(crate) fn moderation(answer: &Value) -> Option<Vec<ModerationResult>> {
        models::read_moderation(answer, 1).ok()
    }

    pub(crate) fn chat(answer: &Value) -> Option<ChatReply> {
        chat::read_whole(answer).ok()
    }

    /// A stream of this one chunk and the end mark.
    pub(crate) fn chunk(answer: &Value) -> Result<ChatReply, String> {
        let mut gathered = chat::Gathered::default();
        let stream = format!("data: {answer}\n\ndata: [DONE]\n\n");
        let taken = gathered.take(stream.as_bytes(), &mut |_| {});
        taken.and_then(|()| gathered.finish()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;
