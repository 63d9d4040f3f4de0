//! `/v1/files`: uploads go to the disk as they arrive, never through memory.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Multipart, Path as UrlPath, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::engine::Engine;
use super::failure::Refusal;
use super::files::FileRecord;
use super::paging::{self, Page};

/// Largest upload, as OpenAI has it.
const LARGEST: u64 = 512 << 20;
const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

/// `POST /v1/files`
pub(crate) async fn upload(
    State(engine): State<Arc<Engine>>,
    mut form: Multipart,
) -> Result<Json<Value>, Refusal> {
    let (id, part) = engine.files.begin();
    let received = receive(&mut form, &part).await;
    let kept = match received {
        Ok((name, purpose)) => {
            engine.files.keep(id, &part, &name, &purpose).map_err(|error| Refusal::storage(&error))
        }
        Err(refusal) => Err(refusal),
    };
    if kept.is_err() {
        // An unfinished upload that stays is removed at the next start.
        let _ = tokio::fs::remove_file(&part).await;
    }
    Ok(Json(kept?.to_json()))
}

async fn receive(form: &mut Multipart, part: &Path) -> Result<(String, String), Refusal> {
    let broken = |_| Refusal::invalid("file", "invalid_form", "the form cannot be read".to_owned());
    let (mut name, mut purpose) = (None, None);
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("file") => {
                name = Some(field.file_name().unwrap_or("file.jsonl").to_owned());
                let mut file = create(part).await?;
                let mut bytes = 0;
                while let Some(chunk) = field.chunk().await.map_err(broken)? {
                    bytes += chunk.len() as u64;
                    if bytes > LARGEST {
                        return Err(too_large());
                    }
                    file.write_all(&chunk).await.map_err(|error| Refusal::storage(&error))?;
                }
                file.sync_all().await.map_err(|error| Refusal::storage(&error))?;
            }
            Some("purpose") => purpose = Some(field.text().await.map_err(broken)?),
            _ => {}
        }
    }
    let missing = |param| {
        Refusal::invalid(param, "missing_required_parameter", format!("`{param}` is missing"))
    };
    let purpose = purpose.ok_or_else(|| missing("purpose"))?;
    if !PURPOSES.contains(&purpose.as_str()) {
        let message = format!("`{purpose}` is not a purpose of a file");
        return Err(Refusal::invalid("purpose", "invalid_value", message));
    }
    Ok((name.ok_or_else(|| missing("file"))?, purpose))
}

async fn create(part: &Path) -> Result<tokio::fs::File, Refusal> {
    tokio::fs::File::create(part).await.map_err(|error| Refusal::storage(&error))
}

fn too_large() -> Refusal {
    Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        message: "files of more than 512 MB are not taken".to_owned(),
        param: Some("file"),
        code: Some("file_too_large"),
        room: None,
    }
}

/// `GET /v1/files?purpose&order&after&limit`
pub(crate) async fn list(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, Refusal> {
    let page = Page::read(&query, 10_000, 10_000)?;
    let find = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, it)| it.as_str());
    let mut files = engine.files.list();
    if find("order") != Some("asc") {
        files.reverse();
    }
    files.retain(|file| find("purpose").is_none_or(|purpose| purpose == file.purpose));
    let (files, has_more) = page.cut(files, |file| file.id.clone())?;
    let data: Vec<Value> = files.iter().map(FileRecord::to_json).collect();
    Ok(Json(paging::list(&data, has_more)))
}

/// `GET /v1/files/{id}`
pub(crate) async fn get(
    State(engine): State<Arc<Engine>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<Value>, Refusal> {
    engine.files.get(&id).map(|file| Json(file.to_json())).ok_or_else(|| no_file(&id))
}

/// `GET /v1/files/{id}/content`
pub(crate) async fn content(
    State(engine): State<Arc<Engine>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Response, Refusal> {
    let record = engine.files.get(&id).ok_or_else(|| no_file(&id))?;
    let file = tokio::fs::File::open(engine.files.data_path(&id))
        .await
        .map_err(|error| Refusal::storage(&error))?;
    let chunks = futures_util::stream::try_unfold(file, |mut file| async move {
        let mut buffer = vec![0; 1 << 16];
        let count = file.read(&mut buffer).await?;
        buffer.truncate(count);
        Ok::<_, io::Error>((count > 0).then_some((buffer, file)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, record.bytes.to_string()),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// `DELETE /v1/files/{id}`
pub(crate) async fn delete(
    State(engine): State<Arc<Engine>>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<Value>, Refusal> {
    match engine.files.remove(&id) {
        Ok(true) => Ok(Json(json!({"id": id, "object": "file", "deleted": true}))),
        Ok(false) => Err(no_file(&id)),
        Err(error) => Err(Refusal::storage(&error)),
    }
}

fn no_file(id: &str) -> Refusal {
    Refusal::missing("file_not_found", format!("no file `{id}` exists"))
}
