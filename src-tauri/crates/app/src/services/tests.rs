//! Which services can be added, how they can be changed, and rows that another version wrote.

use attune_contract::services::ServiceChangeRequest;

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

fn row(json: &str) -> ServiceRow {
    new_service(&serde_json::from_str(json).unwrap(), 7).unwrap()
}

fn own() -> ServiceRow {
    row(r#"{"kind":"compatible","title":"Ours","address":"https://ours.test/v1"}"#)
}

/// What a row says after a change, beside what it said before.
fn change(row: &ServiceRow, json: &str) -> Result<StoredOptions, Failure> {
    let request: ServiceChangeRequest = serde_json::from_str(json).unwrap();
    let changed = options::changed(row, &request)?;
    assert_eq!((&changed.name, &changed.base_url), (&row.name, &row.base_url), "{json}");
    Ok(StoredOptions::of(&changed))
}

#[track_caller]
fn check_refused(row: &ServiceRow, json: &str, field: &'static str) {
    assert_eq!(change(row, json).map(|_| ()), Err(input_invalid(field)), "{json}");
}

#[test]
fn an_organisation_and_a_project_are_kept_as_a_header_can_carry_them() {
    let openai = row(r#"{"kind":"openai"}"#);
    for row in [&openai, &own()] {
        let json = r#"{"service":"it","organization":" org-1 ","project":"proj_2"}"#;
        let options = change(row, json).unwrap();
        assert_eq!(options.organization.as_deref(), Some("org-1"));
        assert_eq!(options.project.as_deref(), Some("proj_2"));
        let longest = "o".repeat(100);
        let json = format!(r#"{{"service":"it","organization":"{longest}"}}"#);
        assert_eq!(change(row, &json).unwrap().organization, Some(longest));
        for bad in ["two words", "line\\nbreak", "nul\\u0000", "ümlaut", &"o".repeat(101)] {
            let json = format!(r#"{{"service":"it","organization":"{bad}"}}"#);
            check_refused(row, &json, "organization");
            let json = format!(r#"{{"service":"it","project":"{bad}"}}"#);
            check_refused(row, &json, "project");
        }
    }
}

#[test]
fn what_is_absent_stays_and_what_is_empty_is_taken_away() {
    let before = StoredOptions {
        organization: Some("org-1".to_owned()),
        project: Some("proj_2".to_owned()),
        key_header: ServiceKeyHeader::ApiKey,
        ..StoredOptions::default()
    };
    let row = ServiceRow { options_json: before.to_json().unwrap(), ..own() };
    assert_eq!(change(&row, r#"{"service":"it"}"#), Ok(before.clone()));
    let expected = StoredOptions { organization: None, ..before };
    assert_eq!(change(&row, r#"{"service":"it","organization":" "}"#), Ok(expected));
}

#[test]
fn of_a_known_place_only_the_account_changes() {
    let can = r#"{"uploadsInParts":true,"pause":true,"metadataFilter":true,"expiresAfter":true,
        "deleteModel":true,"logprobs":true}"#;
    let can = format!(r#"{{"service":"it","capabilities":{can}}}"#);
    for kind in ["openai", "nebius"] {
        let known = row(&format!(r#"{{"kind":"{kind}"}}"#));
        check_refused(&known, r#"{"service":"it","title":"Mine"}"#, "title");
        check_refused(&known, r#"{"service":"it","keyHeader":"api_key"}"#, "keyHeader");
        check_refused(&known, &can, "capabilities");
    }
    let nebius = row(r#"{"kind":"nebius"}"#);
    check_refused(&nebius, r#"{"service":"it","organization":"org-1"}"#, "organization");
    check_refused(&nebius, r#"{"service":"it","project":"proj_2"}"#, "project");
    check_refused(&own(), r#"{"service":"it","title":" "}"#, "title");
    assert!(change(&own(), &can).is_ok());
}

#[test]
fn an_address_of_ones_own_can_do_what_the_person_says() {
    let untold = own();
    assert_eq!(capabilities(&untold), attune_services::Capabilities::default());
    let json = r#"{"service":"it","title":" Theirs ","capabilities":{"uploadsInParts":true,
        "pause":true,"metadataFilter":true,"expiresAfter":true,"deleteModel":false,
        "logprobs":false}}"#;
    let request: ServiceChangeRequest = serde_json::from_str(json).unwrap();
    let told = options::changed(&untold, &request).unwrap();
    assert_eq!(told.title, "Theirs");
    let can = capabilities(&told);
    assert!(can.uploads_in_parts && can.pause && can.metadata_filter && can.expires_after);
    assert!(!can.delete_model && !can.logprobs);
    // What nobody is asked about stays as it is of any address.
    assert!(can.checkpoints && can.other_settings && can.tunable.is_empty());
    // A flag that an older version did not keep is as of any address, and loses nothing else.
    let older = r#"{"organization":"org-1","capabilities":{"pause":true}}"#;
    let older = ServiceRow { options_json: older.to_owned(), ..own() };
    assert_eq!(StoredOptions::of(&older).organization.as_deref(), Some("org-1"));
    let can = capabilities(&older);
    assert!(can.pause && can.logprobs && !can.uploads_in_parts);
    // Of a known place it is known.
    let openai = row(r#"{"kind":"openai"}"#);
    let openai = ServiceRow { options_json: told.options_json, ..openai };
    assert_eq!(capabilities(&openai), attune_services::Capabilities::openai());
}
