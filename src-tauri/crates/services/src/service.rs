//! What any place that trains can be asked.

use std::future::Future;
use std::path::Path;

use serde_json::{Map, Value};

use crate::{EventPage, RefusedReply, RemoteCheckpoint, RemoteJob, RemoteModel, ServiceError};

/// An order for a training.
#[derive(Debug, Clone, PartialEq)]
pub struct LaunchOrder {
    /// Names the order for ever; also sent as `metadata.launch_id`.
    pub launch_id: String,
    /// The model to start from.
    pub model: String,
    /// The service's id of the file to learn from.
    pub training_file: String,
    /// The service's id of the file that is only watched.
    pub validation_file: Option<String>,
    /// Becomes part of the model's name.
    pub suffix: Option<String>,
    /// Makes the run repeatable where the service can.
    pub seed: Option<u32>,
    /// Settings by the service's names; what is absent is chosen by the service.
    pub hyperparameters: Map<String, Value>,
}

/// What became of an order.
#[derive(Debug)]
pub enum LaunchOutcome {
    /// The job exists.
    Acknowledged(Box<RemoteJob>),
    /// The job does not exist.
    Rejected(RefusedReply),
    /// Nobody can tell: look it up by its `launch_id`.
    Ambiguous,
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatOrder {
    /// The model.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<ChatMessage>,
    /// The longest answer in tokens; the service's own limit when absent.
    pub max_tokens: Option<u32>,
    /// Chance in the answer; 0 always takes the likeliest piece.
    pub temperature: Option<f64>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatReply {
    /// The text.
    pub content: String,
    /// Why it ended: `stop`, `length` or something newer.
    pub finish_reason: String,
    /// Tokens of the answer, where the service tells.
    pub completion_tokens: Option<u64>,
}

/// A place that trains.
pub trait TrainingService: Send + Sync {
    /// Sends a prepared file for training and gives the service's id of it.
    fn upload(
        &self,
        path: &Path,
        name: &str,
    ) -> impl Future<Output = Result<String, ServiceError>> + Send;

    /// Sends the order, once.
    fn launch(&self, order: &LaunchOrder) -> impl Future<Output = LaunchOutcome> + Send;

    /// Every job whose metadata really carry this `launch_id`.
    fn find_launch(
        &self,
        launch_id: &str,
    ) -> impl Future<Output = Result<Vec<RemoteJob>, ServiceError>> + Send;

    /// A job as it is now.
    fn job(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// A page of a job's diary, the newest line first; older ones behind `after`.
    fn events(
        &self,
        job_id: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<EventPage, ServiceError>> + Send;

    /// The moments of a job that were kept and can be asked like models.
    fn checkpoints(
        &self,
        job_id: &str,
    ) -> impl Future<Output = Result<Vec<RemoteCheckpoint>, ServiceError>> + Send;

    /// Asks a job to pause at a checkpoint.
    fn pause(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// Asks a paused job to go on.
    fn resume(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// Asks a job to stop for good.
    fn cancel(&self, job_id: &str) -> impl Future<Output = Result<RemoteJob, ServiceError>> + Send;

    /// The models that can be used.
    fn models(&self) -> impl Future<Output = Result<Vec<RemoteModel>, ServiceError>> + Send;

    /// Removes a file that was sent.
    fn delete_file(&self, file_id: &str) -> impl Future<Output = Result<(), ServiceError>> + Send;

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
}
