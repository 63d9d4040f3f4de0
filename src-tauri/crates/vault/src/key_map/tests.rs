//! The bytes of an item.

use super::{Change, KeyMap, MOST_BYTES};
use crate::canary::{CANARY, assert_silent, canary};
use crate::error::VaultError;
use crate::key::VaultKey;

fn set(map: &KeyMap, service: &str, key: &str) -> Option<KeyMap> {
    let key = VaultKey::parse(key).unwrap();
    map.after(Change::Set { service: service.to_owned(), key })
}

fn text(map: &KeyMap) -> String {
    String::from_utf8(map.encode().unwrap().to_vec()).unwrap()
}

#[test]
fn the_bytes_are_fixed() {
    // Items that are in people's keyrings must be readable for ever: this text never changes.
    let map = set(&KeyMap::default(), "openai", "sk-proj-1").unwrap();
    let map = set(&map, "nebius", "a\"b").unwrap();
    let bytes = r#"{"attune_keys":1,"keys":{"nebius":"a\"b","openai":"sk-proj-1"}}"#;
    assert_eq!(text(&map), bytes);
    assert_eq!(text(&KeyMap::decode(bytes.as_bytes()).unwrap()), bytes);
}

#[test]
fn what_is_not_exactly_ours_is_garbled() {
    let foreign = [
        "",
        "sk-proj-1",
        "\"sk-proj-1\"",
        "{}",
        "null",
        r#"{"keys":{}}"#,
        r#"{"attune_keys":1}"#,
        r#"{"attune_keys":2,"keys":{}}"#,
        r#"{"attune_keys":1,"keys":{},"more":1}"#,
        r#"{"attune_keys":1,"keys":{"openai":7}}"#,
        r#"{"attune_keys":1,"keys":{"openai":""}}"#,
        r#"{"attune_keys":1,"keys":{"openai":"a b"}}"#,
        r#"{"attune_keys":1,"keys":{}} {}"#,
        "\u{feff}{\"attune_keys\":1,\"keys\":{}}",
    ];
    for text in foreign {
        let read = KeyMap::decode(text.as_bytes());
        assert!(matches!(read, Err(VaultError::Garbled)), "{text}: {read:?}");
    }
    assert!(matches!(KeyMap::decode(&[0xff, 0xfe, 0x00]), Err(VaultError::Garbled)));
}

#[test]
fn a_parser_that_quotes_what_it_read_is_not_passed_on() {
    let wrong = format!(r#"{{"attune_keys":{},"keys":{{}}}}"#, serde_json::json!(CANARY));
    let error = KeyMap::decode(wrong.as_bytes()).unwrap_err();
    assert_silent(&format!("{error} {error:?} {:?}", std::error::Error::source(&error)));
}

#[test]
fn the_limit_is_exact() {
    let rest = text(&set(&KeyMap::default(), "openai", "k").unwrap()).len() - 1;
    let fitting = "k".repeat(MOST_BYTES - rest);
    assert_eq!(text(&set(&KeyMap::default(), "openai", &fitting).unwrap()).len(), MOST_BYTES);
    let refused = set(&KeyMap::default(), "openai", &format!("{fitting}k")).unwrap().encode();
    let Err(VaultError::TooLarge { bytes: 2_561, limit: 2_560 }) = refused else {
        panic!("{refused:?}");
    };
}

#[test]
fn what_changes_nothing_is_no_change() {
    let map = set(&KeyMap::default(), "openai", "sk-proj-1").unwrap();
    assert!(set(&map, "openai", "sk-proj-1").is_none());
    assert!(set(&map, "openai", "sk-proj-2").is_some());
    assert!(map.after(Change::Remove { service: "nebius".to_owned() }).is_none());
    let emptied = map.after(Change::Remove { service: "openai".to_owned() });
    assert!(emptied.is_some_and(|map| map.is_empty()));
}

#[test]
fn a_map_and_its_listing_say_nothing_of_the_keys() {
    let map = KeyMap::default();
    let change = Change::Set { service: "openai".to_owned(), key: canary() };
    assert_silent(&format!("{change:?}"));
    let map = map.after(change).unwrap();
    assert_silent(&format!("{map:?} {:#?} {:?}", map.listings(), map.get("openai")));
}
