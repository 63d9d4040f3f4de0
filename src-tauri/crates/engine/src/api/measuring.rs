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
use crate::train::settings::Learner;
use crate::train::trainer::{StepError, Trainer};

const ENOUGH: Duration = Duration::from_secs(2);
/// Steps that are timed at least, after one that warms up.
const LEAST_STEPS: u64 = 2;

/// What the steps showed.
#[derive(Debug, Clone, Copy)]
struct Measured {
    /// Seconds of a step over as many pieces as an average step has.
    step_seconds: f64,
    tokens_per_second: f64,
    /// Seconds of one check on the rows kept aside.
    check_seconds: f64,
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
            let steps = plan.total_steps();
            let checks = course(&plan).checks_of() as f64 * measured.check_seconds;
            shown["tokens_per_second"] = json!(measured.tokens_per_second);
            shown["seconds"] = json!(steps as f64 * measured.step_seconds + checks);
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
    let mut step = || {
        if !go_on() {
            return Err(MeasureError::Stopped);
        }
        trainer.step(&|| false)?;
        Ok(trainer.last_pieces())
    };
    step()?;
    let (start, mut made, mut pieces) = (Instant::now(), 0_u64, 0_u64);
    let mut resident = resident_memory();
    while made < LEAST_STEPS || start.elapsed() < ENOUGH {
        pieces += step()?;
        made += 1;
        resident = resident.max(resident_memory());
    }
    let seconds = start.elapsed().as_secs_f64();
    let per_piece = seconds / pieces.max(1) as f64;
    let usual = plan.data.pieces as f64 / plan.data.count.max(1) as f64;
    let batch = plan.settings.batch_size.min(plan.data.count) as f64;
    let check_seconds = check(trainer, plan);
    Ok(Measured {
        step_seconds: per_piece * usual * batch,
        tokens_per_second: 1.0 / per_piece,
        check_seconds,
        resident: resident.max(resident_memory()),
    })
}

/// Seconds of one check, from a part of the rows that are looked at.
fn check<Net: Learnable>(trainer: &mut Trainer<Net>, plan: &Plan) -> f64 {
    let wanted = rows_of_a_check(usize::try_from(plan.data.kept_count).unwrap_or(usize::MAX));
    let batch = usize::try_from(plan.settings.batch_size).unwrap_or(usize::MAX);
    let part: &[Row] = &plan.data.kept_aside[..plan.data.kept_aside.len().min(batch)];
    if part.is_empty() {
        return 0.0;
    }
    let start = Instant::now();
    trainer.evaluate(part, &|| false);
    start.elapsed().as_secs_f64() * wanted as f64 / part.len() as f64
}
