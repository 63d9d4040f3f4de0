//! What a fake service is started with.

use std::time::Duration;

use super::accounts::{Account, TokenKind};

/// How long the parts of a job last, in virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Looking through the files.
    pub validating: Duration,
    /// Waiting for a machine.
    pub queued: Duration,
    /// One step of the training.
    pub step: Duration,
    /// From the end of a job until its model answers (OpenAI needs minutes at times).
    pub model_ready: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            validating: Duration::from_secs(20),
            queued: Duration::from_secs(40),
            step: Duration::from_secs(1),
            model_ready: Duration::ZERO,
        }
    }
}

/// Shapes that real services answer although the API document has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks {
    /// Result files come as base64, as in some periods.
    pub base64_results: bool,
    /// A job without an error has `{"code":null,"message":null,"param":null}` instead of null.
    pub hollow_error: bool,
    /// `hyperparameters` of a preference job is null.
    pub null_preference_settings: bool,
}

/// What a fake service is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeSettings {
    /// Whose tokens are known.
    pub accounts: Vec<Account>,
    /// Where virtual time begins, in seconds since 1970.
    pub starts_at: u64,
    /// How long jobs last.
    pub pace: Pace,
    /// Deviations from the API document.
    pub quirks: Quirks,
    /// When the service begins to refuse new jobs of everybody, in seconds since 1970.
    pub last_orders: Option<u64>,
}

impl Default for FakeSettings {
    /// Four tokens, one of each kind; 22 November 2026, noon; no new jobs from 6 January 2027.
    fn default() -> Self {
        Self {
            accounts: vec![
                Account::new(Self::TOKEN, TokenKind::Normal),
                Account::new(Self::LOCKED_OUT_TOKEN, TokenKind::LockedOut),
                Account::new(Self::NO_CREDIT_TOKEN, TokenKind::NoCredit),
                Account::new(Self::ADMIN_TOKEN, TokenKind::Admin),
            ],
            starts_at: 1_795_348_800,
            pace: Pace::default(),
            quirks: Quirks::default(),
            last_orders: Some(1_799_193_600),
        }
    }
}

impl FakeSettings {
    /// May do everything.
    pub const TOKEN: &'static str = "sk-fake-normal-0123456789";
    /// May upload and not train.
    pub const LOCKED_OUT_TOKEN: &'static str = "sk-fake-locked-0123456789";
    /// Has nothing left to pay with.
    pub const NO_CREDIT_TOKEN: &'static str = "sk-fake-broke-0123456789";
    /// Reads costs only.
    pub const ADMIN_TOKEN: &'static str = "sk-admin-fake-0123456789";
}
