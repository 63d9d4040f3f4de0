//! Starting models: the shelf, fetching the starter, a person's own, what fits, and taking a
//! trained model along.

mod export;
mod fetch;
mod files;
mod measure;
mod own;
mod shelf;
mod starter;
mod wire;

use std::sync::Arc;

use attune_contract::models::{
    ModelExportRequest, ModelExported, ModelFit, ModelMeasureRequest, ModelPickRequest,
    ModelPicked, ModelRequest, ModelShelf, ModelShelfRequest,
};
use attune_contract::training::RunRequest;
use attune_contract::{Failure, ProjectId};

use crate::{App, projects};

pub(crate) use export::Exporting;
pub use export::{ExportOrder, ExportOutcome};
pub(crate) use fetch::Fetching;
pub(crate) use files::Uploads;
pub(crate) use measure::refusal;
pub use shelf::ListedModel;
pub(crate) use shelf::{title_of_base, title_of_training};
pub use starter::starter_file;
pub(crate) use wire::engine_failure;

/// The starter's name among the models.
pub(crate) const STARTER: &str = "starter";
/// What the names of a person's own models begin with.
pub(crate) const OWN: &str = "own:";
/// What the names of trained models begin with.
pub(crate) const TRAINED: &str = "ft:";

impl App {
    /// The starting models of a project.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library. Without an engine the shelf has what the library
    /// knows.
    pub async fn model_shelf(
        self: &Arc<Self>,
        request: ModelShelfRequest,
    ) -> Result<ModelShelf, Failure> {
        self.shelf(request.project).await
    }

    /// Begins to fetch the starter; how far it is comes by events.
    ///
    /// # Errors
    /// `InputInvalid` for any other model; `NotEnoughDisk`; failures of the library.
    pub async fn model_fetch(
        self: &Arc<Self>,
        request: ModelRequest,
    ) -> Result<ModelShelf, Failure> {
        self.begin_fetch(&request.model).await?;
        self.shelf(request.project).await
    }

    /// Stops fetching; the part that is here stays.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn model_fetch_stop(
        self: &Arc<Self>,
        request: ModelRequest,
    ) -> Result<ModelShelf, Failure> {
        self.stop_fetch(&request.model).await?;
        self.shelf(request.project).await
    }

    /// Lets the person pick a model of their own and looks through its files.
    ///
    /// # Errors
    /// `ModelFilesMissing`, `ModelFileBroken`, `ModelUnsupported`, `ModelWithoutTemplate`; failures
    /// of the engine.
    pub async fn model_pick(
        self: &Arc<Self>,
        request: ModelPickRequest,
    ) -> Result<ModelPicked, Failure> {
        let added = self.pick_model(request.kind).await?;
        Ok(ModelPicked { shelf: self.shelf(request.project).await?, added })
    }

    /// Takes a model of the person's own off the shelf; its files stay.
    ///
    /// # Errors
    /// `InputInvalid` for any other model; failures of the engine.
    pub async fn model_forget(
        self: &Arc<Self>,
        request: ModelRequest,
    ) -> Result<ModelShelf, Failure> {
        self.forget_model(&request.model).await?;
        self.shelf(request.project).await
    }

    /// Tries a training for two seconds and tells what the whole would take.
    ///
    /// # Errors
    /// `InputInvalid`, `TooFewExamples`; failures of the engine or the library. That it does not
    /// fit is part of the answer.
    pub async fn model_measure(
        self: &Arc<Self>,
        request: ModelMeasureRequest,
    ) -> Result<ModelFit, Failure> {
        self.measure(request).await
    }

    /// Writes the model of a training out, to a folder that the person picks.
    ///
    /// # Errors
    /// `RunMissing`, `ModelMissing`, `ExportAlreadyRuns`; failures of the engine. What happens
    /// afterwards is part of the export.
    pub async fn model_export(
        self: &Arc<Self>,
        request: ModelExportRequest,
    ) -> Result<ModelExported, Failure> {
        let export = self.begin_export(request).await?;
        Ok(ModelExported { export })
    }

    /// The last export of a training since the program started.
    ///
    /// # Errors
    /// None.
    pub async fn model_export_read(
        self: &Arc<Self>,
        request: RunRequest,
    ) -> Result<ModelExported, Failure> {
        Ok(ModelExported { export: self.last_export(&request.run) })
    }

    /// Stops an export; what was written is removed.
    ///
    /// # Errors
    /// Failures of the engine.
    pub async fn model_export_stop(
        self: &Arc<Self>,
        request: RunRequest,
    ) -> Result<ModelExported, Failure> {
        self.stop_export(&request.run).await?;
        Ok(ModelExported { export: self.last_export(&request.run) })
    }

    async fn shelf(self: &Arc<Self>, project: ProjectId) -> Result<ModelShelf, Failure> {
        let told = self.engine_models().await;
        self.on_library(move |app, library| {
            let project = projects::live_project(library, attune_store::ProjectId(project))?;
            shelf::build(app, library, project.id, &told)
        })
        .await
    }
}
