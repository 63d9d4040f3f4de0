//! Sending a file in parts, so that a cut line costs a part and not the file.
//!
//! Invariants: of the file only the pieces on their way are held; only parts whose ids the service
//! gave count as sent; the record is kept before the next step is taken.

use std::io::{self, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};
use md5::{Digest, Md5};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::files::{self, PIECE};
use super::record::UploadRecord;
use crate::endpoint::segment;
use crate::http::{Http, time_to_send};
use crate::remote::{RemoteUpload, id};
use crate::service::KeepRecord;
use crate::{FileOrder, RemoteFile, ServiceError};

pub(super) const PATH: &str = "/uploads";
/// At once on their way.
const PARALLEL: usize = 3;
const MB: u64 = 1 << 20;
const GOOD_PART: u64 = 8 * MB;
const LARGEST_PART: u64 = 64 * MB;
/// A part that takes longer than this is lost too often.
const PART_SECONDS: u64 = 6;
const MIME_TYPE: &str = "text/jsonl";

/// A file could not be sent in parts.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The service, or the way to it; what it took stays taken.
    #[error("the service did not take a part of the file")]
    Service(#[from] ServiceError),
    /// The service waited no longer. The record is emptied: a call with it begins again with the
    /// same bytes.
    #[error("the upload expired before it was whole")]
    Expired,
    /// The file is not the one that was begun with.
    #[error("the file has changed since its sending began")]
    Changed,
    /// The file cannot be read.
    #[error("the file to send cannot be read")]
    File(#[source] io::Error),
    /// The record could not be kept, so nothing more was sent.
    #[error("how far the upload is cannot be written down")]
    NotKept(#[source] io::Error),
}

/// A good size of a part on a line of this speed; what is not known is taken as slow.
#[must_use]
pub fn part_bytes_for(bytes_per_second: Option<u64>) -> u64 {
    bytes_per_second
        .map_or(GOOD_PART, |speed| speed.saturating_mul(PART_SECONDS))
        .clamp(GOOD_PART, LARGEST_PART)
}

pub(super) async fn send(
    http: &Http,
    order: &FileOrder,
    begun: Option<UploadRecord>,
    keep: &mut KeepRecord<'_>,
) -> Result<RemoteFile, UploadError> {
    let (bytes, md5) = look_at(&order.path).await.map_err(UploadError::File)?;
    let mut record = match begun {
        Some(record) if record.bytes == bytes && record.md5 == md5 => record,
        Some(_) => return Err(UploadError::Changed),
        None => fresh(order, bytes, md5),
    };
    let sent = carry_on(http, order, &mut record, keep).await;
    if matches!(sent, Err(UploadError::Expired)) {
        record.begin_again();
        keep(&record).map_err(UploadError::NotKept)?;
    }
    sent
}

fn fresh(order: &FileOrder, bytes: u64, md5: String) -> UploadRecord {
    UploadRecord {
        name: order.name.clone(),
        purpose: order.purpose.clone(),
        bytes,
        md5,
        part_bytes: order.part_bytes.unwrap_or(GOOD_PART).clamp(1, LARGEST_PART),
        upload_id: None,
        expires_at: None,
        parts: [].into(),
        is_completing: false,
    }
}

async fn carry_on(
    http: &Http,
    order: &FileOrder,
    record: &mut UploadRecord,
    keep: &mut KeepRecord<'_>,
) -> Result<RemoteFile, UploadError> {
    // An earlier process may have got it done and lost the answer.
    if record.is_completing
        && let Some(file) = find(http, record).await?
    {
        return Ok(file);
    }
    let upload_id = match &record.upload_id {
        Some(upload_id) => upload_id.clone(),
        None => begin(http, order, record, keep).await?,
    };
    send_missing(http, &order.path, &upload_id, record, keep).await?;
    complete(http, &upload_id, record, keep).await
}

/// The size and the MD5 of a file, read piece by piece.
async fn look_at(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path).await?;
    let mut hasher = Md5::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).await? {
            0 => break,
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
    let md5 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, md5))
}

/// The wish to begin, as it goes over the wire.
pub(super) fn begin_body(order: &FileOrder, record: &UploadRecord, can_expire: bool) -> Value {
    let mut body = Map::new();
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    add("filename", Value::from(record.name.as_str()));
    add("purpose", Value::from(record.purpose.as_str()));
    add("bytes", Value::from(record.bytes));
    add("mime_type", Value::from(MIME_TYPE));
    if let Some(seconds) = order.expiry().filter(|_| can_expire) {
        add("expires_after", json!({ "anchor": "created_at", "seconds": seconds }));
    }
    Value::Object(body)
}

async fn begin(
    http: &Http,
    order: &FileOrder,
    record: &mut UploadRecord,
    keep: &mut KeepRecord<'_>,
) -> Result<String, UploadError> {
    let body = begin_body(order, record, http.capabilities().expires_after);
    let answer = http.json("upload", http.order(PATH).json(&body)).await?;
    let upload = RemoteUpload::read(&answer).ok_or(ServiceError::Garbled { what: "upload" })?;
    record.upload_id = Some(upload.id.clone());
    record.expires_at = upload.expires_at;
    keep(record).map_err(UploadError::NotKept)?;
    Ok(upload.id)
}

/// Sends what is missing. After a failure those on their way are waited for, because what the
/// service takes need not be sent again; no new one begins.
async fn send_missing(
    http: &Http,
    path: &Path,
    upload_id: &str,
    record: &mut UploadRecord,
    keep: &mut KeepRecord<'_>,
) -> Result<(), UploadError> {
    let ranges: Vec<_> =
        record.missing().into_iter().map(|part| (part, record.part_range(part))).collect();
    let has_failed = AtomicBool::new(false);
    let failed = &has_failed;
    let sending = stream::iter(ranges).map(|(part, range)| async move {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        Some((part, send_part(http, path, upload_id, range).await))
    });
    let mut sending = std::pin::pin!(sending.buffer_unordered(PARALLEL));
    let mut first_failure = None;
    while let Some(sent) = sending.next().await {
        let kept = match sent {
            None => Ok(()),
            Some((part, Ok(part_id))) => {
                record.parts.insert(part, part_id);
                keep(record).map_err(UploadError::NotKept)
            }
            Some((_, Err(failure))) => Err(failure),
        };
        if let Err(failure) = kept {
            has_failed.store(true, Ordering::Relaxed);
            first_failure.get_or_insert(failure);
        }
    }
    first_failure.map_or(Ok(()), |failure| Err(expired_or(http, record, failure)))
}

async fn send_part(
    http: &Http,
    path: &Path,
    upload_id: &str,
    (begin, bytes): (u64, u64),
) -> Result<String, UploadError> {
    let mut file = File::open(path).await.map_err(UploadError::File)?;
    file.seek(SeekFrom::Start(begin)).await.map_err(UploadError::File)?;
    let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file.take(bytes), PIECE));
    let form = Form::new().part("data", Part::stream_with_length(body, bytes).file_name("part"));
    let path = format!("{PATH}/{}/parts", segment(upload_id));
    let request = http.order(&path).multipart(form).timeout(time_to_send(bytes));
    let answer = http.json("part", request).await?;
    Ok(id(&answer).ok_or(ServiceError::Garbled { what: "part" })?)
}

/// The wish to put the parts together, as it goes over the wire.
pub(super) fn complete_body(record: &UploadRecord) -> Value {
    json!({ "part_ids": record.parts.values().collect::<Vec<_>>(), "md5": record.md5 })
}

async fn complete(
    http: &Http,
    upload_id: &str,
    record: &mut UploadRecord,
    keep: &mut KeepRecord<'_>,
) -> Result<RemoteFile, UploadError> {
    record.is_completing = true;
    keep(record).map_err(UploadError::NotKept)?;
    let path = format!("{PATH}/{}/complete", segment(upload_id));
    let request = http.order(&path).json(&complete_body(record));
    let failure = match http.json("complete", request).await {
        Ok(answer) => match RemoteUpload::read(&answer).and_then(|upload| upload.file) {
            Some(file) => return Ok(file),
            None => ServiceError::Garbled { what: "complete" },
        },
        Err(failure) => failure,
    };
    // The answer may be lost and the file there, or it was there already.
    match find(http, record).await {
        Ok(Some(file)) => Ok(file),
        _ => Err(expired_or(http, record, failure.into())),
    }
}

async fn find(http: &Http, record: &UploadRecord) -> Result<Option<RemoteFile>, ServiceError> {
    files::find(http, &record.purpose, &record.name, record.bytes).await
}

/// A refusal after the end of an upload's time, or one that says so, is its expiry.
fn expired_or(http: &Http, record: &UploadRecord, failure: UploadError) -> UploadError {
    let UploadError::Service(ServiceError::Refused(refused)) = &failure else {
        return failure;
    };
    let is_over = record.expires_at.zip(http.server_date()).is_some_and(|(end, now)| now >= end);
    let code = refused.code.as_deref().unwrap_or_default();
    let says_so = [code, &refused.message].iter().any(|it| it.to_lowercase().contains("expired"));
    let is_of_upload = matches!(refused.status, 400 | 404 | 409 | 410 | 422);
    if is_of_upload && (is_over || says_so) { UploadError::Expired } else { failure }
}

/// Gives up an upload. One that is gone or over already is given up.
pub(super) async fn cancel(http: &Http, upload_id: &str) -> Result<(), ServiceError> {
    let path = format!("{PATH}/{}/cancel", segment(upload_id));
    match http.json("cancel", http.order(&path)).await {
        Err(ServiceError::Refused(refused)) if matches!(refused.status, 404 | 410) => Ok(()),
        answer => answer.map(drop),
    }
}
