//! Pausing, going on and stopping at a service far away. The service is asked first: what it does not
//! take changes nothing here.

use std::sync::Arc;

use attune_contract::{Failure, FailureCode, Param, params};
use attune_jobs::{Event, RemoteStatus, State};
use attune_services::{ServiceError, TrainingService};
use attune_store::LaunchRow;

use crate::services::failure_of;
use crate::training::control::not_in_state;
use crate::training::record::{self, News, StoredFailure};
use crate::training::track::Begin;
use crate::{App, locked};

impl App {
    pub(in crate::training) async fn pause_afar(
        self: &Arc<Self>,
        launch: &LaunchRow,
        job: &str,
    ) -> Result<(), Failure> {
        let far = self.far(launch).await?;
        if !far.quick.capabilities().pause {
            return Err(not_in_state());
        }
        far.quick.pause(job).await.map_err(|error| failure_of(error, &far.title))?;
        self.apply(&launch.launch_id, Event::PauseRequested, News::default()).await?;
        self.follow(&launch.launch_id, Begin::Follow);
        Ok(())
    }

    pub(in crate::training) async fn resume_afar(
        self: &Arc<Self>,
        launch: &LaunchRow,
        job: &str,
    ) -> Result<(), Failure> {
        let far = self.far(launch).await?;
        if let Err(error) = far.quick.resume(job).await {
            // It may have been carried out all the same, and costs money then.
            self.follow(&launch.launch_id, Begin::Look);
            return Err(failure_of(error, &far.title));
        }
        self.apply(&launch.launch_id, Event::ResumeRequested, News::default()).await?;
        self.follow(&launch.launch_id, Begin::Follow);
        Ok(())
    }

    /// The wish is kept first: whoever follows the training asks for the stop until it has come about.
    pub(in crate::training) async fn cancel_afar(
        self: &Arc<Self>,
        launch: &LaunchRow,
        job: &str,
    ) -> Result<(), Failure> {
        let run = launch.launch_id.as_str();
        self.apply(run, Event::CancelRequested, News::default()).await?;
        // It cannot be taken back from now on, however long the service takes to answer.
        self.tell(run).await;
        let far = self.far(launch).await;
        // Also where nobody can be asked now: whoever follows it says why, and asks once that is mended.
        let far = far.inspect_err(|_| self.follow(run, Begin::Follow))?;
        let asked = far.quick.cancel(job).await;
        self.follow(run, Begin::Follow);
        // Where it is not over already, it will be asked for again.
        asked.map(drop).or_else(unless_over).map_err(|error| failure_of(error, &far.title))
    }

    /// Stops the other jobs of a doubled order; the one that is followed goes on.
    pub(in crate::training) async fn cancel_others(
        self: &Arc<Self>,
        run: &str,
    ) -> Result<(), Failure> {
        let launch = self.launch_row(run).await?;
        let doubled = record::failure(&launch).ok_or_else(not_in_state)?;
        let (FailureCode::LaunchDoubled, Some(Param::Text(jobs))) =
            (doubled.code, doubled.params.get("jobs"))
        else {
            return Err(not_in_state());
        };
        let far = self.far(&launch).await?;
        for job in jobs.split(", ").filter(|job| launch.job_id.as_deref() != Some(job)) {
            let stopped = far.quick.cancel(job).await.map(drop);
            stopped.or_else(unless_over).map_err(|error| failure_of(error, &far.title))?;
            // What it says counts, not that it took the wish.
            let stands = far.quick.job(job).await;
            let stands = stands.map_err(|error| failure_of(error, &far.title))?.status;
            let is_over = matches!(
                stands,
                RemoteStatus::Succeeded | RemoteStatus::Failed | RemoteStatus::Cancelled
            );
            if !is_over {
                return Err(Failure::new(FailureCode::StopNotSeen, params![job]));
            }
        }
        let told = News { failure: Some(StoredFailure::none()), ..News::default() };
        self.apply(run, Event::Noted, told).await?;
        self.tell(run).await;
        Ok(())
    }

    /// Takes an order back that was not sent, and the examples that were.
    pub(in crate::training) async fn withdraw(
        self: &Arc<Self>,
        launch: &LaunchRow,
    ) -> Result<(), Failure> {
        let run = launch.launch_id.as_str();
        let state = self.apply(run, Event::Withdrawn, News::default()).await?.0;
        // It left in the same moment.
        if state != State::Cancelled {
            return Err(not_in_state());
        }
        let tracker = locked(&self.trackers).remove(run);
        if let Some(tracker) = tracker {
            tracker.abort();
            // An error means that it was cut off, which is what was wished for.
            drop(tracker.await);
        }
        match self.far(launch).await {
            Ok(far) => self.remove_sent(&far.quick, run).await,
            Err(failure) => {
                let code = failure.code.as_text();
                tracing::warn!(code, run, "examples are removed there after the next start");
            }
        }
        Ok(())
    }
}

/// A stop is met where the service says that there is nothing to stop any more.
fn unless_over(error: ServiceError) -> Result<(), ServiceError> {
    match error {
        ServiceError::Refused(refused) if matches!(refused.status, 400 | 404 | 409) => Ok(()),
        error => Err(error),
    }
}
