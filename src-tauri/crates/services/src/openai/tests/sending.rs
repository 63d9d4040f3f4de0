//! Files that are sent in parts: killed, cut, expired, put together twice. A ledger on the other
//! side says what really came.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use attune_testkit::Seeded;
use axum::extract::{DefaultBodyLimit, Multipart, Path as InPath};
use axum::response::Response;
use md5::{Digest, Md5};
use tokio::sync::Notify;

use super::*;

/// What the other side does wrong.
#[derive(Clone, Copy, Default, PartialEq)]
enum Fault {
    #[default]
    None,
    /// Says nothing more after so many bytes of parts, all told.
    SilentAfter(u64),
    /// Refuses every part from this one on.
    RefusePart(usize),
    /// Puts the file together and loses its answer.
    LoseAnswer,
    /// Does not put the file together and breaks.
    Break,
    /// Its hour is over.
    Expired,
}

#[derive(Default)]
struct Ledger {
    fault: Fault,
    begun: Vec<Value>,
    parts: HashMap<String, Vec<u8>>,
    received: u64,
    most_at_once: usize,
    at_once: usize,
    completed: Vec<Value>,
    files: Vec<(Value, Vec<u8>)>,
}

#[derive(Clone, Default)]
struct Side {
    ledger: Arc<Mutex<Ledger>>,
    is_silent: Arc<Notify>,
}

impl Side {
    fn has(&self, fault: Fault) {
        self.ledger.lock().unwrap().fault = fault;
    }
}

fn refused(status: u16, message: &str) -> Response {
    let body = json!({"error": {"message": message, "type": "invalid_request_error"}});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn begin(State(side): State<Side>, Json(order): Json<Value>) -> Response {
    let mut ledger = side.ledger.lock().unwrap();
    let id = format!("upload_{}", ledger.begun.len());
    ledger.begun.push(order);
    Json(json!({"id": id, "status": "pending", "expires_at": 1_760_003_600})).into_response()
}

async fn take_part(
    State(side): State<Side>,
    InPath(_): InPath<String>,
    mut form: Multipart,
) -> Response {
    let enter = |by: isize| {
        let mut ledger = side.ledger.lock().unwrap();
        ledger.at_once = ledger.at_once.saturating_add_signed(by);
        ledger.most_at_once = ledger.most_at_once.max(ledger.at_once);
    };
    enter(1);
    let mut field = form.next_field().await.unwrap().unwrap();
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = field.chunk().await {
        let is_over = {
            let mut ledger = side.ledger.lock().unwrap();
            ledger.received += chunk.len() as u64;
            matches!(ledger.fault, Fault::SilentAfter(limit) if ledger.received >= limit)
        };
        if is_over {
            side.is_silent.notify_waiters();
            std::future::pending::<()>().await;
        }
        bytes.extend_from_slice(&chunk);
    }
    enter(-1);
    let mut ledger = side.ledger.lock().unwrap();
    let count = ledger.parts.len();
    match ledger.fault {
        Fault::Expired => return refused(400, "Upload upload_0 has expired."),
        Fault::RefusePart(from) if count >= from => return refused(503, "busy"),
        _ => {}
    }
    let id = format!("part_{count}");
    ledger.parts.insert(id.clone(), bytes);
    Json(json!({"id": id, "object": "upload.part"})).into_response()
}

async fn complete(
    State(side): State<Side>,
    InPath(_): InPath<String>,
    Json(order): Json<Value>,
) -> Response {
    let mut ledger = side.ledger.lock().unwrap();
    ledger.completed.push(order.clone());
    if ledger.fault == Fault::Break {
        return refused(500, "broken");
    }
    if !ledger.files.is_empty() {
        return refused(400, "already completed");
    }
    let ids = order["part_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
    let whole: Vec<u8> = ids.flat_map(|id| ledger.parts[id].clone()).collect();
    assert_eq!(order["md5"], Value::from(md5_of(&whole)), "the parts are the file");
    let begun = ledger.begun.last().unwrap();
    assert_eq!(begun["bytes"], json!(whole.len()));
    let file = json!({"id": "file-1", "filename": begun["filename"], "bytes": whole.len(),
        "purpose": begun["purpose"], "created_at": 1_760_000_000});
    ledger.files.push((file.clone(), whole));
    if ledger.fault == Fault::LoseAnswer {
        return (StatusCode::BAD_GATEWAY, "<html>lost</html>").into_response();
    }
    Json(json!({"id": "upload_0", "status": "completed", "file": file})).into_response()
}

async fn files(State(side): State<Side>) -> Json<Value> {
    let ledger = side.ledger.lock().unwrap();
    let other = json!({"id": "file-0", "filename": "train-1.jsonl", "bytes": 1});
    let rows: Vec<Value> =
        ledger.files.iter().map(|(file, _)| file.clone()).chain([other]).collect();
    Json(json!({"data": rows, "has_more": false}))
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file with a service to send it to and a place to keep the record.
struct Sending {
    service: OpenAiCompatible,
    side: Side,
    order: FileOrder,
    content: Vec<u8>,
    kept: Option<Value>,
    _folder: tempfile::TempDir,
}

impl Sending {
    async fn of(bytes: usize, part_bytes: u64) -> Self {
        let mut random = Seeded::new(4);
        let content: Vec<u8> = std::iter::repeat_with(|| random.number().to_le_bytes())
            .flatten()
            .take(bytes)
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("train.jsonl");
        std::fs::write(&path, &content).unwrap();
        let side = Side::default();
        let router = Router::new()
            .route("/v1/uploads", routing::post(begin))
            .route("/v1/uploads/{id}/parts", routing::post(take_part))
            .route("/v1/uploads/{id}/complete", routing::post(complete))
            .route("/v1/files", routing::get(files))
            .layer(DefaultBodyLimit::disable())
            .with_state(side.clone());
        let order = FileOrder {
            part_bytes: Some(part_bytes),
            ..FileOrder::to_learn_from(path, "train-1.jsonl".into())
        };
        let service = serve(router).await;
        Self { service, side, order, content, kept: None, _folder: folder }
    }

    /// One life of a process that sends; `None` when it was killed.
    async fn live(&mut self) -> Option<Result<RemoteFile, UploadError>> {
        let begun = self.kept.as_ref().map(|kept| UploadRecord::from_json(kept).unwrap());
        let kept = &mut self.kept;
        let mut keep = |record: &UploadRecord| {
            *kept = Some(record.to_json());
            Ok(())
        };
        tokio::select! {
            sent = self.service.send_in_parts(&self.order, begun, &mut keep) => Some(sent),
            () = self.side.is_silent.notified() => None,
        }
    }

    #[track_caller]
    fn has_arrived(&self) {
        let ledger = self.side.ledger.lock().unwrap();
        assert_eq!(ledger.files.len(), 1, "one file");
        assert!(ledger.files[0].1 == self.content, "the bytes are the file's");
    }
}

#[tokio::test]
async fn a_hundred_kills_cost_the_parts_on_their_way() {
    // 128 parts; each life reads the whole file first, so a larger one would only take longer.
    const PART: u64 = 1 << 15;
    const FILE: usize = 4 << 20;
    let mut sending = Sending::of(FILE, PART).await;
    let mut random = Seeded::new(17);
    let mut kills = 0;
    while kills < 100 {
        let received = sending.side.ledger.lock().unwrap().received;
        let further = 1 + random.below(5 << 15) as u64;
        sending.side.has(Fault::SilentAfter(received + further));
        match sending.live().await {
            None => kills += 1,
            Some(sent) => {
                // It was whole before its hundredth kill: the rest of the kills hit another file.
                assert_eq!(sent.unwrap().id, "file-1");
                sending.has_arrived();
                sending.kept = None;
                let mut ledger = sending.side.ledger.lock().unwrap();
                (ledger.files, ledger.received) = (Vec::new(), 0);
            }
        }
    }
    sending.side.has(Fault::None);
    let before = sending.kept.as_ref().and_then(UploadRecord::from_json).unwrap();
    let (received, taken) = {
        let ledger = sending.side.ledger.lock().unwrap();
        (ledger.received, ledger.parts.len())
    };
    assert!(received <= before.sent_bytes() + 100 * 3 * PART, "{received}");
    assert_eq!(sending.live().await.unwrap().unwrap().id, "file-1");
    sending.has_arrived();
    // Parts that were on their way at the last kill may have come whole behind it.
    let further = sending.side.ledger.lock().unwrap().parts.len() - taken;
    let missing = before.missing().len();
    assert!((missing..=missing + 3).contains(&further), "{further} parts for {missing} missing");
}

#[tokio::test]
async fn three_parts_at_once_and_no_more() {
    let mut sending = Sending::of(1_000_003, 10_000).await;
    sending.live().await.unwrap().unwrap();
    sending.has_arrived();
    let ledger = sending.side.ledger.lock().unwrap();
    assert_eq!((ledger.parts.len(), ledger.begun.len()), (101, 1));
    assert!((1..=3).contains(&ledger.most_at_once), "{}", ledger.most_at_once);
    let expected = json!({"filename": "train-1.jsonl", "purpose": "fine-tune",
        "bytes": 1_000_003, "mime_type": "text/jsonl"});
    assert_eq!(ledger.begun[0], expected);
}

#[tokio::test]
async fn after_a_refused_part_only_what_is_missing_is_sent() {
    let mut sending = Sending::of(100_000, 10_000).await;
    sending.side.has(Fault::RefusePart(4));
    let failed = sending.live().await.unwrap();
    assert!(matches!(failed, Err(UploadError::Service(ServiceError::Refused(_)))), "{failed:?}");
    let kept = UploadRecord::from_json(sending.kept.as_ref().unwrap()).unwrap();
    assert_eq!((kept.parts.len(), kept.sent_bytes()), (4, 40_000));
    sending.side.has(Fault::None);
    sending.live().await.unwrap().unwrap();
    sending.has_arrived();
    assert_eq!(sending.side.ledger.lock().unwrap().parts.len(), 10);
}

#[tokio::test]
async fn an_upload_that_expired_begins_again_with_the_same_bytes() {
    let mut sending = Sending::of(100_000, 10_000).await;
    sending.side.has(Fault::RefusePart(4));
    assert!(sending.live().await.unwrap().is_err());
    sending.side.has(Fault::Expired);
    let expired = sending.live().await.unwrap();
    assert!(matches!(expired, Err(UploadError::Expired)), "{expired:?}");
    let kept = UploadRecord::from_json(sending.kept.as_ref().unwrap()).unwrap();
    assert_eq!((kept.upload_id.as_deref(), kept.parts.len()), (None, 0));
    sending.side.has(Fault::None);
    sending.live().await.unwrap().unwrap();
    sending.has_arrived();
    assert_eq!(sending.side.ledger.lock().unwrap().begun.len(), 2);
}

#[tokio::test]
async fn a_file_that_changed_is_not_mixed_with_itself() {
    let mut sending = Sending::of(100_000, 10_000).await;
    sending.side.has(Fault::RefusePart(4));
    assert!(sending.live().await.unwrap().is_err());
    sending.side.has(Fault::None);
    sending.content[99_999] ^= 1;
    std::fs::write(&sending.order.path, &sending.content).unwrap();
    let changed = sending.live().await.unwrap();
    assert!(matches!(changed, Err(UploadError::Changed)), "{changed:?}");
    assert_eq!(sending.side.ledger.lock().unwrap().parts.len(), 4);
}

#[tokio::test]
async fn a_file_whose_last_answer_was_lost_is_found_by_its_name_and_size() {
    let mut sending = Sending::of(100_000, 10_000).await;
    sending.side.has(Fault::LoseAnswer);
    assert_eq!(sending.live().await.unwrap().unwrap().id, "file-1");
    // A process that died before it read the answer finds it too, and sends nothing.
    assert_eq!(sending.live().await.unwrap().unwrap().id, "file-1");
    sending.has_arrived();
    let ledger = sending.side.ledger.lock().unwrap();
    assert_eq!((ledger.completed.len(), ledger.parts.len()), (1, 10));
}

#[tokio::test]
async fn a_file_that_was_not_put_together_is_put_together_later() {
    let mut sending = Sending::of(100_000, 10_000).await;
    sending.side.has(Fault::Break);
    let broken = sending.live().await.unwrap();
    assert!(matches!(broken, Err(UploadError::Service(ServiceError::Refused(_)))), "{broken:?}");
    sending.side.has(Fault::None);
    sending.live().await.unwrap().unwrap();
    sending.has_arrived();
    assert_eq!(sending.side.ledger.lock().unwrap().parts.len(), 10);
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_remembered() {
    let sending = Sending::of(100_000, 10_000).await;
    let mut full = |_: &UploadRecord| Err(io::Error::from(io::ErrorKind::StorageFull));
    let sent = sending.service.send_in_parts(&sending.order, None, &mut full).await;
    assert!(matches!(sent, Err(UploadError::NotKept(_))), "{sent:?}");
    assert!(sending.side.ledger.lock().unwrap().parts.is_empty());
}

#[tokio::test]
async fn a_file_is_told_when_to_vanish_where_the_service_can() {
    let mut sending = Sending::of(10, 10_000).await;
    sending.order.expires_after = Some(60);
    sending.live().await.unwrap().unwrap();
    let begun = sending.side.ledger.lock().unwrap().begun[0].clone();
    assert_eq!(begun["expires_after"], json!({"anchor": "created_at", "seconds": 3_600}));
    let fields = |can_expire| super::super::files::fields(&sending.order, can_expire);
    assert_eq!(fields(false), [("purpose", "fine-tune".to_owned())]);
    assert_eq!(fields(true)[2], ("expires_after[seconds]", "3600".to_owned()));
}

#[test]
fn parts_grow_with_the_line() {
    let megabytes = |speed| part_bytes_for(speed) >> 20;
    assert_eq!([megabytes(None), megabytes(Some(100_000))], [8, 8]);
    assert_eq!([megabytes(Some(4 << 20)), megabytes(Some(u64::MAX))], [24, 64]);
}
