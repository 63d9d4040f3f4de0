//! `/v1/attune/plans`: what a training would be, before anybody starts it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{JsonBody, blocking};
use super::data::{Data, FileNames, data_of};
use super::engine::Engine;
use super::failure::Refusal;
use super::runner::{RunError, code_of, with_causes};
use super::starts::{Start, find_start};
use super::wanted::{read_hyperparameters, wanted_of};
use crate::model::llama::adapters::AdapterLayout;
use crate::model::parameters::Layout;
use crate::train::memory::{Passes, TooLittleMemory};
use crate::train::settings::{Learner, Settings};

/// The body of a request for a plan or for a measurement.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PlanBody {
    pub(crate) model: String,
    pub(crate) training_file: String,
    pub(crate) validation_file: Option<String>,
    #[serde(default)]
    pub(crate) hyperparameters: Value,
    pub(crate) seed: Option<u64>,
}

/// A training with every setting decided.
pub(crate) struct Plan {
    pub(crate) start: Start,
    pub(crate) settings: Settings,
    pub(crate) data: Arc<Data>,
    /// Numbers of the whole model, and those of them that are learned.
    pub(crate) parameters: [u64; 2],
    /// Bytes that it takes.
    pub(crate) memory_bytes: u64,
    /// Whether they are there.
    pub(crate) too_little: Option<TooLittleMemory>,
}

/// `POST /v1/attune/plans`
pub(crate) async fn create(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<PlanBody>,
) -> Result<Json<Value>, Refusal> {
    blocking(move || match plan(&engine, &body) {
        Ok(plan) => Json(plan.to_json(&body.model)),
        Err(refusal) => Json(refused(&body.model, &refusal)),
    })
    .await
}

/// Decides everything about the training that `body` describes.
pub(crate) fn plan(engine: &Engine, body: &PlanBody) -> Result<Plan, Refusal> {
    let start = find_start(engine, &body.model)?;
    let hyperparameters = read_hyperparameters(&body.hyperparameters, start.base_shape())?;
    let wanted = wanted_of(&hyperparameters, body.seed.unwrap_or(42));
    let validation = body.validation_file.as_deref();
    let files = FileNames { training: &body.training_file, validation };
    let data = data_of(engine, &start, &wanted, files).map_err(|error| refusal_of(&error))?;
    let size = data.size(engine.threads.current_num_threads());
    let settings = match &start {
        Start::Lab => wanted.resolve(size).map(|(settings, _)| settings),
        Start::Adapter(start) => wanted.resolve_adapter(size, &start.facts.shape, start.origin()),
    };
    let mut settings = settings.map_err(|error| super::wanted::refused(error.to_string()))?;
    let mut passes = Passes::of(&settings, &data.rows, &data.kept_aside);
    // Of a large file only the beginning was read; a few rows more or less do not matter.
    passes.places_seen_again = passes.places_seen_again.max(data.pieces);
    let fit = settings.fit_into(engine.memory_for_training(), start.base_shape(), passes);
    let (memory_bytes, too_little) = match fit {
        Ok(bytes) => (bytes, None),
        Err(too_little) => (too_little.needed, Some(too_little)),
    };
    let parameters = parameters_of(&settings, &start);
    Ok(Plan { start, settings, data, parameters, memory_bytes, too_little })
}

/// Numbers of the whole model, and those of them that are learned.
fn parameters_of(settings: &Settings, start: &Start) -> [u64; 2] {
    match (&settings.learner, start.base_shape()) {
        (Learner::Adapter { adapter }, Some(base)) => {
            let learned = AdapterLayout::new(base, Some(&adapter.shape)).length() as u64;
            [base.parameters() as u64 + learned, learned]
        }
        (Learner::Lab { shape }, _) => [Layout::new(shape).length() as u64; 2],
        (Learner::Adapter { .. }, None) => [0; 2],
    }
}

impl Plan {
    /// Optimiser steps of the whole training.
    pub(crate) fn total_steps(&self) -> u64 {
        let rows = usize::try_from(self.data.count).unwrap_or(usize::MAX);
        self.settings.steps_per_epoch(rows) * self.settings.epochs
    }

    /// As requests are answered.
    pub(crate) fn to_json(&self, model: &str) -> Value {
        let [parameters, learnt] = self.parameters;
        let mut plan = json!({
            "model": model, "parameters": parameters, "learnt_parameters": learnt,
            "memory_bytes": self.memory_bytes, "total_steps": self.total_steps(),
            "tokens": self.data.pieces, "shortened": self.data.cut,
            "settings": self.settings.named(),
        });
        if let Some(too_little) = self.too_little {
            plan["refusal"] = json!({
                "code": "not_enough_memory", "message": too_little.to_string(),
                "needed": too_little.needed, "free": too_little.free,
            });
        }
        plan
    }
}

/// A plan of which only the refusal is known.
pub(crate) fn refused(model: &str, refusal: &Refusal) -> Value {
    json!({
        "model": model, "parameters": null, "learnt_parameters": null, "memory_bytes": null,
        "total_steps": null, "tokens": null, "shortened": null, "settings": {},
        "refusal": {"code": refusal.code, "message": refusal.message, "param": refusal.param},
    })
}

fn refusal_of(error: &RunError) -> Refusal {
    let (code, param) = code_of(error);
    Refusal::invalid(param.unwrap_or("training_file"), code, with_causes(error))
}
