//! What services far away refuse, in words; and whether asking again may help.

use std::time::Duration;

use attune_contract::{Failure, FailureCode, params};
use attune_services::{RefusalKind, RefusedReply, ServiceError};

/// A service that asks for more is asked again all the same: a training there may be over long before.
const LONGEST_WISH: Duration = Duration::from_secs(600);

/// How long a service asks to be left alone.
pub(crate) fn wish_of(error: &ServiceError) -> Option<Duration> {
    match error {
        ServiceError::Refused(refused) => refused.retry_after.map(|wish| wish.min(LONGEST_WISH)),
        _ => None,
    }
}

/// Whether asking again later may help.
pub(crate) fn is_passing(error: &ServiceError) -> bool {
    match error {
        ServiceError::Refused(refused) => {
            matches!(refused.meaning(), RefusalKind::Busy | RefusalKind::Broken)
        }
        ServiceError::Unreachable { .. } | ServiceError::Garbled { .. } | ServiceError::CutOff => {
            true
        }
        ServiceError::Endpoint(_) | ServiceError::File(_) | ServiceError::Client { .. } => false,
    }
}

/// What a person reads about an error of the service `title`.
pub(crate) fn failure_of(error: ServiceError, title: &str) -> Failure {
    match error {
        ServiceError::Refused(refused) => refusal(&refused, title),
        error => crate::IntoFailure::into_failure(error),
    }
}

/// What a person reads about a refusal of the service `title`.
pub(crate) fn refusal(refused: &RefusedReply, title: &str) -> Failure {
    let code = match refused.meaning() {
        RefusalKind::TrainingClosed => FailureCode::AccountLockedOut,
        RefusalKind::NoCredit => FailureCode::ServiceNoCredit,
        RefusalKind::KeyUnknown => FailureCode::KeyRefused,
        _ => {
            let reason = refused.message.as_str();
            return Failure::new(FailureCode::ServiceRefused, params![reason]);
        }
    };
    Failure::new(code, params![title]).with_detail(refused.message.clone())
}
