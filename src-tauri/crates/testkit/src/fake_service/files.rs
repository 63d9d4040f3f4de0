//! `/v1/files`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::handle::Shared;
use super::paging::{self, Query as Pairs, find};
use super::refusal::Refusal;
use super::world::World;

const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];
/// Largest file that comes in one piece.
const LARGEST: usize = 512 << 20;

/// A file that was sent, or that a job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredFile {
    pub(super) id: String,
    pub(super) organization: String,
    pub(super) filename: String,
    pub(super) purpose: String,
    pub(super) created: u64,
    pub(super) expires_at: Option<u64>,
    pub(super) content: Bytes,
}

impl StoredFile {
    pub(super) fn to_json(&self) -> Value {
        let mut file = json!({
            "object": "file", "id": self.id, "bytes": self.content.len(),
            "created_at": self.created, "filename": self.filename, "purpose": self.purpose,
            "status": "processed",
        });
        if let Some(at) = self.expires_at {
            file["expires_at"] = json!(at);
        }
        file
    }
}

/// A file as it is sent.
#[derive(Debug, Default)]
pub(super) struct SentFile {
    pub(super) filename: Option<String>,
    pub(super) purpose: Option<String>,
    /// Seconds after its making.
    pub(super) expires_after: Option<u64>,
    pub(super) content: Bytes,
}

impl World {
    /// Keeps a file, or says what is wrong with it. Its content is looked at by a job only.
    pub(super) fn keep_file(
        &mut self,
        organization: &str,
        sent: SentFile,
    ) -> Result<&StoredFile, Refusal> {
        let missing = |param| {
            let message = format!("'{param}' is a required property");
            Refusal::invalid(param, "missing_required_parameter", message)
        };
        let purpose = sent.purpose.ok_or_else(|| missing("purpose"))?;
        check_purpose(&purpose, &PURPOSES)?;
        let filename = sent.filename.ok_or_else(|| missing("file"))?;
        let is_lines = std::path::Path::new(&filename)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"));
        if purpose == "fine-tune" && !is_lines {
            let message =
                "Invalid file format. Files for fine-tuning must have the extension .jsonl.";
            return Err(Refusal::invalid("file", "invalid_file_format", message));
        }
        let file = StoredFile {
            id: self.new_id("file-", 22),
            organization: organization.to_owned(),
            created: self.now(),
            expires_at: sent.expires_after.map(|seconds| self.now() + seconds),
            filename,
            purpose,
            content: sent.content,
        };
        self.files.push(file);
        Ok(self.files.last().expect("it was just put there"))
    }

    /// A file that is there.
    pub(super) fn file(&self, id: &str, organization: &str) -> Option<&StoredFile> {
        self.files.iter().find(|file| file.id == id && file.organization == organization)
    }

    pub(super) fn expire_files(&mut self) {
        let now = self.now();
        self.files.retain(|file| file.expires_at.is_none_or(|at| at > now));
    }
}

/// Refuses an unknown purpose.
pub(super) fn check_purpose(purpose: &str, known: &[&str]) -> Result<(), Refusal> {
    if known.contains(&purpose) {
        return Ok(());
    }
    let message = format!("'{purpose}' is not one of {known:?} - 'purpose'");
    Err(Refusal::invalid("purpose", "invalid_value", message))
}

/// Refuses what is no time from one hour to 30 days.
pub(super) fn check_expiry(anchor: Option<&str>, seconds: Option<u64>) -> Result<u64, Refusal> {
    let seconds = seconds.filter(|seconds| (3_600..=2_592_000).contains(seconds));
    match (anchor, seconds) {
        (Some("created_at"), Some(seconds)) => Ok(seconds),
        _ => {
            let message = "Invalid 'expires_after': expected the anchor 'created_at' and 3600 to 2592000 seconds.";
            Err(Refusal::invalid("expires_after", "invalid_value", message))
        }
    }
}

/// `POST /v1/files`
pub(super) async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Json<Value>, Refusal> {
    let account = shared.enter(&headers)?.1;
    let sent = receive(form).await?;
    let mut world = shared.world();
    world.keep_file(&account.organization, sent).map(|file| Json(file.to_json()))
}

async fn receive(mut form: Multipart) -> Result<SentFile, Refusal> {
    let mut sent = SentFile::default();
    let (mut anchor, mut seconds) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| broken_form())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            sent.filename = field.file_name().map(str::to_owned);
        }
        let content = field.bytes().await.map_err(|_| broken_form())?;
        let text = || String::from_utf8_lossy(&content).into_owned();
        match name.as_str() {
            "purpose" => sent.purpose = Some(text()),
            "expires_after[anchor]" => anchor = Some(text()),
            "expires_after[seconds]" => seconds = Some(text()),
            "file" => sent.content = content,
            _ => {}
        }
    }
    if anchor.is_some() || seconds.is_some() {
        let seconds = seconds.and_then(|text| text.parse().ok());
        sent.expires_after = Some(check_expiry(anchor.as_deref(), seconds)?);
    }
    if sent.content.len() > LARGEST {
        let message = "File is too large: the limit is 512 MB.";
        let refusal = Refusal::invalid("file", "file_too_large", message);
        return Err(Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, ..refusal });
    }
    Ok(sent)
}

/// A form that ends too early or is none.
pub(super) fn broken_form() -> Refusal {
    Refusal::invalid("file", "invalid_form", "There was an error parsing the body")
}

/// `GET /v1/files?purpose&order&after&limit`
pub(super) async fn list(
    State(shared): State<Shared>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (world, account) = shared.enter(&headers)?;
    let is_wanted = |file: &&StoredFile| {
        file.organization == account.organization
            && find(&query, "purpose").is_none_or(|purpose| file.purpose == purpose)
    };
    let mut all: Vec<Value> =
        world.files.iter().filter(is_wanted).map(StoredFile::to_json).collect();
    if find(&query, "order") != Some("asc") {
        all.reverse();
    }
    paging::page(all, &query, 10_000, 10_000).map(Json)
}

/// `GET /v1/files/{id}`
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (world, account) = shared.enter(&headers)?;
    let file = world.file(&id, &account.organization).ok_or_else(|| no_file(&id))?;
    Ok(Json(file.to_json()))
}

/// `GET /v1/files/{id}/content`
pub(super) async fn content(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (world, account) = shared.enter(&headers)?;
    let file = world.file(&id, &account.organization).ok_or_else(|| no_file(&id))?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((kind, file.content.clone()).into_response())
}

/// `DELETE /v1/files/{id}`
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    world.file(&id, &account.organization).ok_or_else(|| no_file(&id))?;
    world.files.retain(|file| file.id != id);
    Ok(Json(json!({"id": id, "object": "file", "deleted": true})))
}

fn no_file(id: &str) -> Refusal {
    Refusal::missing("file_not_found", format!("No such File object: {id}"))
}
