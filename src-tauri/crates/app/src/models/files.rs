//! The prepared files that plans and measurements ask about: sent to the engine once, named by
//! their content, and deleted when others take their place.

use std::collections::VecDeque;
use std::sync::Arc;

use attune_contract::Failure;
use attune_services::{OpenAiCompatible, TrainingService};

use crate::App;
use crate::failures::OrFailure;

/// Begins the name of a file that was only sent for plans.
const NAME: &str = "plan-";
/// Files to learn from and to watch, of this project and of the one before.
const KEPT: usize = 4;

/// What was sent, the newest last: content and the engine's id of it.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    sent: VecDeque<(String, String)>,
    /// Whether files that an earlier program sent were looked for.
    is_adopted: bool,
}

impl App {
    /// The engine's ids of prepared files, which are sent if they were not.
    pub(super) async fn planned_files(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        hashes: [&str; 2],
    ) -> Result<[String; 2], Failure> {
        // One at a time: two plans at once would send the same file twice.
        let mut uploads = self.uploads.lock().await;
        if !uploads.is_adopted {
            uploads.sent.clear();
            for file in service.files().await.or_failure()? {
                let content = file.name.strip_prefix(NAME).and_then(|it| it.strip_suffix(".jsonl"));
                if let Some(hash) = content {
                    uploads.sent.push_back((hash.to_owned(), file.id));
                }
            }
            uploads.is_adopted = true;
        }
        let mut ids = Vec::with_capacity(2);
        for hash in hashes {
            let known = uploads.sent.iter().position(|(known, _)| known == hash);
            let entry = match known.and_then(|at| uploads.sent.remove(at)) {
                Some(entry) => entry,
                None => {
                    let named = hash.to_owned();
                    let path = self
                        .on_library(move |_, library| library.file_path(&named).or_failure())
                        .await?;
                    let id = service.upload(&path, &format!("{NAME}{hash}.jsonl")).await;
                    (hash.to_owned(), id.or_failure()?)
                }
            };
            ids.push(entry.1.clone());
            uploads.sent.push_back(entry);
        }
        while uploads.sent.len() > KEPT {
            if let Some((_, id)) = uploads.sent.pop_front()
                && let Err(error) = service.delete_file(&id).await
            {
                tracing::warn!(%error, "a file that was sent for a plan stays");
            }
        }
        let [train, validate] = <[String; 2]>::try_from(ids)
            .map_err(|_| crate::failures::internal("two files were asked for"))?;
        Ok([train, validate])
    }

    /// A file that was sent is not there any more: everything is looked for again.
    pub(super) async fn forget_uploads(&self) {
        *self.uploads.lock().await = Uploads::default();
    }
}
