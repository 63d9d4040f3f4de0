//! What one item holds: the keys of all services, as bytes.
//!
//! The bytes are JSON in UTF-8, because some keyrings keep nothing else unharmed. What does not
//! read back as exactly this is refused: it may be somebody else's, or a newer version's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::key::{KeyKind, VaultKey};

/// The most an item may hold: the limit of Windows, held everywhere so that keys can move.
pub const MOST_BYTES: usize = 2_560;

/// The version of the bytes.
const VERSION: u32 = 1;

/// The keys of an installation by the name of their service.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyMap(BTreeMap<String, VaultKey>);

/// What may be shown of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyListing {
    /// The service's name, as it was given to `set`.
    pub service: String,
    /// The key's last four characters, or nothing for a very short one.
    pub last_four: String,
    /// What the key's prefix says.
    pub kind: KeyKind,
}

/// A change of the map.
#[derive(Debug)]
pub(crate) enum Change {
    Set { service: String, key: VaultKey },
    Remove { service: String },
}

#[derive(Serialize)]
struct Written<'map> {
    attune_keys: u32,
    keys: BTreeMap<&'map str, &'map str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    attune_keys: u32,
    keys: BTreeMap<String, Zeroizing<String>>,
}

impl KeyMap {
    /// Reads the bytes of an item. The parser's own error is not kept: it may quote a key.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        let read: Read = serde_json::from_slice(bytes).map_err(|_| VaultError::Garbled)?;
        if read.attune_keys != VERSION {
            return Err(VaultError::Garbled);
        }
        let mut keys = BTreeMap::new();
        for (service, text) in read.keys {
            keys.insert(service, VaultKey::parse(&text).map_err(|_| VaultError::Garbled)?);
        }
        Ok(Self(keys))
    }

    /// The bytes for an item, if they fit into one.
    pub(crate) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.0.iter().map(|(name, key)| (name.as_str(), key.expose_for_service()));
        let written = Written { attune_keys: VERSION, keys: keys.collect() };
        // Room for everything that will be kept, so that growing leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * MOST_BYTES));
        serde_json::to_writer(&mut *bytes, &written).expect("text is written into memory");
        if bytes.len() > MOST_BYTES {
            return Err(VaultError::TooLarge { bytes: bytes.len(), limit: MOST_BYTES });
        }
        Ok(bytes)
    }

    pub(crate) fn get(&self, service: &str) -> Option<&VaultKey> {
        self.0.get(service)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &VaultKey> {
        self.0.values()
    }

    pub(crate) fn listings(&self) -> Vec<KeyListing> {
        let listing = |(service, key): (&String, &VaultKey)| KeyListing {
            service: service.clone(),
            last_four: key.last_four().to_owned(),
            kind: key.kind(),
        };
        self.0.iter().map(listing).collect()
    }

    /// The map after `change`, or nothing where that is the same map.
    pub(crate) fn after(&self, change: Change) -> Option<Self> {
        let mut after = self.clone();
        match change {
            Change::Set { service, key } => {
                let old = after.0.insert(service, key.clone());
                let is_same = |old: VaultKey| old.expose_for_service() == key.expose_for_service();
                (!old.is_some_and(is_same)).then_some(after)
            }
            Change::Remove { service } => after.0.remove(&service).map(|_| after),
        }
    }
}

#[cfg(test)]
mod tests;
