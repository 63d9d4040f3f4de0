//! What can go wrong with a service.

/// A refusal in the service's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedReply {
    /// The HTTP status.
    pub status: u16,
    /// The service's code, where it gives one.
    pub code: Option<String>,
    /// The service's own text.
    pub message: String,
    /// Bytes that would be needed, where something is short.
    pub needed: Option<u64>,
    /// Bytes that are free, where something is short.
    pub free: Option<u64>,
}

/// A call to a service did not work.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No connection, or it broke.
    #[error("the service at `{base_url}` cannot be reached")]
    Unreachable {
        /// The address.
        base_url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A definite refusal.
    #[error("the service refused with status {}: {}", .0.status, .0.message)]
    Refused(RefusedReply),
    /// An answer that is none.
    #[error("the service answered `{what}` with something that is no answer")]
    Garbled {
        /// What was asked for.
        what: &'static str,
    },
    /// A stream ended before it said that it was finished.
    #[error("the answer was cut off before its end")]
    CutOff,
    /// The file to send cannot be read.
    #[error("the file to send cannot be read")]
    File(#[source] std::io::Error),
    /// The client could not be made.
    #[error("no client for `{base_url}` can be made")]
    Client {
        /// The address.
        base_url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
}
