//! Trainings of the lab, from files or from a checkpoint.

use std::path::Path;
use std::sync::Arc;

use super::rows::{Files, Rows};
use crate::api::engine::Engine;
use crate::api::runner::RunError;
use crate::formats::saved::{SavedError, read_tokenizer};
use crate::formats::tokenizer::{PieceCounter, Tokenizer};
use crate::model::learnable::Learnable;
use crate::model::network::Network;
use crate::model::shape::Shape;
use crate::train::checkpoint::Found;
use crate::train::keeping::LabKeeping;
use crate::train::memory::Passes;
use crate::train::session::Session;
use crate::train::settings::{Learner, Settings, Wanted};
use crate::train::trainer::Trainer;

/// A pair of pieces seen less often stays apart.
pub(crate) const LEAST_COUNT: u64 = 4;

/// A training of the lab, decided; nothing of the model exists yet.
pub(crate) struct LabPlan {
    pub(crate) settings: Settings,
    pub(crate) shape: Shape,
    pub(crate) rows: Rows,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) passes: Passes,
}

/// Learns the pieces of the counted words, and decides every setting.
pub(crate) fn plan_lab(
    engine: &Engine,
    files: &Files,
    counter: &PieceCounter,
    wanted: &Wanted,
    go_on: &dyn Fn() -> bool,
) -> Result<LabPlan, RunError> {
    let pieces = counter.learn(wanted.most_pieces(), LEAST_COUNT, go_on);
    let tokenizer = Tokenizer::new(pieces.ok_or(RunError::Stopped)?).map_err(SavedError::from)?;
    let rows = files.rows(&tokenizer, wanted.lab_context(), go_on)?;
    let data = rows.size(tokenizer.vocabulary(), engine.threads.current_num_threads());
    let (settings, shape) = wanted.resolve(data)?;
    let passes = Passes::of(&settings, &rows.training, &rows.validation);
    Ok(LabPlan { settings, shape, rows, tokenizer, passes })
}

impl LabPlan {
    /// A session that starts at the first step.
    pub(crate) fn begin(self, engine: &Engine, folder: &Path) -> Session<Network> {
        let network = Arc::new(Network::new(self.shape));
        let threads = engine.threads.clone();
        let trainer = Trainer::fresh(network, self.settings, self.rows.training, threads);
        let keeping = LabKeeping { shape: self.shape, pieces: self.tokenizer.pieces().clone() };
        let mut session = Session::new(trainer, self.rows.validation, Box::new(keeping), folder);
        session.checkpoint_every = engine.checkpoint_every;
        session
    }
}

/// Goes on from a checkpoint. Returns the shortened rows too.
pub(crate) fn resume_lab(
    engine: &Engine,
    files: &Files,
    found: Found,
    folder: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<(Session<Network>, usize), RunError> {
    let Learner::Lab { shape } = found.settings().learner else {
        return Err(SavedError::WrongLearner.into());
    };
    shape.check().map_err(SavedError::from)?;
    let tokenizer = read_tokenizer(found.folder())?;
    let rows = files.rows(&tokenizer, shape.context, go_on)?;
    let mut settings = found.settings().clone();
    let passes = Passes::of(&settings, &rows.training, &rows.validation);
    settings.fit_again(engine.memory_at_start(), None, passes)?;
    let network = Arc::new(Network::new(shape));
    let saved = found.read(network.learned())?;
    let threads = engine.threads.clone();
    let trainer = Trainer::resumed(network, saved.settings, rows.training, threads, saved.progress);
    let keeping = LabKeeping { shape, pieces: tokenizer.pieces().clone() };
    let mut session = Session::new(trainer, rows.validation, Box::new(keeping), folder);
    session.checkpoint_every = engine.checkpoint_every;
    session.go_on_from(saved.best, saved.history, saved.seen_pieces);
    Ok((session, rows.cut))
}
