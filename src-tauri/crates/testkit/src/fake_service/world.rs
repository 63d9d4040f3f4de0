//! Everything the service knows. It has no clock: `now_ms` is moved from outside.

use std::collections::VecDeque;

use super::fate::Fate;
use super::files::StoredFile;
use super::job::{Job, Phase};
use super::ledger::Ledger;
use super::models::Trained;
use super::plan::FaultPlan;
use super::request_log::LoggedRequest;
use super::settings::FakeSettings;
use super::uploads::Upload;
use crate::Seeded;

/// Everything the service knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) settings: FakeSettings,
    pub(super) now_ms: u64,
    pub(super) plan: FaultPlan,
    pub(super) log: Vec<LoggedRequest>,
    pub(super) ledger: Ledger,
    pub(super) files: Vec<StoredFile>,
    pub(super) uploads: Vec<Upload>,
    pub(super) jobs: Vec<Job>,
    pub(super) trained: Vec<Trained>,
    pub(super) fates: VecDeque<Fate>,
    names: Seeded,
}

impl World {
    pub(super) fn new(settings: FakeSettings) -> Self {
        Self {
            now_ms: settings.starts_at * 1_000,
            settings,
            plan: FaultPlan::new(),
            log: Vec::new(),
            ledger: Ledger::default(),
            files: Vec::new(),
            uploads: Vec::new(),
            jobs: Vec::new(),
            trained: Vec::new(),
            fates: VecDeque::new(),
            names: Seeded::new(20_261_122),
        }
    }

    /// Virtual seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.now_ms / 1_000
    }

    /// A new name: `start` and `length` letters and digits, the same in every run.
    pub(super) fn new_id(&mut self, start: &str, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letters = (0..length).map(|_| char::from(*self.names.pick(LETTERS)));
        start.chars().chain(letters).collect()
    }

    /// Moves time and lets everything live on.
    pub(super) fn advance(&mut self, by_ms: u64) {
        self.now_ms += by_ms;
        self.expire_uploads();
        self.expire_files();
        let mut jobs = std::mem::take(&mut self.jobs);
        for job in jobs.iter_mut().filter(|job| !job.phase.is_final()) {
            job.catch_up(self.now_ms, &self.settings.pace);
            if job.phase == Phase::Succeeded {
                self.keep_results(job);
            }
            self.bill(job);
        }
        self.jobs = jobs;
    }

    /// Writes into the ledger what a job costs as it is now.
    pub(super) fn bill(&mut self, job: &Job) {
        let (tokens, cost) = (job.billed_tokens(), job.billed_micro_usd());
        self.ledger.bill(&job.id, tokens, cost, job.phase.is_final());
    }

    fn keep_results(&mut self, job: &Job) {
        let finished_ms = job.finished_ms.unwrap_or(self.now_ms);
        let ready = u64::try_from(self.settings.pace.model_ready.as_millis());
        self.trained.push(Trained {
            name: job.new_model.clone(),
            base: job.base,
            organization: job.organization.clone(),
            created: finished_ms / 1_000,
            ready_ms: finished_ms + ready.unwrap_or(u64::MAX / 2),
            job_id: job.id.clone(),
        });
        self.files.push(StoredFile {
            id: job.result_file.clone(),
            organization: job.organization.clone(),
            filename: "step_metrics.csv".to_owned(),
            purpose: "fine-tune-results".to_owned(),
            created: finished_ms / 1_000,
            expires_at: None,
            content: job.result_table(self.settings.quirks.base64_results).into(),
        });
    }
}
