//! `/v1/attune/measurements`: a few real steps of a planned training, to tell how long it takes.
//! Nothing of them is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::{JsonBody, blocking};
use super::engine::Engine;
use super::failure::Refusal;
use super::loading::LoadError;
use super::planning::{Plan, PlanBody, plan, refused};
use super::starts::Start;
use crate::formats::hub;
use crate::formats::rows::Row;
use crate::memory::resident_memory;
use crate::model::learnable::Learnable;
use crate::model::llama::model::Llama;
use crate::model::network::Network;
use crate::train::checks::{Course, rows_of_a_check};
use crate::train::memory::Passes;
use crate::train::pace::Pace;
use crate::train::settings::Learner;
use crate::train::trainer::{StepError, Trainer};

const ENOUGH: Duration = Duration::from_secs(2);
/// Steps that are timed at least, after one that warms up.
const LEAST_STEPS: u64 = 2;

/// What the steps showed.
#[derive(Debug, Clone, Copy)]
struct Measured {
    /// Seconds that the whole training takes with its checks, from what its steps took.
    seconds: f64,
    tokens_per_second: f64,
    resident: Option<u64>,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
enum MeasureError {
    #[error("stopped")]
    Stopped,
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Tells the measuring thread when nobody waits for it any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// `POST /v1/attune/measurements`
pub(crate) async fn create(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<PlanBody>,
) -> Result<Json<Value>, Refusal> {
    if engine.is_busy() {
        return Err(busy());
    }
    let alone = engine.measuring.clone().lock_owned().await;
    let waited_for = Arc::new(AtomicBool::new(true));
    let _waiting = Waiting(waited_for.clone());
    blocking(move || {
        let _alone = alone;
        let go_on = || waited_for.load(Ordering::Relaxed) && !engine.is_busy();
        answer(&engine, &body, &go_on)
    })
    .await?
    .map(Json)
}

fn answer(engine: &Engine, body: &PlanBody, go_on: &dyn Fn() -> bool) -> Result<Value, Refusal> {
    let plan = match plan(engine, body) {
        Ok(plan) => plan,
        Err(refusal) => return Ok(refused(&body.model, &refusal)),
    };
    let mut shown = plan.to_json(&body.model);
    if plan.too_little.is_some() {
        return Ok(shown);
    }
    // What a training would find: models that only answer are given back before it starts.
    engine.forget_models();
    match measure(engine, &plan, go_on) {
        Ok(measured) => {
            shown["tokens_per_second"] = json!(measured.tokens_per_second);
            shown["seconds"] = json!(measured.seconds);
            shown["peak_memory_bytes"] = json!(measured.resident);
            Ok(shown)
        }
        Err(MeasureError::Stopped) => Err(busy()),
        Err(MeasureError::Load(error)) => Err(error.into()),
        Err(MeasureError::Step(error)) => {
            shown["refusal"] = json!({"code": "loss_not_a_number", "message": error.to_string()});
            Ok(shown)
        }
    }
}

fn course(plan: &Plan) -> Course {
    let (steps, rows_trained) = (plan.total_steps(), plan.data.count * plan.settings.epochs);
    Course { steps, epochs: plan.settings.epochs, rows_trained, kept_aside: plan.data.kept_count }
}

fn busy() -> Refusal {
    Refusal {
        status: StatusCode::CONFLICT,
        message: "a training runs; nothing can be measured beside it".to_owned(),
        param: None,
        code: Some("busy"),
        room: None,
    }
}

fn measure(
    engine: &Engine,
    plan: &Plan,
    go_on: &dyn Fn() -> bool,
) -> Result<Measured, MeasureError> {
    let (settings, rows) = (plan.settings.clone(), plan.data.rows.clone());
    let threads = engine.threads.clone();
    match (&plan.settings.learner, &plan.start) {
        (Learner::Adapter { adapter }, Start::Adapter(start)) => {
            let files = hub::open(&start.base.path).map_err(LoadError::from)?;
            let passes = Passes::of(&settings, &rows, &plan.data.kept_aside);
            let options = adapter.loading(passes.places);
            let mut tensors = files.tensors().map_err(LoadError::from)?;
            let llama = Llama::load(files.shape, &mut tensors, options).map_err(LoadError::from)?;
            if !go_on() {
                return Err(MeasureError::Stopped);
            }
            steps(&mut Trainer::fresh(Arc::new(llama), settings, rows, threads), plan, go_on)
        }
        (Learner::Lab { shape }, _) => {
            let network = Arc::new(Network::new(*shape));
            steps(&mut Trainer::fresh(network, settings, rows, threads), plan, go_on)
        }
        (Learner::Adapter { .. }, Start::Lab) => Err(MeasureError::Stopped),
    }
}

fn steps<Net: Learnable>(
    trainer: &mut Trainer<Net>,
    plan: &Plan,
    go_on: &dyn Fn() -> bool,
) -> Result<Measured, MeasureError> {
    let step = |trainer: &mut Trainer<Net>| {
        if !go_on() {
            return Err(MeasureError::Stopped);
        }
        trainer.step(&|| false)?;
        Ok(trainer.last_pieces())
    };
    step(trainer)?;
    let (start, mut pace) = (Instant::now(), Pace::default());
    let once_before = trainer.seconds_once();
    let mut resident = resident_memory();
    while pace.steps < LEAST_STEPS || start.elapsed() < ENOUGH {
        pace.pieces += step(trainer)?;
        pace.steps += 1;
        resident = resident.max(resident_memory());
    }
    pace.seconds = start.elapsed().as_secs_f64();
    pace.once_seconds = trainer.seconds_once() - once_before;
    // The first step of the round was the one that warmed up.
    pace.new_steps = pace.steps.min(trainer.steps_per_epoch().saturating_sub(1));
    let usual = plan.data.pieces as f64 / plan.data.count.max(1) as f64;
    let batch = plan.settings.batch_size.min(plan.data.count) as f64;
    let as_usual = usual * batch * pace.steps as f64 / pace.pieces.max(1) as f64;
    let (total, epochs) = (plan.total_steps(), plan.settings.epochs.max(1));
    let steps_seconds = pace.seconds_for(total, total / epochs) * as_usual;
    Ok(Measured {
        seconds: steps_seconds + checks(trainer, plan),
        tokens_per_second: pace.tokens_per_second(),
        resident: resident.max(resident_memory()),
    })
}

/// Seconds of all checks, from one on a part of the rows that are looked at.
fn checks<Net: Learnable>(trainer: &mut Trainer<Net>, plan: &Plan) -> f64 {
    let wanted = rows_of_a_check(usize::try_from(plan.data.kept_count).unwrap_or(usize::MAX));
    let batch = usize::try_from(plan.settings.batch_size).unwrap_or(usize::MAX);
    let part: &[Row] = &plan.data.kept_aside[..plan.data.kept_aside.len().min(batch)];
    if part.is_empty() {
        return 0.0;
    }
    let (start, once_before) = (Instant::now(), trainer.seconds_once());
    trainer.evaluate(part, &|| false);
    let pace = Pace {
        steps: 1,
        new_steps: 1,
        pieces: 0,
        seconds: start.elapsed().as_secs_f64(),
        once_seconds: trainer.seconds_once() - once_before,
    };
    pace.seconds_for(course(plan).checks_of(), 1) * wanted as f64 / part.len() as f64
}
