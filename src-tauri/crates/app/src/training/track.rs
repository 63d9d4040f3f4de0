//! Following one training: sending its order once, or looking it up, and then listening until it
//! rests or is over. Each training has at most one tracker.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_jobs::{Effect, Event, State};
use attune_services::{LaunchOrder, LaunchOutcome, OpenAiCompatible, TrainingService};
use attune_store::LaunchRow;

use super::hear::Heard;
use super::record;
use super::record::{News, StoredFailure};
use crate::failures::OrFailure;
use crate::{App, hold, locked};

/// The engine is on this computer: asking it often is cheap and makes the curve live.
const POLL: Duration = Duration::from_millis(400);
/// How often it is asked while the library cannot keep the answers.
const UNKEPT_POLL: Duration = Duration::from_secs(3);
/// So many questions may go unanswered while the engine's process still lives.
const MOST_SILENCE: u32 = 25;

/// Where a tracker begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// The order was recorded a moment ago by this process: send it.
    Send,
    /// The order was recorded by an earlier process: look it up, never send it again.
    Reconcile,
    /// The job is known.
    Follow,
    /// It rests as far as is known: ask once what the engine knows, and let nothing go on by it.
    Look,
}

impl App {
    /// Starts following a training, unless somebody does already; who does looks once more before resting.
    pub(super) fn follow(self: &Arc<Self>, run: &str, begin: Begin) {
        let mut trackers = locked(&self.trackers);
        if trackers.get(run).is_some_and(|tracker| !tracker.is_finished()) {
            locked(&self.wanted_again).insert(run.to_owned(), begin);
            return;
        }
        let app = Arc::clone(self);
        let named = run.to_owned();
        let tracker = tokio::spawn(async move {
            app.keep_track_where_it_is(&named, begin).await;
        });
        locked(&self.wanted_again).remove(run);
        trackers.insert(run.to_owned(), tracker);
    }

    /// Whether somebody follows a training now.
    pub(super) fn is_followed(&self, run: &str) -> bool {
        locked(&self.trackers).get(run).is_some_and(|tracker| !tracker.is_finished())
    }

    /// Whether a training is at a service far away.
    pub(super) async fn is_afar(self: &Arc<Self>, run: &str) -> Result<bool, Failure> {
        Ok(self.launch_row(run).await?.service != super::THIS_COMPUTER)
    }

    /// Follows a training here or far away. Where that cannot be read it waits until it can: the wrong
    /// place would say that it has no such training.
    async fn keep_track_where_it_is(self: &Arc<Self>, run: &str, begin: Begin) {
        loop {
            match self.is_afar(run).await {
                Ok(true) => return self.keep_track_afar(run, begin).await,
                Ok(false) => return self.keep_track(run, begin).await,
                // It was deleted with its project.
                Err(failure) if failure.code == FailureCode::RunMissing => return,
                Err(failure) => {
                    tracing::warn!(code = failure.code.as_text(), run, "nobody follows it yet");
                    tokio::time::sleep(UNKEPT_POLL).await;
                }
            }
        }
    }

    /// Follows a training on this computer, and once more where somebody asked for it while it came to
    /// rest.
    async fn keep_track(self: &Arc<Self>, run: &str, begin: Begin) {
        let mut begin = begin;
        loop {
            if let Err(failure) = self.track(run, begin).await {
                self.ended_by(run, &failure).await;
            }
            self.tell(run).await;
            // What rests needs nobody, and must not wake an engine that is about to end.
            begin = loop {
                let Some(again) = self.wanted_once_more(run) else { return };
                if self.state_of(run).await.is_ok_and(State::is_live) {
                    break again;
                }
            };
        }
    }

    /// Where whoever follows a training begins once more; none where nobody asked for it, and whoever asks
    /// from now on finds nobody and begins anew.
    pub(super) fn wanted_once_more(&self, run: &str) -> Option<Begin> {
        let mut trackers = locked(&self.trackers);
        let again = locked(&self.wanted_again).remove(run);
        if again.is_none() {
            trackers.remove(run);
        }
        again
    }

    async fn track(self: &Arc<Self>, run: &str, begin: Begin) -> Result<(), Failure> {
        let service = match begin {
            Begin::Send => self.engine_for_training().await?,
            Begin::Reconcile | Begin::Follow => self.engine_service().await?,
            Begin::Look => return self.look(run).await,
        };
        let state = match begin {
            Begin::Send => self.send(&service, run).await?,
            Begin::Reconcile => self.reconcile(&service, run).await?,
            Begin::Follow | Begin::Look => self.state_of(run).await?,
        };
        if state.is_settled() {
            return Ok(());
        }
        self.listen(&service, run).await
    }

    /// Asks once how a training stands that rests as far as is known: the engine may have come to
    /// an end of which nobody here heard.
    async fn look(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        // What cannot be asked rests on, with what is known of it.
        let service = match self.engine_service().await {
            Ok(service) => service,
            Err(failure) => {
                tracing::warn!(code = failure.code.as_text(), run, "nobody to ask how it stands");
                return Ok(());
            }
        };
        match self.hear(&service, run, Event::Adopted).await {
            Ok(state) if state.is_live() => self.listen(&service, run).await,
            Ok(_) => Ok(()),
            Err(heard) => {
                let failure = heard.failure();
                tracing::warn!(code = failure.code.as_text(), run, "it is not known how it stands");
                Ok(())
            }
        }
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
        let (state, effects) = self.apply(run, Event::SendingBegan, News::default()).await?;
        if !effects.contains(&Effect::Send) {
            return Ok(state);
        }
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
        let mut untold = None;
        loop {
            let mut pause = POLL;
            match self.hear(service, run, Event::Reported).await {
                Ok(state) => {
                    (silence, untold) = (0, None);
                    self.tell(run).await;
                    if state.is_settled() || state == State::Paused {
                        return Ok(());
                    }
                }
                Err(Heard::Broken(failure)) => return Err(failure),
                Err(heard) => {
                    if let Some(ended) = self.why_ended(service).await {
                        return Err(ended);
                    }
                    if let Heard::Unkept(failure) = &heard {
                        pause = UNKEPT_POLL;
                        if untold.replace(failure.code) != Some(failure.code) {
                            self.tell_unkept(run, failure).await;
                        }
                    }
                    silence += u32::from(matches!(heard, Heard::Nothing(..)));
                    if silence > MOST_SILENCE {
                        return Err(heard.failure());
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells the page once why a training seems to stand: the engine goes on, the library cannot keep
    /// what it says.
    pub(super) async fn tell_unkept(self: &Arc<Self>, run: &str, failure: &Failure) {
        let (code, detail) = (failure.code.as_text(), failure.detail.as_deref());
        tracing::warn!(code, detail, run, "what the engine says cannot be kept");
        let _in_order = self.telling.lock().await;
        if let Ok(mut detail) = self.run_detail(run).await {
            detail.summary.failure = Some(failure.clone());
            self.desktop.emit(AppEvent::RunChanged(detail));
        }
    }

    pub(super) async fn state_of(self: &Arc<Self>, run: &str) -> Result<State, Failure> {
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
    pub(super) async fn tell_end_of(self: &Arc<Self>, run: &str) {
        if let Ok(detail) = self.run_detail(run).await {
            self.tell_end(&detail);
        }
    }

    /// Tells the page how a training stands.
    pub(crate) async fn tell(self: &Arc<Self>, run: &str) {
        // Who reads first tells first: the page must not hear of an older state last.
        let _in_order = self.telling.lock().await;
        match self.run_detail(run).await {
            Ok(detail) => self.desktop.emit(AppEvent::RunChanged(detail)),
            Err(failure) => {
                tracing::error!(code = failure.code.as_text(), run, "a training cannot be read");
            }
        }
    }
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
