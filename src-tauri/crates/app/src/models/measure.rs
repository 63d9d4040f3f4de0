//! What a training would take on this computer: computed for a plan, tried for a measurement.

use std::sync::Arc;

use attune_contract::models::{ModelFit, ModelMeasureRequest};
use attune_contract::training::TrainSettings;
use attune_contract::{Failure, FailureCode, params};
use attune_services::{OpenAiCompatible, PlanOrder, RemotePlan, ServiceError};

use super::wire;
use crate::training::{self, PreparedProject};
use crate::{App, computer};

/// The pace of shared computers wavers by about this much either way.
const SPREAD: f64 = 0.25;

impl App {
    pub(super) async fn measure(
        self: &Arc<Self>,
        request: ModelMeasureRequest,
    ) -> Result<ModelFit, Failure> {
        training::check_settings(&request.settings)?;
        let prepared = self.prepared_project(request.project).await?;
        if let Some(refusal) = prepared.refusal() {
            return Err(refusal);
        }
        let service = self.engine_for_training().await?;
        let asked = (request.model.as_str(), &request.settings);
        let told = self.ask_plan(&service, &prepared, asked, true).await;
        let plan = match told {
            Ok(plan) => plan,
            // A setting that cannot be is part of the answer, not an accident.
            Err(ServiceError::Refused(refused)) if refused.status == 400 => {
                RemotePlan { refusal: Some(*refused), ..RemotePlan::default() }
            }
            Err(ServiceError::Refused(refused)) => {
                return Err(wire::engine_failure(&refused, &request.model));
            }
            Err(error) => return Err(crate::testing::unanswered(error)),
        };
        Ok(fit(request.model, &plan))
    }

    /// Asks the engine for a plan, or for a measurement.
    pub(crate) async fn ask_plan(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        prepared: &PreparedProject,
        (model, settings): (&str, &TrainSettings),
        is_tried: bool,
    ) -> Result<RemotePlan, ServiceError> {
        let mut tries = 0;
        loop {
            let [train, validate] = prepared.files();
            let files = match self.planned_files(service, [train, validate]).await {
                Ok(files) => files,
                Err(failure) => {
                    let detail = failure.detail.unwrap_or_else(|| failure.code.as_text());
                    return Err(ServiceError::File(std::io::Error::other(detail)));
                }
            };
            let [training_file, validation_file] = files;
            let order = PlanOrder {
                model: model.to_owned(),
                training_file,
                validation_file: prepared.has_validation().then_some(validation_file),
                hyperparameters: training::hyperparameters(settings),
            };
            let told = match is_tried {
                true => service.measure(&order).await,
                false => service.plan(&order).await,
            };
            tries += 1;
            match told {
                // Somebody deleted what was sent: send it again, once.
                Err(ServiceError::Refused(refused)) if is_file_gone(&refused) && tries == 1 => {
                    self.forget_uploads().await;
                }
                told => return told,
            }
        }
    }
}

fn is_file_gone(refused: &attune_services::RefusedReply) -> bool {
    let code = refused.code.as_deref().unwrap_or_default();
    code.contains("file") && !code.starts_with("model") && matches!(refused.status, 400 | 404)
}

fn fit(model: String, plan: &RemotePlan) -> ModelFit {
    let free_memory_bytes = computer::free_memory();
    // The promise covers the whole training; what two seconds took is only less if it is wrong.
    let memory_bytes = plan.memory_bytes.max(plan.peak_memory_bytes);
    ModelFit {
        tokens_per_second: plan.tokens_per_second,
        duration: plan.seconds.map(|seconds| training::spread(seconds, SPREAD)),
        memory_bytes,
        free_memory_bytes,
        refusal: refusal(&model, plan),
        model,
    }
}

/// Why a training would be refused, in words for a person.
pub(crate) fn refusal(model: &str, plan: &RemotePlan) -> Option<Failure> {
    let refused = plan.refusal.as_ref()?;
    let failure = wire::engine_failure(refused, model);
    // Whatever else the engine refuses in a plan lies in the settings.
    Some(match failure.code {
        FailureCode::ServiceRefused => {
            let reason = refused.message.as_str();
            Failure::new(FailureCode::SettingsImpossible, params![reason])
        }
        _ => failure,
    })
}
