//! Refusals in OpenAI's words: `{"error":{"message","type","param","code"}}` with a 4xx or 5xx.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::train::memory::TooLittleMemory;

/// A request that is refused or that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) param: Option<&'static str>,
    pub(crate) code: Option<&'static str>,
    /// What is needed and what is free, where memory is short.
    pub(crate) room: Option<TooLittleMemory>,
}

impl Refusal {
    /// A 400 about `param`.
    pub(crate) fn invalid(param: &'static str, code: &'static str, message: String) -> Self {
        let (param, code) = (Some(param), Some(code));
        Self { status: StatusCode::BAD_REQUEST, message, param, code, room: None }
    }

    /// A 404 for a thing that is not there.
    pub(crate) fn missing(code: &'static str, message: String) -> Self {
        let (param, code, room) = (None, Some(code), None);
        Self { status: StatusCode::NOT_FOUND, message, param, code, room }
    }

    /// A 400 for a model that does not fit into the memory that is free.
    pub(crate) fn memory(short: TooLittleMemory) -> Self {
        let refusal = Self::invalid("model", "not_enough_memory", short.to_string());
        Self { room: Some(short), ..refusal }
    }

    /// A 500 or 507 for a folder that cannot be written; the cause goes to the log.
    pub(crate) fn storage(error: &std::io::Error) -> Self {
        tracing::error!(%error, "the engine's folder cannot be used");
        let (status, code, message) = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                (StatusCode::INSUFFICIENT_STORAGE, "disk_full", "the disk is full")
            }
            _ => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "storage_error",
                "the engine's folder cannot be read or written",
            ),
        };
        let (message, param, code, room) = (message.to_owned(), None, Some(code), None);
        Self { status, message, param, code, room }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let kind = match self.status {
            StatusCode::INTERNAL_SERVER_ERROR | StatusCode::INSUFFICIENT_STORAGE => "server_error",
            _ => "invalid_request_error",
        };
        let mut error =
            json!({"message": self.message, "type": kind, "param": self.param, "code": self.code});
        if let Some(room) = self.room {
            error["needed"] = json!(room.needed);
            error["free"] = json!(room.free);
        }
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}
