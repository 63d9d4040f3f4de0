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
    let fingerprint = engine.bases.fingerprint(&start.base.path)?;
    if let Learner::Adapter { adapter } = &mut settings.learner {
        adapter.base_fingerprint = Some(fingerprint);
    }
    let passes = Passes::of(&settings, &rows.training, &rows.validation);
    let free = engine.memory_for_training();
    let memory_bytes = settings.fit_into(free, Some(&model.shape), passes)?;
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

/// What a training goes on with: the model that it began with, and memory for it.
pub(crate) struct Resumable {
    settings: Settings,
    rows: Rows,
    passes: Passes,
    model: HubModel,
}

/// Refuses to go on where the model under a training is another one by now, or memory is short.
/// Computing activations again changes no bit, so that is allowed to make it fit.
pub(crate) fn check_resumable(
    engine: &Engine,
    files: &Files,
    found: &Found,
    go_on: &dyn Fn() -> bool,
) -> Result<Resumable, RunError> {
    let mut settings = found.settings().clone();
    let adapter = adapter_of(&settings)?;
    let (name, trained) = (adapter.base.clone(), "this training".to_owned());
    let Some(base) = engine.bases.find(&adapter.base) else {
        return Err(StartError::BaseGone { name, trained }.into());
    };
    if !engine.bases.is_same(&base.path, adapter.base_fingerprint.as_deref())? {
        return Err(StartError::BaseChanged { name, trained }.into());
    }
    let model = hub::open(&base.path)?;
    let rows = files.rows(&*model.text, adapter.context, go_on)?;
    let passes = Passes::of(&settings, &rows.training, &rows.validation);
    settings.fit_into(engine.memory_for_training(), Some(&model.shape), passes)?;
    Ok(Resumable { settings, rows, passes, model })
}

/// Goes on from a checkpoint. Returns the shortened rows too.
pub(crate) fn resume_adapter(
    engine: &Engine,
    files: &Files,
    found: Found,
    folder: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<(Session<Llama>, usize), RunError> {
    let Resumable { settings, rows, passes, model } =
        check_resumable(engine, files, &found, go_on)?;
    let adapter = adapter_of(&settings)?.clone();
    let (llama, keeping) = load(&model, &settings, &adapter, passes)?;
    let saved = found.read(llama.learned())?;
    let threads = engine.threads.clone();
    let trainer = Trainer::resumed(llama, settings, rows.training, threads, saved.progress);
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
        base_fingerprint: adapter.base_fingerprint.clone(),
        adapters: adapter.shape.clone(),
        context: adapter.context,
        dropout: settings.dropout,
    };
    let keeping = AdapterKeeping { origin, layout: llama.layout().clone() };
    Ok((Arc::new(llama), keeping))
}
