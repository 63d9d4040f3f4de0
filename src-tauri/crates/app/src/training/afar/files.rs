//! Sending the examples of a training to its service so that a cut line, a crash or a sleep costs a
//! part and not the file; and removing them there.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use attune_contract::Failure;
use attune_jobs::State;
use attune_services::{
    FileOrder, OpenAiCompatible, RefusalKind, ServiceError, TrainingService, UploadError,
    UploadRecord,
};
use attune_store::{LaunchRow, Library, SentFileRow};

use super::{Far, Next, next};
use crate::failures::{OrFailure, internal};
use crate::training::{THIS_COMPUTER, record};
use crate::{App, hold};

/// Smaller files are sent in one piece: what a cut line costs is less than the questions around parts.
const SENT_IN_PARTS: u64 = 8 << 20;
/// An order that nobody could tell of for so many milliseconds needs its examples no more.
const NEEDED_MS: i64 = 24 * 60 * 60 * 1_000;
/// No answer comes after so many milliseconds.
const LONGEST_WAY_MS: i64 = 60 * 60 * 1_000;
/// The service removes the examples after 30 days, should nobody else do so.
const KEPT_SECONDS: u32 = 30 * 24 * 60 * 60;
const PURPOSE: &str = "fine-tune";

/// The service's ids of the examples.
pub(super) struct FileIds {
    pub(super) train: String,
    pub(super) validate: Option<String>,
}

/// A text that only this launch has; stands in the names of its files.
pub(super) fn code(launch_id: &str) -> String {
    let from = launch_id.len().saturating_sub(8);
    launch_id.get(from..).unwrap_or(launch_id).to_lowercase()
}

fn name(launch_id: &str, part: &str) -> String {
    format!("attune-{}-{part}.jsonl", code(launch_id))
}

/// Why a file is not there.
enum Unsent {
    Service(ServiceError),
    /// What was sent does not count any more; the same file begins again.
    BeginAgain,
    /// Trying again cannot help.
    Broken(Failure),
}

impl From<ServiceError> for Unsent {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<Failure> for Unsent {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl App {
    /// Sends the files of a launch, each once, however often this is called.
    ///
    /// # Errors
    /// What the service refuses; what may pass is waited for.
    pub(super) async fn send_files(
        self: &Arc<Self>,
        far: &Far,
        launch: &LaunchRow,
    ) -> Result<FileIds, Failure> {
        let train = self.send_one(far, launch, "train", &launch.train_file).await?;
        let validate = match launch.counts.validate {
            0 => None,
            _ => Some(self.send_one(far, launch, "validate", &launch.validate_file).await?),
        };
        Ok(FileIds { train, validate })
    }

    async fn send_one(
        self: &Arc<Self>,
        far: &Far,
        launch: &LaunchRow,
        part: &str,
        hash: &str,
    ) -> Result<String, Failure> {
        let run = launch.launch_id.as_str();
        let mut tries = 0;
        loop {
            let unsent = match self.try_send(far, launch, part, hash).await {
                Ok(id) => return Ok(id),
                Err(unsent) => unsent,
            };
            match unsent {
                Unsent::BeginAgain => {}
                Unsent::Broken(failure) => return Err(failure),
                Unsent::Service(error) => match next(error, &far.title, tries) {
                    Next::GiveUp(failure) => return Err(failure),
                    Next::Wait(pause, failure) => {
                        tries += 1;
                        self.note(run, &failure).await;
                        self.options.pauses.wait(pause).await;
                    }
                },
            }
        }
    }

    async fn try_send(
        self: &Arc<Self>,
        far: &Far,
        launch: &LaunchRow,
        part: &str,
        hash: &str,
    ) -> Result<String, Unsent> {
        let name = name(&launch.launch_id, part);
        let (known, path) = self.known_file(launch, &name, hash).await?;
        if let Some(id) = known.as_ref().and_then(|known| known.file_id.clone()) {
            return Ok(id);
        }
        let bytes = std::fs::metadata(&path).map_err(|error| internal(error.to_string()))?.len();
        let service = &far.patient;
        let can_expire = service.capabilities().expires_after;
        let order = FileOrder {
            expires_after: can_expire.then_some(KEPT_SECONDS),
            ..FileOrder::to_learn_from(path, name.clone())
        };
        let row = SentFileRow {
            launch_id: launch.launch_id.clone(),
            name: name.clone(),
            service: launch.service.clone(),
            hash: hash.to_owned(),
            upload_json: known.as_ref().and_then(|known| known.upload_json.clone()),
            file_id: None,
            begun_at_ms: self.now_ms(),
            deleted_at_ms: None,
        };
        let is_in_parts = service.capabilities().uploads_in_parts && bytes >= SENT_IN_PARTS;
        let id = if is_in_parts {
            self.send_parts(service, &order, &row).await?
        } else {
            // An answer that was lost before is found by the name, which no other file has.
            let found = match known {
                Some(_) => service.find_file(PURPOSE, &name, bytes).await?,
                None => None,
            };
            match found {
                Some(file) => file.id,
                None => {
                    self.keep_sent(row.clone()).await?;
                    service.send_file(&order).await?.id
                }
            }
        };
        self.keep_sent(SentFileRow { upload_json: None, file_id: Some(id.clone()), ..row }).await?;
        Ok(id)
    }

    async fn send_parts(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        order: &FileOrder,
        row: &SentFileRow,
    ) -> Result<String, Unsent> {
        let begun = row.upload_json.as_deref().and_then(read_record);
        let app = Arc::clone(self);
        let kept = row.clone();
        // One small row for each part: what comes next waits for it anyway.
        let mut keep = move |record: &UploadRecord| {
            let row =
                SentFileRow { upload_json: Some(record.to_json().to_string()), ..kept.clone() };
            let library =
                app.library().map_err(|failure| io::Error::other(failure.code.as_text()))?;
            library.sent_file_put(&row).map_err(io::Error::other)?;
            hold::point("upload.part");
            let (app, run) = (Arc::clone(&app), row.launch_id);
            tokio::spawn(async move {
                if let Err(failure) = app.note_nothing(&run).await {
                    tracing::warn!(code = failure.code.as_text(), run, "a note was not taken back");
                }
            });
            Ok(())
        };
        match service.send_in_parts(order, begun, &mut keep).await {
            Ok(file) => Ok(file.id),
            Err(UploadError::Service(error)) => Err(Unsent::Service(error)),
            Err(UploadError::Expired) => Err(Unsent::BeginAgain),
            Err(
                error @ (UploadError::Changed | UploadError::File(_) | UploadError::NotKept(_)),
            ) => Err(Unsent::Broken(internal(crate::failures::chain(&error)))),
        }
    }

    async fn known_file(
        self: &Arc<Self>,
        launch: &LaunchRow,
        name: &str,
        hash: &str,
    ) -> Result<(Option<SentFileRow>, PathBuf), Failure> {
        let (run, name, hash) = (launch.launch_id.clone(), name.to_owned(), hash.to_owned());
        self.on_library(move |_, library| {
            let known = library.sent_file(&run, &name).or_failure()?;
            Ok((known, library.file_path(&hash).or_failure()?))
        })
        .await
    }

    async fn keep_sent(self: &Arc<Self>, row: SentFileRow) -> Result<(), Failure> {
        self.on_library(move |_, library| library.sent_file_put(&row).or_failure()).await
    }

    /// The service's id of the file that was sent for this launch alone.
    pub(super) async fn sent_training_file(
        self: &Arc<Self>,
        launch: &LaunchRow,
    ) -> Result<Option<String>, Failure> {
        let (run, name) = (launch.launch_id.clone(), name(&launch.launch_id, "train"));
        let known =
            self.on_library(move |_, library| library.sent_file(&run, &name).or_failure()).await?;
        Ok(known.and_then(|known| known.file_id))
    }

    /// Removes the examples that trainings left at their services: what could not be removed at their end.
    ///
    /// # Errors
    /// Failures of the library; what cannot be removed now stays.
    pub(crate) async fn remove_left(self: &Arc<Self>) -> Result<(), Failure> {
        let runs = self.on_library(left_behind).await?;
        for launch in runs {
            match self.far(&launch).await {
                Ok(far) => self.remove_sent(&far.quick, &launch.launch_id).await,
                Err(failure) => {
                    let (code, run) = (failure.code.as_text(), launch.launch_id.as_str());
                    tracing::warn!(code, run, "examples are removed there after the next start");
                }
            }
        }
        Ok(())
    }

    fn may_be_on_its_way(&self, file: &SentFileRow) -> bool {
        self.now_ms().saturating_sub(file.begun_at_ms) < LONGEST_WAY_MS
    }

    async fn size_of(self: &Arc<Self>, hash: &str) -> Result<u64, Failure> {
        let hash = hash.to_owned();
        self.on_library(move |_, library| size(library, &hash)).await
    }

    /// Removes the examples of a launch at its service. What cannot be removed now stays in the list
    /// of what is stored there.
    pub(in crate::training) async fn remove_sent(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
    ) {
        let id = run.to_owned();
        let files = self.on_library(move |_, library| library.sent_files(&id).or_failure()).await;
        for file in files.unwrap_or_default() {
            if file.deleted_at_ms.is_some() {
                continue;
            }
            let bytes = self.size_of(&file.hash).await.unwrap_or_default();
            match remove(service, &file, bytes).await {
                Ok(Removed::Gone) => {}
                // Its bytes may still be on their way; a later start looks again.
                Ok(Removed::NotSeen) if self.may_be_on_its_way(&file) => continue,
                Ok(Removed::NotSeen) => {}
                Err(error) => {
                    tracing::warn!(%error, run, "examples are removed there after the next start");
                    continue;
                }
            }
            let row = SentFileRow { deleted_at_ms: Some(self.now_ms()), ..file };
            if let Err(failure) = self.keep_sent(row).await {
                tracing::warn!(code = failure.code.as_text(), run, "a removal was not kept");
            }
        }
    }
}

/// What became of a file at its service.
enum Removed {
    /// It is not there any more.
    Gone,
    /// It was sent without an answer, and nothing is there.
    NotSeen,
}

/// Bytes of a launch's examples that are at the service, and bytes in all; none once they are
/// ordered, or where nothing was sent.
pub(in crate::training) fn upload_of(
    library: &Library,
    launch: &LaunchRow,
) -> Result<Option<attune_contract::orders::RunUpload>, Failure> {
    if record::state(launch) != State::Intent || launch.service == THIS_COMPUTER {
        return Ok(None);
    }
    let validate =
        if launch.counts.validate > 0 { size(library, &launch.validate_file)? } else { 0 };
    let total_bytes = size(library, &launch.train_file)? + validate;
    let mut sent_bytes = 0;
    for file in library.sent_files(&launch.launch_id).or_failure()? {
        sent_bytes += match (&file.file_id, file.upload_json.as_deref().and_then(read_record)) {
            (Some(_), _) => size(library, &file.hash)?,
            (None, Some(record)) => record.sent_bytes(),
            (None, None) => 0,
        };
    }
    Ok(Some(attune_contract::orders::RunUpload { sent_bytes, total_bytes }))
}

fn size(library: &Library, hash: &str) -> Result<u64, Failure> {
    let path = library.file_path(hash).or_failure()?;
    Ok(std::fs::metadata(path).map_err(|error| internal(error.to_string()))?.len())
}

/// The launches that are over and have examples at their service. One of which nobody can tell may
/// still need them, for a day.
fn left_behind(app: &App, library: &Library) -> Result<Vec<LaunchRow>, Failure> {
    let mut left = Vec::new();
    for launch in library.launches_all().or_failure()? {
        let state = record::state(&launch);
        let is_fresh = app.now_ms().saturating_sub(launch.created_at_ms) < NEEDED_MS;
        let may_need_them = !state.is_settled() || (state == State::Unknown && is_fresh);
        if launch.service == THIS_COMPUTER || may_need_them {
            continue;
        }
        let files = library.sent_files(&launch.launch_id).or_failure()?;
        if files.iter().any(|file| file.deleted_at_ms.is_none()) {
            left.push(launch);
        }
    }
    Ok(left)
}

fn read_record(json: &str) -> Option<UploadRecord> {
    UploadRecord::from_json(&serde_json::from_str(json).ok()?)
}

/// Removes a file, or gives up one that is there in part. What is not there any more is removed. Where no
/// id is known, an answer may be lost: the file is looked for by its name, which no other has.
async fn remove(
    service: &OpenAiCompatible,
    file: &SentFileRow,
    bytes: u64,
) -> Result<Removed, ServiceError> {
    let upload = file.upload_json.as_deref().and_then(read_record);
    if file.file_id.is_none()
        && let Some(upload) = upload.and_then(|upload| upload.upload_id)
    {
        // One that is whole already cannot be given up; its file is found below.
        unless_missing(match service.cancel_upload(&upload).await {
            Err(ServiceError::Refused(refused)) if refused.status == 400 => Ok(()),
            cancelled => cancelled,
        })?;
    }
    let id = match &file.file_id {
        Some(id) => Some(id.clone()),
        None => service.find_file(PURPOSE, &file.name, bytes).await?.map(|file| file.id),
    };
    match id {
        Some(id) => unless_missing(service.delete_file(&id).await).map(|()| Removed::Gone),
        None => Ok(Removed::NotSeen),
    }
}

fn unless_missing(removed: Result<(), ServiceError>) -> Result<(), ServiceError> {
    match removed {
        Err(ServiceError::Refused(refused)) if refused.meaning() == RefusalKind::Missing => Ok(()),
        removed => removed,
    }
}
