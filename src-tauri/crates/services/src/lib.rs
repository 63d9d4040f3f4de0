//! Places that train: what any of them can be asked, and the adapter for every address that speaks
//! OpenAI's format (this computer's engine among them).
//!
//! Invariants: a key arrives as an argument and is never kept in a file or shown; the order for a
//! training is sent once and never again by itself; unknown fields and values of a service are
//! kept, never an error.

mod error;
mod fetch;
mod http;
mod key;
mod openai;
mod remote;
mod service;
mod sse;

pub use error::{RefusedReply, ServiceError};
pub use fetch::{FetchError, FetchProgress, FetchSource, WantedFile, fetch_file, part_of};
pub use http::{Endpoint, is_loopback};
pub use key::ServiceKey;
pub use openai::{OpenAiCompatible, PlanOrder, RemoteExport, RemoteFile, RemotePlan};
pub use remote::{EventPage, JobEvent, RemoteCheckpoint, RemoteJob, RemoteModel};
pub use service::{ChatMessage, ChatOrder, ChatReply, LaunchOrder, LaunchOutcome, TrainingService};
