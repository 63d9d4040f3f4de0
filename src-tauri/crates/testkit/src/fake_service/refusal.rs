//! Refusals in OpenAI's words: `{"error":{"message","type","param","code"}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) param: Option<String>,
    pub(super) code: Option<String>,
}

impl Refusal {
    /// A 400 about `param`.
    pub(super) fn invalid(param: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            message: message.into(),
            param: Some(param.to_owned()),
            code: Some(code.to_owned()),
        }
    }

    /// A 404 for a thing that is not there.
    pub(super) fn missing(code: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::invalid("", code, message) }.without_param()
    }

    /// A 400 for a thing that is in another state than the request needs.
    pub(super) fn state(message: impl Into<String>) -> Self {
        Self::invalid("", "invalid_status", message).without_param()
    }

    /// A body that is no JSON object.
    pub(super) fn unreadable() -> Self {
        let message = "We could not parse the JSON body of your request.";
        Self { code: None, ..Self::state(message) }
    }

    pub(super) fn no_token() -> Self {
        let message = "You didn't provide an API key. You need to provide your API key in an \
                       Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
        let refusal = Self::invalid("", "", message).without_param();
        Self { status: StatusCode::UNAUTHORIZED, code: None, ..refusal }
    }

    /// OpenAI repeats the key with its middle starred.
    pub(super) fn wrong_token(token: &str) -> Self {
        let letters: Vec<char> = token.chars().collect();
        let shown: String = match letters.len() {
            0..=11 => "****".to_owned(),
            count => {
                let ends = |range: &[char]| range.iter().collect::<String>();
                format!("{}****{}", ends(&letters[..4]), ends(&letters[count - 4..]))
            }
        };
        let message = format!("Incorrect API key provided: {shown}.");
        let refusal = Self::invalid("", "invalid_api_key", message).without_param();
        Self { status: StatusCode::UNAUTHORIZED, ..refusal }
    }

    /// The wording is OpenAI's (github.com/ed-donner/llm_engineering/issues/3258).
    pub(super) fn locked_out() -> Self {
        let message = "OpenAI is winding down the fine-tuning platform and your organization is no \
                       longer able to create new fine-tuning training jobs.";
        let refusal = Self::invalid("", "training_not_available", message).without_param();
        Self { status: StatusCode::FORBIDDEN, ..refusal }
    }

    pub(super) fn no_credit() -> Self {
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            kind: "insufficient_quota",
            ..Self::invalid("", "insufficient_quota", message).without_param()
        }
    }

    /// An admin key where an ordinary one belongs, or the other way round. The code is from memory.
    pub(super) fn missing_scope(scope: &str) -> Self {
        let message = format!(
            "You have insufficient permissions for this operation. Missing scopes: {scope}."
        );
        let refusal = Self::invalid("", "missing_scope", message).without_param();
        Self { status: StatusCode::FORBIDDEN, ..refusal }
    }

    pub(super) fn without_param(self) -> Self {
        Self { param: None, ..self }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"error": {
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        }})
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.to_json())).into_response()
    }
}
