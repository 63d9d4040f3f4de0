//! Following a training at a service far away: sending its examples, then its order, once; looking
//! up an order whose answer was lost; asking how it stands.
//!
//! Invariants: the order leaves from the state `sending` alone, which is stored first · what may have
//! been ordered is never ordered again · a service that does not answer ends nothing, because the
//! training goes on there.

mod files;
mod listen;
mod turns;
mod wishes;

pub(super) use files::upload_of;
pub(crate) use turns::Turns;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use attune_contract::words::failure_words;
use attune_contract::{Failure, FailureCode, params};
use attune_jobs::{Effect, Event, State};
use attune_services::{
    LaunchOrder, LaunchOutcome, LaunchTrace, OpenAiCompatible, RefusalKind, ServiceError,
    TrainingService,
};
use attune_store::LaunchRow;

use super::record::{self, News, StoredFailure};
use super::track::Begin;
use crate::services::{self, Patience, failure_of, is_passing, refusal, wish_of};
use crate::{App, hold, locked};

/// Seconds after which an order whose answer was lost is looked for: lists lag behind.
const LOOKS: [u64; 8] = [0, 2, 5, 10, 20, 40, 60, 120];
/// Seconds between tries while a service does not answer; then as the last.
const BACKOFF: [u64; 5] = [5, 10, 20, 40, 60];
/// An order that lay so long unsent is not sent any more, in milliseconds.
const OLDEST_ORDER_MS: i64 = 24 * 60 * 60 * 1_000;

/// Who speaks to the service of a launch.
struct Far {
    title: String,
    /// Asks again by itself.
    patient: OpenAiCompatible,
    /// Asks once.
    quick: OpenAiCompatible,
    turn: Arc<Mutex<turns::Turn>>,
}

/// What to do about an answer that is none.
enum Next {
    /// Ask again after a pause; the failure is what the person reads meanwhile.
    Wait(Duration, Failure),
    /// Asking again cannot help.
    GiveUp(Failure),
}

impl App {
    /// Follows a training at a service, and once more where somebody asked for it meanwhile: what stood in
    /// the way may be mended.
    pub(super) async fn keep_track_afar(self: &Arc<Self>, run: &str, begin: Begin) {
        let mut begin = begin;
        loop {
            if begin == Begin::Reconcile {
                locked(&self.looked_for).insert(run.to_owned());
                self.tell(run).await;
            }
            self.track_afar(run, begin).await;
            if locked(&self.looked_for).remove(run) {
                self.note_later(run).await;
            }
            self.tell(run).await;
            match self.wanted_once_more(run) {
                Some(again) => begin = again,
                None => return,
            }
        }
    }

    /// What is told from now on is later than what was told before, though nothing else changed.
    async fn note_later(self: &Arc<Self>, run: &str) {
        if let Err(failure) = self.apply(run, Event::Noted, News::default()).await {
            tracing::warn!(code = failure.code.as_text(), run, "a note was not kept");
        }
    }

    /// Follows a training at a service until it rests or is over, or nobody can ask any more; then
    /// the person reads why, and it is gone on with once that is mended.
    async fn track_afar(self: &Arc<Self>, run: &str, begin: Begin) {
        let Err(failure) = self.try_track_afar(run, begin).await else { return };
        tracing::warn!(code = failure.code.as_text(), run, "nobody follows this training now");
        if self.state_of(run).await != Ok(State::Unknown) {
            return self.note(run, &failure).await;
        }
        // Nobody goes on with what was given up: that it may have been bought must stay in sight.
        if let Err(failure) = self.undecided(run, Some(&failure)).await {
            tracing::warn!(code = failure.code.as_text(), run, "a note was not kept");
        }
    }

    async fn try_track_afar(self: &Arc<Self>, run: &str, begin: Begin) -> Result<(), Failure> {
        let launch = self.launch_row(run).await?;
        let state = match (record::state(&launch), begin) {
            (State::Intent, _) if self.is_too_old(&launch) => {
                // What was sent of it is removed once there is a key.
                let failure = Failure::new(FailureCode::OrderTooOld, params![]);
                self.apply(run, Event::Absent, failed(&failure)).await?;
                self.tell(run).await;
                self.remove_left().await?;
                return Ok(());
            }
            (State::Intent, _) => self.send_afar(&self.far(&launch).await?, run).await?,
            (State::Sending, _) => {
                // Whoever sent it is gone, and with them the answer.
                self.apply(run, Event::AnswerLost, News::default()).await?;
                self.tell(run).await;
                self.reconcile_afar(&self.far(&launch).await?, run).await?
            }
            (State::Ambiguous, _) | (State::Unknown, Begin::Reconcile) => {
                self.reconcile_afar(&self.far(&launch).await?, run).await?
            }
            (state, _) => state,
        };
        if state.is_settled() {
            return Ok(());
        }
        self.listen_afar(self.far(&launch).await?, run, begin).await
    }

    fn is_too_old(&self, launch: &LaunchRow) -> bool {
        self.now_ms().saturating_sub(launch.created_at_ms) > OLDEST_ORDER_MS
    }

    async fn far(self: &Arc<Self>, launch: &LaunchRow) -> Result<Far, Failure> {
        let row = self.service_row(&launch.service).await?;
        let ordered_with = record::recipe(launch).lent_key;
        let key = self.key_for(&row, &launch.launch_id, ordered_with.as_deref()).await?;
        let patient = services::adapter(&row, key, Patience::AskAgain)?;
        let patient = patient.with_pauses(Arc::clone(&self.options.pauses));
        Ok(Far {
            quick: patient.asking_once(),
            patient,
            turn: locked(&self.turns).of(&launch.service),
            title: row.title,
        })
    }

    /// Who speaks to the service of a launch, asking once; and what a person calls it.
    pub(crate) async fn speaker(
        self: &Arc<Self>,
        launch: &LaunchRow,
    ) -> Result<(OpenAiCompatible, String), Failure> {
        let far = self.far(launch).await?;
        Ok((far.quick, far.title))
    }

    /// Sends the examples, then the order, once.
    async fn send_afar(self: &Arc<Self>, far: &Far, run: &str) -> Result<State, Failure> {
        let launch = self.launch_row(run).await?;
        let files = match self.send_files(far, &launch).await {
            Ok(files) => files,
            Err(failure) => return self.end_unsent(far, run, &failure).await,
        };
        let order = order(&launch, files, &far.patient);
        let server_ms = far.patient.server_date().map(|seconds| seconds.saturating_mul(1_000));
        let began = News { failure: Some(StoredFailure::none()), server_ms, ..News::default() };
        if self.is_too_old(&launch) {
            let failure = Failure::new(FailureCode::OrderTooOld, params![]);
            return self.end_unsent(far, run, &failure).await;
        }
        let (state, effects) = self.apply(run, Event::SendingBegan, began).await?;
        // It was taken back in the last moment, or somebody else sends it.
        if !effects.contains(&Effect::Send) {
            return Ok(state);
        }
        self.tell(run).await;
        crate::blocking(|| {
            hold::point("order.sending");
            Ok(())
        })
        .await?;
        match far.patient.launch(&order).await {
            LaunchOutcome::Acknowledged(job) => {
                let news = News { job_id: Some(job.id), ..News::default() };
                Ok(self.apply(run, Event::Acknowledged, news).await?.0)
            }
            LaunchOutcome::Rejected(refused) => {
                let failure = refusal(&refused, &far.title);
                let state = self.apply(run, Event::Refused, failed(&failure)).await?.0;
                self.tell(run).await;
                self.remove_sent(&far.patient, run).await;
                Ok(state)
            }
            LaunchOutcome::Ambiguous => {
                self.apply(run, Event::AnswerLost, News::default()).await?;
                self.tell(run).await;
                self.reconcile_afar(far, run).await
            }
        }
    }

    /// An order whose examples the service does not take was never sent.
    async fn end_unsent(
        self: &Arc<Self>,
        far: &Far,
        run: &str,
        failure: &Failure,
    ) -> Result<State, Failure> {
        let state = self.apply(run, Event::Refused, failed(failure)).await?.0;
        self.tell(run).await;
        self.remove_sent(&far.quick, run).await;
        Ok(state)
    }

    /// Looks for an order whose answer was lost, by everything that is known of it. It is never sent
    /// again: where it cannot be found, nobody can tell.
    async fn reconcile_afar(self: &Arc<Self>, far: &Far, run: &str) -> Result<State, Failure> {
        let launch = self.launch_row(run).await?;
        let trace = self.trace_of(&launch).await?;
        let mut tries = 0;
        for seconds in LOOKS {
            self.options.pauses.wait(Duration::from_secs(seconds)).await;
            let found = loop {
                let error = match far.quick.search_launch(&trace).await {
                    Ok(found) => break found,
                    Err(error) => error,
                };
                let is_of_key = is_of_key(&error);
                match next(error, &far.title, tries) {
                    Next::Wait(pause, failure) => {
                        tries += 1;
                        self.note(run, &failure).await;
                        self.options.pauses.wait(pause).await;
                    }
                    // It is looked for again once there is another key.
                    Next::GiveUp(failure) if is_of_key => return Err(failure),
                    Next::GiveUp(failure) => return self.undecided(run, Some(&failure)).await,
                }
            };
            let mut jobs = found.jobs.into_iter();
            if let Some(job) = jobs.next() {
                let others: Vec<String> = jobs.map(|job| job.id).collect();
                let failure = match others.as_slice() {
                    [] => StoredFailure::none(),
                    others => StoredFailure::from_failure(&doubled(&job.id, others)),
                };
                let news = News { job_id: Some(job.id), failure: Some(failure), ..News::default() };
                return Ok(self.apply(run, Event::Found, news).await?.0);
            }
        }
        self.undecided(run, None).await
    }

    /// Stores that nobody can tell whether an order was taken, and `why` nobody could look for it: the
    /// person can have it looked for again.
    async fn undecided(
        self: &Arc<Self>,
        run: &str,
        why: Option<&Failure>,
    ) -> Result<State, Failure> {
        let mut failure = Failure::new(FailureCode::LaunchUnknown, params![]);
        if let Some(why) = why {
            failure = failure.with_detail(failure_words(why));
        }
        Ok(self.apply(run, Event::Undecided, failed(&failure)).await?.0)
    }

    async fn trace_of(self: &Arc<Self>, launch: &LaunchRow) -> Result<LaunchTrace, Failure> {
        let training_file = self.sent_training_file(launch).await?;
        Ok(LaunchTrace {
            launch_id: launch.launch_id.clone(),
            training_file,
            code: Some(files::code(&launch.launch_id)),
            since: launch.server_ms.map(|milliseconds| milliseconds / 1_000),
        })
    }

    /// Stores what stands in the way of hearing from a training, and tells the page.
    pub(super) async fn note(self: &Arc<Self>, run: &str, failure: &Failure) {
        // No state changes by it: the training goes on at the service.
        if let Err(failure) = self.try_note(run, failure).await {
            tracing::warn!(code = failure.code.as_text(), run, "a note was not kept");
        }
        self.tell(run).await;
    }

    async fn try_note(self: &Arc<Self>, run: &str, failure: &Failure) -> Result<(), Failure> {
        let launch = self.launch_row(run).await?;
        // That there are two jobs of one order must stay in sight.
        if record::failure(&launch).is_some_and(|it| it.code == FailureCode::LaunchDoubled) {
            return Ok(());
        }
        let title = record::recipe(&launch).service_title.unwrap_or_default();
        let told = match record::state(&launch) {
            State::Intent => waiting(&title, failure),
            // What is said before an order would be wrong of one that was given.
            _ => self.unheard(&title, failure),
        };
        let only_while = Some(record::state(&launch));
        self.apply(run, Event::Noted, News { only_while, ..failed(&told) }).await.map(drop)
    }

    /// Takes back what stood in the way of sending: it goes on.
    async fn note_nothing(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let launch = self.launch_row(run).await?;
        if record::failure(&launch).is_some() {
            let told = StoredFailure::none();
            let only_while = Some(State::Intent);
            let told = News { failure: Some(told), only_while, ..News::default() };
            self.apply(run, Event::Noted, told).await?;
        }
        self.tell(run).await;
        Ok(())
    }

    /// Nothing can be heard of a training now, for this reason.
    fn unheard(&self, title: &str, why: &Failure) -> Failure {
        let detail = why.detail.clone().unwrap_or_else(|| failure_words(why));
        Failure::new(FailureCode::TrainingUnheard, params![title]).with_detail(detail)
    }
}

fn failed(failure: &Failure) -> News {
    News { failure: Some(StoredFailure::from_failure(failure)), ..News::default() }
}

/// What the person reads while examples cannot be sent: only what passes by itself is waited for.
fn waiting(title: &str, why: &Failure) -> Failure {
    let passes =
        [FailureCode::ServiceUnreachable, FailureCode::ServiceGarbled, FailureCode::ServiceRefused];
    if !passes.contains(&why.code) {
        return why.clone();
    }
    let detail = why.detail.clone().unwrap_or_else(|| failure_words(why));
    Failure::new(FailureCode::OrderWaits, params![title]).with_detail(detail)
}

/// Every job of an order that has several, the one that is followed first.
fn doubled(job: &str, others: &[String]) -> Failure {
    let jobs = std::iter::once(job).chain(others.iter().map(String::as_str));
    let jobs = jobs.collect::<Vec<_>>().join(", ");
    Failure::new(FailureCode::LaunchDoubled, params![jobs])
}

fn order(launch: &LaunchRow, files: files::FileIds, service: &OpenAiCompatible) -> LaunchOrder {
    let recipe = record::recipe(launch);
    // Where jobs cannot be asked for by their metadata, the name tells whose they are.
    let suffix = match service.capabilities().metadata_filter {
        true => recipe.suffix,
        false => {
            let code = files::code(&launch.launch_id);
            let longest = service.capabilities().longest_suffix.saturating_sub(code.len() + 1);
            let wished: String = recipe.suffix.unwrap_or_default().chars().take(longest).collect();
            Some(if wished.is_empty() { code } else { format!("{wished}-{code}") })
        }
    };
    LaunchOrder {
        launch_id: launch.launch_id.clone(),
        model: launch.model.clone(),
        training_file: files.train,
        validation_file: files.validate,
        suffix,
        seed: Some(recipe.seed),
        hyperparameters: recipe.hyperparameters,
        ..LaunchOrder::default()
    }
}

fn backoff(unanswered: usize) -> Duration {
    Duration::from_secs(BACKOFF[unanswered.min(BACKOFF.len() - 1)])
}

/// Whether another key could help.
fn is_of_key(error: &ServiceError) -> bool {
    let ServiceError::Refused(refused) = error else { return false };
    matches!(refused.meaning(), RefusalKind::KeyUnknown | RefusalKind::NotAllowed)
}

/// What to do about an error of a service, after so many tries.
fn next(error: ServiceError, title: &str, tries: usize) -> Next {
    let wish = wish_of(&error);
    let is_passing = is_passing(&error);
    let failure = failure_of(error, title);
    if is_passing {
        Next::Wait(wish.unwrap_or_else(|| backoff(tries)), failure)
    } else {
        Next::GiveUp(failure)
    }
}
