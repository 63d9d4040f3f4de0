//! Ordering what was quoted, once.

use std::sync::Arc;

use attune_contract::orders::OrderPlaceRequest;
use attune_contract::training::RunDetail;
use attune_contract::{Failure, FailureCode, params};
use attune_jobs::State;
use attune_store::{LaunchRow, Library, SpendRow};
use serde_json::json;

use super::{Quoted, request_of};
use crate::failures::{OrFailure, internal};
use crate::training::prepare::launch_counts;
use crate::training::record::StoredRecipe;
use crate::training::{LEAST_EXAMPLES, refusal, track};
use crate::{App, locked, projects};

impl App {
    /// Orders what was quoted. It is recorded, with what may be spent, before anything is sent; the
    /// rest goes on in the background and is told by events.
    ///
    /// # Errors
    /// `QuoteOutdated`, `AmountDiffers`, `TrainingAlreadyRuns`, `AboveJobCap`, `AboveDayCap`,
    /// `AboveMonthCap`; failures of the library. Nothing is ordered then.
    pub async fn order_place(
        self: &Arc<Self>,
        request: OrderPlaceRequest,
    ) -> Result<RunDetail, Failure> {
        let run = self.place_quoted(request).await?;
        self.run_detail(&run).await
    }

    /// Places an order that was quoted, and names it.
    pub(super) async fn place_quoted(
        self: &Arc<Self>,
        request: OrderPlaceRequest,
    ) -> Result<String, Failure> {
        // A second press waits here and then finds the token used.
        let _one_at_a_time = self.starting.lock().await;
        let outdated = || Failure::new(FailureCode::QuoteOutdated, params![]);
        let quoted = locked(&self.quotes).take(&request.token, self.now_ms());
        let quoted = quoted.ok_or_else(outdated)?;
        if request.ceiling_micro_usd != quoted.ceiling_micro_usd {
            return Err(Failure::new(FailureCode::AmountDiffers, params![]));
        }
        if quoted.must_type_amount && request.typed_micro_usd != Some(quoted.ceiling_micro_usd) {
            return Err(Failure::new(FailureCode::AmountDiffers, params![]));
        }
        let launch = self
            .on_library(move |app, library| {
                projects::live_project(library, quoted.stuff.project)?;
                let launches = library.launches(quoted.stuff.project).or_failure()?;
                if let Some(refusal) = refusal(&launches, LEAST_EXAMPLES) {
                    return Err(refusal);
                }
                let version = library.history(quoted.stuff.project).or_failure()?.version;
                if version != quoted.stuff.dataset_version {
                    return Err(outdated());
                }
                app.record_order(library, &quoted, &request.token)
            })
            .await?;
        self.follow(&launch.launch_id, track::Begin::Send);
        Ok(launch.launch_id)
    }

    /// Stores the order together with the confirmation that pays for it, if the caps still allow it.
    fn record_order(
        &self,
        library: &Library,
        quoted: &Quoted,
        token: &str,
    ) -> Result<LaunchRow, Failure> {
        let launch_id = ulid::Ulid::new().to_string();
        let mut request = request_of(quoted);
        request["launch_id"] = json!(launch_id);
        let lent_key = self.lent_fingerprint(&launch_id);
        let recipe = StoredRecipe { lent_key, ..quoted.recipe.clone() };
        let recipe_json =
            serde_json::to_string(&recipe).map_err(|error| internal(error.to_string()))?;
        let now = self.now_ms();
        let (files, counts) = (&quoted.stuff.files, &quoted.stuff.counts);
        let row = LaunchRow {
            launch_id: launch_id.clone(),
            project: quoted.stuff.project,
            service: quoted.service.clone(),
            model: quoted.model.clone(),
            state: State::Intent.as_str().to_owned(),
            job_id: None,
            request_json: request.to_string(),
            request_sha: quoted.request_sha.clone(),
            train_file: files.train.clone(),
            validate_file: files.validate.clone(),
            test_file: files.test.clone(),
            recipe_json,
            counts: launch_counts(counts),
            dataset_version: quoted.stuff.dataset_version,
            created_at_ms: now,
            changed_at_ms: now,
            server_ms: None,
            finished_at_ms: None,
            result_model: None,
            progress_json: None,
            error_json: None,
        };
        let spend = SpendRow {
            token_sha: blake3::hash(token.as_bytes()).to_hex().to_string(),
            launch_id,
            request_sha: quoted.request_sha.clone(),
            expected_micro_usd: quoted.expected_micro_usd,
            ceiling_micro_usd: quoted.ceiling_micro_usd,
            confirmed_at_ms: now,
        };
        let title = recipe.service_title.unwrap_or_default();
        self.spend_within_caps(library, &title, Some(spend.ceiling_micro_usd), || {
            library.launch_insert_paid(&row, &spend).or_failure()
        })?;
        Ok(row)
    }
}
