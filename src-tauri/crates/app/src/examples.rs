//! The list of examples and the card of one; every change is one step of undo and is stored before
//! it is answered.

mod content;
mod drafts;
mod views;
mod wire;

use std::sync::Arc;

use attune_contract::examples::{
    ExampleAddRequest, ExampleCard, ExampleChange, ExampleDeleteRequest, ExampleEditRequest,
    ExampleRequest, ExampleView, ExampleViewRequest, ExampleWindow, ExampleWindowRequest,
    HistoryMove,
};
use attune_contract::projects::ProjectRequest;
use attune_contract::{Failure, FailureCode, params};
use attune_dataset::Example;
use attune_store::{
    ExampleId, ExampleRow, Library, OperationRow, ProjectId, StoreError, ViewQuery,
};

use crate::failures::{IntoFailure, OrFailure, input_invalid};
use crate::{App, projects};

pub(crate) use content::{content_of, content_with, has_errors};
pub(crate) use views::Views;
pub(crate) use wire::change;

/// Asking for more rows at once than any window shows.
const MOST_ROWS: u64 = 200;
const LONGEST_SEARCH: usize = 1_000;

impl App {
    /// Resolves a list of examples to ids that the backend keeps.
    ///
    /// # Errors
    /// `ProjectMissing`, `InputInvalid`; failures of the library.
    pub async fn example_view(
        self: &Arc<Self>,
        request: ExampleViewRequest,
    ) -> Result<ExampleView, Failure> {
        let search = request.search.filter(|search| !search.trim().is_empty());
        if search.as_ref().is_some_and(|search| search.len() > LONGEST_SEARCH) {
            return Err(input_invalid("search"));
        }
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            let row = projects::live_project(library, project)?;
            let query = ViewQuery { search, only_problems: request.only_problems };
            let ids = library.example_ids(project, &query).or_failure()?;
            let total = ids.len() as u64;
            Ok(ExampleView {
                view: app.keep_view(project, ids),
                total,
                project_total: row.examples,
                to_look_at: to_look_at(library, project)?,
                history: wire::history(library, project)?,
            })
        })
        .await
    }

    /// A window of a list.
    ///
    /// # Errors
    /// `InputInvalid` for a list that was forgotten or too many rows; failures of the library.
    pub async fn example_window(
        self: &Arc<Self>,
        request: ExampleWindowRequest,
    ) -> Result<ExampleWindow, Failure> {
        if request.count > MOST_ROWS {
            return Err(input_invalid("count"));
        }
        let ids = self.view_window(request.view, request.start, request.count)?;
        self.on_library(move |_, library| {
            let rows = library.examples(&ids).or_failure()?;
            Ok(ExampleWindow { start: request.start, rows: rows.iter().map(wire::row).collect() })
        })
        .await
    }

    /// One example, whole.
    ///
    /// # Errors
    /// `ExampleMissing`; failures of the library.
    pub async fn example_read(
        self: &Arc<Self>,
        request: ExampleRequest,
    ) -> Result<ExampleCard, Failure> {
        self.on_library(move |_, library| {
            projects::live_project(library, ProjectId(request.project))?;
            wire::card(&example_row(library, ExampleId(request.example))?)
        })
        .await
    }

    /// Writes an example as the editor has it now.
    ///
    /// # Errors
    /// `ExampleMissing`, `InputInvalid`; failures of the library. The example is as before then.
    pub async fn example_edit(
        self: &Arc<Self>,
        request: ExampleEditRequest,
    ) -> Result<ExampleChange, Failure> {
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            let id = ExampleId(request.example);
            let stored = example_row(library, id)?;
            let example = drafts::apply(&wire::parsed(&stored)?, &request.messages)?;
            let content = content_of(&example);
            library
                .example_edit(project, id, &content, request.same_burst, app.now_ms())
                .map_err(example_failure)?;
            wire::change(library, project, Some(id))
        })
        .await
    }

    /// Adds an example.
    ///
    /// # Errors
    /// `ProjectMissing`, `InputInvalid`; failures of the library.
    pub async fn example_add(
        self: &Arc<Self>,
        request: ExampleAddRequest,
    ) -> Result<ExampleChange, Failure> {
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            projects::live_project(library, project)?;
            drafts::check_length(&request.question)?;
            drafts::check_length(&request.answer)?;
            let example = Example::from_question_answer(None, &request.question, &request.answer);
            let after = request.after.map(ExampleId);
            let id = library
                .example_add(project, after, &content_of(&example), app.now_ms())
                .map_err(example_failure)?;
            wire::change(library, project, Some(id))
        })
        .await
    }

    /// Puts examples into the bin, as one step of undo.
    ///
    /// # Errors
    /// `ExampleMissing`; failures of the library.
    pub async fn example_delete(
        self: &Arc<Self>,
        request: ExampleDeleteRequest,
    ) -> Result<ExampleChange, Failure> {
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            let ids: Vec<ExampleId> = request.examples.into_iter().map(ExampleId).collect();
            library.example_delete(project, &ids, app.now_ms()).map_err(example_failure)?;
            wire::change(library, project, None)
        })
        .await
    }

    /// Takes the latest step back.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn history_undo(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<HistoryMove, Failure> {
        self.move_history(request, Library::undo).await
    }

    /// Brings the latest undone step back.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn history_redo(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<HistoryMove, Failure> {
        self.move_history(request, Library::redo).await
    }

    async fn move_history(
        self: &Arc<Self>,
        request: ProjectRequest,
        go: fn(&Library, ProjectId, i64) -> Result<Option<OperationRow>, StoreError>,
    ) -> Result<HistoryMove, Failure> {
        self.on_library(move |app, library| {
            let project = ProjectId(request.project);
            let step = go(library, project, app.now_ms()).or_failure()?;
            wire::history_move(library, project, step.as_ref())
        })
        .await
    }
}

/// How many examples of a project need a look.
pub(crate) fn to_look_at(library: &Library, project: ProjectId) -> Result<u64, Failure> {
    let query = ViewQuery { search: None, only_problems: true };
    let mut count = 0;
    library
        .example_ids_each(project, &query, &mut |_| {
            count += 1;
            std::ops::ControlFlow::Continue(())
        })
        .or_failure()?;
    Ok(count)
}

fn example_row(library: &Library, id: ExampleId) -> Result<ExampleRow, Failure> {
    let rows = library.examples(&[id]).or_failure()?;
    let missing = || Failure::new(FailureCode::ExampleMissing, params![]);
    rows.into_iter().next().ok_or_else(missing)
}

fn example_failure(error: StoreError) -> Failure {
    match error {
        StoreError::Missing { what } => {
            Failure::new(FailureCode::ExampleMissing, params![]).with_detail(what)
        }
        other => other.into_failure(),
    }
}
