//! Whether a key works, found out in seconds and without spending anything.

use std::time::Duration;

use super::models;
use crate::http::Http;
use crate::{KeyKind, RefusalKind, RefusedReply, RemoteModel, ServiceError, UnreachableCause};

/// What a key is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCheck {
    /// It works.
    Accepted {
        /// Models it may use.
        models: usize,
        /// Those among them that can learn; nobody knows when absent. That the account is not
        /// locked out of training no service tells beforehand.
        tunable: Option<Vec<String>>,
    },
    /// The service does not take it.
    Refused(RefusedReply),
    /// It administers an account and can neither train nor answer; it was not sent.
    AdminKey,
    /// It works, and the account has no credit.
    NoCredit(RefusedReply),
    /// The service is too busy or broken to say.
    NotNow(RefusedReply),
    /// The service cannot be reached.
    Unreachable(UnreachableCause),
    /// Something answered that does not speak OpenAI's format.
    NotAService,
}

/// Asks for the models, once.
pub(super) async fn check_key(http: &Http, budget: Duration) -> KeyCheck {
    if http.endpoint().key.kind() == KeyKind::Admin {
        return KeyCheck::AdminKey;
    }
    let answer = http.json("models", http.get("/models").timeout(budget)).await;
    match answer.and_then(|answer| models::read_list(&answer)) {
        Ok(models) => {
            let today = http.server_date().map(day);
            let tunable = tunable(&models, &http.capabilities().tunable, today.as_deref());
            KeyCheck::Accepted { models: models.len(), tunable }
        }
        Err(ServiceError::Refused(refused)) => match refused.meaning() {
            RefusalKind::NoCredit => KeyCheck::NoCredit(*refused),
            RefusalKind::Busy | RefusalKind::Broken => KeyCheck::NotNow(*refused),
            // Whoever has no list of models is no service, or not at this address.
            RefusalKind::Missing => KeyCheck::NotAService,
            _ => KeyCheck::Refused(*refused),
        },
        Err(ServiceError::Unreachable { cause, .. }) => KeyCheck::Unreachable(cause),
        Err(_) => KeyCheck::NotAService,
    }
}

/// The models that can learn and are not switched off: those known to, and what was trained on them.
fn tunable(models: &[RemoteModel], known: &[String], today: Option<&str>) -> Option<Vec<String>> {
    if known.is_empty() {
        return None;
    }
    let can_learn = |model: &&RemoteModel| {
        let trained = model.id.strip_prefix("ft:").and_then(|rest| rest.split(':').next());
        known.iter().any(|name| *name == trained.unwrap_or(&model.id))
    };
    let is_on = |model: &&RemoteModel| match (&model.shutdown_date, today) {
        (Some(last), Some(today)) => last.as_str() > today,
        _ => true,
    };
    let names = models.iter().filter(can_learn).filter(is_on).map(|model| model.id.clone());
    Some(names.collect())
}

/// The day of a moment, `YYYY-MM-DD` (Howard Hinnant's algorithm for civil dates).
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn days_follow_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_799_884_799, "2027-01-13"),
            (1_799_884_800, "2027-01-14"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day(seconds), expected);
        }
    }

    #[test]
    fn what_is_switched_off_cannot_learn() {
        let model = |id: &str, last: &str| {
            RemoteModel::read(&json!({"id": id, "shutdown_date": last})).unwrap()
        };
        let models = [
            model("a", "2027-01-14"),
            model("ft:a:org::1", "2027-01-14"),
            model("b", ""),
            model("c", ""),
        ];
        let known = ["a".to_owned(), "b".to_owned()];
        let names = |today| tunable(&models, &known, today).unwrap();
        assert_eq!(names(Some("2027-01-13")), ["a", "ft:a:org::1", "b"]);
        assert_eq!(names(Some("2027-01-14")), ["b"]);
        assert_eq!(names(None).len(), 3);
        assert_eq!(tunable(&models, &[], None), None);
    }
}
