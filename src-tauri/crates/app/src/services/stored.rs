//! What the library keeps of a service in its JSON columns.

use attune_contract::Failure;
use attune_contract::services::{KeyCheck, KeyPlace, ServiceKeyHeader};
use attune_services::Capabilities;
use attune_store::ServiceRow;
use serde::{Deserialize, Serialize};

use crate::failures::internal;

/// How a service is spoken to, and where its key lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredOptions {
    pub(super) key_header: ServiceKeyHeader,
    pub(super) key: Option<StoredKey>,
    pub(super) organization: Option<String>,
    pub(super) project: Option<String>,
    /// Absent until a person says what their own address can do.
    pub(super) capabilities: Option<StoredCapabilities>,
}

/// What a person says that their own address can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredCapabilities {
    pub(super) uploads_in_parts: bool,
    pub(super) pause: bool,
    pub(super) metadata_filter: bool,
    pub(super) expires_after: bool,
    pub(super) delete_model: bool,
    pub(super) logprobs: bool,
}

/// What may be known of a key without asking whoever keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Default for StoredCapabilities {
    /// What any address can do: also for what a newer version asks and an older one did not keep.
    fn default() -> Self {
        let any = Capabilities::default();
        Self {
            uploads_in_parts: any.uploads_in_parts,
            pause: any.pause,
            metadata_filter: any.metadata_filter,
            expires_after: any.expires_after,
            delete_model: any.delete_model,
            logprobs: any.logprobs,
        }
    }
}

impl StoredCapabilities {
    /// What was said counts, the rest stays as it is `known`.
    pub(super) fn over(self, known: Capabilities) -> Capabilities {
        Capabilities {
            uploads_in_parts: self.uploads_in_parts,
            pause: self.pause,
            metadata_filter: self.metadata_filter,
            expires_after: self.expires_after,
            delete_model: self.delete_model,
            logprobs: self.logprobs,
            ..known
        }
    }
}

/// What was found out about the key of a service.
pub(crate) fn check_of(row: &ServiceRow) -> Option<KeyCheck> {
    row.check_json.as_deref().and_then(|json| serde_json::from_str(json).ok())
}
