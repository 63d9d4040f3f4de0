//! A whole answer, read with a limit, and what a refusal says.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::{Http, retry};
use crate::remote::text;
use crate::{RefusedReply, ServiceError};

/// The longest answer that is read; a list of 10,000 files has 4 MB.
const LONGEST_ANSWER: usize = 64 << 20;
/// Of a page that is no answer, so much is looked at.
const LOOKED_AT: usize = 512;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
}

impl Reply {
    pub(super) async fn read(
        http: &Http,
        what: &'static str,
        response: Response,
    ) -> Result<Self, ServiceError> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk.map_err(|source| http.unreachable(source))?);
            if body.len() > LONGEST_ANSWER {
                return Err(ServiceError::Garbled { what });
            }
        }
        http.endpoint().key.blot_out(&mut body);
        Ok(Self { status, body, headers })
    }

    /// Whether it is a page for people where an answer for programs is due.
    pub(super) fn is_page(&self) -> bool {
        let begin = &self.body[..self.body.len().min(LOOKED_AT)];
        let begin = String::from_utf8_lossy(begin).trim_start().to_ascii_lowercase();
        is_page(&self.headers) || begin.starts_with("<!doctype html") || begin.starts_with("<html")
    }

    /// The refusal it is.
    pub(crate) fn refusal(&self, now: SystemTime) -> RefusedReply {
        let header =
            |name: &str| self.headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let now = retry::server_date(&self.headers).unwrap_or(now);
        let told = refusal_in(self.status, &self.body);
        let retry_after: Option<Duration> = retry::retry_after(&self.headers, now);
        RefusedReply {
            request_id: header("x-request-id").or_else(|| header("apim-request-id")),
            retry_after,
            should_retry: retry::should_retry(&self.headers),
            ..told
        }
    }
}

/// Whether an answer calls itself a page for people.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    named.is_some_and(|it| it.starts_with("text/html"))
}

/// A refusal from its body, which may be OpenAI's error object or anything at all.
pub(crate) fn refusal_in(status: u16, body: &[u8]) -> RefusedReply {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let whole = parsed.as_ref();
    let error = whole.and_then(|value| value.get("error"));
    let field = |name: &str| text(error.and_then(|error| error.get(name)));
    let bytes = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_u64);
    // Others put their words elsewhere: as the error itself, or beside it.
    let elsewhere = || {
        let beside = |name: &str| whole.and_then(|value| value.get(name)).and_then(Value::as_str);
        let told = error.and_then(Value::as_str).or_else(|| beside("message"));
        told.or_else(|| beside("detail")).map(str::to_owned)
    };
    RefusedReply {
        status,
        code: field("code").or_else(|| field("type")),
        kind: field("type"),
        param: field("param"),
        message: field("message").or_else(elsewhere).unwrap_or_else(|| format!("status {status}")),
        needed: bytes("needed"),
        free: bytes("free"),
        ..RefusedReply::default()
    }
}
