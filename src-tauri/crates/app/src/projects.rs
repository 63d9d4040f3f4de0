//! Projects: making, naming, putting into the bin and taking out again.

mod wire;

use std::sync::Arc;

use attune_contract::projects::{
    ProjectCreateRequest, ProjectList, ProjectOverview, ProjectRenameRequest, ProjectRequest,
    ProjectSummary,
};
use attune_contract::training::RunState;
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_store::{Library, NewProject, ProjectId, ProjectRow};

use crate::failures::{OrFailure, input_invalid};
use crate::{App, examples, imports, training};

pub(crate) use wire::summary;

const LONGEST_NAME: usize = 120;

impl App {
    /// All projects outside the bin, the one changed last first.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn project_list(self: &Arc<Self>, _: Nothing) -> Result<ProjectList, Failure> {
        self.on_library(|_, library| list(library)).await
    }

    /// Starts an empty project.
    ///
    /// # Errors
    /// `InputInvalid` for a name that is empty or too long; failures of the library.
    pub async fn project_create(
        self: &Arc<Self>,
        request: ProjectCreateRequest,
    ) -> Result<ProjectSummary, Failure> {
        let name = valid_name(&request.name)?;
        self.on_library(move |app, library| {
            let id = create(app, library, name, None, false)?;
            Ok(summary(&live_project(library, id)?))
        })
        .await
    }

    /// Opens the sample: the one that is there, or a new one from the text that comes with Attune.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn project_create_sample(
        self: &Arc<Self>,
        _: Nothing,
    ) -> Result<ProjectSummary, Failure> {
        self.on_library(|app, library| {
            let rows = library.projects().or_failure()?;
            if let Some(row) =
                rows.iter().find(|row| row.sample && !row.deleted && row.examples > 0)
            {
                return Ok(summary(row));
            }
            let name = attune_contract::words::words("sample.name", &params![]);
            let id = create(app, library, name, None, true)?;
            imports::bring_in_sample(app, library, id)?;
            Ok(summary(&live_project(library, id)?))
        })
        .await
    }

    /// Gives a project another name.
    ///
    /// # Errors
    /// `InputInvalid`, `ProjectMissing`; failures of the library.
    pub async fn project_rename(
        self: &Arc<Self>,
        request: ProjectRenameRequest,
    ) -> Result<ProjectSummary, Failure> {
        let name = valid_name(&request.name)?;
        self.on_library(move |app, library| {
            let id = ProjectId(request.project);
            library.project_rename(id, &name, app.now_ms()).or_failure()?;
            Ok(summary(&live_project(library, id)?))
        })
        .await
    }

    /// Puts a project into the bin; a training of it is paused first.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn project_delete(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ProjectList, Failure> {
        self.pause_project(request.project).await?;
        self.set_deleted(request.project, true).await
    }

    /// Takes a project out of the bin.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn project_restore(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ProjectList, Failure> {
        self.set_deleted(request.project, false).await
    }

    async fn set_deleted(
        self: &Arc<Self>,
        project: i64,
        deleted: bool,
    ) -> Result<ProjectList, Failure> {
        self.on_library(move |_, library| {
            library.project_set_deleted(ProjectId(project), deleted).or_failure()?;
            list(library)
        })
        .await
    }

    /// How far each stage of a project is.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn project_overview(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ProjectOverview, Failure> {
        self.on_library(move |_, library| {
            let row = live_project(library, ProjectId(request.project))?;
            let launches = library.launches(row.id).or_failure()?;
            let state_of = |launch: &attune_store::LaunchRow| training::run_state(&launch.state);
            let latest_test = library.evaluation_latest(row.id).or_failure()?;
            Ok(ProjectOverview {
                to_look_at: examples::to_look_at(library, row.id)?,
                latest_run: launches.first().map(state_of),
                has_model: launches.iter().any(|launch| state_of(launch) == RunState::Succeeded),
                has_test: latest_test.is_some_and(|test| test.state == "finished"),
                summary: summary(&row),
            })
        })
        .await
    }
}

/// The project, if it is there and not in the bin.
pub(crate) fn live_project(library: &Library, id: ProjectId) -> Result<ProjectRow, Failure> {
    let row = library.project(id).or_failure()?;
    if row.deleted {
        return Err(Failure::new(FailureCode::ProjectMissing, params![]));
    }
    Ok(row)
}

/// Makes a project; the seed of its split comes from its place in time, so that two projects from
/// one file are dealt differently.
pub(crate) fn create(
    app: &App,
    library: &Library,
    name: String,
    source_name: Option<String>,
    sample: bool,
) -> Result<ProjectId, Failure> {
    let now_ms = app.now_ms();
    // The sample is dealt alike everywhere, so that everybody sees the same.
    let split_seed = if sample { 7 } else { now_ms.unsigned_abs() % 1_000_000 };
    let new = NewProject { name, goal: None, source_name, sample, split_seed, now_ms };
    library.project_create(&new).or_failure()
}

/// A name without blanks around it, if it is one.
pub(crate) fn valid_name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(input_invalid("name"));
    }
    Ok(name.to_owned())
}

fn list(library: &Library) -> Result<ProjectList, Failure> {
    let rows = library.projects().or_failure()?;
    Ok(ProjectList { projects: rows.iter().filter(|row| !row.deleted).map(summary).collect() })
}
