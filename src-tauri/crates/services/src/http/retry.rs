//! When a question is asked again, and after which pause.
//!
//! Only questions and removals come here: an order is never sent twice.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::UnreachableCause;
use crate::{RefusalKind, RefusedReply, ServiceError};

/// A longer pause than this is the person's business.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// Time and chance, handed in so that tests take none and leave nothing to it.
pub trait Pauses: std::fmt::Debug + Send + Sync {
    /// What time it is.
    fn now(&self) -> SystemTime;

    /// Waits.
    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// A number from 0 to 1 by chance, so that many computers do not ask again in step.
    fn chance(&self) -> f64;
}

/// The computer's own time and chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemPauses;

impl Pauses for SystemPauses {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(pause))
    }

    fn chance(&self) -> f64 {
        // Without chance every computer pauses alike, which is no reason to fail.
        getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
    }
}

/// The pause before a question is asked again, where it makes sense to.
pub(super) fn pause_after(error: &ServiceError, tries: u32, chance: f64) -> Option<Duration> {
    let backoff = || {
        let doubled = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10));
        doubled.min(LONGEST_BACKOFF).mul_f64(1.0 - 0.25 * chance.clamp(0.0, 1.0))
    };
    match error {
        ServiceError::Unreachable { cause, .. } => is_passing(*cause).then(backoff),
        ServiceError::Refused(refused) if is_worth_asking_again(refused) => {
            match refused.retry_after {
                // Never earlier than asked, and a little later by chance.
                Some(asked) if asked <= LONGEST_PAUSE => {
                    Some(asked + FIRST_PAUSE.mul_f64(chance.clamp(0.0, 1.0)))
                }
                Some(_) => None,
                None => Some(backoff()),
            }
        }
        _ => None,
    }
}

/// Whether what stands in the way may be gone in a moment. A certificate, a proxy or a page to sign
/// in needs a person.
fn is_passing(cause: UnreachableCause) -> bool {
    match cause {
        UnreachableCause::NoSuchHost
        | UnreachableCause::NoRoute
        | UnreachableCause::ConnectionRefused
        | UnreachableCause::TimedOut
        | UnreachableCause::Cut => true,
        UnreachableCause::Tls(_)
        | UnreachableCause::ProxyWantsPassword
        | UnreachableCause::ProxyRefused
        | UnreachableCause::SignInPage => false,
    }
}

fn is_worth_asking_again(refused: &RefusedReply) -> bool {
    refused
        .should_retry
        .unwrap_or_else(|| matches!(refused.meaning(), RefusalKind::Busy | RefusalKind::Broken))
}

/// How long a service asks to be left alone; nonsense and times that are over are no wish.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|it| it.is_finite());
    if let Some(milliseconds) = text("retry-after-ms").and_then(number) {
        return positive(milliseconds / 1_000.0);
    }
    let wish = text(RETRY_AFTER.as_str())?;
    match number(wish) {
        Some(seconds) => positive(seconds),
        None => {
            let until = httpdate::parse_http_date(wish).ok()?;
            until.duration_since(now).ok().filter(|it| !it.is_zero())
        }
    }
}

fn positive(seconds: f64) -> Option<Duration> {
    let wish = || Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    (seconds > 0.0).then(wish)
}

/// Whether a service says itself that asking again makes sense.
pub(super) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.to_str().ok()? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The time on the service's clock, in seconds since 1970.
pub(super) fn server_date(headers: &HeaderMap) -> Option<SystemTime> {
    headers
        .get(reqwest::header::DATE)
        .and_then(|it| it.to_str().ok())
        .and_then(|it| httpdate::parse_http_date(it).ok())
}
