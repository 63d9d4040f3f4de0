//! From errors of the domain to failures that have words.

use attune_contract::{Failure, FailureCode, params};
use attune_dataset::{ReadError, SniffError};
use attune_services::{RefusedReply, ServiceError};
use attune_store::{ImportError, OpenError, StoreError};
use attune_vault::{KeyTextError, PassphraseError, VaultError};

use crate::models;

/// An error that knows its failure. The words for the code live in the catalogue.
pub trait IntoFailure {
    /// The failure a person reads about.
    fn into_failure(self) -> Failure;
}

/// `?` for results whose error knows its failure.
pub(crate) trait OrFailure<T> {
    fn or_failure(self) -> Result<T, Failure>;
}

impl<T, E: IntoFailure> OrFailure<T> for Result<T, E> {
    fn or_failure(self) -> Result<T, Failure> {
        self.map_err(IntoFailure::into_failure)
    }
}

/// An error and its causes in one line, for logs and "Details".
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += ": ";
        text += &cause.to_string();
        source = cause.source();
    }
    text
}

pub(crate) fn internal(detail: impl Into<String>) -> Failure {
    Failure::new(FailureCode::Internal, params![]).with_detail(detail)
}

pub(crate) fn input_invalid(field: &'static str) -> Failure {
    Failure::new(FailureCode::InputInvalid, params![field])
}

impl IntoFailure for StoreError {
    fn into_failure(self) -> Failure {
        let (code, params) = match &self {
            Self::DiskFull => (FailureCode::DiskFull, params![]),
            Self::Busy => (FailureCode::LibraryBusy, params![]),
            Self::Missing { .. } => (FailureCode::ProjectMissing, params![]),
            Self::Conflict { .. } => (FailureCode::TrainingAlreadyRuns, params![]),
            Self::Damaged { .. } | Self::Gone => {
                (FailureCode::LibraryDamaged, params!["file" => "library.db"])
            }
            Self::ReadOnly => (FailureCode::LibraryNoAccess, params!["folder" => "Attune"]),
            Self::Sql { .. } | Self::Io { .. } => (FailureCode::Internal, params![]),
        };
        Failure::new(code, params).with_detail(chain(&self))
    }
}

impl IntoFailure for OpenError {
    fn into_failure(self) -> Failure {
        let (code, params) = match &self {
            Self::AlreadyOpen => (FailureCode::LibraryOpenElsewhere, params![]),
            Self::NewerFile { .. } => (FailureCode::LibraryNewer, params![]),
            Self::Damaged { file, .. } => {
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
                (
                    FailureCode::LibraryDamaged,
                    params!["file" => name.unwrap_or_else(|| "library.db".to_owned())],
                )
            }
            Self::OlderFile { .. } => (FailureCode::LibraryBusy, params![]),
            Self::NotAFolder | Self::NoAccess => {
                (FailureCode::LibraryNoAccess, params!["folder" => "Attune"])
            }
            Self::DiskFull => (FailureCode::DiskFull, params![]),
            Self::Io { .. } | Self::Sql { .. } => (FailureCode::Internal, params![]),
        };
        Failure::new(code, params).with_detail(chain(&self))
    }
}

impl IntoFailure for ImportError<Failure> {
    fn into_failure(self) -> Failure {
        match self {
            Self::Store(error) => error.into_failure(),
            Self::Fill(failure) => failure,
        }
    }
}

impl IntoFailure for SniffError {
    fn into_failure(self) -> Failure {
        let code = match &self {
            Self::Empty => FailureCode::FileEmpty,
            Self::Binary | Self::Unsupported { .. } => FailureCode::FileUnsupported,
        };
        Failure::new(code, params![]).with_detail(chain(&self))
    }
}

impl IntoFailure for ReadError {
    fn into_failure(self) -> Failure {
        let code = match &self {
            Self::Io { .. } => FailureCode::FileUnreadable,
            Self::TooManyRows { .. } => FailureCode::FileTooLarge,
        };
        Failure::new(code, params![]).with_detail(chain(&self))
    }
}

impl IntoFailure for ServiceError {
    fn into_failure(self) -> Failure {
        let (code, params) = match &self {
            Self::Unreachable { .. } | Self::Client { .. } | Self::Endpoint(_) => {
                (FailureCode::ServiceUnreachable, params![])
            }
            Self::Refused(refused) if is_told(refused) => {
                return models::engine_failure(refused, "");
            }
            Self::Refused(refused) => {
                (FailureCode::ServiceRefused, params!["reason" => refused.message.as_str()])
            }
            Self::Garbled { .. } | Self::CutOff => (FailureCode::ServiceGarbled, params![]),
            Self::File(_) => (FailureCode::FileUnreadable, params!["file" => ""]),
        };
        Failure::new(code, params).with_detail(chain(&self))
    }
}

impl IntoFailure for VaultError {
    fn into_failure(self) -> Failure {
        let code = match &self {
            Self::NoKeyring(_) | Self::NoCollection(_) => FailureCode::KeyringMissing,
            Self::Locked(_) => FailureCode::KeyringLocked,
            Self::TimedOut { .. } => FailureCode::KeyringSilent,
            Self::TooLarge { .. } => FailureCode::KeyringFull,
            Self::Garbled | Self::Ambiguous { .. } => FailureCode::KeyringGarbled,
            Self::WrongPassphrase => FailureCode::PassphraseWrong,
            Self::RemovedMeanwhile
            | Self::Failed(_)
            | Self::File(_)
            | Self::NoThread(_)
            | Self::Broken => FailureCode::KeyringFailed,
        };
        Failure::new(code, params![]).with_detail(chain(&self))
    }
}

impl IntoFailure for KeyTextError {
    fn into_failure(self) -> Failure {
        Failure::new(FailureCode::KeyUnusable, params![]).with_detail(self.to_string())
    }
}

impl IntoFailure for PassphraseError {
    fn into_failure(self) -> Failure {
        let Self::TooShort { least } = self;
        Failure::new(FailureCode::PassphraseUnusable, params!["needed" => least as u64])
            .with_detail(self.to_string())
    }
}

/// Whether a person reads words of ours for a refusal, whatever it was about.
fn is_told(refused: &RefusedReply) -> bool {
    let code = refused.code.as_deref().unwrap_or_default();
    let short_of_room = matches!(code, "not_enough_memory" | "disk_full" | "not_enough_disk");
    short_of_room || matches!(code, "base_changed" | "context_length_exceeded")
}

/// Names the file in a failure about one.
pub(crate) fn about_file(failure: Failure, file: &str) -> Failure {
    let mut failure = failure;
    failure.params.insert("file".to_owned(), file.into());
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_engine_that_a_person_can_act_on_have_words_of_their_own() {
        let refused = |code: &str| RefusedReply {
            status: 400,
            code: Some(code.to_owned()),
            message: "no".to_owned(),
            needed: Some(9),
            free: Some(6),
            ..RefusedReply::default()
        };
        for (code, expected) in [
            ("context_length_exceeded", FailureCode::QuestionTooLong),
            ("base_changed", FailureCode::BaseChanged),
            ("not_enough_memory", FailureCode::NotEnoughMemory),
            ("disk_full", FailureCode::NotEnoughDisk),
            ("another", FailureCode::ServiceRefused),
        ] {
            assert_eq!(
                ServiceError::Refused(Box::new(refused(code))).into_failure().code,
                expected
            );
        }
    }
}
