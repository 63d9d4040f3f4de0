//! Training on a file, for the command line: the same library, order and protocol as the window.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::orders::{OrderQuote, OrderSettings};
use attune_contract::services::ServiceName;
use attune_contract::training::{RunDetail, RunState, TrainSettings};
use attune_contract::{Failure, RunId};
use attune_dataset::split::Shares;
use attune_services::RemoteModel;
use attune_store::{Library, ProjectId, ProjectRow};

use super::prepare::{Dealt, Files};
use super::quote::{Stuff, Wish};
use super::settings::check_settings;
use super::{launch, order, prepare, record, refusal, track};
use crate::failures::OrFailure;
use crate::imports::{Destination, bring_in};
use crate::{App, SourceFile, TableColumns, projects};

/// The project that the command line imports into; the window shows it too.
const PROJECT: &str = "Command line";
/// How often a followed training is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long the end of a training may take after it is known.
const LAST_TOUCHES: Duration = Duration::from_secs(30);

/// An order for a training on a file.
#[derive(Debug, Clone)]
pub struct TrainFileOrder {
    /// The examples.
    pub source: SourceFile,
    /// Their columns, where the file is a table.
    pub columns: TableColumns,
    /// Examples that are only watched, from a file of their own; a tenth of the others when absent.
    pub validation: Option<(SourceFile, TableColumns)>,
    /// The model to start from.
    pub model: String,
    /// The settings that were chosen.
    pub settings: TrainSettings,
}

/// A training on a file at a service, to be priced.
#[derive(Debug, Clone)]
pub struct FarFileOrder {
    /// The examples.
    pub source: SourceFile,
    /// Their columns, where the file is a table.
    pub columns: TableColumns,
    /// Examples that are only watched, from a file of their own; a tenth of the others when absent.
    pub validation: Option<(SourceFile, TableColumns)>,
    /// The service's name in the library.
    pub service: ServiceName,
    /// The model to start from.
    pub model: String,
    /// The settings that were chosen.
    pub settings: OrderSettings,
    /// The most that may be spent, in millionths of a US dollar, where no price is known.
    pub typed_ceiling_micro_usd: Option<i64>,
}

/// What is told while a training is followed: every change, the last one settled or at rest.
pub struct RunFollow<'a> {
    /// Called with the training as it stands.
    pub on_change: &'a mut (dyn FnMut(&RunDetail) + Send),
}

impl App {
    /// Imports a file into the project "Command line" and gives the order for a training on it.
    ///
    /// # Errors
    /// Failures of the file, the examples or the library; nothing was started then.
    pub async fn train_file(self: &Arc<Self>, order: TrainFileOrder) -> Result<RunId, Failure> {
        check_settings(&order.settings)?;
        let told = self.models_to_name(&order.model).await;
        let _one_at_a_time = self.starting.lock().await;
        let run =
            self.on_library(move |app, library| app.intend_file(library, &order, &told)).await?;
        self.follow(&run, track::Begin::Send);
        Ok(run)
    }

    fn intend_file(
        &self,
        library: &Library,
        wanted: &TrainFileOrder,
        told: &[RemoteModel],
    ) -> Result<RunId, Failure> {
        let project = command_line_project(self, library)?;
        let launches = library.launches(project).or_failure()?;
        if let Some(refusal) = refusal(&launches, u64::MAX) {
            return Err(refusal);
        }
        self.replace_examples(library, project, &wanted.source, &wanted.columns)?;
        let row = projects::live_project(library, project)?;
        let (dealt, files) = deal_file(library, &row, wanted.validation.as_ref())?;
        if let Some(refusal) = refusal(&launches, dealt.usable()) {
            return Err(refusal);
        }
        let start = order::start(library, &wanted.model, told, None)?;
        let launch = order::intend(self, library, &row, &dealt, &files, &start, &wanted.settings)?;
        Ok(launch.launch_id)
    }

    /// Imports a file into the project "Command line" and works out what a training on it at a service
    /// would be and cost. The quote is ordered with [`App::order_place`].
    ///
    /// # Errors
    /// Failures of the file, the examples, the service or the library.
    pub async fn quote_file(self: &Arc<Self>, order: FarFileOrder) -> Result<OrderQuote, Failure> {
        let service = self.service_row(&order.service).await?;
        self.on_library(move |app, library| {
            let project = command_line_project(app, library)?;
            let launches = library.launches(project).or_failure()?;
            if let Some(refusal) = refusal(&launches, u64::MAX) {
                return Err(refusal);
            }
            let validation = order.validation.as_ref();
            let stuff =
                app.file_stuff(library, project, (&order.source, &order.columns), validation)?;
            let wish = Wish {
                service: &service,
                model: &order.model,
                settings: &order.settings,
                typed_ceiling_micro_usd: order.typed_ceiling_micro_usd,
            };
            app.quote(library, stuff, wish)
        })
        .await
    }

    /// Brings a file in and prepares it.
    fn file_stuff(
        &self,
        library: &Library,
        project: ProjectId,
        (source, columns): (&SourceFile, &TableColumns),
        validation: Option<&(SourceFile, TableColumns)>,
    ) -> Result<Stuff, Failure> {
        self.replace_examples(library, project, source, columns)?;
        let row = projects::live_project(library, project)?;
        let (dealt, files) = deal_file(library, &row, validation)?;
        Ok(Stuff {
            project,
            dataset_version: library.history(project).or_failure()?.version,
            counts: dealt.counts(),
            files,
            tokens: dealt.tokens,
            seed: row.split_seed,
            refusal: refusal(&[], dealt.usable()),
        })
    }

    /// Puts what an earlier command brought in into the bin and brings the file in.
    fn replace_examples(
        &self,
        library: &Library,
        project: ProjectId,
        source: &SourceFile,
        columns: &TableColumns,
    ) -> Result<(), Failure> {
        let before =
            library.example_ids(project, &attune_store::ViewQuery::default()).or_failure()?;
        if !before.is_empty() {
            library.example_delete(project, &before, self.now_ms()).or_failure()?;
        }
        let destination = Destination { project: Some(project), name: PROJECT.to_owned() };
        let columns = Some(columns.clone());
        bring_in(self, library, source, columns, destination, &mut |_| true).map(drop)
    }

    /// Waits until whoever followed a training has put away what lies at the service.
    async fn last_touches(self: &Arc<Self>, run: &str) {
        let all = async {
            while self.is_followed(run) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(LAST_TOUCHES, all).await.is_err() {
            tracing::warn!(run, "examples may still lie at the service");
        }
    }

    /// Follows a training until it is over or rests.
    ///
    /// # Errors
    /// `RunMissing`; failures of the library.
    pub async fn follow_run(
        self: &Arc<Self>,
        run: &str,
        follow: RunFollow<'_>,
    ) -> Result<RunDetail, Failure> {
        let mut last_seen = None;
        loop {
            let detail = self.run_detail(run).await?;
            let step = detail.progress.as_ref().map(|progress| progress.step);
            let seen = (detail.summary.state, step, detail.curve.len());
            if last_seen != Some(seen) {
                (follow.on_change)(&detail);
                last_seen = Some(seen);
            }
            let rests = detail.summary.state == RunState::Paused;
            let id = run.to_owned();
            let row = self.on_library(move |_, library| launch(library, &id)).await?;
            // At a service far away nobody follows it where there is no key at hand.
            let is_followed = self.is_followed(run);
            if record::state(&row).is_settled() || rests || !is_followed {
                self.last_touches(run).await;
                return self.run_detail(run).await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Deals the examples that a command brought in. Whoever has a file of their own to test with keeps
/// nothing aside from this one.
fn deal_file(
    library: &Library,
    project: &ProjectRow,
    validation: Option<&(SourceFile, TableColumns)>,
) -> Result<(Dealt, Files), Failure> {
    let validate_percent = if validation.is_some() { 0 } else { 10 };
    let mut dealt = prepare::deal(library, project, Shares { validate_percent, test_percent: 0 })?;
    let mut files = prepare::write(library, project, &dealt)?;
    if let Some((source, columns)) = validation {
        let (hash, count) = prepare::write_file(library, source, columns)?;
        files.validate = hash;
        dealt.watched_elsewhere = count;
    }
    Ok((dealt, files))
}

fn command_line_project(app: &App, library: &Library) -> Result<ProjectId, Failure> {
    let rows = library.projects().or_failure()?;
    match rows.iter().find(|row| row.name == PROJECT && !row.deleted && !row.sample) {
        Some(row) => Ok(row.id),
        None => projects::create(app, library, PROJECT.to_owned(), None, false),
    }
}
