//! A program that knows a service which is not there, and time that passes as fast as it is waited for.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use attune_app::Pauses;
use attune_contract::money::{SpendCaps, SpendState};
use attune_contract::orders::{OrderPlaceRequest, OrderQuote, OrderQuoteRequest, OrderSettings};
use attune_contract::services::{
    KeyPlace, Secret, ServiceAddRequest, ServiceKeySaveRequest, ServiceKind,
};
use attune_contract::training::{RunDetail, RunRequest};
use attune_contract::{Failure, ProjectId};
use attune_store::{Library, LibraryOptions, ServiceRow};
use attune_testkit::GroupTask;
use attune_testkit::fake_service::{FakeService, FakeSettings, FaultPlan, LoggedRequest, Pace};

use super::House;

pub(crate) const MODEL: &str = "gpt-4.1-mini-2025-04-14";
const TASK: GroupTask = GroupTask { seed: 61, groups: 3, rows: 40 };

/// Waits by moving the service's own time.
#[derive(Debug)]
struct Hurried(Arc<FakeService>);

impl Pauses for Hurried {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.now())
    }

    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.advance(pause);
        // Whoever else waits gets a turn.
        Box::pin(tokio::time::sleep(Duration::from_millis(1)))
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// A program with a project, and OpenAI as a fake.
pub(crate) struct FarHouse {
    pub(crate) house: House,
    pub(crate) service: Arc<FakeService>,
    pub(crate) project: ProjectId,
}

impl FarHouse {
    /// The key is tried and kept; then the service does as planned.
    pub(crate) async fn open(token: &str) -> Self {
        Self::open_with(token, FakeSettings::default()).await
    }

    pub(crate) async fn open_with(token: &str, settings: FakeSettings) -> Self {
        let hurried = |service: &Arc<FakeService>| -> Arc<dyn Pauses> {
            Arc::new(Hurried(Arc::clone(service)))
        };
        Self::open_waiting(token, settings, hurried).await
    }

    /// The same with another way of waiting.
    pub(crate) async fn open_waiting(
        token: &str,
        settings: FakeSettings,
        pauses: impl FnOnce(&Arc<FakeService>) -> Arc<dyn Pauses>,
    ) -> Self {
        let service = Arc::new(FakeService::start(settings));
        let pauses = pauses(&service);
        let house = House::open(|options| {
            options.pauses = pauses;
            // The fake lives on a day of its own.
            options.clock = || 1_795_348_800_000;
        });
        let request = ServiceAddRequest {
            kind: ServiceKind::Openai,
            title: None,
            address: None,
            key_header: None,
        };
        house.app.service_add(request).await.unwrap();
        let address = service.base_url();
        let house = house
            .reopen(|home| {
                let library = Library::open(LibraryOptions::new(home.to_owned())).unwrap();
                let row = library.service("openai").unwrap().unwrap();
                library.service_put(&ServiceRow { base_url: address, ..row }).unwrap();
            })
            .await;
        let project = house.bring_in(TASK).await;
        let far = Self { house, service, project };
        far.give_key(token).await;
        far
    }

    pub(crate) async fn give_key(&self, token: &str) {
        let request = ServiceKeySaveRequest {
            service: "openai".to_owned(),
            key: Secret::new(token.to_owned()),
            place: KeyPlace::Keyring,
            passphrase: None,
        };
        self.house.app.service_key_save(request).await.unwrap();
    }

    /// Ends the program as a crash would and opens it again; nobody looks yet at what it left behind.
    pub(crate) async fn reopened(self) -> Self {
        let house = self.house.reopen(|_| ()).await;
        Self { house, ..self }
    }

    /// The same, and it finds its way.
    pub(crate) async fn restarted(self) -> Self {
        let far = self.reopened().await;
        far.house.app.recover().await.unwrap();
        far
    }

    /// Lets so many millionths of a US dollar be spent on one thing, in a day and in a month.
    pub(crate) async fn allow(&self, micro_usd: [i64; 3]) -> SpendState {
        let [per_job_micro_usd, per_day_micro_usd, per_month_micro_usd] = micro_usd;
        let caps = SpendCaps { per_job_micro_usd, per_day_micro_usd, per_month_micro_usd };
        self.house.app.spend_caps_change(caps).await.unwrap()
    }

    pub(crate) async fn quote(&self, settings: OrderSettings) -> OrderQuote {
        self.quote_of(self.project, settings).await
    }

    /// The same for another project.
    pub(crate) async fn quote_of(&self, project: ProjectId, settings: OrderSettings) -> OrderQuote {
        let request = OrderQuoteRequest {
            project,
            service: "openai".to_owned(),
            model: MODEL.to_owned(),
            settings,
            typed_ceiling_micro_usd: None,
        };
        self.house.app.order_quote(request).await.unwrap()
    }

    pub(crate) async fn place(&self, quote: &OrderQuote) -> Result<RunDetail, Failure> {
        let request = OrderPlaceRequest {
            token: quote.token.clone().unwrap_or_default(),
            ceiling_micro_usd: quote.ceiling_micro_usd.unwrap_or_default(),
            typed_micro_usd: quote.ceiling_micro_usd,
        };
        self.house.app.order_place(request).await
    }

    /// Orders a training of one round.
    pub(crate) async fn order(&self) -> String {
        let quote = self.quote(one_round()).await;
        assert_eq!(quote.refusal, None);
        self.place(&quote).await.unwrap().summary.run
    }

    pub(crate) async fn read(&self, run: &str) -> RunDetail {
        self.house.app.run_read(RunRequest { run: run.to_owned() }).await.unwrap()
    }

    /// Waits until nobody follows a training any more: it is over, or nobody can tell.
    pub(crate) async fn rest(&self, run: &str) -> RunDetail {
        self.house.app.trackers_rest(Duration::from_secs(60)).await;
        self.read(run).await
    }

    /// How many times an order for a training was sent.
    pub(crate) fn posted_orders(&self) -> usize {
        let is_order = |request: &LoggedRequest| {
            request.method == "POST" && request.path.ends_with("/fine_tuning/jobs")
        };
        self.service.log().iter().filter(|request| is_order(request)).count()
    }

    pub(crate) fn plan(&self, plan: FaultPlan) {
        self.service.plan(plan);
    }
}

pub(crate) fn one_round() -> OrderSettings {
    OrderSettings { rounds: Some(1), ..OrderSettings::default() }
}

/// A service whose jobs are over within seconds of its time, and that takes orders for ever.
pub(crate) fn hasty() -> FakeSettings {
    let second = Duration::from_secs(1);
    let step = Duration::from_millis(50);
    let pace = Pace { validating: second, queued: second, step, ..Pace::default() };
    FakeSettings { pace, last_orders: None, ..FakeSettings::default() }
}

/// The text in the names of a launch's files that no other launch has.
pub(crate) fn code_of(run: &str) -> String {
    run[run.len() - 8..].to_lowercase()
}
