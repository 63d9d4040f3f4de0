//! Request bodies as JSON, refused in OpenAI's shape when they are not.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::failure::Refusal;

/// The body of a request, read as `Body`.
pub(crate) struct JsonBody<Body>(pub(crate) Body);

impl<Body: DeserializeOwned, State: Send + Sync> FromRequest<State> for JsonBody<Body> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &State) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| Refusal {
            status: rejection.status(),
            message: "the request's body is too large or broke off".to_owned(),
            param: None,
            code: Some("invalid_body"),
            room: None,
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let message = format!("the request cannot be used: {error}");
            Refusal::invalid("body", "invalid_request", message)
        })
    }
}

/// Runs work that computes or reads files where it holds nobody up.
pub(crate) async fn blocking<Value: Send + 'static>(
    work: impl FnOnce() -> Value + Send + 'static,
) -> Result<Value, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "the work for a request broke off");
        Refusal::storage(&std::io::Error::other("the work for a request broke off"))
    })
}

/// For paths that lead nowhere.
pub(crate) async fn nowhere() -> Refusal {
    Refusal::missing("unknown_url", "nothing is served at this path".to_owned())
}

/// For methods that a path does not take.
pub(crate) async fn wrong_method() -> Refusal {
    Refusal {
        status: StatusCode::METHOD_NOT_ALLOWED,
        message: "this path does not take that method".to_owned(),
        param: None,
        code: Some("method_not_allowed"),
        room: None,
    }
}
