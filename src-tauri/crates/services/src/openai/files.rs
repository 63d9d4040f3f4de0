//! Files: sending one in one piece, listing, reading and removing them.

use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::OpenAiCompatible;
use crate::endpoint::segment;
use crate::http::{Http, time_to_send};
use crate::{FileOrder, Page, RemoteFile, ServiceError};

const PATH: &str = "/files";
/// So many rows a page; the most that OpenAI gives.
const ROWS: &str = "10000";
const MOST_PAGES: usize = 20;
/// Read and sent at a time.
pub(super) const PIECE: usize = 1 << 16;

pub(super) async fn send(http: &Http, order: &FileOrder) -> Result<RemoteFile, ServiceError> {
    let file = File::open(&order.path).await.map_err(ServiceError::File)?;
    let bytes = file.metadata().await.map_err(ServiceError::File)?.len();
    let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, PIECE));
    let part = Part::stream_with_length(body, bytes).file_name(order.name.clone());
    let form = form(order, http.capabilities().expires_after).part("file", part);
    let request = http.order(PATH).multipart(form).timeout(time_to_send(bytes));
    read_file(&http.json("upload", request).await?)
}

/// The fields beside the file itself.
pub(super) fn fields(order: &FileOrder, can_expire: bool) -> Vec<(&'static str, String)> {
    let mut fields = vec![("purpose", order.purpose.clone())];
    if let Some(seconds) = order.expiry().filter(|_| can_expire) {
        fields.push(("expires_after[anchor]", "created_at".to_owned()));
        fields.push(("expires_after[seconds]", seconds.to_string()));
    }
    fields
}

fn form(order: &FileOrder, can_expire: bool) -> Form {
    let fields = fields(order, can_expire).into_iter();
    fields.fold(Form::new(), |form, (name, value)| form.text(name, value))
}

fn read_file(answer: &Value) -> Result<RemoteFile, ServiceError> {
    RemoteFile::read(answer).ok_or(ServiceError::Garbled { what: "file" })
}

pub(super) async fn read(http: &Http, file_id: &str) -> Result<RemoteFile, ServiceError> {
    read_file(&http.ask("file", http.get(&format!("{PATH}/{}", segment(file_id)))).await?)
}

pub(super) async fn content(http: &Http, file_id: &str) -> Result<Vec<u8>, ServiceError> {
    let request = http.get(&format!("{PATH}/{}/content", segment(file_id)));
    Ok(http.ask_raw("content", request).await?.body)
}

pub(super) async fn delete(http: &Http, file_id: &str) -> Result<(), ServiceError> {
    http.remove(&format!("{PATH}/{}", segment(file_id))).await
}

pub(super) async fn page(
    http: &Http,
    purpose: Option<&str>,
    after: Option<&str>,
) -> Result<Page<RemoteFile>, ServiceError> {
    let mut query = vec![("limit", ROWS), ("order", "desc")];
    query.extend(purpose.map(|purpose| ("purpose", purpose)));
    query.extend(after.map(|after| ("after", after)));
    let answer = http.ask("files", http.get(PATH).query(&query)).await?;
    Ok(Page::read(&answer, RemoteFile::read))
}

/// Every file, or those for one purpose.
async fn all(http: &Http, purpose: Option<&str>) -> Result<Vec<RemoteFile>, ServiceError> {
    let mut files = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = page(http, purpose, after.as_deref()).await?;
        files.extend(page.rows);
        if page.next.is_none() || page.next == after {
            break;
        }
        after = page.next;
    }
    Ok(files)
}

pub(super) async fn find(
    http: &Http,
    purpose: &str,
    name: &str,
    bytes: u64,
) -> Result<Option<RemoteFile>, ServiceError> {
    let files = all(http, Some(purpose)).await?.into_iter();
    let same = files.filter(|file| file.name == name && file.bytes == Some(bytes));
    Ok(same.max_by_key(|file| file.created_at))
}

impl OpenAiCompatible {
    /// The files that were sent and not deleted.
    ///
    /// # Errors
    /// Failures of the connection.
    pub async fn files(&self) -> Result<Vec<RemoteFile>, ServiceError> {
        all(&self.http, None).await
    }
}
