//! What the library keeps of a service in its JSON columns.

use attune_contract::Failure;
use attune_contract::services::{KeyCheck, KeyPlace, ServiceKeyHeader};
use attune_store::ServiceRow;
use serde::{Deserialize, Serialize};

use crate::failures::internal;

/// How a service is spoken to, and where its key lies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredOptions {
    pub(super) key_header: ServiceKeyHeader,
    pub(super) key: Option<StoredKey>,
}

/// What may be known of a key without asking whoever keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) place: KeyPlace,
    pub(super) last_four: String,
}

impl StoredOptions {
    /// What a row says; options of another version count as none.
    pub(super) fn of(row: &ServiceRow) -> Self {
        serde_json::from_str(&row.options_json).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| internal(error.to_string()))
    }
}

/// What was found out about the key of a service.
pub(crate) fn check_of(row: &ServiceRow) -> Option<KeyCheck> {
    row.check_json.as_deref().and_then(|json| serde_json::from_str(json).ok())
}
