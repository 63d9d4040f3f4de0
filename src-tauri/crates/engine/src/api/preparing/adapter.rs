//! Trainings of adapters on a model that somebody else trained, from files or from a checkpoint.

use std::path::Path;
use std::sync::Arc;

use super::rows::{Files, Rows};
use crate::api::engine::Engine;
use crate::api::runner::RunError;
use crate::api::starts::{AdapterStart, StartError};
use crate::formats::adapter_files::{AdapterOrigin, read_numbers};
use crate::formats::hub::{self, HubModel};
use crate::formats::saved::SavedError;
use crate::memory::free_memory;
use crate::model::learnable::Learnable;
use crate::model::llama::model::Llama;
use crate::train::checkpoint::Found;
use crate::train::keeping::AdapterKeeping;
use crate::train::memory::Passes;
use crate::train::session::Session;
use crate::train::settings::{AdapterSettings, Learner, Settings, Wanted};
use crate::train::trainer::{Progress, Trainer};

/// A training of adapters, decided; no weight was read yet.
pub(crate) struct AdapterPlan {
    pub(crate) settings: Settings,
    pub(crate) rows: Rows,
    pub(crate) passes: Passes,
    /// Bytes that it will take at most.
    pub(crate) memory_bytes: u64,
    model: HubModel,
}

/// Writes the examples in the pieces of the model, decides every setting, and refuses what does
/// not fit into the memory that is free.
pub(crate) fn plan_adapter(
    engine: &Engine,
    start: &AdapterStart,
    files: &Files,
    wanted: &Wanted,
    go_on: &dyn Fn() -> bool,
) -> Result<AdapterPlan, RunError> {
    let model = hub::open(&start.base.path)?;
    let rows = files.rows(&*model.text, wanted.adapter_context(&model.shape), go_on)?;
    let data = rows.size(model.shape.vocabulary, engine.threads.current_num_threads());
    let mut settings = wanted.resolve_adapter(data, &model.shape, start.origin())?;
    let passes = Passes::of(&settings, &rows.training, &rows.validation);
    let memory_bytes = settings.fit_into(free_memory(), Some(&model.shape), passes)?;
    Ok(AdapterPlan { settings, rows, passes, memory_bytes, model })
}

impl AdapterPlan {
    /// Reads the weights, and makes a session that starts at the first step.
    pub(crate) fn begin(
        self,
        engine: &Engine,
        start: &AdapterStart,
        folder: &Path,
    ) -> Result<Session<Llama>, RunError> {
        let adapter = adapter_of(&self.settings)?.clone();
        let (llama, keeping) = load(&self.model, &self.settings, &adapter, self.passes)?;
        let numbers = match &start.continued {
            Some(continued) => read_numbers(&continued.folder, llama.layout())?,
            None => llama.fresh(self.settings.seed),
        };
        let (threads, progress) = (engine.threads.clone(), Progress::fresh(numbers));
        let trainer = Trainer::resumed(llama, self.settings, self.rows.training, threads, progress);
        let mut session = Session::new(trainer, self.rows.validation, Box::new(keeping), folder);
        session.checkpoint_every = engine.checkpoint_every;
        Ok(session)
    }
}

/// Goes on from a checkpoint. Returns the shortened rows too.
pub(crate) fn resume_adapter(
    engine: &Engine,
    files: &Files,
    found: Found,
    folder: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<(Session<Llama>, usize), RunError> {
    let adapter = adapter_of(found.settings())?.clone();
    let base = engine.bases.find(&adapter.base).ok_or_else(|| {
        let (name, trained) = (adapter.base.clone(), "this training".to_owned());
        StartError::BaseGone { name, trained }
    })?;
    let model = hub::open(&base.path)?;
    let rows = files.rows(&*model.text, adapter.context, go_on)?;
    let passes = Passes::of(found.settings(), &rows.training, &rows.validation);
    let (llama, keeping) = load(&model, found.settings(), &adapter, passes)?;
    let saved = found.read(llama.learned())?;
    let threads = engine.threads.clone();
    let trainer = Trainer::resumed(llama, saved.settings, rows.training, threads, saved.progress);
    let mut session = Session::new(trainer, rows.validation, Box::new(keeping), folder);
    session.checkpoint_every = engine.checkpoint_every;
    session.go_on_from(saved.best, saved.history, saved.seen_pieces);
    Ok((session, rows.cut))
}

fn adapter_of(settings: &Settings) -> Result<&AdapterSettings, SavedError> {
    match &settings.learner {
        Learner::Adapter { adapter } => Ok(adapter),
        Learner::Lab { .. } => Err(SavedError::WrongLearner),
    }
}

fn load(
    model: &HubModel,
    settings: &Settings,
    adapter: &AdapterSettings,
    passes: Passes,
) -> Result<(Arc<Llama>, AdapterKeeping), RunError> {
    let options = adapter.loading(passes.places);
    let llama = Llama::load(model.shape.clone(), &mut model.tensors()?, options)?;
    let origin = AdapterOrigin {
        base: adapter.base.clone(),
        base_shape: model.shape.clone(),
        adapters: adapter.shape.clone(),
        context: adapter.context,
        dropout: settings.dropout,
    };
    let keeping = AdapterKeeping { origin, layout: llama.layout().clone() };
    Ok((Arc::new(llama), keeping))
}
