//! The honest test: kept-aside questions, the model's answers beside the right ones, and the
//! comparison with "always the most frequent answer".

mod ask;
mod file_test;
mod price;
mod run;
mod score_file;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_contract::projects::ProjectRequest;
use attune_contract::testing::{
    TestReport, TestRows, TestRowsRequest, TestStartRequest, TestState,
};
use attune_contract::{Failure, FailureCode, params};
use attune_store::{EvaluationId, LaunchRow, Library, ProjectId};

use crate::failures::{OrFailure, input_invalid};
use crate::{App, locked, projects, training};

pub(crate) use ask::{first_instructions, read_examples, unanswered};
pub use file_test::{FileTest, FileTestReport};
pub use score_file::{ScoredFile, score_file};

const MOST_ROWS: u64 = 200;

/// Tests that run now: the project and the wish to stop.
pub(crate) type RunningTests = HashMap<i64, Arc<RunningTest>>;

/// A test that runs now.
#[derive(Debug)]
pub(crate) struct RunningTest {
    test: EvaluationId,
    stopped: AtomicBool,
}

impl RunningTest {
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

impl App {
    /// What the test page shows.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn test_read(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<TestState, Failure> {
        self.on_library(move |app, library| app.test_state(library, request.project)).await
    }

    fn test_state(&self, library: &Library, project: i64) -> Result<TestState, Failure> {
        let project = projects::live_project(library, ProjectId(project))?.id;
        let Some((launch, number)) = latest_model(library, project)? else {
            return Ok(TestState { model: None, kept_aside: 0, report: None, price: None });
        };
        // Held while both are read: a test that begins or ends in between must not count as stopped.
        let tests = locked(&self.tests);
        let row = library.evaluation_latest_of_launch(&launch.launch_id).or_failure()?;
        let running = tests.get(&project.0).map(|running| running.test);
        drop(tests);
        let report = match row {
            // A test that no process works on any more was stopped by the end of its window.
            Some(row) if row.state == "running" && running != Some(row.id) => {
                library.evaluation_finish(row.id, "stopped", None, self.now_ms()).or_failure()?;
                Some(wire::report(&library.evaluation(row.id).or_failure()?))
            }
            Some(row) => Some(wire::report(&row)),
            None => None,
        };
        Ok(TestState {
            kept_aside: launch.counts.test,
            model: Some(training::summary(&launch, number)),
            report,
            price: price::test_price(self, library, &launch)?,
        })
    }

    /// Starts a test; the answers come by events.
    ///
    /// # Errors
    /// `ModelMissing`, `NothingKeptAside`, `TestAlreadyRuns`, `AnswersCostMoney`, `AboveJobCap`,
    /// `AboveDayCap`, `AboveMonthCap`, `NothingMayBeSpent`; failures of the engine, the service or the
    /// library.
    pub async fn test_start(
        self: &Arc<Self>,
        request: TestStartRequest,
    ) -> Result<TestReport, Failure> {
        let project = request.project;
        let (launch, questions) = self
            .on_library(move |_, library| {
                projects::live_project(library, ProjectId(project))?;
                let launch = training::launch(library, &request.run)?;
                Ok((launch.clone(), read_examples(library, &launch.test_file)?))
            })
            .await?;
        let model = launch.result_model.clone().ok_or_else(model_missing)?;
        if questions.is_empty() {
            return Err(Failure::new(FailureCode::NothingKeptAside, params![]));
        }
        let answerer = self.answerer(&launch).await?;
        let (running, meter) =
            self.begin_test(project, &launch, &questions, request.most_micro_usd).await?;
        let report = match self.test_report(running.test).await {
            Ok(report) => report,
            Err(failure) => {
                locked(&self.tests).remove(&project);
                meter.keep_unasked(self).await?;
                return Err(failure);
            }
        };
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let before = before_model(&launch);
            let mut asked = run::Asked { answerer, model, before, meter };
            app.run_test(&running, &mut asked, &launch, questions).await;
            locked(&app.tests).remove(&project);
        });
        Ok(report)
    }

    /// Stops the test of a project; the answers so far stay.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn test_stop(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<TestState, Failure> {
        if let Some(running) = locked(&self.tests).get(&request.project) {
            running.stopped.store(true, Ordering::Relaxed);
        }
        self.test_read(request).await
    }

    /// A window of a test's answers.
    ///
    /// # Errors
    /// `InputInvalid`; failures of the library.
    pub async fn test_rows(
        self: &Arc<Self>,
        request: TestRowsRequest,
    ) -> Result<TestRows, Failure> {
        if request.count > MOST_ROWS {
            return Err(input_invalid("count"));
        }
        self.on_library(move |_, library| {
            let test = EvaluationId(request.test);
            let (rows, total) = library
                .answers(test, request.start, request.count, request.only_wrong)
                .or_failure()?;
            let unanswered = wire::stored(&library.evaluation(test).or_failure()?).unanswered;
            let rows = rows.into_iter().map(|row| wire::row(row, &unanswered)).collect();
            Ok(TestRows { start: request.start, rows, total })
        })
        .await
    }

    async fn test_report(self: &Arc<Self>, test: EvaluationId) -> Result<TestReport, Failure> {
        self.on_library(move |_, library| Ok(wire::report(&library.evaluation(test).or_failure()?)))
            .await
    }
}

/// The model that answers for the time before a training; what the lab makes was nothing before.
fn before_model(launch: &LaunchRow) -> Option<String> {
    Some(launch.model.clone()).filter(|model| model != training::LAB)
}

/// The latest training with a model, and its place in its project.
pub(crate) fn latest_model(
    library: &Library,
    project: ProjectId,
) -> Result<Option<(LaunchRow, u64)>, Failure> {
    let launches = library.launches(project).or_failure()?;
    let count = launches.len();
    let with_model =
        |launch: &LaunchRow| launch.state == "succeeded" && launch.result_model.is_some();
    let found = launches.into_iter().enumerate().find(|(_, launch)| with_model(launch));
    Ok(found.map(|(at, launch)| (launch, (count - at) as u64)))
}

pub(crate) fn model_missing() -> Failure {
    Failure::new(FailureCode::ModelMissing, params![])
}
