//! Which services can be added, and rows that another version wrote.

use super::*;

#[track_caller]
fn check(json: &str, expected: Result<&str, FailureCode>) {
    let request: ServiceAddRequest = serde_json::from_str(json).unwrap();
    let row = new_service(&request, 7);
    let found = row.as_ref().map(|row| row.base_url.as_str()).map_err(|failure| failure.code);
    assert_eq!(found, expected, "{json}");
}

#[test]
fn the_known_places_have_their_addresses_and_others_need_one() {
    check(r#"{"kind":"openai"}"#, Ok("https://api.openai.com/v1"));
    check(r#"{"kind":"nebius"}"#, Ok("https://api.tokenfactory.nebius.com/v1"));
    check(r#"{"kind":"crusoe"}"#, Ok("https://api.intelligence.crusoecloud.com/v1"));
    // A known place with another address would get its key sent elsewhere.
    let elsewhere = r#"{"kind":"openai","address":"https://evil.test/v1"}"#;
    check(elsewhere, Err(FailureCode::InputInvalid));
    let own =
        |address: &str| format!(r#"{{"kind":"compatible","title":"Ours","address":"{address}"}}"#);
    check(&own(" https://ours.test/v1/ "), Ok("https://ours.test/v1"));
    check(&own("http://127.0.0.1:8080/v1"), Ok("http://127.0.0.1:8080/v1"));
    for bad in ["http://ours.test/v1", "ours.test", "", "https://me:secret@ours.test/v1"] {
        check(&own(bad), Err(FailureCode::ServiceAddressUnusable));
    }
    check(
        r#"{"kind":"compatible","title":" ","address":"https://ours.test/v1"}"#,
        Err(FailureCode::InputInvalid),
    );
}

#[test]
fn rows_of_another_version_count_as_plain_addresses_without_a_key() {
    let request: ServiceAddRequest = serde_json::from_str(r#"{"kind":"openai"}"#).unwrap();
    let row = new_service(&request, 7).unwrap();
    assert_eq!((row.name.as_str(), wire::kind(&row)), ("openai", ServiceKind::Openai));
    let newer = ServiceRow { kind: "moon".to_owned(), options_json: "[]".to_owned(), ..row };
    assert_eq!(wire::kind(&newer), ServiceKind::Compatible);
    assert!(StoredOptions::of(&newer).key.is_none());
}
