//! Places that train: what any of them can be asked, and the adapter for every address that speaks
//! OpenAI's format (this computer's engine among them).
//!
//! Invariants: a key arrives as an argument and is never kept in a file or shown; the order for a
//! training is sent once and never again by itself, a question five times at most; plain http goes
//! to this computer only; a stream that was cut is never finished; unknown fields and values of a
//! service are kept, never an error.

mod capabilities;
mod chat;
mod endpoint;
mod error;
mod fetch;
mod http;
mod key;
mod openai;
mod order;
mod remote;
mod service;
mod sse;

pub use capabilities::{Capabilities, Setting, SettingRange, TrainingMethod};
pub use chat::{ChatMessage, ChatOrder, ChatReply, TokenLogprob};
pub use endpoint::{Endpoint, EndpointError, KeyHeader, host_of, is_loopback};
pub use error::{RefusalKind, RefusedReply, ServiceError};
pub use fetch::{FetchError, FetchProgress, FetchSource, WantedFile, fetch_file, part_of};
pub use http::{Pauses, SystemPauses, TlsFault, UnreachableCause};
pub use key::{KeyKind, ServiceKey};
pub use openai::{
    KeyCheck, MetricRow, OpenAiCompatible, PlanOrder, RemoteExport, RemotePlan, UploadError,
    UploadRecord, part_bytes_for,
};
pub use order::{FileOrder, LaunchOrder, LaunchOutcome, LaunchSearch, LaunchTrace, OrderFault};
pub use remote::{
    Checkpoint, EventPage, JobEvent, ModerationResult, Page, RemoteFile, RemoteJob, RemoteModel,
    RemoteUpload,
};
pub use service::{KeepRecord, TrainingService};
