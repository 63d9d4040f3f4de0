//! The service as a test holds it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::accounts::{Account, TokenKind, recognise};
use super::fate::Fate;
use super::front;
use super::job::Job;
use super::ledger::Ledger;
use super::plan::FaultPlan;
use super::refusal::Refusal;
use super::request_log::LoggedRequest;
use super::settings::FakeSettings;
use super::world::World;

/// The world, as the routes and the test share it.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(super) fn new(settings: FakeSettings) -> Self {
        Self(Arc::new(Mutex::new(World::new(settings))))
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        // A test that failed while it looked must not hide the reason behind a second failure.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world for somebody who may use it; an admin key may not.
    pub(super) fn enter(
        &self,
        headers: &HeaderMap,
    ) -> Result<(MutexGuard<'_, World>, Account), Refusal> {
        let world = self.world();
        let account = recognise(&world.settings.accounts, headers)?.clone();
        match account.kind {
            TokenKind::Admin => Err(Refusal::missing_scope("model.request")),
            _ => Ok((world, account)),
        }
    }

    /// The world for an admin key.
    pub(super) fn enter_as_admin(
        &self,
        headers: &HeaderMap,
    ) -> Result<(MutexGuard<'_, World>, Account), Refusal> {
        let world = self.world();
        let account = recognise(&world.settings.accounts, headers)?.clone();
        match account.kind {
            TokenKind::Admin => Ok((world, account)),
            _ => Err(Refusal::missing_scope("api.usage.read")),
        }
    }
}

/// A job as the service knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobState {
    /// The id.
    pub id: String,
    /// The status that is answered.
    pub status: &'static str,
    /// Steps that were done.
    pub steps_done: u64,
    /// Steps in all, once the files were looked through.
    pub total_steps: Option<u64>,
    /// Everything that `GET` answers.
    pub json: Value,
}

/// A file as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// The id.
    pub id: String,
    /// The name it was sent under.
    pub filename: String,
    /// What it is for.
    pub purpose: String,
    /// When it goes away, in virtual seconds since 1970.
    pub expires_at: Option<u64>,
    /// Every byte of it.
    pub content: Vec<u8>,
}

/// A running service. It ends with this value, whatever hangs on it.
#[derive(Debug)]
pub struct FakeService {
    shared: Shared,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeService {
    /// Starts a service on a free port of loopback, in a thread of its own.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    #[must_use]
    pub fn start(settings: FakeSettings) -> Self {
        let shared = Shared::new(settings);
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let serving = shared.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be made");
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let listener = listener.expect("loopback can be listened on");
                let address = listener.local_addr().expect("a listener has an address");
                tell.send(address).expect("the starter waits for it");
                tokio::select! {
                    () = front::accept(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("fake-service".to_owned()).spawn(run);
        let thread = thread.expect("a thread can be started");
        let address = told.recv().expect("the service tells where it listens");
        Self { shared, address, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens; the place for a [`super::FaultProxy`] in between.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Moves virtual time.
    ///
    /// # Panics
    /// When it is moved by more than 500 million years.
    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).expect("it is not that long");
        self.shared.world().advance(by_ms);
    }

    /// Virtual seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.shared.world().now()
    }

    /// From now on this goes wrong, and nothing else.
    pub fn plan(&self, plan: FaultPlan) {
        self.shared.world().plan = plan;
    }

    /// What becomes of the next job that nothing was said about yet.
    pub fn next_job(&self, fate: Fate) {
        self.shared.world().fates.push_back(fate);
    }

    /// From now on nobody knows this token any more, as after its owner deleted it.
    pub fn revoke(&self, token: &str) {
        self.shared.world().settings.accounts.retain(|account| account.token != token);
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.log_from(0)
    }

    /// The requests behind the first `known` ones, in order.
    #[must_use]
    pub fn log_from(&self, known: usize) -> Vec<LoggedRequest> {
        self.shared.world().log.iter().skip(known).cloned().collect()
    }

    /// How many requests there were so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.world().log.len()
    }

    /// The ledger as it is now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.shared.world().ledger.clone()
    }

    /// Every job, the oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobState> {
        self.jobs_where(|_| true)
    }

    /// The jobs that were ordered for a launch, the oldest first.
    #[must_use]
    pub fn jobs_of(&self, launch_id: &str) -> Vec<JobState> {
        self.jobs_where(|job| job.metadata.get("launch_id").is_some_and(|it| it == launch_id))
    }

    fn jobs_where(&self, is_wanted: impl Fn(&Job) -> bool) -> Vec<JobState> {
        let world = self.shared.world();
        let state = |job: &Job| JobState {
            id: job.id.clone(),
            status: job.status(),
            steps_done: job.steps_done,
            total_steps: job.plan.as_ref().map(|plan| plan.total_steps),
            json: job.to_json(&world.settings, &world.plan.list),
        };
        world.jobs.iter().filter(|job| is_wanted(job)).map(state).collect()
    }

    /// Every file that is there, the oldest first.
    #[must_use]
    pub fn files(&self) -> Vec<FileState> {
        let state = |file: &super::files::StoredFile| FileState {
            id: file.id.clone(),
            filename: file.filename.clone(),
            purpose: file.purpose.clone(),
            expires_at: file.expires_at,
            content: file.content.to_vec(),
        };
        self.shared.world().files.iter().map(state).collect()
    }

    /// The status of every upload, the oldest first.
    #[must_use]
    pub fn uploads(&self) -> Vec<(String, &'static str)> {
        let state = |upload: &super::uploads::Upload| (upload.id.clone(), upload.status());
        self.shared.world().uploads.iter().map(state).collect()
    }
}

impl Drop for FakeService {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that it has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // It panicked in its own thread then, and said so.
            let _ = thread.join();
        }
    }
}
