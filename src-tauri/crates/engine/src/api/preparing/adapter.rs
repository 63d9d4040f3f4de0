//! Trainings of adapters on a model that somebody else trained, from files or from a checkpoint.

use std::path::Path;
use std::sync::Arc;

use super::rows::{Files, Rows};
use crate::api::engine::Engine;
use crate::api::runner::RunError;
use crate::api::starts::{AdapterStart, StartError};
use crate::formats::adapter_files::{AdapterOrigin, read_numbers};
use crate::formats::hub::{self, HubError, HubModel};
use crate::formats::saved::SavedError;
use crate::model::learnable::Learnable;
use crate::model::llama::model::{Llama, LlamaError};
use crate::model::llama::weights::TensorSource;
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
    let free = engine.memory_at_start();
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
        go_on: &dyn Fn() -> bool,
    ) -> Result<Session<Llama>, RunError> {
        let adapter = adapter_of(&self.settings)?.clone();
        let (llama, keeping) = load(&self.model, &self.settings, &adapter, self.passes, go_on)?;
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
    settings.fit_again(engine.memory_at_start(), Some(&model.shape), passes)?;
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
    let (llama, keeping) = load(&model, &settings, &adapter, passes, go_on)?;
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

/// The tensors of a model, for as long as anybody wants them: reading all of a large one takes long.
struct WhileWanted<'a, Tensors> {
    tensors: Tensors,
    go_on: &'a dyn Fn() -> bool,
}

impl<Tensors: TensorSource<Error = HubError>> TensorSource for WhileWanted<'_, Tensors> {
    type Error = RunError;

    fn tensor(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, RunError> {
        if !(self.go_on)() {
            return Err(RunError::Stopped);
        }
        Ok(self.tensors.tensor(name, rows, columns)?)
    }
}

fn run_error(error: LlamaError<RunError>) -> RunError {
    match error {
        LlamaError::Tensor(error) => error,
        LlamaError::Shape(error) => LlamaError::Shape(error).into(),
        LlamaError::Adapters(error) => LlamaError::Adapters(error).into(),
        LlamaError::Length { name, found, wanted } => {
            LlamaError::Length { name, found, wanted }.into()
        }
    }
}

fn load(
    model: &HubModel,
    settings: &Settings,
    adapter: &AdapterSettings,
    passes: Passes,
    go_on: &dyn Fn() -> bool,
) -> Result<(Arc<Llama>, AdapterKeeping), RunError> {
    let options = adapter.loading(passes.places);
    let mut tensors = WhileWanted { tensors: model.tensors()?, go_on };
    let llama = Llama::load(model.shape.clone(), &mut tensors, options).map_err(run_error)?;
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{RunError, WhileWanted};
    use crate::formats::hub::HubError;
    use crate::model::llama::weights::TensorSource;

    /// Tensors of ones.
    struct Ones;

    impl TensorSource for Ones {
        type Error = HubError;

        fn tensor(&mut self, _: &str, rows: usize, columns: usize) -> Result<Vec<f32>, HubError> {
            Ok(vec![1.0; rows * columns])
        }
    }

    #[test]
    fn no_tensor_is_read_that_nobody_wants_any_more() {
        let asked = Cell::new(0);
        let go_on = || {
            asked.set(asked.get() + 1);
            asked.get() <= 2
        };
        let mut tensors = WhileWanted { tensors: Ones, go_on: &go_on };
        for _ in 0..2 {
            assert_eq!(tensors.tensor("a", 2, 3).unwrap().len(), 6);
        }
        assert!(matches!(tensors.tensor("a", 2, 3), Err(RunError::Stopped)));
    }
}
