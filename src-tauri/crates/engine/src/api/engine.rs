//! What all requests share: files, jobs, the queue of the one trainer, and models in memory.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rayon::ThreadPool;

use super::EngineOptions;
use super::bases::Bases;
use super::data::DataAtHand;
use super::exports::Exports;
use super::files::FileStore;
use super::job::{Job, Status};
use super::loading::{LoadError, load_model};
use super::models::CHECKPOINT;
use crate::sample::answer::Model;
use crate::train::memory::TooLittleMemory;
use crate::train::session::Command;

/// Models kept in memory at most.
const MODELS_AT_HAND: usize = 2;

/// The engine behind the API.
pub(crate) struct Engine {
    pub(crate) files: FileStore,
    pub(crate) on_point: fn(&'static str),
    pub(crate) bases: Bases,
    /// Those that train.
    pub(crate) threads: Arc<ThreadPool>,
    /// Those that answer, so that no answer waits for a step.
    pub(crate) answer_threads: Arc<ThreadPool>,
    pub(crate) checkpoint_every: Duration,
    home: PathBuf,
    jobs: Mutex<BTreeMap<String, Arc<Job>>>,
    queue: Mutex<Queue>,
    work: Condvar,
    models: Mutex<VecDeque<(String, Arc<Model>)>>,
    free_memory: fn() -> Option<u64>,
    /// Data of planned trainings.
    pub(crate) data: DataAtHand,
    pub(crate) exports: Exports,
    /// Held while a training is measured.
    pub(crate) measuring: Arc<tokio::sync::Mutex<()>>,
    /// Held while a model is read, so that several questions read it once.
    loading: Mutex<()>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Job>>,
    running: Option<Arc<Job>>,
    closed: bool,
}

fn lock<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// The jobs on disk; one that was not at its end becomes `paused`.
fn open_jobs(folder: &Path) -> io::Result<BTreeMap<String, Arc<Job>>> {
    let mut jobs = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let folder = entry?.path();
        // A job whose record never came to the disk was never promised to anybody.
        if !folder.join("job.json").exists() {
            continue;
        }
        let job = match Job::open(folder.clone()) {
            // One damaged job must not keep the others from their results.
            Err(error) if is_damage(&error) => {
                tracing::error!(%error, ?folder, "a damaged job was left out");
                continue;
            }
            job => job?,
        };
        let (id, status) = {
            let state = job.state();
            (state.record.id.clone(), state.record.status)
        };
        if !status.is_final() && status != Status::Paused {
            job.change(|record| record.status = Status::Paused)?;
            job.say("info", "Fine-tuning job paused: the engine was ended".to_owned())?;
        }
        jobs.insert(id, Arc::new(job));
    }
    Ok(jobs)
}

impl Engine {
    /// Reads what is under the home of `options`. Jobs that were not at their end become `paused`.
    pub(crate) fn open(
        options: &EngineOptions,
        threads: Arc<ThreadPool>,
        answer_threads: Arc<ThreadPool>,
    ) -> io::Result<Self> {
        let home = &options.home;
        let jobs_folder = home.join("jobs");
        fs::create_dir_all(&jobs_folder)?;
        fs::create_dir_all(home.join("models"))?;
        Ok(Self {
            files: FileStore::open(home.join("files"))?,
            on_point: options.on_point,
            bases: Bases::open(home, options.models.clone())?,
            threads,
            answer_threads,
            checkpoint_every: options.checkpoint_every,
            home: home.clone(),
            jobs: Mutex::new(open_jobs(&jobs_folder)?),
            queue: Mutex::default(),
            work: Condvar::new(),
            models: Mutex::default(),
            free_memory: options.free_memory,
            data: DataAtHand::default(),
            exports: Exports::default(),
            measuring: Arc::default(),
            loading: Mutex::default(),
        })
    }

    /// Where a job is kept.
    pub(crate) fn job_folder(&self, id: &str) -> PathBuf {
        self.home.join("jobs").join(id)
    }

    /// Where results are kept.
    pub(crate) fn models_folder(&self) -> PathBuf {
        self.home.join("models")
    }

    /// A job by its id.
    pub(crate) fn job(&self, id: &str) -> Option<Arc<Job>> {
        lock(&self.jobs).get(id).cloned()
    }

    /// Every job, newest first.
    pub(crate) fn jobs(&self) -> Vec<Arc<Job>> {
        lock(&self.jobs).values().rev().cloned().collect()
    }

    /// Adds what `make` makes, unless a job with the same launch exists: then that one. Two
    /// requests at once cannot both make one.
    pub(crate) fn job_for_launch<Failure>(
        &self,
        launch: Option<&str>,
        make: impl FnOnce() -> Result<Job, Failure>,
    ) -> Result<(Arc<Job>, bool), Failure> {
        let mut jobs = lock(&self.jobs);
        let same = |job: &&Arc<Job>| {
            let state = job.state();
            launch.is_some() && state.record.metadata.get("launch_id").map(String::as_str) == launch
        };
        if let Some(job) = jobs.values().find(same) {
            return Ok((job.clone(), false));
        }
        let job = Arc::new(make()?);
        let id = job.state().record.id.clone();
        jobs.insert(id, job.clone());
        Ok((job, true))
    }

    /// Puts a job at the end of the queue. False if the engine is ending.
    pub(crate) fn enqueue(&self, job: &Arc<Job>) -> bool {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return false;
        }
        queue.waiting.push_back(job.clone());
        self.work.notify_one();
        true
    }

    /// Whether a new job has to wait for another.
    pub(crate) fn is_busy(&self) -> bool {
        let queue = lock(&self.queue);
        queue.running.is_some() || !queue.waiting.is_empty()
    }

    /// Whether `job` would have to wait for another. One that has just come to rest still counts as
    /// running for a moment, and does not wait for itself.
    pub(crate) fn is_busy_beside(&self, job: &Arc<Job>) -> bool {
        let queue = lock(&self.queue);
        let runs_another = queue.running.as_ref().is_some_and(|it| !Arc::ptr_eq(it, job));
        runs_another || !queue.waiting.is_empty()
    }

    /// Takes a job out of the queue. False if it was not waiting there.
    pub(crate) fn unqueue(&self, job: &Arc<Job>) -> bool {
        let mut queue = lock(&self.queue);
        let before = queue.waiting.len();
        queue.waiting.retain(|waiting| !Arc::ptr_eq(waiting, job));
        queue.waiting.len() < before
    }

    /// The next job for the trainer, which sleeps until there is one; none at the end.
    pub(crate) fn next_job(&self) -> Option<Arc<Job>> {
        let mut queue = lock(&self.queue);
        queue.running = None;
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.waiting.pop_front() {
                queue.running = Some(job.clone());
                return Some(job);
            }
            queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Pauses everything that runs or waits, and ends the trainer.
    pub(crate) fn close(&self) {
        self.exports.stop_all();
        let mut queue = lock(&self.queue);
        queue.closed = true;
        if let Some(job) = &queue.running {
            job.state().order(Command::Pause);
        }
        let waiting = std::mem::take(&mut queue.waiting);
        self.work.notify_all();
        drop(queue);
        for job in waiting {
            if let Err(error) = job.change(|record| record.status = Status::Paused) {
                tracing::error!(%error, "a waiting job could not be marked as paused");
            }
        }
    }

    /// A model that answers, read from disk unless it is at hand.
    pub(crate) fn model(&self, name: &str) -> Result<Arc<Model>, LoadError> {
        if let Some(model) = self.model_at_hand(name) {
            return Ok(model);
        }
        let _one_at_a_time = lock(&self.loading);
        if let Some(model) = self.model_at_hand(name) {
            return Ok(model);
        }
        (self.on_point)("engine.model.loading");
        // Room first: two large models at once may not fit.
        lock(&self.models).truncate(MODELS_AT_HAND - 1);
        let model = Arc::new(load_model(self, name)?);
        lock(&self.models).push_front((name.to_owned(), model.clone()));
        Ok(model)
    }

    fn model_at_hand(&self, name: &str) -> Option<Arc<Model>> {
        let models = lock(&self.models);
        models.iter().find(|(known, _)| known == name).map(|(_, model)| model.clone())
    }

    /// Gives the memory of models that only answer back; the next question reads them again.
    pub(crate) fn forget_models(&self) {
        lock(&self.models).clear();
    }

    /// Memory that a training finds: models that only answer are given back before it starts.
    pub(crate) fn memory_for_training(&self) -> Option<u64> {
        let models = lock(&self.models);
        // One that answers at this moment cannot be given back.
        let idle = models.iter().filter(|(_, model)| Arc::strong_count(model) == 1);
        let given_back: u64 = idle.map(|(_, model)| model.memory_bytes()).sum();
        (self.free_memory)().map(|free| free + given_back)
    }

    /// Memory that a training finds that starts now: models that only answer are given back, also
    /// those that came into memory while its rows were read.
    pub(crate) fn memory_at_start(&self) -> Option<u64> {
        self.forget_models();
        self.memory_for_training()
    }

    /// Makes sure that `needed` bytes are free, without the models at hand if need be.
    ///
    /// # Errors
    /// When there are fewer even so.
    pub(crate) fn make_room(&self, needed: u64) -> Result<(), TooLittleMemory> {
        let is_short = || (self.free_memory)().filter(|free| *free < needed);
        if is_short().is_none() {
            return Ok(());
        }
        self.forget_models();
        is_short().map_or(Ok(()), |free| Err(TooLittleMemory { needed, free }))
    }

    /// Forgets a model in memory, and its checkpoints.
    pub(crate) fn forget_model(&self, name: &str) {
        let is_of_it = |known: &str| {
            known.strip_prefix(name).is_some_and(|it| it.is_empty() || it.starts_with(CHECKPOINT))
        };
        lock(&self.models).retain(|(known, _)| !is_of_it(known));
    }
}
