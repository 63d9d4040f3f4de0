//! A key that no text may contain, in no encoding.

use crate::key::VaultKey;

/// The key that is looked for.
pub(crate) const CANARY: &str = r#"sk-proj-CaNaRy/0123456789+abcdefghijkl"quoted\zYxWvU"#;

pub(crate) fn canary() -> VaultKey {
    VaultKey::parse(CANARY).unwrap()
}

/// Fails if `text` tells more of the canary than its last four characters.
#[track_caller]
pub(crate) fn assert_silent(text: &str) {
    for trace in traces() {
        assert!(!text.contains(&trace), "`{trace}` is told by: {text}");
    }
}

/// The canary as it is, its first and last twelve characters, and each way in which it might be
/// written down.
fn traces() -> Vec<String> {
    let (bytes, end) = (CANARY.as_bytes(), CANARY.len());
    let mut traces = vec![
        CANARY.to_owned(),
        CANARY[..12].to_owned(),
        CANARY[end - 12..].to_owned(),
        serde_json::to_string(CANARY).unwrap().trim_matches('"').to_owned(),
        CANARY.chars().map(|it| format!("{it}\0")).collect(),
        bytes.iter().map(|it| format!("{it:02x}")).collect(),
        bytes.iter().map(|it| format!("{it:02X}")).collect(),
        bytes.iter().map(|it| format!("{it}, ")).collect(),
        percent_encoded(),
    ];
    traces.extend((0..3).map(base64_without_its_ends));
    traces
}

fn percent_encoded() -> String {
    let escaped = |byte: u8| match byte {
        b'-' => "-".to_owned(),
        it if it.is_ascii_alphanumeric() => char::from(it).to_string(),
        it => format!("%{it:02X}"),
    };
    CANARY.bytes().map(escaped).collect()
}

/// The part of the canary's base64 that is the same whatever stands around it, when `offset` other
/// bytes precede it.
fn base64_without_its_ends(offset: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded = [vec![0; offset], CANARY.bytes().collect()].concat();
    let whole = padded.chunks_exact(3).skip(1).flat_map(|three| {
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        [18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift & 63) as usize]))
    });
    whole.collect()
}

#[test]
fn each_trace_would_be_seen() {
    for trace in traces() {
        assert!(std::panic::catch_unwind(|| assert_silent(&format!("a{trace}b"))).is_err());
    }
    assert_silent("VaultKey(****) xWvU");
}
