//! Services beside this computer and their keys, through the commands of the program, against a
//! service that is not there and keyrings in memory.

use std::fs;
use std::path::Path;

use attune_contract::services::{
    KeyPlace, KeyVerdict, KeyringState, KeysOpenRequest, Secret, ServiceAddRequest,
    ServiceKeySaveRequest, ServiceKind, ServiceList, ServiceRequest,
};
use attune_contract::{Failure, FailureCode, Nothing};
use attune_testkit::fake_service::{FakeService, FakeSettings, Fault, FaultPlan, Rule};

use crate::support::House;
use crate::support::keyrings::no_keyring;

const PASSPHRASE: &str = "correct horse battery";

/// A program that knows one service: an address of one's own, and its name.
async fn connected(house: &House, address: String) -> String {
    let request = ServiceAddRequest {
        kind: ServiceKind::Compatible,
        title: Some("Ours".to_owned()),
        address: Some(address),
        key_header: None,
    };
    house.app.service_add(request).await.unwrap().services[0].service.clone()
}

async fn save(
    house: &House,
    service: &str,
    key: &str,
    place: KeyPlace,
) -> Result<ServiceList, Failure> {
    let passphrase = (place == KeyPlace::Passphrase).then(|| Secret::new(PASSPHRASE.to_owned()));
    let request = ServiceKeySaveRequest {
        service: service.to_owned(),
        key: Secret::new(key.to_owned()),
        place,
        passphrase,
    };
    house.app.service_key_save(request).await
}

fn named(service: &str) -> ServiceRequest {
    ServiceRequest { service: service.to_owned() }
}

/// Every byte below a folder, to look for what must not be there.
fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(bytes_below(&path));
        } else if path.is_file() {
            all.extend(fs::read(&path).unwrap_or_default());
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_tried_then_kept_and_never_lies_in_the_library() {
    let service = FakeService::start(FakeSettings::default());
    let house = House::open(|_| ());
    let name = connected(&house, service.base_url()).await;
    let list = save(&house, &name, FakeSettings::TOKEN, KeyPlace::Keyring).await.unwrap();
    let shown = &list.services[0];
    let key = shown.key.as_ref().unwrap();
    assert_eq!((key.last_four.as_str(), key.place), ("6789", KeyPlace::Keyring));
    // Of an address of one's own nobody knows which models can learn.
    let check = shown.check.as_ref().unwrap();
    assert_eq!((check.verdict, check.models > 0), (KeyVerdict::WorksUnknownModels, true));
    assert!(service.ledger().rows().is_empty() && service.files().is_empty());

    let house = house.reopen(|home| {
        assert!(!holds(&bytes_below(home), FakeSettings::TOKEN), "the key lies in the library");
    });
    let house = house.await;
    let list = house.app.service_check(named(&name)).await.unwrap();
    assert!(list.services[0].key.as_ref().unwrap().is_at_hand);

    let list = house.app.service_key_remove(named(&name)).await.unwrap();
    assert_eq!((&list.services[0].key, &list.services[0].check), (&None, &None));
    let refused = house.app.service_check(named(&name)).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::KeyMissing);
    let list = house.app.service_remove(named(&name)).await.unwrap();
    assert!(list.services.is_empty());
    let refused = house.app.service_remove(named(&name)).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::ServiceMissing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_key_is_refused_and_the_key_before_stays() {
    let service = FakeService::start(FakeSettings::default());
    let house = House::open(|_| ());
    let name = connected(&house, service.base_url()).await;
    save(&house, &name, FakeSettings::TOKEN, KeyPlace::Keyring).await.unwrap();
    for (key, expected) in [
        ("", FailureCode::KeyUnusable),
        ("sk-with a blank", FailureCode::KeyUnusable),
        (FakeSettings::ADMIN_TOKEN, FailureCode::KeyIsAdmin),
        ("sk-nobody-knows-this-0000", FailureCode::KeyRefused),
    ] {
        let failure = save(&house, &name, key, KeyPlace::Keyring).await.unwrap_err();
        assert_eq!(failure.code, expected, "{key}");
        let told = serde_json::to_string(&failure).unwrap();
        assert!(key.is_empty() || !told.contains(key), "{told}");
    }
    let list = house.app.service_list(Nothing {}).await.unwrap();
    assert_eq!(list.services[0].key.as_ref().unwrap().last_four, "6789");
    let list = house.app.service_check(named(&name)).await.unwrap();
    let verdict = list.services[0].check.as_ref().unwrap().verdict;
    assert_eq!(verdict, KeyVerdict::WorksUnknownModels);
}

/// A service that cannot be asked is no reason to make somebody paste a key twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_could_not_be_tried_is_kept_and_tried_later() {
    let service = FakeService::start(FakeSettings::default());
    let house = House::open(|_| ());
    let name = connected(&house, service.base_url()).await;
    let busy = Rule::new("GET", "/models", Fault::ErrorAfterAccept);
    service.plan(FaultPlan::new().with(busy));
    let list = save(&house, &name, FakeSettings::TOKEN, KeyPlace::Keyring).await.unwrap();
    assert_eq!(list.services[0].check.as_ref().unwrap().verdict, KeyVerdict::NotNow);
    let list = house.app.service_check(named(&name)).await.unwrap();
    let verdict = list.services[0].check.as_ref().unwrap().verdict;
    assert_eq!(verdict, KeyVerdict::WorksUnknownModels);

    let nobody = connected(&house, "http://127.0.0.1:9/v1".to_owned()).await;
    assert_eq!(nobody, name, "the list has the first one in front");
    let list = house.app.service_list(Nothing {}).await.unwrap();
    let nobody = list.services[1].service.clone();
    let list = save(&house, &nobody, FakeSettings::TOKEN, KeyPlace::Session).await.unwrap();
    let check = list.services[1].check.as_ref().unwrap();
    assert_eq!(check.verdict, KeyVerdict::NotTried);
    assert!(check.failure.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_a_key_is_kept_only_as_the_person_says() {
    let service = FakeService::start(FakeSettings::default());
    let house = House::open(|options| options.keyring = no_keyring);
    let name = connected(&house, service.base_url()).await;
    let list = house.app.service_list(Nothing {}).await.unwrap();
    assert_eq!(list.keyring, KeyringState::Missing);
    let refused = save(&house, &name, FakeSettings::TOKEN, KeyPlace::Keyring).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::KeyringMissing);
    let list = house.app.service_list(Nothing {}).await.unwrap();
    assert!(list.services[0].key.is_none(), "nothing was kept behind the person's back");

    save(&house, &name, FakeSettings::TOKEN, KeyPlace::Session).await.unwrap();
    let house = house.reopen(|home| assert!(!home.join("keys.sealed").exists())).await;
    let list = house.app.service_list(Nothing {}).await.unwrap();
    assert!(!list.services[0].key.as_ref().unwrap().is_at_hand, "the session is over");
    let refused = house.app.service_check(named(&name)).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::KeyMissing);

    save(&house, &name, FakeSettings::TOKEN, KeyPlace::Passphrase).await.unwrap();
    let house = house
        .reopen(|home| {
            assert!(home.join("keys.sealed").exists());
            assert!(!holds(&bytes_below(home), FakeSettings::TOKEN));
        })
        .await;
    let list = house.app.service_list(Nothing {}).await.unwrap();
    assert!(list.is_sealed && !list.services[0].key.as_ref().unwrap().is_at_hand);
    for (passphrase, expected) in
        [("short", FailureCode::PassphraseUnusable), ("another one", FailureCode::PassphraseWrong)]
    {
        let request = KeysOpenRequest { passphrase: Secret::new(passphrase.to_owned()) };
        assert_eq!(house.app.keys_open(request).await.unwrap_err().code, expected);
    }
    // Another key can be had without the passphrase.
    let list = save(&house, &name, FakeSettings::TOKEN, KeyPlace::Session).await.unwrap();
    assert!(list.services[0].key.as_ref().unwrap().is_at_hand);
    let request = KeysOpenRequest { passphrase: Secret::new(PASSPHRASE.to_owned()) };
    let list = house.app.keys_open(request).await.unwrap();
    assert!(!list.is_sealed && list.services[0].key.as_ref().unwrap().is_at_hand);
    house.app.service_check(named(&name)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_known_once_and_an_address_that_is_none_is_refused() {
    let house = House::open(|_| ());
    let add = |kind, address: Option<&str>| {
        let request = ServiceAddRequest {
            kind,
            title: address.map(|_| "Ours".to_owned()),
            address: address.map(str::to_owned),
            key_header: None,
        };
        house.app.service_add(request)
    };
    let list = add(ServiceKind::Openai, None).await.unwrap();
    assert_eq!(list.services[0].closes_on.as_deref(), Some("2027-01-06"));
    let code = |added: Result<ServiceList, Failure>| added.unwrap_err().code;
    assert_eq!(code(add(ServiceKind::Openai, None).await), FailureCode::ServiceExists);
    let same = Some("https://api.openai.com/v1/");
    assert_eq!(code(add(ServiceKind::Compatible, same).await), FailureCode::ServiceExists);
    let plain = Some("http://ours.test/v1");
    assert_eq!(
        code(add(ServiceKind::Compatible, plain).await),
        FailureCode::ServiceAddressUnusable
    );
}
