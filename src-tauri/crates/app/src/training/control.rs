//! Pausing, going on, stopping; and finding one's way after a crash or at the end.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::{Failure, FailureCode, params};
use attune_jobs::{Event, RemoteStatus, State};
use attune_services::{OpenAiCompatible, ServiceError, TrainingService};
use attune_store::LaunchRow;

use super::record::{News, StoredFailure};
use super::{record, track};
use crate::failures::OrFailure;
use crate::{App, blocking, locked};

/// How often the end of a pause is looked for, and for how long.
const PAUSE_POLL: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl App {
    pub(super) async fn pause_run(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let launch = self.launch_row(run).await?;
        if !matches!(record::state(&launch), State::Validating | State::Queued | State::Running) {
            return Err(not_in_state());
        }
        let job = job_of(&launch)?;
        if launch.service != super::THIS_COMPUTER {
            return self.pause_afar(&launch, job).await;
        }
        self.apply(run, Event::PauseRequested, News::default()).await?;
        let service = self.engine_service().await?;
        match service.pause(job).await {
            Ok(_) => {
                self.follow(run, track::Begin::Follow);
                Ok(())
            }
            Err(error) => self.engine_said_no(&service, run, error, |now| !now.is_live()).await,
        }
    }

    pub(super) async fn resume_run(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let launch = self.row_at_rest(run).await?;
        if record::state(&launch) != State::Paused {
            return Err(not_in_state());
        }
        let job = job_of(&launch)?;
        if launch.service != super::THIS_COMPUTER {
            return self.resume_afar(&launch, job).await;
        }
        // The engine first: a training that cannot go on stays paused.
        let service = self.engine_for_training().await?;
        let news = News { failure: Some(StoredFailure::none()), ..News::default() };
        self.apply(run, Event::ResumeRequested, news).await?;
        match service.resume(job).await {
            Ok(_) => {
                self.follow(run, track::Begin::Follow);
                Ok(())
            }
            Err(error) => {
                let went_on = |now: State| now.is_live() || now == State::Succeeded;
                self.engine_said_no(&service, run, error, went_on).await
            }
        }
    }

    pub(super) async fn cancel_run(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let launch = self.row_at_rest(run).await?;
        let state = record::state(&launch);
        let is_afar = launch.service != super::THIS_COMPUTER;
        if is_afar && state == State::Intent {
            return self.withdraw(&launch).await;
        }
        if state.is_settled() || state.needs_reconciling() {
            return Err(not_in_state());
        }
        let job = job_of(&launch)?;
        if is_afar {
            return self.cancel_afar(&launch, job).await;
        }
        let service = self.engine_service().await?;
        self.apply(run, Event::CancelRequested, News::default()).await?;
        match service.cancel(job).await {
            Ok(_) => {
                self.follow(run, track::Begin::Follow);
                Ok(())
            }
            Err(error) => self.engine_said_no(&service, run, error, State::is_settled).await,
        }
    }

    /// A wish that the engine did not take. A refusal means that the job stands otherwise than is
    /// known here, so the engine is asked how, and that counts: the wish may be met already. What
    /// cannot be asked rests where it was, and the person hears why.
    async fn engine_said_no(
        self: &Arc<Self>,
        service: &OpenAiCompatible,
        run: &str,
        error: ServiceError,
        is_met: fn(State) -> bool,
    ) -> Result<(), Failure> {
        let was_refused = matches!(error, ServiceError::Refused(_));
        let failure = crate::IntoFailure::into_failure(error);
        if was_refused && let Ok(state) = self.hear(service, run, Event::Adopted).await {
            if state.is_live() {
                self.follow(run, track::Begin::Follow);
            }
            if is_met(state) {
                return Ok(());
            }
            // Why it rests is still to be read after a new start.
            if state == State::Paused {
                self.apply(run, Event::Adopted(RemoteStatus::Paused), stored(&failure)).await?;
            }
            self.tell(run).await;
            return Err(failure);
        }
        self.apply(run, Event::ServiceEnded, stored(&failure)).await?;
        self.tell(run).await;
        Err(failure)
    }

    /// The training, once nobody looks any more whether it really rests. At a service far away looking can
    /// take for ever, and whoever looks there hears of every wish.
    async fn row_at_rest(self: &Arc<Self>, run: &str) -> Result<LaunchRow, Failure> {
        loop {
            let launch = self.launch_row(run).await?;
            let is_looked_at =
                locked(&self.trackers).get(run).is_some_and(|tracker| !tracker.is_finished());
            let is_far = launch.service != super::THIS_COMPUTER;
            if is_far || record::state(&launch) != State::Paused || !is_looked_at {
                return Ok(launch);
            }
            tokio::time::sleep(PAUSE_POLL).await;
        }
    }

    pub(super) async fn launch_row(self: &Arc<Self>, run: &str) -> Result<LaunchRow, Failure> {
        let run = run.to_owned();
        self.on_library(move |_, library| super::launch(library, &run)).await
    }

    /// How many trainings work at this moment: while there is one, a closed window only hides.
    #[must_use]
    pub fn live_runs(&self) -> u64 {
        let open = self.library().and_then(|library| library.launches_open().or_failure());
        let is_live = |launch: &&LaunchRow| works_here(launch);
        open.map_or(0, |open| open.iter().filter(is_live).count() as u64)
    }

    /// Pauses the training of a project, if one works.
    pub(crate) async fn pause_project(self: &Arc<Self>, project: i64) -> Result<(), Failure> {
        let open = self.on_library(|_, library| library.launches_open().or_failure()).await?;
        for launch in open.iter().filter(|launch| launch.project.0 == project) {
            if launch.service != super::THIS_COMPUTER && record::state(launch) == State::Intent {
                self.withdraw(launch).await?;
            } else if works_here(launch) {
                self.pause_run(&launch.launch_id).await?;
            }
        }
        Ok(())
    }

    /// Pauses everything and waits until it rests. What does not, rests when its engine ends.
    pub(crate) async fn pause_everything(self: &Arc<Self>) {
        let Ok(library) = self.library() else { return };
        let Ok(open) = library.launches_open() else { return };
        for launch in open.iter().filter(|launch| works_here(launch)) {
            if let Err(failure) = self.pause_run(&launch.launch_id).await {
                tracing::warn!(code = failure.code.as_text(), "a training could not be paused");
            }
        }
        let all_rest = async {
            while self.live_runs() > 0 {
                tokio::time::sleep(PAUSE_POLL).await;
            }
        };
        if tokio::time::timeout(LONGEST_PAUSE, all_rest).await.is_err() {
            tracing::warn!("a training did not rest in time");
        }
    }

    /// Stops asking how trainings far away stand: they go on there, and are asked about again after the
    /// next start.
    pub(crate) async fn follow_no_more(self: &Arc<Self>) {
        let runs: Vec<String> = locked(&self.trackers).keys().cloned().collect();
        for run in runs {
            let Ok(true) = self.is_afar(&run).await else { continue };
            let tracker = locked(&self.trackers).remove(&run);
            if let Some(tracker) = tracker {
                tracker.abort();
                // An error means that it was cut off, which is what was wished for.
                drop(tracker.await);
            }
        }
    }

    /// Finds one's way after a start: looks up what was in mid-launch, and learns from the engine
    /// how far the rest got; what rests as far as is known may have come to its end unheard. Nothing
    /// goes on unasked.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn recover(self: &Arc<Self>) -> Result<(), Failure> {
        let Ok(library) = self.library() else { return Ok(()) };
        let open = blocking(move || library.launches_open().or_failure()).await?;
        for launch in open {
            self.follow_again(&launch);
        }
        let app = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(failure) = app.remove_left().await {
                let code = failure.code.as_text();
                tracing::warn!(code, "what lies at services could not be looked up");
            }
        });
        Ok(())
    }

    /// Goes on following the trainings far away that nobody follows.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) async fn follow_far(self: &Arc<Self>) -> Result<(), Failure> {
        let open = self.on_library(|_, library| library.launches_open().or_failure()).await?;
        for launch in open.iter().filter(|launch| launch.service != super::THIS_COMPUTER) {
            self.follow_again(launch);
        }
        Ok(())
    }

    fn follow_again(self: &Arc<Self>, launch: &LaunchRow) {
        let state = record::state(launch);
        let is_afar = launch.service != super::THIS_COMPUTER;
        if is_afar && state == State::Intent {
            // It was agreed to, and certainly not sent.
            self.follow(&launch.launch_id, track::Begin::Send);
        } else if state.needs_reconciling() {
            self.follow(&launch.launch_id, track::Begin::Reconcile);
        } else if state.is_live() {
            self.follow(&launch.launch_id, track::Begin::Follow);
        } else if state == State::Paused {
            self.follow(&launch.launch_id, track::Begin::Look);
        }
    }
}

/// Whether a training keeps this computer busy, as far as is known.
fn works_here(launch: &LaunchRow) -> bool {
    launch.service == super::THIS_COMPUTER && record::state(launch).is_live()
}

fn stored(failure: &Failure) -> News {
    News { failure: Some(StoredFailure::from_failure(failure)), ..News::default() }
}

pub(super) fn job_of(launch: &LaunchRow) -> Result<&str, Failure> {
    launch.job_id.as_deref().ok_or_else(not_in_state)
}

pub(super) fn not_in_state() -> Failure {
    Failure::new(FailureCode::RunNotInState, params![])
}
