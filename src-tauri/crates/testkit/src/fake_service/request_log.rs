//! What was asked, in order.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

/// A request as it arrived. The token is not kept: a log that a test prints must not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// When, in virtual milliseconds since 1970.
    pub at_ms: u64,
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// With `/v1` in front.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// Names in small letters, without `authorization`.
    pub headers: Vec<(String, String)>,
    /// `Some` once the whole body was read.
    pub body_sha256: Option<String>,
    /// Bytes of the body that were read.
    pub body_bytes: u64,
    /// The status that was answered; none where the line was cut or nothing was answered.
    pub status: Option<u16>,
    /// The name of the planned fault, where one was due.
    pub fault: Option<&'static str>,
}

impl LoggedRequest {
    pub(super) fn new(at_ms: u64, parts: &Parts, fault: Option<&'static str>) -> Self {
        Self {
            at_ms,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: without_token(&parts.headers),
            body_sha256: None,
            body_bytes: 0,
            status: None,
            fault,
        }
    }

    /// The value of a header, its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn without_token(headers: &HeaderMap) -> Vec<(String, String)> {
    let named = headers.iter().filter(|(name, _)| *name != "authorization");
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    named.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

/// A SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
