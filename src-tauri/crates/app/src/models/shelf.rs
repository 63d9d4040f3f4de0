//! Putting the shelf together from what the library, the disk and the engine know.

use std::sync::Arc;

use attune_contract::models::{ModelOrigin, ModelReadiness, ModelShelf, ShelfModel};
use attune_contract::words::words;
use attune_contract::{Failure, params};
use attune_services::{RemoteModel, TrainingService};
use attune_store::{LaunchRow, Library, ProjectId};

use super::wire::{told_text, with_figures};
use super::{OWN, STARTER, TRAINED, fetch, starter};
use crate::failures::OrFailure;
use crate::training::LAB;
use crate::{App, computer};

/// A model in a list, for the command line.
#[derive(Debug, Clone)]
pub struct ListedModel {
    /// What commands call it.
    pub model: String,
    /// What a person calls it.
    pub title: String,
    /// `lab`, `starter`, `own` or `trained`.
    pub kind: String,
    /// Whether it can be used now.
    pub is_ready: bool,
    /// Its numbers.
    pub parameters: Option<u64>,
    /// Bytes of its files.
    pub bytes: Option<u64>,
    /// Its licence.
    pub licence: Option<String>,
    /// Tokens it can look at in one go.
    pub context: Option<u64>,
    /// The model that somebody else trained and under which it answers.
    pub base: Option<String>,
    /// Why it cannot be used.
    pub failure: Option<Failure>,
}

impl App {
    /// What the engine tells of its models; nothing where it cannot be asked.
    pub(crate) async fn engine_models(self: &Arc<Self>) -> Vec<RemoteModel> {
        let told = match self.engine_service().await {
            Ok(service) => service.models().await.or_failure(),
            Err(failure) => Err(failure),
        };
        told.unwrap_or_else(|failure| {
            tracing::warn!(code = failure.code.as_text(), "the engine tells of no models");
            Vec::new()
        })
    }

    /// Every model of this computer, for the command line.
    ///
    /// # Errors
    /// Failures of the engine or the library.
    pub async fn listed_models(self: &Arc<Self>) -> Result<Vec<ListedModel>, Failure> {
        let told = self.engine_service().await?.models().await.or_failure()?;
        self.on_library(move |app, library| {
            let first = [starter_model(app, library, &told)?, lab()];
            let rest = told.iter().filter_map(|told| own(told).or_else(|| trained(told, None)));
            let listed = first.into_iter().chain(rest);
            Ok(listed.map(|model| listed_model(model, &told)).collect())
        })
        .await
    }
}

fn listed_model(model: ShelfModel, told: &[RemoteModel]) -> ListedModel {
    let kind = match model.origin {
        ModelOrigin::Lab => "lab",
        ModelOrigin::Starter => "starter",
        ModelOrigin::Own => "own",
        ModelOrigin::Trained => "trained",
    };
    let row = told.iter().find(|told| told.id == model.model);
    ListedModel {
        is_ready: model.readiness == ModelReadiness::Ready,
        failure: match model.readiness {
            ModelReadiness::Unusable { failure } => Some(failure),
            ModelReadiness::PartlyFetched { failure, .. } => failure,
            _ => None,
        },
        base: row.and_then(|row| told_text(row, "base")).map(str::to_owned),
        model: model.model,
        title: model.title,
        kind: kind.to_owned(),
        parameters: model.parameters,
        bytes: model.bytes,
        licence: model.licence,
        context: model.context,
    }
}

/// The shelf of a project.
pub(super) fn build(
    app: &App,
    library: &Library,
    project: ProjectId,
    told: &[RemoteModel],
) -> Result<ModelShelf, Failure> {
    let launches = library.launches(project).or_failure()?;
    let mut models = vec![starter_model(app, library, told)?, lab()];
    models.extend(told.iter().filter_map(own));
    let count = launches.len();
    for (at, launch) in launches.iter().enumerate() {
        let row = told.iter().find(|told| Some(&told.id) == launch.result_model.as_ref());
        models.extend(row.and_then(|row| trained(row, Some((launch, count - at)))));
    }
    Ok(ModelShelf {
        suggested: suggested(&launches, &models),
        models,
        free_memory_bytes: computer::free_memory(),
        free_disk_bytes: computer::free_disk(library.home()),
    })
}

/// The model that the last training used, else the starter if it is here, else the lab.
fn suggested(launches: &[LaunchRow], models: &[ShelfModel]) -> String {
    let is_ready = |name: &&str| {
        let named = models.iter().find(|model| model.model == *name);
        named.is_some_and(|model| model.readiness == ModelReadiness::Ready)
    };
    let last = launches.first().map(|launch| launch.model.as_str());
    last.filter(is_ready).or(Some(STARTER).filter(is_ready)).unwrap_or(LAB).to_owned()
}

fn lab() -> ShelfModel {
    ShelfModel {
        model: LAB.to_owned(),
        title: words("models.lab", &params![]),
        origin: ModelOrigin::Lab,
        readiness: ModelReadiness::Ready,
        parameters: None,
        bytes: None,
        licence: None,
        sha256: None,
        context: None,
        run: None,
    }
}

fn starter_model(
    app: &App,
    library: &Library,
    told: &[RemoteModel],
) -> Result<ShelfModel, Failure> {
    let wanted = &app.options.starter;
    let readiness = fetch::readiness(app, library)?;
    let model = ShelfModel {
        model: STARTER.to_owned(),
        title: starter::TITLE.to_owned(),
        origin: ModelOrigin::Starter,
        readiness,
        parameters: Some(starter::PARAMETERS),
        bytes: Some(wanted.bytes),
        licence: Some(starter::LICENCE.to_owned()),
        sha256: Some(wanted.sha256.clone()),
        context: Some(starter::CONTEXT),
        run: None,
    };
    let row = told.iter().find(|told| told.id == STARTER);
    Ok(match row {
        Some(row) if model.readiness == ModelReadiness::Ready => {
            // Its makers' own name for the licence stays: files write it in many ways.
            let licence = model.licence.clone();
            ShelfModel { licence, ..with_figures(model, row) }
        }
        _ => model,
    })
}

fn own(told: &RemoteModel) -> Option<ShelfModel> {
    let name = told.id.strip_prefix(OWN)?;
    let title = told_text(told, "title").unwrap_or(name).to_owned();
    let model = ShelfModel {
        model: told.id.clone(),
        title,
        origin: ModelOrigin::Own,
        readiness: ModelReadiness::Ready,
        parameters: None,
        bytes: None,
        licence: None,
        sha256: None,
        context: None,
        run: None,
    };
    Some(with_figures(model, told))
}

/// A model that was trained on somebody else's; what was made in the lab cannot be trained on.
fn trained(told: &RemoteModel, from: Option<(&LaunchRow, usize)>) -> Option<ShelfModel> {
    let is_trained = told.id.starts_with(TRAINED) && told_text(told, "kind") == Some("trained");
    // On the shelf stands what can be trained on; the whole list has everything that answers.
    if !is_trained || from.is_some() && told_text(told, "base").is_none_or(|base| base == LAB) {
        return None;
    }
    let title = match from {
        Some((_, number)) => title_of_training(number as u64),
        None => told_text(told, "title").unwrap_or(&told.id).to_owned(),
    };
    let model = ShelfModel {
        model: told.id.clone(),
        title,
        origin: ModelOrigin::Trained,
        readiness: ModelReadiness::Ready,
        parameters: None,
        bytes: None,
        licence: None,
        sha256: None,
        context: None,
        run: from.map(|(launch, _)| launch.launch_id.clone()),
    };
    Some(with_figures(model, told))
}

/// What a person calls a training.
pub(crate) fn title_of_training(number: u64) -> String {
    words("train.family.number", &params!["n" => number])
}

/// What a person calls a starting model that is none of the trained ones.
pub(crate) fn title_of_base(model: &str, told: &[RemoteModel]) -> String {
    let named = || told.iter().find(|told| told.id == model).and_then(|it| told_text(it, "title"));
    match model {
        LAB => words("models.lab", &params![]),
        STARTER => starter::TITLE.to_owned(),
        _ => named().unwrap_or(model.trim_start_matches(OWN)).to_owned(),
    }
}
