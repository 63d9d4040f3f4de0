//! What a key is worth, found out in seconds and without spending anything.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::services::{
    KeyCheck, KeyVerdict, ServiceKeyHeader, ServiceKind, ServiceList, ServiceRequest, TunableModel,
};
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_services::{
    Capabilities, Endpoint, KeyCheck as Told, KeyHeader, OpenAiCompatible, RefusedReply,
    RemoteModel, ServiceError, ServiceKey, TrainingService,
};
use attune_store::ServiceRow;

use super::stored::StoredOptions;
use super::wire;
use crate::App;
use crate::failures::internal;

/// A person waits for the answer. Tests run beside others on a computer that may be slow.
const BUDGET: Duration = Duration::from_secs(if cfg!(feature = "journey") { 20 } else { 3 });

impl App {
    /// Tries the key of a service again.
    ///
    /// # Errors
    /// `ServiceMissing`, `KeyMissing`, `ServiceNotThere`; failures of the keyring and the library.
    pub async fn service_check(
        self: &Arc<Self>,
        request: ServiceRequest,
    ) -> Result<ServiceList, Failure> {
        let _one_at_a_time = self.services_write.lock().await;
        let row = self.service_row(&request.service).await?;
        self.try_again(row).await?;
        // A keyring that was locked may have been opened by it: trainings there may have waited for that.
        self.follow_far().await?;
        self.service_list(Nothing {}).await
    }

    /// Tries the key that a service has, and keeps what was found.
    pub(super) async fn try_again(self: &Arc<Self>, row: ServiceRow) -> Result<(), Failure> {
        let key = self.key_of(&row).await?;
        let check = match self.try_key(&row, key).await {
            // A key that worked once and does so no more: that is what is known of it now.
            Err(failure) if failure.code == FailureCode::KeyRefused => {
                found(self.now_ms(), KeyVerdict::Refused, Some(failure))
            }
            check => check?,
        };
        let check_json =
            serde_json::to_string(&check).map_err(|error| internal(error.to_string()))?;
        self.keep_service(ServiceRow { check_json: Some(check_json), ..row }).await
    }

    /// Tries a key. What the service refuses is a failure; what could not be tried is not.
    pub(super) async fn try_key(
        self: &Arc<Self>,
        row: &ServiceRow,
        key: ServiceKey,
    ) -> Result<KeyCheck, Failure> {
        let adapter = adapter(row, key, Patience::AskOnce)?;
        let title = row.title.as_str();
        let now = self.now_ms();
        match adapter.check_key(BUDGET).await {
            Told::Accepted { models, tunable } => {
                Ok(accepted(&adapter, models, tunable.as_deref(), now).await)
            }
            Told::NoCredit(refused) => {
                Ok(found(now, KeyVerdict::NoCredit, Some(refusal(&refused))))
            }
            Told::NotNow(refused) => Ok(found(now, KeyVerdict::NotNow, Some(refusal(&refused)))),
            Told::Unreachable(cause) => {
                let failure = Failure::new(FailureCode::ServiceUnreachable, params![]);
                let failure = failure.with_detail(cause.to_string());
                Ok(found(now, KeyVerdict::NotTried, Some(failure)))
            }
            Told::Refused(refused) => {
                Err(Failure::new(FailureCode::KeyRefused, params![title])
                    .with_detail(refused.message))
            }
            Told::AdminKey => Err(Failure::new(FailureCode::KeyIsAdmin, params![])),
            Told::NotAService => Err(Failure::new(FailureCode::ServiceNotThere, params![title])),
        }
    }
}

/// A key that works: with which models it can train, and until when they answer.
async fn accepted(
    adapter: &OpenAiCompatible,
    models: usize,
    tunable: Option<&[String]>,
    now_ms: i64,
) -> KeyCheck {
    let verdict = match tunable {
        None => KeyVerdict::WorksUnknownModels,
        Some([]) => KeyVerdict::NothingToTrain,
        Some(_) => KeyVerdict::Works,
    };
    let told = match tunable {
        Some([_, ..]) => tokio::time::timeout(BUDGET, adapter.models()).await,
        _ => Ok(Ok(Vec::new())),
    };
    // Without an answer the names are known and their last days are not.
    let told = told.ok().and_then(Result::ok).unwrap_or_default();
    let names = tunable.unwrap_or_default().iter();
    KeyCheck {
        models: models as u64,
        tunable: names.map(|name| tunable_model(name, &told)).collect(),
        ..found(now_ms, verdict, None)
    }
}

fn tunable_model(name: &str, told: &[RemoteModel]) -> TunableModel {
    let row = told.iter().find(|told| told.id == name);
    TunableModel { model: name.to_owned(), ends_on: row.and_then(|row| row.shutdown_date.clone()) }
}

fn found(checked_at_ms: i64, verdict: KeyVerdict, failure: Option<Failure>) -> KeyCheck {
    KeyCheck { checked_at_ms, verdict, models: 0, tunable: Vec::new(), failure }
}

fn refusal(refused: &RefusedReply) -> Failure {
    let reason = refused.message.as_str();
    Failure::new(FailureCode::ServiceRefused, params![reason])
}

/// What a service can do. Of an address of one's own a person may know more than anybody.
pub(crate) fn capabilities(row: &ServiceRow) -> Capabilities {
    match wire::kind(row) {
        ServiceKind::Openai => Capabilities::openai(),
        ServiceKind::Nebius => Capabilities::nebius(),
        ServiceKind::Crusoe => Capabilities::crusoe(),
        ServiceKind::Compatible => {
            StoredOptions::of(row).capabilities.unwrap_or_default().over(Capabilities::default())
        }
    }
}

/// How often a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Once, because a person waits, or somebody asks again anyway.
    AskOnce,
    /// Until it is answered or clearly will not be.
    AskAgain,
}

/// Who speaks to a service.
pub(crate) fn adapter(
    row: &ServiceRow,
    key: ServiceKey,
    patience: Patience,
) -> Result<OpenAiCompatible, Failure> {
    let options = StoredOptions::of(row);
    let mut endpoint = Endpoint::new(row.base_url.clone(), key, capabilities(row));
    endpoint.key_header = match options.key_header {
        ServiceKeyHeader::Bearer => KeyHeader::Bearer,
        ServiceKeyHeader::ApiKey => KeyHeader::ApiKey,
    };
    endpoint.organization = options.organization;
    endpoint.project = options.project;
    if patience == Patience::AskOnce {
        endpoint.most_tries = 1;
    }
    OpenAiCompatible::new(endpoint).map_err(|error| match error {
        ServiceError::Endpoint(fault) => {
            Failure::new(FailureCode::ServiceAddressUnusable, params![])
                .with_detail(fault.to_string())
        }
        other => crate::IntoFailure::into_failure(other),
    })
}
