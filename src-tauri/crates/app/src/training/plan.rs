//! The plan: what would be trained, before it is. It answers without an engine too; then it only
//! lacks what the engine alone knows.

use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::models::ModelShelfRequest;
use attune_contract::training::{ResolvedSetting, SecondsRange, TrainPlan, TrainPlanRequest};
use attune_jobs::State;
use attune_jobs::eta::{PastRun, expected_duration};
use attune_services::{RemoteModel, RemotePlan, ServiceError};
use attune_store::{LaunchRow, ProjectId};

use super::record::StoredProgress;
use super::{PreparedProject, THIS_COMPUTER, record, wire};
use crate::failures::OrFailure;
use crate::{App, models};

impl App {
    /// What would be trained, before it is.
    ///
    /// # Errors
    /// `InputInvalid`, `ProjectMissing`; failures of the library. What stands in the way is part of
    /// the plan.
    pub async fn train_plan(
        self: &Arc<Self>,
        request: TrainPlanRequest,
    ) -> Result<TrainPlan, Failure> {
        super::check_settings(&request.settings)?;
        let project = request.project;
        let prepared = self.prepared_project(project).await?;
        let model = match &request.model {
            Some(model) => model.clone(),
            None => self.model_shelf(ModelShelfRequest { project }).await?.suggested,
        };
        let told = match prepared.refusal() {
            Some(_) => RemotePlan::default(),
            None => self.told_plan(&prepared, &model, &request).await,
        };
        let launches = self
            .on_library(move |_, library| library.launches(ProjectId(project)).or_failure())
            .await?;
        let refusal = super::refusal(&launches, super::LEAST_EXAMPLES).or(prepared.refusal());
        let rounds = told.settings.iter().find(|(name, _)| name == "n_epochs").map(|it| it.1);
        Ok(TrainPlan {
            split: prepared.counts,
            learnt_parameters: told.learnt_parameters,
            parameters: told.parameters,
            memory_bytes: told.memory_bytes,
            shortened: told.shortened,
            refusal: refusal.or_else(|| models::refusal(&model, &told)),
            duration: rounds
                .and_then(|rounds| duration(&launches, &model, prepared.tokens, rounds)),
            ceiling_micro_usd: attune_cost::MicroUsd::ZERO.micros(),
            resolved: told
                .settings
                .into_iter()
                .map(|(name, value)| ResolvedSetting { name, value })
                .collect(),
            model,
        })
    }

    /// What the engine says of a training; nothing where it cannot be asked.
    async fn told_plan(
        self: &Arc<Self>,
        prepared: &PreparedProject,
        model: &str,
        request: &TrainPlanRequest,
    ) -> RemotePlan {
        let service = match self.engine_service().await {
            Ok(service) => service,
            Err(failure) => {
                tracing::warn!(code = failure.code.as_text(), "a plan without the engine");
                return RemotePlan::default();
            }
        };
        match self.ask_plan(&service, prepared, (model, &request.settings), false).await {
            Ok(plan) => plan,
            Err(ServiceError::Refused(refused)) if refused.status == 400 => {
                RemotePlan { refusal: Some(*refused), ..RemotePlan::default() }
            }
            Err(error) => {
                tracing::warn!(%error, "the engine gave no plan");
                RemotePlan::default()
            }
        }
    }

    /// What the engine says of its models, where a model's name is not enough for a title.
    pub(super) async fn models_to_name(self: &Arc<Self>, model: &str) -> Vec<RemoteModel> {
        if model.starts_with(models::OWN) { self.engine_models().await } else { Vec::new() }
    }
}

/// How long it will take, from this project's earlier trainings of the same model here.
fn duration(launches: &[LaunchRow], model: &str, tokens: u64, rounds: f64) -> Option<SecondsRange> {
    let past: Vec<PastRun> = launches
        .iter()
        .filter(|launch| launch.service == THIS_COMPUTER && launch.model == model)
        .filter(|launch| record::state(launch) == State::Succeeded)
        .filter_map(|launch| {
            let progress = record::progress(launch)?;
            let learnt_tokens = learnt_tokens(record::recipe(launch).tokens, &progress);
            Some(PastRun { learnt_tokens, seconds: progress.learning_seconds })
        })
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounds are whole numbers from 1 to 50"
    )]
    let rounds = rounds.clamp(1.0, 1_000.0) as u64;
    expected_duration(&past, tokens.saturating_mul(rounds)).map(wire::range)
}

/// Tokens that a training really learnt from: one that stopped early made fewer steps than planned.
fn learnt_tokens(tokens: u64, progress: &StoredProgress) -> u64 {
    let planned = u128::from(tokens) * u128::from(progress.rounds);
    let learnt = match progress.total_steps {
        0 => planned,
        total => planned * u128::from(progress.step.min(total)) / u128::from(total),
    };
    u64::try_from(learnt).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((step, total_steps): (u64, u64), expected: u64) {
        let progress = StoredProgress { step, total_steps, rounds: 4, ..StoredProgress::default() };
        assert_eq!(learnt_tokens(1_000, &progress), expected);
    }

    #[test]
    fn only_the_steps_that_were_made_count() {
        check((200, 200), 4_000);
        check((50, 200), 1_000);
        // Nothing is known of the steps.
        check((0, 0), 4_000);
    }
}
