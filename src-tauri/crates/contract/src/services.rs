//! Services beside this computer: which there are, their keys, and what a key is worth.
//!
//! A key comes in once, with [`ServiceKeySaveRequest`], and never goes out again: the page sees its
//! last four characters.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Failure;

/// Names a service; never changes.
pub type ServiceName = String;

/// A text that must not be shown or logged: a key or a passphrase on its way in.
#[derive(Clone, Deserialize, TS)]
pub struct Secret(String);

impl Secret {
    /// A secret as it was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Named so that every reader of a secret can be found with one search.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(****)")
    }
}

/// What kind of service it is: what it can do and how long is known of the known ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// OpenAI.
    Openai,
    /// Nebius Token Factory.
    Nebius,
    /// Crusoe.
    Crusoe,
    /// Any address that speaks OpenAI's format.
    Compatible,
}

/// Which header carries the key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKeyHeader {
    /// `Authorization: Bearer …`, what nearly all use.
    #[default]
    Bearer,
    /// `api-key: …`.
    ApiKey,
}

/// What an address of one's own can do. Of the known kinds it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceCapabilities {
    /// Whether a file can be sent in parts.
    pub uploads_in_parts: bool,
    /// Whether a training can pause and go on.
    pub pause: bool,
    /// Whether trainings can be looked up by a label.
    pub metadata_filter: bool,
    /// Whether it removes files by itself after a time.
    pub expires_after: bool,
    /// Whether it deletes models.
    pub delete_model: bool,
    /// Whether it answers with likelihoods.
    pub logprobs: bool,
}

/// How a service is spoken to, beside its address and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServiceOptions {
    /// Which header carries its key.
    pub key_header: ServiceKeyHeader,
    /// The organisation that is named to it, for a key that belongs to several.
    pub organization: Option<String>,
    /// The project that is named to it.
    pub project: Option<String>,
    /// What it can do.
    pub capabilities: ServiceCapabilities,
}

/// Where a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// In the computer's keyring.
    Keyring,
    /// In a file that only a passphrase opens.
    Passphrase,
    /// In memory, until Attune is closed.
    Session,
}

/// What may be shown of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ShownKey {
    /// Where it is kept.
    pub place: KeyPlace,
    /// Its last four characters; nothing of a very short one.
    pub last_four: String,
    /// Whether it is at hand: one that was kept for a session is gone with it, and a file of keys has
    /// to be opened once.
    pub is_at_hand: bool,
}

/// What a key was found to be worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyVerdict {
    /// It works, and there are models that can learn. Whether this account may train, no service
    /// tells before the first order.
    Works,
    /// It works; which models can learn is not known.
    WorksUnknownModels,
    /// It works, and none of the models it may use can learn.
    NothingToTrain,
    /// It works, and the account has no credit.
    NoCredit,
    /// The service was too busy to tell.
    NotNow,
    /// The service could not be reached, so it was not tried.
    NotTried,
    /// The service no longer takes it.
    Refused,
}

/// A model of a service that can learn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TunableModel {
    /// The service's name of it.
    pub model: String,
    /// The last day on which it answers, `YYYY-MM-DD`, where the service tells.
    pub ends_on: Option<String>,
}

/// What was found out about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyCheck {
    /// When, milliseconds since 1970.
    pub checked_at_ms: i64,
    /// In a word.
    pub verdict: KeyVerdict,
    /// Models it may use.
    pub models: u64,
    /// Those that can learn.
    pub tunable: Vec<TunableModel>,
    /// Why it could not be tried, or is refused.
    pub failure: Option<Failure>,
}

/// What learning from a million tokens costs with a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ModelPrice {
    /// The service's name of the model.
    pub model: String,
    /// For a million tokens, in millionths of a US dollar.
    pub per_million_micro_usd: i64,
}

/// A service beside this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServiceSummary {
    /// What commands call it.
    pub service: ServiceName,
    /// What kind it is.
    pub kind: ServiceKind,
    /// What a person calls it.
    pub title: String,
    /// Its address.
    pub address: String,
    /// How it is spoken to.
    pub options: ServiceOptions,
    /// The last day on which it takes orders from anybody, `YYYY-MM-DD`, where that is known.
    pub closes_on: Option<String>,
    /// Its key, once there is one.
    pub key: Option<ShownKey>,
    /// What the key was found to be worth.
    pub check: Option<KeyCheck>,
    /// What training the models costs that the key may train, where a price is known.
    pub prices: Vec<ModelPrice>,
}

/// Whether this computer has a keyring to put keys into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyringState {
    /// It has, or will tell when it is used.
    Usable,
    /// It is locked and will ask for its password.
    Locked,
    /// It has none.
    Missing,
}

/// All services beside this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServiceList {
    /// The services, in the order in which they were added.
    pub services: Vec<ServiceSummary>,
    /// Whether keys can be put into the keyring.
    pub keyring: KeyringState,
    /// Whether there is a file of keys that has to be opened with its passphrase.
    pub is_sealed: bool,
}

/// Adds a service.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAddRequest {
    /// What kind it is. Of the known kinds there is one each.
    pub kind: ServiceKind,
    /// What a person calls it; needed for an address of one's own.
    #[ts(optional = nullable)]
    pub title: Option<String>,
    /// Its address; needed for one of one's own, not allowed else.
    #[ts(optional = nullable)]
    pub address: Option<String>,
    /// Which header carries its key.
    #[ts(optional = nullable)]
    pub key_header: Option<ServiceKeyHeader>,
}

/// Changes how a service is spoken to. What is absent stays as it is; the address stays always,
/// because the key belongs to it.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceChangeRequest {
    /// Which one.
    pub service: ServiceName,
    /// What a person calls it; only of an address of one's own.
    #[ts(optional = nullable)]
    pub title: Option<String>,
    /// Which header carries its key; only for an address of one's own.
    #[ts(optional = nullable)]
    pub key_header: Option<ServiceKeyHeader>,
    /// The organisation to name to it, empty for none; only for OpenAI and an address of one's own.
    #[ts(optional = nullable)]
    pub organization: Option<String>,
    /// The project to name to it, in the same way.
    #[ts(optional = nullable)]
    pub project: Option<String>,
    /// What it can do; only of an address of one's own.
    #[ts(optional = nullable)]
    pub capabilities: Option<ServiceCapabilities>,
}

/// Names a service.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceRequest {
    /// Which one.
    pub service: ServiceName,
}

/// Tries a key, and keeps it unless the service refuses it.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceKeySaveRequest {
    /// Whose key it is.
    pub service: ServiceName,
    /// The key.
    pub key: Secret,
    /// Where to keep it.
    pub place: KeyPlace,
    /// The passphrase, where it is kept behind one.
    #[ts(optional = nullable)]
    pub passphrase: Option<Secret>,
}

/// Opens the file of keys.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeysOpenRequest {
    /// Its passphrase.
    pub passphrase: Secret,
}
