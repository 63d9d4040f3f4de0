//! From a job's files to a session that can make its next step.

pub(crate) mod adapter;
pub(crate) mod lab;
pub(crate) mod rows;

use std::sync::Arc;

use self::adapter::{check_resumable, plan_adapter, resume_adapter};
use self::lab::{plan_lab, resume_lab};
use self::rows::Files;
use super::engine::Engine;
use super::failure::Refusal;
use super::job::{Job, JobRecord, Phase, Status};
use super::runner::RunError;
use super::starts::{Start, find_start};
use super::wanted::wanted_of;
use crate::formats::tokenizer::PieceCounter;
use crate::train::checkpoint;
use crate::train::session::{Command, Running};
use crate::train::settings::Learner;

/// A session, how many of its rows were shortened, and whether it goes on from a checkpoint.
pub(crate) struct Prepared {
    pub(crate) session: Box<dyn Running>,
    pub(crate) cut: usize,
    pub(crate) resumed: bool,
}

/// Checks the files and builds the model, or reads its checkpoint.
pub(crate) fn prepare(engine: &Engine, job: &Arc<Job>) -> Result<Prepared, RunError> {
    let record = job.state().record.clone();
    let files = Files::of_job(engine, &record)?;
    let go_on = || job.state().command == Command::Continue;
    let folder = job.checkpoints();
    checkpoint::sweep(&folder)?;
    if let Some(found) = checkpoint::find(&folder)? {
        job.change(|record| record.phase = Phase::Preparing)?;
        let (session, cut): (Box<dyn Running>, usize) = match found.settings().learner {
            Learner::Lab { .. } => {
                let (session, cut) = resume_lab(engine, &files, found, &folder, &go_on)?;
                (Box::new(session), cut)
            }
            Learner::Adapter { .. } => {
                let (session, cut) = resume_adapter(engine, &files, found, &folder, &go_on)?;
                (Box::new(session), cut)
            }
        };
        return Ok(Prepared { session, cut, resumed: true });
    }
    let start = find_start(engine, &record.model)?;
    let counter = check_files(job, &record, &files, &go_on)?;
    let wanted = wanted_of(&record.hyperparameters, record.seed);
    let (session, cut, memory): (Box<dyn Running>, _, _) = match &start {
        Start::Lab => {
            let mut plan = plan_lab(engine, &files, &counter, &wanted, &go_on)?;
            let memory = plan.settings.fit_into(engine.memory_at_start(), None, plan.passes)?;
            let cut = plan.rows.cut;
            (Box::new(plan.begin(engine, &folder)), cut, memory)
        }
        Start::Adapter(start) => {
            let plan = plan_adapter(engine, start, &files, &wanted, &go_on)?;
            let (cut, memory) = (plan.rows.cut, plan.memory_bytes);
            (Box::new(plan.begin(engine, start, &folder, &go_on)?), cut, memory)
        }
    };
    job.change(|record| record.memory_bytes = Some(memory))?;
    Ok(Prepared { session, cut, resumed: false })
}

/// Refuses to go on with a paused training where that is sure to fail, before anything is changed.
/// What else can be wrong shows when it goes on.
pub(crate) fn refuse_resume(engine: &Engine, job: &Job) -> Result<(), Refusal> {
    let record = job.state().record.clone();
    let check = || -> Result<(), RunError> {
        let files = Files::of_job(engine, &record)?;
        match checkpoint::find(&job.checkpoints())? {
            Some(found) if matches!(found.settings().learner, Learner::Adapter { .. }) => {
                check_resumable(engine, &files, &found, &|| true).map(|_| ())
            }
            _ => Ok(()),
        }
    };
    match check() {
        Err(RunError::Memory(short)) => Err(Refusal::memory(short)),
        Err(RunError::Start(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

fn check_files(
    job: &Job,
    record: &JobRecord,
    files: &Files,
    go_on: &dyn Fn() -> bool,
) -> Result<PieceCounter, RunError> {
    job.change(|record| {
        record.status = Status::ValidatingFiles;
        record.phase = Phase::Checking;
    })?;
    let validation = record.validation_file.as_deref().unwrap_or("none");
    let words = format!(
        "Validating training file: {} and validation file: {validation}",
        record.training_file
    );
    job.say("info", words)?;
    let mut counter = PieceCounter::default();
    files.check(&mut counter, go_on)?;
    job.say("info", "Files validated, moving job to queued state".to_owned())?;
    job.change(|record| {
        record.status = Status::Running;
        record.phase = Phase::Preparing;
    })?;
    Ok(counter)
}
