//! What a service's reply to an order means for the money.
//!
//! Only a clean 2xx with an id, or a definitive refusal, settles anything. Everything else may have
//! been carried out and has to be looked up by the `launch_id`; it is never simply sent again.

/// A reply as it came, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchReply<'a> {
    /// An HTTP answer.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The id of the job in its body, if it has one.
        job_id: Option<&'a str>,
        /// The error code in its body, if the body is a well-formed error.
        error_code: Option<&'a str>,
    },
    /// The connection broke or the time was over.
    Broken,
}

/// What a reply means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyKind {
    /// The job exists.
    Acknowledged,
    /// The job does not exist.
    Rejected,
    /// Nobody can tell from this reply.
    Ambiguous,
}

/// Classifies a reply (the rules of the launch protocol, docs/ARCHITECTURE.md).
#[must_use]
pub fn classify_reply(reply: LaunchReply<'_>) -> ReplyKind {
    let LaunchReply::Answered { status, job_id, error_code } = reply else {
        return ReplyKind::Ambiguous;
    };
    match status {
        200..=299 if job_id.is_some_and(|id| !id.is_empty()) => ReplyKind::Acknowledged,
        400 | 401 | 402 | 403 | 404 | 413 | 422 if error_code.is_some() => ReplyKind::Rejected,
        429 if error_code == Some("insufficient_quota") => ReplyKind::Rejected,
        _ => ReplyKind::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, job_id: Option<&str>, error_code: Option<&str>, expected: ReplyKind) {
        let reply = LaunchReply::Answered { status, job_id, error_code };
        assert_eq!(classify_reply(reply), expected, "{reply:?}");
    }

    #[test]
    fn only_clean_replies_settle_anything() {
        check(200, Some("ftjob-1"), None, ReplyKind::Acknowledged);
        check(200, None, None, ReplyKind::Ambiguous);
        check(200, Some(""), None, ReplyKind::Ambiguous);
        check(400, None, Some("invalid_training_file"), ReplyKind::Rejected);
        check(403, None, Some("training_not_available"), ReplyKind::Rejected);
        check(403, None, None, ReplyKind::Ambiguous);
        check(409, None, Some("conflict"), ReplyKind::Ambiguous);
        check(429, None, Some("rate_limit_exceeded"), ReplyKind::Ambiguous);
        check(429, None, Some("insufficient_quota"), ReplyKind::Rejected);
        check(500, None, Some("server_error"), ReplyKind::Ambiguous);
        check(502, None, None, ReplyKind::Ambiguous);
        assert_eq!(classify_reply(LaunchReply::Broken), ReplyKind::Ambiguous);
    }
}
