//! Hearing what the engine says of a job, and keeping it: its diary, how far it is, how it stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use attune_contract::{Failure, FailureCode, params};
use attune_jobs::{Effect, Event, RemoteStatus, State};
use attune_services::{
    Checkpoint, JobEvent, OpenAiCompatible, RefusedReply, RemoteJob, ServiceError, TrainingService,
};
use attune_store::{LaunchRow, Library, RunEvent};
use serde_json::Value;

use super::is_here;
use super::record::{self, News, StoredFailure, StoredProgress};
use crate::failures::OrFailure;
use crate::{App, services};

mod far;

/// More events than any training tells; a bound all the same.
const MOST_EVENTS: u64 = 200_000;
const LONGEST_DIARY: usize = 200_000;

/// Why nothing new was kept.
pub(super) enum Heard {
    /// The service did not answer; it may in a moment, or after as long as it asks to be left alone.
    Nothing(Failure, Option<Duration>),
    /// The library could not keep it. The engine keeps everything, so it is told again.
    Unkept(Failure),
    /// Asking again cannot help.
    Broken(Failure),
}

impl Heard {
    pub(super) fn failure(self) -> Failure {
        match self {
            Self::Nothing(failure, _) | Self::Unkept(failure) | Self::Broken(failure) => failure,
        }
    }
}

impl App {
    /// Asks the engine how a training stands and keeps what it says; `as_event` decides how its
    /// status counts.
    pub(super) async fn hear(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
        as_event: fn(RemoteStatus) -> Event,
    ) -> Result<State, Heard> {
        let id = run.to_owned();
        let launch =
            self.on_library(move |_, library| super::launch(library, &id)).await.map_err(unkept)?;
        let Some(job_id) = launch.job_id.clone() else {
            return Err(Heard::Broken(crate::failures::internal("a job without an id")));
        };
        let (status, news) = match service.job(&job_id).await {
            // A job that the engine does not know any more is over.
            Err(ServiceError::Refused(refused)) if is_here(&launch) && refused.status == 404 => {
                let failure = Some(service_failure(&launch, &refused));
                (RemoteStatus::Failed, News { failure, ..News::default() })
            }
            job => {
                let job = job.map_err(|error| heard(error, &launch))?;
                let events = self.new_events(service, &launch, &job_id).await?;
                let id = run.to_owned();
                let kept =
                    move |library: &Library| library.run_events_append(&id, &events).or_failure();
                self.on_library(move |_, library| kept(library)).await.map_err(unkept)?;
                self.judge_job(service, &launch, &job).await?
            }
        };
        let (state, effects) = self.apply(run, as_event(status), news).await.map_err(unkept)?;
        if effects.contains(&Effect::Notify) {
            self.tell_end_of(run).await;
        }
        Ok(state)
    }

    /// What a job comes to, as far as it got. One whose scores stopped being numbers leaves its best
    /// kept moment.
    async fn judge_job(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        launch: &LaunchRow,
        job: &RemoteJob,
    ) -> Result<(RemoteStatus, News), Heard> {
        if !is_here(launch) {
            return self.judge_far_job(launch, job).await;
        }
        let mut progress = progress(launch, job, self.now_ms());
        let status = job.status.clone().with_code(job.error_code.as_deref(), progress.step > 0);
        if status == RemoteStatus::Failed
            && job.error_code.as_deref() == Some(LOST_ITS_WAY)
            && let Some(kept) = kept_moment(service, launch, &job.id).await?
        {
            progress.best_step = Some(kept.step);
            let kept_failure = Failure::new(FailureCode::TrainingDivergedKept, params![]);
            let news = News {
                model: Some(kept.model),
                failure: Some(StoredFailure::from_failure(&kept_failure)),
                progress: Some(progress),
                ..News::default()
            };
            return Ok((RemoteStatus::Succeeded, news));
        }
        let failure = failure_of(launch, job, &status);
        let model = job.fine_tuned_model.clone();
        Ok((status, News { model, failure, progress: Some(progress), ..News::default() }))
    }

    /// What a job at a service far away comes to, as far as it got.
    async fn judge_far_job(
        self: &Arc<Self>,
        launch: &LaunchRow,
        job: &RemoteJob,
    ) -> Result<(RemoteStatus, News), Heard> {
        let id = launch.launch_id.clone();
        let steps = self
            .on_library(move |_, library| {
                library.run_events(&id, Some("metrics"), 0, MOST_EVENTS).or_failure()
            })
            .await
            .map_err(unkept)?;
        let progress = far::progress(launch, job, &steps, self.now_ms());
        let title = record::recipe(launch).service_title.unwrap_or_default();
        let failure = match job.status {
            RemoteStatus::Failed => Some(far::failure(job, &title)),
            // What stood in the way of hearing from it does so no more.
            _ => record::failure(launch)
                .filter(|before| before.code != FailureCode::LaunchDoubled)
                .map(|_| StoredFailure::none()),
        };
        let model = job.fine_tuned_model.clone();
        let news = News { model, failure, progress: Some(progress), ..News::default() };
        Ok((job.status.clone(), news))
    }

    /// The lines of the job's diary that are not stored yet, the oldest first.
    async fn new_events(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        launch: &LaunchRow,
        job_id: &str,
    ) -> Result<Vec<RunEvent>, Heard> {
        let id = launch.launch_id.clone();
        let known = self
            .on_library(move |_, library| library.run_event_last(&id).or_failure())
            .await
            .map_err(unkept)?;
        let mut events: Vec<RunEvent> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = match service.events(job_id, after.as_deref()).await {
                Ok(page) => page,
                // A service without a diary still says how its jobs stand.
                Err(ServiceError::Refused(_)) if !is_here(launch) => break,
                Err(error) => return Err(heard(error, launch)),
            };
            let reached = page.events.iter().position(|event| Some(&event.id) == known.as_ref());
            let new = &page.events[..reached.unwrap_or(page.events.len())];
            events.extend(new.iter().map(stored_event));
            match page.events.last() {
                // A list that leads in a circle shows no more.
                Some(last) if after.as_ref() == Some(&last.id) => break,
                Some(last)
                    if page.has_more && reached.is_none() && events.len() < LONGEST_DIARY =>
                {
                    after = Some(last.id.clone());
                }
                _ => break,
            }
        }
        events.reverse();
        Ok(events)
    }
}

/// The engine's code for a score that is no number.
const LOST_ITS_WAY: &str = "loss_not_a_number";

fn heard(error: ServiceError, launch: &LaunchRow) -> Heard {
    if !is_here(launch) {
        let title = record::recipe(launch).service_title.unwrap_or_default();
        let (wish, is_passing) = (services::wish_of(&error), services::is_passing(&error));
        let failure = services::failure_of(error, &title);
        return if is_passing { Heard::Nothing(failure, wish) } else { Heard::Broken(failure) };
    }
    let is_final = matches!(error, ServiceError::Refused(_));
    let detail = crate::failures::chain(&error);
    if is_final {
        return Heard::Broken(crate::IntoFailure::into_failure(error));
    }
    let failure = Failure::new(FailureCode::EngineStopped, params![]).with_detail(detail);
    Heard::Nothing(failure, None)
}

fn unkept(failure: Failure) -> Heard {
    // A training that was erased meanwhile is nobody's any more.
    if failure.code == FailureCode::RunMissing {
        return Heard::Broken(failure);
    }
    Heard::Unkept(failure)
}

/// A moment of a training that was kept and answers like a model.
#[derive(Debug, Clone, PartialEq)]
struct KeptMoment {
    model: String,
    step: u64,
    valid_loss: Option<f64>,
}

impl KeptMoment {
    fn of(checkpoint: Checkpoint) -> Option<Self> {
        let loss = |name: &str| checkpoint.metrics.get(name).copied().filter(|it| it.is_finite());
        let valid_loss = loss("full_valid_loss").or_else(|| loss("valid_loss"));
        Some(Self { model: checkpoint.model?, step: checkpoint.step?, valid_loss })
    }
}

/// The kept moment of a job with the least mistakes on watched examples, else the latest one.
async fn kept_moment(
    service: &OpenAiCompatible,
    launch: &LaunchRow,
    job_id: &str,
) -> Result<Option<KeptMoment>, Heard> {
    match service.checkpoints(job_id, None).await {
        Ok(kept) => Ok(best(kept.rows.into_iter().filter_map(KeptMoment::of).collect())),
        Err(ServiceError::Refused(_)) => Ok(None),
        Err(error) => Err(heard(error, launch)),
    }
}

fn best(kept: Vec<KeptMoment>) -> Option<KeptMoment> {
    let score = |kept: &KeptMoment| kept.valid_loss.unwrap_or(f64::INFINITY);
    kept.into_iter()
        .min_by(|one, other| score(one).total_cmp(&score(other)).then(other.step.cmp(&one.step)))
}

fn stored_event(event: &JobEvent) -> RunEvent {
    let mut data = event.data.clone();
    data.insert("message".to_owned(), Value::from(event.message.as_str()));
    RunEvent {
        event_id: event.id.clone(),
        at_ms: event.created_at.saturating_mul(1_000),
        kind: event.kind.clone(),
        step: event.data.get("step").and_then(Value::as_u64),
        data_json: Value::Object(data).to_string(),
    }
}

/// Why a job ended or rests. What was wrong before is taken back once it is not wrong any more.
fn failure_of(launch: &LaunchRow, job: &RemoteJob, status: &RemoteStatus) -> Option<StoredFailure> {
    let is_stopping = record::state(launch) == State::Cancelling;
    match status {
        RemoteStatus::Halted if !is_stopping => {
            let code = match job.error_code.as_deref().unwrap_or_default() {
                "disk_full" => FailureCode::TrainingDiskFull,
                "not_enough_memory" => FailureCode::OutOfMemory,
                "trainer_panicked" => FailureCode::EngineStopped,
                _ => FailureCode::TrainingDiskFailed,
            };
            let reason = job.error_message.clone().unwrap_or_default();
            let failure = Failure::new(code, params![]).with_detail(reason);
            Some(StoredFailure::from_failure(&failure))
        }
        RemoteStatus::Failed => Some(service_failure(launch, &refused_by(job))),
        RemoteStatus::Paused | RemoteStatus::Other(_) => None,
        _ => record::failure(launch).map(|_| StoredFailure::none()),
    }
}

fn refused_by(job: &RemoteJob) -> RefusedReply {
    RefusedReply {
        status: 200,
        code: job.error_code.clone(),
        message: job.error_message.clone().unwrap_or_default(),
        needed: job.error_needed,
        free: job.error_free,
        ..RefusedReply::default()
    }
}

fn service_failure(launch: &LaunchRow, refused: &RefusedReply) -> StoredFailure {
    let title = record::recipe(launch).base_title.unwrap_or_default();
    StoredFailure::from_service(refused, &title)
}

/// How far the job is, from what the engine tells; time counts only while it learns.
fn progress(launch: &LaunchRow, job: &RemoteJob, now_ms: i64) -> StoredProgress {
    let before = record::progress(launch).unwrap_or_default();
    let count = |name: &str| job.engine.get(name).and_then(Value::as_u64).unwrap_or_default();
    let number = |name: &str| job.engine.get(name).and_then(Value::as_f64);
    let told = |name: &str| job.engine.get(name).and_then(Value::as_u64);
    let was_learning = record::state(launch) == State::Running && before.last_news_ms > 0;
    let passed = if was_learning { now_ms.saturating_sub(before.last_news_ms) } else { 0 };
    let settings: BTreeMap<String, f64> = job
        .hyperparameters
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
        .collect();
    StoredProgress {
        phase: job.engine.get("phase").and_then(Value::as_str).unwrap_or_default().to_owned(),
        step: count("step"),
        total_steps: count("total_steps"),
        round: count("epoch"),
        rounds: count("epochs"),
        saved_step: job.engine.get("checkpoint_step").and_then(Value::as_u64),
        tokens_per_second: number("tokens_per_second"),
        seconds_left: number("seconds_left"),
        // Milliseconds of one training fit a float exactly.
        learning_seconds: before.learning_seconds
            + f64::from(i32::try_from(passed.clamp(0, 10_000)).unwrap_or(0)) / 1_000.0,
        last_news_ms: now_ms,
        settings: if settings.is_empty() { before.settings } else { settings },
        // The most of all that was heard: a resumed engine counts anew.
        peak_memory_bytes: before.peak_memory_bytes.max(told("peak_memory_bytes")),
        memory_bytes: told("memory_bytes").or(before.memory_bytes),
        stopped_early: job.engine.get("stopped_early").and_then(Value::as_bool).unwrap_or(false),
        best_step: told("best_step"),
        billed_tokens: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kept: &[(u64, Option<f64>)], expected: Option<u64>) {
        let kept = kept.iter().map(|&(step, valid_loss)| KeptMoment {
            model: format!("ft:lab:attune::1:ckpt-step-{step}"),
            step,
            valid_loss,
        });
        assert_eq!(best(kept.collect()).map(|kept| kept.step), expected);
    }

    #[test]
    fn the_best_kept_moment_is_the_one_with_the_least_mistakes_on_watched_examples() {
        check(&[], None);
        check(&[(10, Some(2.0)), (20, Some(1.0)), (30, Some(1.5))], Some(20));
        check(&[(10, None), (20, Some(3.0)), (30, None)], Some(20));
        check(&[(20, None), (10, None)], Some(20));
    }
}
