//! What can go wrong with a service.

use std::time::Duration;

use crate::{EndpointError, UnreachableCause};

/// A refusal in the service's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedReply {
    /// The HTTP status.
    pub status: u16,
    /// The service's code, else its kind of error, where it gives one.
    pub code: Option<String>,
    /// The service's kind of error.
    pub kind: Option<String>,
    /// What of the request was wrong.
    pub param: Option<String>,
    /// The service's own text.
    pub message: String,
    /// The service's number of the request, for a letter to its people.
    pub request_id: Option<String>,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether it says itself that asking again makes sense.
    pub should_retry: Option<bool>,
    /// Bytes that would be needed, where something is short.
    pub needed: Option<u64>,
    /// Bytes that are free, where something is short.
    pub free: Option<u64>,
}

/// What a refusal means for the person, as far as every service agrees about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The key is not known.
    KeyUnknown,
    /// The key is known and may not do this.
    NotAllowed,
    /// This account may train no model any more.
    TrainingClosed,
    /// There is no credit left.
    NoCredit,
    /// Too much was asked at once.
    Busy,
    /// What was asked for is not there.
    Missing,
    /// The service itself has a problem.
    Broken,
    /// The request was wrong.
    Invalid,
}

impl RefusedReply {
    /// What it means.
    #[must_use]
    pub fn meaning(&self) -> RefusalKind {
        let codes = [self.code.as_deref(), self.kind.as_deref()];
        let has = |names: &[&str]| codes.iter().flatten().any(|code| names.contains(code));
        if has(&["training_not_available"]) {
            return RefusalKind::TrainingClosed;
        }
        let no_credit = ["insufficient_quota", "billing_not_active", "billing_hard_limit_reached"];
        if self.status == 402 || has(&no_credit) || has(&["exceeded_quota"]) {
            return RefusalKind::NoCredit;
        }
        match self.status {
            401 => RefusalKind::KeyUnknown,
            403 => RefusalKind::NotAllowed,
            404 | 410 => RefusalKind::Missing,
            408 | 409 | 429 => RefusalKind::Busy,
            500.. => RefusalKind::Broken,
            _ => RefusalKind::Invalid,
        }
    }
}

/// A call to a service did not work.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Nothing can be sent there.
    #[error("nothing can be sent to this service")]
    Endpoint(#[source] EndpointError),
    /// No connection, or it broke, or somebody else answered.
    #[error("the service at `{base_url}` cannot be reached: {cause}")]
    Unreachable {
        /// The address.
        base_url: String,
        /// Why, in kinds that have words.
        cause: UnreachableCause,
        /// Why, in the words of the layers below.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// A definite refusal.
    #[error("the service refused with status {}: {}", .0.status, .0.message)]
    Refused(Box<RefusedReply>),
    /// An answer that is none.
    #[error("the service answered `{what}` with something that is no answer")]
    Garbled {
        /// What was asked for.
        what: &'static str,
    },
    /// A stream ended before it said that it was finished.
    #[error("the answer was cut off before its end")]
    CutOff,
    /// The file to send cannot be read.
    #[error("the file to send cannot be read")]
    File(#[source] std::io::Error),
    /// The client could not be made.
    #[error("no client for `{base_url}` can be made")]
    Client {
        /// The address.
        base_url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, code: &str, kind: &str, expected: RefusalKind) {
        let text = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
        let refused =
            RefusedReply { status, code: text(code), kind: text(kind), ..RefusedReply::default() };
        assert_eq!(refused.meaning(), expected, "{refused:?}");
    }

    #[test]
    fn a_refusal_has_one_meaning() {
        check(401, "invalid_api_key", "invalid_request_error", RefusalKind::KeyUnknown);
        check(403, "training_not_available", "", RefusalKind::TrainingClosed);
        check(403, "", "", RefusalKind::NotAllowed);
        check(402, "", "", RefusalKind::NoCredit);
        check(429, "insufficient_quota", "insufficient_quota", RefusalKind::NoCredit);
        check(429, "", "insufficient_quota", RefusalKind::NoCredit);
        check(429, "rate_limit_exceeded", "", RefusalKind::Busy);
        check(404, "model_not_found", "", RefusalKind::Missing);
        check(503, "", "", RefusalKind::Broken);
        check(400, "invalid_training_file", "", RefusalKind::Invalid);
    }
}
