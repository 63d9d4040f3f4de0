//! What lies at a service: the examples that were sent, results, trained models; and removing it there.

use std::collections::HashSet;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::orders::{StoredDeleteRequest, StoredKind, StoredThing, StoredThings};
use attune_contract::services::ServiceRequest;
use attune_services::{
    OpenAiCompatible, RefusalKind, RemoteFile, RemoteModel, ServiceError, TrainingService,
};
use attune_store::{SentFileRow, ServiceRow};

use super::check::{Patience, adapter};
use super::refusals::failure_of;
use crate::App;
use crate::failures::{OrFailure, input_invalid};

/// More things than a person looks through; a service can hold many more.
const MOST_THINGS: usize = 500;
/// A trained model's name begins so in OpenAI's format.
const TRAINED: &str = "ft:";

/// What this library brought to a service or made there.
#[derive(Debug, Default)]
struct Ours {
    files: HashSet<String>,
    models: HashSet<String>,
}

impl App {
    /// The files and trained models that lie at a service.
    ///
    /// # Errors
    /// `ServiceMissing`, `KeyMissing`; failures of the keyring, the library and the service.
    pub async fn stored_list(
        self: &Arc<Self>,
        request: ServiceRequest,
    ) -> Result<StoredThings, Failure> {
        let row = self.service_row(&request.service).await?;
        let service = adapter(&row, self.key_of(&row).await?, Patience::AskOnce)?;
        self.things_at(&row, &service).await
    }

    /// Removes a file or a trained model at a service, for good.
    ///
    /// # Errors
    /// As [`Self::stored_list`]; `InputInvalid` for a model where the service deletes none.
    pub async fn stored_delete(
        self: &Arc<Self>,
        request: StoredDeleteRequest,
    ) -> Result<StoredThings, Failure> {
        let row = self.service_row(&request.service).await?;
        let service = adapter(&row, self.key_of(&row).await?, Patience::AskOnce)?;
        let can_delete = service.capabilities().delete_model;
        let removed = match request.kind {
            StoredKind::Model if !can_delete => return Err(input_invalid("kind")),
            StoredKind::File => service.delete_file(&request.id).await,
            StoredKind::Model => service.delete_model(&request.id).await,
        };
        match removed {
            Ok(()) => {}
            // Somebody else removed it.
            Err(ServiceError::Refused(refused)) if refused.meaning() == RefusalKind::Missing => {}
            Err(error) => return Err(failure_of(error, &row.title)),
        }
        if request.kind == StoredKind::File {
            self.forget_sent(&row, request.id).await?;
        }
        self.things_at(&row, &service).await
    }

    async fn things_at(
        self: &Arc<Self>,
        row: &ServiceRow,
        service: &OpenAiCompatible,
    ) -> Result<StoredThings, Failure> {
        let failed = |error| failure_of(error, &row.title);
        let ours = self.ours_at(row).await?;
        let mut files = Vec::new();
        let mut after: Option<String> = None;
        let has_more = loop {
            let page = service.file_page(None, after.as_deref()).await.map_err(failed)?;
            files.extend(page.rows);
            match page.next {
                None => break false,
                Some(_) if files.len() >= MOST_THINGS => break true,
                Some(next) if after.as_ref() == Some(&next) => break true,
                Some(next) => after = Some(next),
            }
        };
        let models = service.models().await.map_err(failed)?;
        let models = models
            .iter()
            .filter(|model| model.id.starts_with(TRAINED) || ours.models.contains(&model.id));
        let mut things: Vec<StoredThing> = files.iter().map(|file| of_file(file, &ours)).collect();
        things.extend(models.map(|model| of_model(model, &ours)));
        things.sort_by_key(|thing| std::cmp::Reverse(thing.created_at_ms));
        Ok(StoredThings { things, has_more })
    }

    async fn ours_at(self: &Arc<Self>, row: &ServiceRow) -> Result<Ours, Failure> {
        let name = row.name.clone();
        self.on_library(move |_, library| {
            let sent = library.sent_files_at(&name).or_failure()?;
            let launches = library.launches_all().or_failure()?;
            let models = launches.into_iter().filter(|launch| launch.service == name);
            Ok(Ours {
                files: sent.into_iter().filter_map(|file| file.file_id).collect(),
                models: models.filter_map(|launch| launch.result_model).collect(),
            })
        })
        .await
    }

    async fn forget_sent(self: &Arc<Self>, row: &ServiceRow, id: String) -> Result<(), Failure> {
        let name = row.name.clone();
        self.on_library(move |app, library| {
            let sent = library.sent_files_at(&name).or_failure()?;
            match sent.into_iter().find(|file| file.file_id.as_ref() == Some(&id)) {
                Some(file) => {
                    let gone = SentFileRow { deleted_at_ms: Some(app.now_ms()), ..file };
                    library.sent_file_put(&gone).or_failure()
                }
                None => Ok(()),
            }
        })
        .await
    }
}

fn of_file(file: &RemoteFile, ours: &Ours) -> StoredThing {
    StoredThing {
        id: file.id.clone(),
        kind: StoredKind::File,
        name: if file.name.is_empty() { file.id.clone() } else { file.name.clone() },
        bytes: file.bytes,
        created_at_ms: file.created_at.map(milliseconds),
        expires_at_ms: file.expires_at.map(milliseconds),
        is_ours: ours.files.contains(&file.id),
    }
}

fn of_model(model: &RemoteModel, ours: &Ours) -> StoredThing {
    StoredThing {
        id: model.id.clone(),
        kind: StoredKind::Model,
        name: model.id.clone(),
        bytes: None,
        created_at_ms: model.created_at.map(milliseconds),
        expires_at_ms: None,
        is_ours: ours.models.contains(&model.id),
    }
}

fn milliseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1_000)
}
