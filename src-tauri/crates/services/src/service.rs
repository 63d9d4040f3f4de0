//! What any place that trains can be asked.

use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::{
    Capabilities, ChatOrder, ChatReply, Checkpoint, EventPage, FileOrder, KeyCheck, LaunchOrder,
    LaunchOutcome, LaunchSearch, LaunchTrace, MetricRow, ModerationResult, Page, RemoteFile,
    RemoteJob, RemoteModel, ServiceError, UploadError, UploadRecord,
};

/// Hands a record to whoever keeps it; a record that cannot be kept ends the sending.
pub type KeepRecord<'a> = dyn FnMut(&UploadRecord) -> io::Result<()> + Send + 'a;

/// A place that trains.
pub trait TrainingService: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// The time on its own clock when it last answered, in seconds since 1970: what the search for
    /// a lost order is bounded by, because this computer's clock may be wrong.
    fn server_date(&self) -> Option<i64>;

    /// Tries the key, within `budget` and without spending anything.
    fn check_key(&self, budget: Duration) -> impl Future<Output = KeyCheck> + Send;

    /// Sends a prepared file for training in one piece and gives the service's id of it.
    fn upload(
        &self,
        path: &Path,
        name: &str,
    ) -> impl Future<Output = Result<String, ServiceError>> + Send;

    /// Sends a file in one piece.
    fn send_file(
        &self,
        order: &FileOrder,
    ) -> impl Future<Output = Result<RemoteFile, ServiceError>> + Send;

    /// Sends a file in parts, going on where `begun` rests.
    ///
    /// After every step `keep` gets the record to store; with it a later call sends only what is
    /// missing.
    ///
    /// # Errors
    /// [`UploadError`]; but for [`UploadError::Changed`] a later call with the kept record goes on.
    fn send_in_parts(
        &self,
        order: &FileOrder,
        begun: Option<UploadRecord>,
        keep: &mut KeepRecord<'_>,
    ) -> impl Future<Output = Result<RemoteFile, UploadError>> + Send;

    /// Gives up a file that was sent in part.
    fn cancel_upload(
        &self,
        upload_id: &str,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// A file as it is now.
    fn file(&self, file_id: &str) -> impl Future<Output = Result<RemoteFile, ServiceError>> + Send;

    /// A page of the files kept there, the newest first, all of them or those for one purpose.
    fn file_page(
        &self,
        purpose: Option<&str>,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page<RemoteFile>, ServiceError>> + Send;

    /// The newest file with this name and size.
    fn find_file(
        &self,
        purpose: &str,
        name: &str,
        bytes: u64,
    ) -> impl Future<Output = Result<Option<RemoteFile>, ServiceError>> + Send;

    /// What is in a file.
    fn file_content(
        &self,
        file_id: &str,
    ) -> impl Future<Output = Result<Vec<u8>, ServiceError>> + Send;

    /// Removes a file that was sent.
    fn delete_file(&self, file_id: &str) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Sends the order, once.
    fn launch(&self, order: &LaunchOrder) -> impl Future<Output = LaunchOutcome> + Send;

    /// Every job among the newest whose metadata really carry this `launch_id`.
    fn find_launch(
        &self,
        launch_id: &str,
    ) -> impl Future<Output = Result<Vec<RemoteJob>, ServiceError>> + Send;

    /// Every job that is the one of an order whose answer was lost, by everything that is known of
    /// it.
    fn search_launch(
        &self,
        trace: &LaunchTrace,
    ) -> impl Future<Output = Result<LaunchSearch, ServiceError>> + Send;

    /// A job as it is now.
    fn job(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// A page of the jobs, the newest first; `metadata` is a filter that a service may ignore.
    fn job_page(
        &self,
        metadata: Option<(&str, &str)>,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page<RemoteJob>, ServiceError>> + Send;

    /// A page of a job's diary, the newest line first; older ones behind `after`.
    fn events(
        &self,
        job_id: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<EventPage, ServiceError>> + Send;

    /// A page of the stages that a job kept as models, the latest first.
    fn checkpoints(
        &self,
        job_id: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page<Checkpoint>, ServiceError>> + Send;

    /// A job's figures, from one of its result files.
    fn metrics(
        &self,
        file_id: &str,
    ) -> impl Future<Output = Result<Vec<MetricRow>, ServiceError>> + Send;

    /// Asks a job to pause at a checkpoint.
    fn pause(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// Asks a paused job to go on.
    fn resume(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// Asks a job to stop for good.
    fn cancel(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// The models that can be used.
    fn models(&self) -> impl Future<Output = Result<Vec<RemoteModel>, ServiceError>> + Send;

    /// Removes a trained model.
    fn delete_model(&self, model: &str) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Asks a model and hands over its answer piece by piece as it comes.
    ///
    /// # Errors
    /// [`ServiceError::CutOff`] when the stream ends without saying that it is finished; the pieces
    /// handed over until then are no answer.
    fn chat(
        &self,
        order: &ChatOrder,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> impl Future<Output = Result<ChatReply, ServiceError>> + Send;

    /// Asks a model and waits for its whole answer.
    fn chat_whole(
        &self,
        order: &ChatOrder,
    ) -> impl Future<Output = Result<ChatReply, ServiceError>> + Send;

    /// What the service thinks of texts, one result for each. It costs nothing.
    fn moderate(
        &self,
        texts: &[String],
    ) -> impl Future<Output = Result<Vec<ModerationResult>, ServiceError>> + Send;
}
