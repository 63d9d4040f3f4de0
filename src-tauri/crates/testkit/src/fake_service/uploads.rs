//! `/v1/uploads`: large files in parts.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::files::{SentFile, StoredFile, broken_form, check_expiry, check_purpose};
use super::handle::Shared;
use super::refusal::Refusal;
use super::request_log::hexadecimal;
use super::world::World;

const PURPOSES: [&str; 4] = ["assistants", "batch", "fine-tune", "vision"];
const LARGEST: u64 = 8 << 30;
const LARGEST_PART: usize = 64 << 20;
/// An upload that is not completed by then is gone.
const LIFE_SECONDS: u64 = 3_600;

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UploadState {
    Pending,
    Completed,
    Cancelled,
    Expired,
}

/// A file that comes in parts.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) organization: String,
    pub(super) created: u64,
    pub(super) filename: String,
    pub(super) purpose: String,
    pub(super) bytes: u64,
    pub(super) expires_after: Option<u64>,
    pub(super) state: UploadState,
    pub(super) parts: Vec<(String, Bytes)>,
    pub(super) file: Option<Value>,
}

impl Upload {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id, "object": "upload", "bytes": self.bytes, "created_at": self.created,
            "filename": self.filename, "purpose": self.purpose, "status": self.status(),
            "expires_at": self.created + LIFE_SECONDS, "file": self.file,
        })
    }

    pub(super) fn status(&self) -> &'static str {
        match self.state {
            UploadState::Pending => "pending",
            UploadState::Completed => "completed",
            UploadState::Cancelled => "cancelled",
            UploadState::Expired => "expired",
        }
    }

    /// The parts in the order of their ids, put together.
    fn assembled(&self, order: &Value) -> Result<Vec<u8>, Refusal> {
        let ids = order["part_ids"].as_array().filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| {
            let message = "Missing required parameter: 'part_ids'.";
            Refusal::invalid("part_ids", "missing_required_parameter", message)
        })?;
        let mut whole = Vec::new();
        let mut used: Vec<&str> = Vec::new();
        for id in ids {
            let part = self.parts.iter().find(|(known, _)| *id == known.as_str());
            let (id, content) =
                part.filter(|(id, _)| !used.contains(&id.as_str())).ok_or_else(|| {
                    Refusal::invalid("part_ids", "invalid_value", format!("Invalid part ID: {id}"))
                })?;
            used.push(id);
            whole.extend_from_slice(content);
        }
        let count = u64::try_from(whole.len()).expect("a length fits into 64 bits");
        if count != self.bytes {
            let message =
                format!("The parts have {count} bytes, but the upload expects {}.", self.bytes);
            return Err(Refusal::invalid("part_ids", "bytes_mismatch", message));
        }
        match order["md5"].as_str() {
            Some(md5) if !md5.eq_ignore_ascii_case(&hexadecimal(&Md5::digest(&whole))) => {
                let message = "The MD5 checksum of the parts is another than the given one.";
                Err(Refusal::invalid("md5", "checksum_mismatch", message))
            }
            _ => Ok(whole),
        }
    }
}

impl World {
    fn upload_at(&self, id: &str, organization: &str) -> Result<usize, Refusal> {
        let is_it = |it: &Upload| it.id == id && it.organization == organization;
        self.uploads.iter().position(is_it).ok_or_else(|| {
            Refusal::missing("upload_not_found", format!("No such Upload object: {id}"))
        })
    }

    /// The upload, as long as it waits for parts.
    fn pending(&self, id: &str, organization: &str) -> Result<usize, Refusal> {
        let at = self.upload_at(id, organization)?;
        match self.uploads[at].state {
            UploadState::Pending => Ok(at),
            _ => {
                let status = self.uploads[at].status();
                Err(Refusal::state(format!("Upload {id} has status {status}.")))
            }
        }
    }

    pub(super) fn expire_uploads(&mut self) {
        let now = self.now();
        let is_late =
            |it: &&mut Upload| it.state == UploadState::Pending && now >= it.created + LIFE_SECONDS;
        for upload in self.uploads.iter_mut().filter(is_late) {
            upload.state = UploadState::Expired;
            upload.parts.clear();
        }
    }

    fn begin(&mut self, organization: &str, order: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| {
            order[name].as_str().filter(|it| !it.is_empty()).map(str::to_owned).ok_or_else(|| {
                let message = format!("Missing required parameter: '{name}'.");
                Refusal::invalid(name, "missing_required_parameter", message)
            })
        };
        let (filename, purpose) = (text("filename")?, text("purpose")?);
        text("mime_type")?;
        check_purpose(&purpose, &PURPOSES)?;
        let bytes = order["bytes"].as_u64().filter(|bytes| (1..=LARGEST).contains(bytes));
        let bytes = bytes.ok_or_else(|| {
            Refusal::invalid("bytes", "invalid_value", "Invalid 'bytes': expected 1 byte to 8 GB.")
        })?;
        let expires_after = match &order["expires_after"] {
            Value::Null => None,
            given => Some(check_expiry(given["anchor"].as_str(), given["seconds"].as_u64())?),
        };
        let upload = Upload {
            id: self.new_id("upload_", 32),
            organization: organization.to_owned(),
            created: self.now(),
            state: UploadState::Pending,
            parts: Vec::new(),
            file: None,
            filename,
            purpose,
            bytes,
            expires_after,
        };
        let answer = upload.to_json();
        self.uploads.push(upload);
        Ok(answer)
    }

    fn add_part(&mut self, at: usize, content: Bytes) -> Result<Value, Refusal> {
        if content.is_empty() || content.len() > LARGEST_PART {
            let message = "Invalid 'data': expected 1 byte to 64 MB.";
            return Err(Refusal::invalid("data", "invalid_value", message));
        }
        let (id, now) = (self.new_id("part_", 24), self.now());
        let upload = &mut self.uploads[at];
        upload.parts.push((id.clone(), content));
        Ok(json!({
            "id": id, "object": "upload.part", "created_at": now, "upload_id": upload.id,
        }))
    }

    fn complete(&mut self, at: usize, order: &Value) -> Result<Value, Refusal> {
        let upload = &self.uploads[at];
        let sent = SentFile {
            filename: Some(upload.filename.clone()),
            purpose: Some(upload.purpose.clone()),
            expires_after: upload.expires_after,
            content: upload.assembled(order)?.into(),
        };
        let organization = upload.organization.clone();
        let file = StoredFile::to_json(self.keep_file(&organization, sent)?);
        let upload = &mut self.uploads[at];
        (upload.state, upload.file) = (UploadState::Completed, Some(file));
        upload.parts.clear();
        Ok(upload.to_json())
    }
}

/// `POST /v1/uploads`
pub(super) async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    let order = serde_json::from_slice(&body).map_err(|_| Refusal::unreadable())?;
    world.begin(&account.organization, &order).map(Json)
}

/// `POST /v1/uploads/{id}/parts`
pub(super) async fn part(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Json<Value>, Refusal> {
    let account = shared.enter(&headers)?.1;
    let mut content = None;
    while let Some(field) = form.next_field().await.map_err(|_| broken_form())? {
        let is_data = field.name() == Some("data");
        let bytes = field.bytes().await.map_err(|_| broken_form())?;
        if is_data {
            content = Some(bytes);
        }
    }
    let mut world = shared.world();
    let at = world.pending(&id, &account.organization)?;
    world.add_part(at, content.unwrap_or_default()).map(Json)
}

/// `POST /v1/uploads/{id}/complete`
pub(super) async fn complete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    let order: Value = serde_json::from_slice(&body).map_err(|_| Refusal::unreadable())?;
    let at = world.pending(&id, &account.organization)?;
    world.complete(at, &order).map(Json)
}

/// `POST /v1/uploads/{id}/cancel`
pub(super) async fn cancel(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    let at = world.pending(&id, &account.organization)?;
    let upload = &mut world.uploads[at];
    upload.state = UploadState::Cancelled;
    upload.parts.clear();
    Ok(Json(upload.to_json()))
}
