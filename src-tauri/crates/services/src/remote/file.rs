//! Files and uploads as services tell of them.

use serde_json::{Map, Value};

use super::{count, id, moment, object, text};

/// A file that a service keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteFile {
    /// The service's id of it.
    pub id: String,
    /// The name it was sent under.
    pub name: String,
    /// Its size.
    pub bytes: Option<u64>,
    /// What it is for: `fine-tune`, `fine-tune-results` or something newer.
    pub purpose: Option<String>,
    /// When it was sent, in seconds since 1970.
    pub created_at: Option<i64>,
    /// When it vanishes by itself, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// `uploaded`, `processed`, `error` or something newer, where the service still tells.
    pub status: Option<String>,
    /// Everything as it was said, unknown fields included.
    pub said: Map<String, Value>,
}

impl RemoteFile {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(value)?,
            name: text(value.get("filename")).unwrap_or_default(),
            bytes: count(value.get("bytes")),
            purpose: text(value.get("purpose")),
            created_at: moment(value.get("created_at")),
            expires_at: moment(value.get("expires_at")),
            status: text(value.get("status")),
            said: object(Some(value)),
        })
    }
}

/// A file that comes to a service in parts.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteUpload {
    /// The service's id of it.
    pub id: String,
    /// `pending`, `completed`, `cancelled`, `expired` or something newer.
    pub status: String,
    /// Until when its parts must be there, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// The file it became.
    pub file: Option<RemoteFile>,
}

impl RemoteUpload {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: id(value)?,
            status: text(value.get("status")).unwrap_or_default(),
            expires_at: moment(value.get("expires_at")),
            file: value.get("file").and_then(RemoteFile::read),
        })
    }
}
