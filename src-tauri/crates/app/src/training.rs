//! Training: the plan, the order that is given once, and following it to its end.

mod afar;
mod control;
mod detail;
mod file_order;
mod hear;
mod listing;
mod order;
mod plan;
mod prepare;
mod quote;
mod record;
mod settings;
mod spent;
mod track;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use attune_contract::projects::ProjectRequest;
use attune_contract::training::{LatestRun, RunDetail, RunList, RunRequest, TrainStartRequest};
use attune_contract::{Failure, FailureCode, params};
use attune_dataset::split::Shares;
use attune_jobs::State;
use attune_store::{LaunchRow, Library, ProjectId};

use crate::failures::OrFailure;
use crate::{App, locked, projects};

pub(crate) use afar::Turns;
pub use file_order::{FarFileOrder, RunFollow, TrainFileOrder};
pub use listing::ListedLaunch;
pub(crate) use prepare::PreparedProject;
pub(crate) use quote::{BilledTrainings, Counted, CountedFiles, Quotes};
pub use quote::{EstimateOrder, EstimateWarning, FileEstimate, estimate_file};
pub(crate) use settings::{check_settings, hyperparameters};
pub(crate) use spent::paid;
pub(crate) use track::Begin;
pub(crate) use wire::{range, run_state, spread, summary};

/// The name of this computer among the services.
pub(crate) const THIS_COMPUTER: &str = "this-computer";
/// The model that is trained from nothing.
pub(crate) const LAB: &str = "lab";
/// Fewer examples are refused by every service, and nothing can be kept aside from them.
const LEAST_EXAMPLES: u64 = 10;

impl App {
    /// Gives the order for a training on this computer. It is recorded before anything is sent; the
    /// rest goes on in the background and is told by events.
    ///
    /// # Errors
    /// `InputInvalid`, `TooFewExamples`, `TrainingAlreadyRuns`; failures of the library.
    pub async fn train_start(
        self: &Arc<Self>,
        request: TrainStartRequest,
    ) -> Result<RunDetail, Failure> {
        settings::check_settings(&request.settings)?;
        let told = self.models_to_name(&request.model).await;
        // A second press waits here and then finds the first one's row.
        let _one_at_a_time = self.starting.lock().await;
        let launch = self
            .on_library(move |app, library| {
                let project = projects::live_project(library, ProjectId(request.project))?;
                let launches = library.launches(project.id).or_failure()?;
                let dealt = prepare::deal(library, &project, Shares::default())?;
                if let Some(refusal) = refusal(&launches, dealt.usable()) {
                    return Err(refusal);
                }
                let files = prepare::write(library, &project, &dealt)?;
                let promise = request.promised_memory_bytes;
                let start = order::start(library, &request.model, &told, promise)?;
                order::intend(app, library, &project, &dealt, &files, &start, &request.settings)
            })
            .await?;
        self.follow(&launch.launch_id, track::Begin::Send);
        self.run_detail(&launch.launch_id).await
    }

    /// The latest training of a project.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn run_latest(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<LatestRun, Failure> {
        self.on_library(move |app, library| {
            let project = projects::live_project(library, ProjectId(request.project))?;
            let launches = library.launches(project.id).or_failure()?;
            let latest = launches.first();
            let run = latest.map(|launch| app.detail(library, launch)).transpose()?;
            Ok(LatestRun { run })
        })
        .await
    }

    /// All trainings of a project, the latest first.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn run_list(self: &Arc<Self>, request: ProjectRequest) -> Result<RunList, Failure> {
        self.on_library(move |_, library| {
            let project = projects::live_project(library, ProjectId(request.project))?;
            let launches = library.launches(project.id).or_failure()?;
            let count = launches.len();
            let numbered = launches.iter().enumerate();
            let runs = numbered.map(|(at, launch)| summary(launch, (count - at) as u64)).collect();
            Ok(RunList { runs })
        })
        .await
    }

    /// One training, whole.
    ///
    /// # Errors
    /// `RunMissing`; failures of the library.
    pub async fn run_read(self: &Arc<Self>, request: RunRequest) -> Result<RunDetail, Failure> {
        self.run_detail(&request.run).await
    }

    /// Asks a training to pause at a saved moment.
    ///
    /// # Errors
    /// `RunMissing`, `RunNotInState`; failures of the engine or the library.
    pub async fn run_pause(self: &Arc<Self>, request: RunRequest) -> Result<RunDetail, Failure> {
        self.pause_run(&request.run).await?;
        self.run_detail(&request.run).await
    }

    /// Lets a paused training go on.
    ///
    /// # Errors
    /// `RunMissing`, `RunNotInState`; failures of the engine or the library.
    pub async fn run_resume(self: &Arc<Self>, request: RunRequest) -> Result<RunDetail, Failure> {
        self.resume_run(&request.run).await?;
        self.run_detail(&request.run).await
    }

    /// Looks once more for a training of which nobody could tell whether it was ordered.
    ///
    /// # Errors
    /// `RunMissing`, `RunNotInState`; failures of the library.
    pub async fn run_find(self: &Arc<Self>, request: RunRequest) -> Result<RunDetail, Failure> {
        let launch = self.launch_row(&request.run).await?;
        if record::state(&launch) != State::Unknown || launch.service == THIS_COMPUTER {
            return Err(control::not_in_state());
        }
        let project = launch.project;
        self.on_library(move |_, library| {
            // A project has one training at a time, and this one may turn out to go on.
            let open = library.launches(project).or_failure()?;
            match open.iter().any(|launch| !record::state(launch).is_settled()) {
                true => Err(Failure::new(FailureCode::TrainingAlreadyRuns, params![])),
                false => Ok(()),
            }
        })
        .await?;
        locked(&self.looked_for).insert(request.run.clone());
        self.follow(&request.run, track::Begin::Reconcile);
        self.run_detail(&request.run).await
    }

    /// Stops the jobs of an order that has several, all but the one that is followed.
    ///
    /// # Errors
    /// `RunMissing`, `RunNotInState`; what the service refuses; failures of the library.
    pub async fn run_cancel_others(
        self: &Arc<Self>,
        request: RunRequest,
    ) -> Result<RunDetail, Failure> {
        self.cancel_others(&request.run).await?;
        self.run_detail(&request.run).await
    }

    /// Stops a training for good.
    ///
    /// # Errors
    /// `RunMissing`, `RunNotInState`; failures of the engine or the library.
    pub async fn run_cancel(self: &Arc<Self>, request: RunRequest) -> Result<RunDetail, Failure> {
        self.cancel_run(&request.run).await?;
        self.run_detail(&request.run).await
    }
}

/// The launch with this id, in the words of a training.
pub(crate) fn launch(library: &Library, run: &str) -> Result<LaunchRow, Failure> {
    library.launch(run).map_err(|error| match error {
        attune_store::StoreError::Missing { what } => {
            Failure::new(FailureCode::RunMissing, params![]).with_detail(what)
        }
        other => crate::IntoFailure::into_failure(other),
    })
}

/// Whether a training is of this computer.
pub(crate) fn is_here(launch: &LaunchRow) -> bool {
    launch.service == THIS_COMPUTER
}

/// How many seconds a training of this computer learned until its end.
pub(crate) fn seconds_here(launch: &LaunchRow) -> Option<u64> {
    let is_done = is_here(launch) && record::state(launch) == State::Succeeded;
    let seconds = record::progress(launch).filter(|_| is_done)?.learning_seconds.ceil();
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_secs();
    (whole > 0).then_some(whole)
}

/// What a person calls the service of a training; none for this computer.
pub(crate) fn service_title(launch: &LaunchRow) -> Option<String> {
    record::recipe(launch).service_title
}

/// What stands in the way of a training; checked before the first write.
fn refusal(launches: &[LaunchRow], usable: u64) -> Option<Failure> {
    if launches.iter().any(|launch| !record::state(launch).is_settled()) {
        return Some(Failure::new(FailureCode::TrainingAlreadyRuns, params![]));
    }
    too_few(usable)
}

fn too_few(usable: u64) -> Option<Failure> {
    let (count, needed) = (usable, LEAST_EXAMPLES);
    (usable < LEAST_EXAMPLES)
        .then(|| Failure::new(FailureCode::TooFewExamples, params![count, needed]))
}
