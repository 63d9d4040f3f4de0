//! Following one training: sending its order once, or looking it up, and then listening until it
//! rests or is over. Each training has at most one tracker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_jobs::{Effect, Event, RemoteStatus, State};
use attune_services::{
    JobEvent, LaunchOrder, LaunchOutcome, OpenAiCompatible, RefusedReply, RemoteJob, ServiceError,
    TrainingService,
};
use attune_store::{LaunchRow, RunEvent};
use serde_json::Value;

use super::record;
use super::record::{News, StoredFailure, StoredProgress};
use crate::failures::OrFailure;
use crate::{App, hold, locked};

/// The engine is on this computer: asking it often is cheap and makes the curve live.
const POLL: Duration = Duration::from_millis(400);
/// So many questions may go unanswered while the engine's process still lives.
const MOST_SILENCE: u32 = 25;

/// Where a tracker begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// The order was recorded a moment ago by this process: send it.
    Send,
    /// The order was recorded by an earlier process: look it up, never send it again.
    Reconcile,
    /// The job is known.
    Follow,
}

impl App {
    /// Starts following a training, unless somebody does already.
    pub(super) fn follow(self: &Arc<Self>, run: &str, begin: Begin) {
        let mut trackers = locked(&self.trackers);
        if trackers.get(run).is_some_and(|tracker| !tracker.is_finished()) {
            return;
        }
        let app = Arc::clone(self);
        let named = run.to_owned();
        let tracker = tokio::spawn(async move {
            if let Err(failure) = app.track(&named, begin).await {
                app.ended_by(&named, &failure).await;
            }
            app.tell(&named).await;
        });
        trackers.insert(run.to_owned(), tracker);
    }

    async fn track(self: &Arc<Self>, run: &str, begin: Begin) -> Result<(), Failure> {
        let service = match begin {
            Begin::Send => self.engine_for_training().await?,
            Begin::Reconcile | Begin::Follow => self.engine_service().await?,
        };
        let state = match begin {
            Begin::Send => self.send(&service, run).await?,
            Begin::Reconcile => self.reconcile(&service, run).await?,
            Begin::Follow => self.state_of(run).await?,
        };
        if state.is_settled() {
            return Ok(());
        }
        self.listen(&service, run).await
    }

    /// Sends the files, then the order, once.
    async fn send(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
    ) -> Result<State, Failure> {
        let id = run.to_owned();
        let (launch, train, validate) = self
            .on_library(move |_, library| {
                let launch = super::launch(library, &id)?;
                let train = library.file_path(&launch.train_file).or_failure()?;
                let validate = library.file_path(&launch.validate_file).or_failure()?;
                Ok((launch, train, validate))
            })
            .await?;
        let training_file =
            service.upload(&train, &format!("train-{run}.jsonl")).await.or_failure()?;
        let validation_file = match launch.counts.validate {
            0 => None,
            _ => Some(
                service.upload(&validate, &format!("validate-{run}.jsonl")).await.or_failure()?,
            ),
        };
        crate::blocking(|| {
            hold::point("launch.between");
            Ok(())
        })
        .await?;
        let order = order(&launch, training_file, validation_file);
        self.apply(run, Event::SendingBegan, News::default()).await?;
        match service.launch(&order).await {
            LaunchOutcome::Acknowledged(job) => {
                let news = News { job_id: Some(job.id), ..News::default() };
                Ok(self.apply(run, Event::Acknowledged, news).await?.0)
            }
            LaunchOutcome::Rejected(refused) => {
                let title = record::recipe(&launch).base_title.unwrap_or_default();
                let failure = StoredFailure::from_service(&refused, &title);
                let news = News { failure: Some(failure), ..News::default() };
                Ok(self.apply(run, Event::Refused, news).await?.0)
            }
            LaunchOutcome::Ambiguous => {
                self.apply(run, Event::AnswerLost, News::default()).await?;
                self.reconcile(service, run).await
            }
        }
    }

    /// Looks an order up by its `launch_id`. The engine's list is complete and immediate, so an
    /// order that is not in it was never taken.
    async fn reconcile(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
    ) -> Result<State, Failure> {
        let found = service.find_launch(run).await.or_failure()?;
        let (event, news) = match found.into_iter().next() {
            Some(job) => (Event::Found, News { job_id: Some(job.id), ..News::default() }),
            None => {
                let failure = Failure::new(FailureCode::LaunchUnknown, params![]);
                let failure = Some(StoredFailure::from_failure(&failure));
                (Event::Absent, News { failure, ..News::default() })
            }
        };
        Ok(self.apply(run, event, news).await?.0)
    }

    /// Listens until the training rests or is over.
    async fn listen(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
    ) -> Result<(), Failure> {
        let mut silence = 0;
        loop {
            match self.listen_once(service, run).await {
                Ok(state) => {
                    silence = 0;
                    self.tell(run).await;
                    if state.is_settled() || state == State::Paused {
                        return Ok(());
                    }
                }
                Err(Heard::Nothing(failure)) => {
                    silence += 1;
                    if let Some(ended) = self.why_ended(service).await {
                        return Err(ended);
                    }
                    if silence > MOST_SILENCE {
                        return Err(failure);
                    }
                }
                Err(Heard::Broken(failure)) => return Err(failure),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn listen_once(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
    ) -> Result<State, Heard> {
        let id = run.to_owned();
        let launch = self
            .on_library(move |_, library| super::launch(library, &id))
            .await
            .map_err(Heard::Broken)?;
        let Some(job_id) = launch.job_id.clone() else {
            return Err(Heard::Broken(crate::failures::internal("a job without an id")));
        };
        let job = service.job(&job_id).await.map_err(heard)?;
        let events = self.new_events(service, &launch, &job_id).await?;
        let progress = progress(&launch, &job, self.now_ms());
        let id = run.to_owned();
        self.on_library(move |_, library| library.run_events_append(&id, &events).or_failure())
            .await
            .map_err(Heard::Broken)?;
        let news = News {
            model: job.fine_tuned_model.clone(),
            failure: failure_of(&launch, &job),
            progress: Some(progress),
            job_id: None,
        };
        let event = Event::Reported(job.status.clone());
        let (state, effects) = self.apply(run, event, news).await.map_err(Heard::Broken)?;
        if effects.contains(&Effect::Notify) {
            self.tell_end_of(run).await;
        }
        Ok(state)
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
            .map_err(Heard::Broken)?;
        let mut events: Vec<RunEvent> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = service.events(job_id, after.as_deref()).await.map_err(heard)?;
            let reached = page.events.iter().position(|event| Some(&event.id) == known.as_ref());
            let new = &page.events[..reached.unwrap_or(page.events.len())];
            events.extend(new.iter().map(stored_event));
            match page.events.last() {
                Some(last) if page.has_more && reached.is_none() => after = Some(last.id.clone()),
                _ => break,
            }
        }
        events.reverse();
        Ok(events)
    }

    async fn state_of(self: &Arc<Self>, run: &str) -> Result<State, Failure> {
        let run = run.to_owned();
        self.on_library(move |_, library| Ok(record::state(&super::launch(library, &run)?))).await
    }

    /// A tracker that cannot go on: what never reached the engine did not start, the rest pauses at
    /// its last checkpoint. The person sees why and what to do.
    async fn ended_by(self: &Arc<Self>, run: &str, failure: &Failure) {
        let stored = StoredFailure::from_failure(failure);
        let news = News { failure: Some(stored), ..News::default() };
        let event = match self.state_of(run).await {
            // The file or the engine failed before the order left.
            Ok(State::Intent) => Event::Absent,
            Ok(State::Sending | State::Ambiguous) => Event::Undecided,
            _ => Event::ServiceEnded,
        };
        let was_ended = event == Event::ServiceEnded;
        match self.apply(run, event, news).await {
            Ok((State::Paused, _)) if was_ended => self.tell_end_of(run).await,
            Ok(_) => {}
            Err(failure) => {
                let code = failure.code.as_text();
                tracing::error!(code, run, "a training's end was not stored");
            }
        }
    }

    /// Tells the person through the desktop how a training ended.
    async fn tell_end_of(self: &Arc<Self>, run: &str) {
        if let Ok(detail) = self.run_detail(run).await {
            self.tell_end(&detail);
        }
    }

    /// Tells the page how a training stands.
    async fn tell(self: &Arc<Self>, run: &str) {
        match self.run_detail(run).await {
            Ok(detail) => self.desktop.emit(AppEvent::RunChanged(detail)),
            Err(failure) => {
                tracing::error!(code = failure.code.as_text(), run, "a training cannot be read");
            }
        }
    }
}

/// Why nothing new was heard.
enum Heard {
    /// The engine did not answer; it may in a moment.
    Nothing(Failure),
    /// Asking again cannot help.
    Broken(Failure),
}

fn heard(error: ServiceError) -> Heard {
    let is_final = matches!(error, ServiceError::Refused(_));
    let detail = crate::failures::chain(&error);
    if is_final {
        return Heard::Broken(crate::IntoFailure::into_failure(error));
    }
    Heard::Nothing(Failure::new(FailureCode::EngineStopped, params![]).with_detail(detail))
}

fn order(
    launch: &LaunchRow,
    training_file: String,
    validation_file: Option<String>,
) -> LaunchOrder {
    let recipe = record::recipe(launch);
    LaunchOrder {
        launch_id: launch.launch_id.clone(),
        model: launch.model.clone(),
        training_file,
        validation_file,
        seed: Some(recipe.seed),
        hyperparameters: recipe.hyperparameters,
        ..LaunchOrder::default()
    }
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

fn failure_of(launch: &LaunchRow, job: &RemoteJob) -> Option<StoredFailure> {
    if job.status != RemoteStatus::Failed {
        return None;
    }
    let refused = RefusedReply {
        status: 200,
        code: job.error_code.clone(),
        message: job.error_message.clone().unwrap_or_default(),
        needed: job.error_needed,
        free: job.error_free,
        ..RefusedReply::default()
    };
    let title = record::recipe(launch).base_title.unwrap_or_default();
    Some(StoredFailure::from_service(&refused, &title))
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
    }
}
