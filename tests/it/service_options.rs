//! How a place is spoken to beside its address and its key: what a person says of it arrives there,
//! and changing it asks for no key.

use attune_contract::orders::{StoredDeleteRequest, StoredKind};
use attune_contract::services::{
    KeyPlace, KeyVerdict, Secret, ServiceAddRequest, ServiceCapabilities, ServiceChangeRequest,
    ServiceKeyHeader, ServiceKeySaveRequest, ServiceKind, ServiceRequest, ServiceSummary,
};
use attune_contract::training::{RunRequest, RunState};
use attune_contract::words::failure_words;
use attune_contract::{Failure, FailureCode, Nothing};
use attune_testkit::fake_service::{
    FakeService, FakeSettings, Fault, FaultPlan, LoggedRequest, Rule,
};

use crate::support::House;
use crate::support::far::FarHouse;

const CAN: ServiceCapabilities = ServiceCapabilities {
    uploads_in_parts: true,
    pause: true,
    metadata_filter: true,
    expires_after: true,
    delete_model: false,
    logprobs: false,
};

/// A program that knows one address of one's own, where a service answers that is not there.
struct Own {
    house: House,
    service: FakeService,
    name: String,
}

impl Own {
    async fn added() -> Self {
        let service = FakeService::start(FakeSettings::default());
        let house = House::open(|_| ());
        let request = ServiceAddRequest {
            kind: ServiceKind::Compatible,
            title: Some("Ours".to_owned()),
            address: Some(service.base_url()),
            key_header: None,
        };
        let list = house.app.service_add(request).await.unwrap();
        let name = list.services[0].service.clone();
        Self { house, service, name }
    }

    async fn with_key() -> Self {
        let own = Self::added().await;
        own.save_key().await;
        own
    }

    async fn save_key(&self) {
        let request = ServiceKeySaveRequest {
            service: self.name.clone(),
            key: Secret::new(FakeSettings::TOKEN.to_owned()),
            place: KeyPlace::Keyring,
            passphrase: None,
        };
        self.house.app.service_key_save(request).await.unwrap();
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut ServiceChangeRequest),
    ) -> Result<ServiceSummary, Failure> {
        change_at(&self.house, &self.name, change).await
    }

    async fn shown(&self) -> ServiceSummary {
        self.house.app.service_list(Nothing {}).await.unwrap().services.remove(0)
    }
}

async fn change_at(
    house: &House,
    service: &str,
    change: impl FnOnce(&mut ServiceChangeRequest),
) -> Result<ServiceSummary, Failure> {
    let mut request = ServiceChangeRequest {
        service: service.to_owned(),
        title: None,
        key_header: None,
        organization: None,
        project: None,
        capabilities: None,
    };
    change(&mut request);
    Ok(house.app.service_change(request).await?.services.remove(0))
}

fn account(request: &LoggedRequest) -> (Option<&str>, Option<&str>) {
    (request.header("openai-organization"), request.header("openai-project"))
}

fn verdict(shown: &ServiceSummary) -> KeyVerdict {
    shown.check.as_ref().unwrap().verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organisation_and_the_project_are_named_with_every_request() {
    let own = Own::added().await;
    let shown = own
        .change(|it| {
            it.organization = Some(" org-fake ".to_owned());
            it.project = Some("proj_1".to_owned());
        })
        .await
        .unwrap();
    assert_eq!(shown.options.organization.as_deref(), Some("org-fake"));
    assert!(own.service.log().is_empty(), "without a key nothing is asked");
    own.save_key().await;
    let named = ServiceRequest { service: own.name.clone() };
    own.house.app.stored_list(named).await.unwrap();
    let log = own.service.log();
    assert!(log.len() >= 3, "{log:?}");
    for request in &log {
        assert_eq!(account(request), (Some("org-fake"), Some("proj_1")), "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_keeps_the_key_and_tries_it_again() {
    let own = Own::with_key().await;
    // The key belongs to `org-fake`.
    let shown = own.change(|it| it.organization = Some("org-other".to_owned())).await.unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::Refused);
    assert_eq!(shown.key.as_ref().unwrap().last_four, "6789");
    let detail = shown.check.unwrap().failure.unwrap().detail.unwrap();
    assert!(detail.contains("should match organization"), "{detail}");

    let shown = own.change(|it| it.organization = Some("org-fake".to_owned())).await.unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::WorksUnknownModels);
    let shown = own
        .change(|it| {
            it.organization = Some(String::new());
            it.project = Some("proj_1".to_owned());
        })
        .await
        .unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::WorksUnknownModels);
    assert_eq!(account(own.service.log().last().unwrap()), (None, Some("proj_1")));

    let Own { house, service, name } = own;
    let house = house.reopen(|_| ()).await;
    let own = Own { house, service, name };
    let options = own.shown().await.options;
    assert_eq!(options.organization, None);
    assert_eq!(options.project.as_deref(), Some("proj_1"));
}

/// Sent in a way that the place does not know, no key works; found out at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_sent_in_another_way_is_tried_again() {
    let own = Own::with_key().await;
    let shown = own.change(|it| it.key_header = Some(ServiceKeyHeader::ApiKey)).await.unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::Refused);
    assert_eq!(shown.options.key_header, ServiceKeyHeader::ApiKey);
    let shown = own.change(|it| it.key_header = Some(ServiceKeyHeader::Bearer)).await.unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::WorksUnknownModels);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_what_a_place_can_do_ask_nothing_of_it() {
    let own = Own::with_key().await;
    let before = own.shown().await;
    assert!(!before.options.capabilities.uploads_in_parts && before.options.capabilities.logprobs);
    let asked = own.service.log().len();
    let shown = own
        .change(|it| {
            it.title = Some(" Theirs ".to_owned());
            it.capabilities = Some(CAN);
        })
        .await
        .unwrap();
    assert_eq!((shown.title.as_str(), shown.options.capabilities), ("Theirs", CAN));
    assert_eq!((&shown.check, &shown.key), (&before.check, &before.key));
    assert_eq!(own.shown().await, shown);
    // A place that deletes no models is not asked to.
    let request = StoredDeleteRequest {
        service: own.name.clone(),
        kind: StoredKind::Model,
        id: "ft:gpt-4.1-mini-2025-04-14:org::1".to_owned(),
    };
    let refused = own.house.app.stored_delete(request).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::InputInvalid);
    assert_eq!(own.service.log().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_header_can_carry_is_refused_in_words_and_changes_nothing() {
    let own = Own::with_key().await;
    let before = own.shown().await;
    let asked = own.service.log().len();
    let long = "o".repeat(101);
    for bad in ["two words", "a\r\nHost: b", "größer", long.as_str()] {
        let refused = own.change(|it| it.organization = Some(bad.to_owned())).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid, "{bad}");
        assert!(failure_words(&refused).contains("(organization)"), "{refused:?}");
        let refused = own.change(|it| it.project = Some(bad.to_owned())).await.unwrap_err();
        assert!(failure_words(&refused).contains("(project)"), "{refused:?}");
    }
    let refused = own.change(|it| it.title = Some(" ".to_owned())).await.unwrap_err();
    assert!(failure_words(&refused).contains("(title)"), "{refused:?}");
    assert_eq!(own.shown().await, before);
    assert_eq!(own.service.log().len(), asked);
    let refused = change_at(&own.house, "nowhere", |_| ()).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::ServiceMissing);
}

/// What was ordered from one account is not found from another, so it would be ordered twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_account_stays_until_its_trainings_are_over() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    far.plan(FaultPlan::new().with(Rule::new("POST", "/files", Fault::Hang { accept: true })));
    let run = far.order().await;
    far.house.wait(&run, |detail| detail.upload.is_some()).await;
    let name_it = |it: &mut ServiceChangeRequest| it.organization = Some("org-fake".to_owned());
    let refused = change_at(&far.house, "openai", name_it).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::ServiceWorks);
    far.house.app.run_cancel(RunRequest { run }).await.unwrap();
    far.plan(FaultPlan::new());
    let shown = change_at(&far.house, "openai", name_it).await.unwrap();
    assert_eq!(verdict(&shown), KeyVerdict::Works);

    let run = far.order().await;
    assert_eq!(far.rest(&run).await.summary.state, RunState::Succeeded);
    let log = far.service.log();
    let is_order =
        |it: &&LoggedRequest| it.method == "POST" && it.path.ends_with("/fine_tuning/jobs");
    let orders: Vec<_> = log.iter().filter(is_order).map(account).collect();
    assert_eq!(orders, [(Some("org-fake"), None)]);
}
