//! How long a training still takes, as a range, and only when it can be told honestly.

/// A range of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondsRange {
    /// At least.
    pub low: u64,
    /// At most.
    pub high: u64,
}

/// What is known about the pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Steps done.
    pub step: u64,
    /// Steps in all.
    pub total_steps: u64,
    /// Seconds spent learning so far, pauses left out.
    pub learning_seconds: f64,
    /// The service's own estimate of the seconds left, where it gives one.
    pub service_seconds_left: Option<f64>,
}

/// Before this share of the steps, or this many seconds, nothing is said (a first guess would jump).
const SAID_FROM_SHARE: f64 = 0.10;
const SAID_FROM_SECONDS: f64 = 30.0;
/// The pace of shared computers wavers by about this much either way.
const SPREAD: f64 = 0.25;

/// Time left of a running training; `None` while it is too early to tell.
#[must_use]
pub fn time_left(pace: Pace) -> Option<SecondsRange> {
    if pace.step == 0 || pace.total_steps == 0 {
        return None;
    }
    let share = as_f64(pace.step) / as_f64(pace.total_steps);
    if share < SAID_FROM_SHARE && pace.learning_seconds < SAID_FROM_SECONDS {
        return None;
    }
    let own = pace.learning_seconds / as_f64(pace.step)
        * as_f64(pace.total_steps.saturating_sub(pace.step));
    let service =
        pace.service_seconds_left.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let (shorter, longer) = match service {
        Some(service) => (own.min(service), own.max(service)),
        None => (own, own),
    };
    Some(range(shorter * (1.0 - SPREAD), longer * (1.0 + SPREAD)))
}

/// A past training: how much was learnt from and how long it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastRun {
    /// Tokens of its examples times its rounds.
    pub learnt_tokens: u64,
    /// Seconds it took.
    pub seconds: f64,
}

/// How long a training of `tokens` (times rounds) will take, from the median pace of `past` ones.
#[must_use]
pub fn expected_duration(past: &[PastRun], tokens: u64) -> Option<SecondsRange> {
    let mut paces: Vec<f64> = past
        .iter()
        .filter(|run| run.learnt_tokens > 0 && run.seconds > 0.0)
        .map(|run| run.seconds / as_f64(run.learnt_tokens))
        .collect();
    if paces.is_empty() || tokens == 0 {
        return None;
    }
    paces.sort_by(f64::total_cmp);
    let seconds = paces[paces.len() / 2] * as_f64(tokens);
    Some(range(seconds * (1.0 - SPREAD), seconds * (1.0 + SPREAD)))
}

/// The range of `spread` (a share of 1) around a number of seconds.
#[must_use]
pub fn around(seconds: f64, spread: f64) -> SecondsRange {
    range(seconds * (1.0 - spread), seconds * (1.0 + spread))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..1e9 just before"
)]
fn range(low: f64, high: f64) -> SecondsRange {
    let whole = |seconds: f64| seconds.clamp(0.0, 1e9) as u64;
    SecondsRange { low: whole(low.floor()), high: whole(high.ceil()).max(1) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of steps and tokens stay far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(step: u64, total_steps: u64, learning_seconds: f64) -> Pace {
        Pace { step, total_steps, learning_seconds, service_seconds_left: None }
    }

    #[test]
    fn nothing_is_said_too_early() {
        assert_eq!(time_left(pace(0, 100, 5.0)), None);
        assert_eq!(time_left(pace(5, 100, 5.0)), None);
        assert!(time_left(pace(5, 100, 31.0)).is_some(), "half a minute is long enough to wait");
    }

    #[test]
    fn the_range_holds_the_steady_pace() {
        assert_eq!(time_left(pace(50, 100, 100.0)), Some(SecondsRange { low: 75, high: 125 }));
    }

    #[test]
    fn the_service_may_widen_the_range_and_garbage_does_not() {
        let with = |seconds| Pace { service_seconds_left: Some(seconds), ..pace(50, 100, 100.0) };
        assert_eq!(time_left(with(200.0)), Some(SecondsRange { low: 75, high: 250 }));
        assert_eq!(time_left(with(f64::NAN)), Some(SecondsRange { low: 75, high: 125 }));
    }

    #[test]
    fn past_runs_tell_by_their_median_pace() {
        let past = [
            PastRun { learnt_tokens: 1_000, seconds: 1.0 },
            PastRun { learnt_tokens: 1_000, seconds: 2.0 },
            PastRun { learnt_tokens: 1_000, seconds: 90.0 },
        ];
        assert_eq!(expected_duration(&past, 10_000), Some(SecondsRange { low: 15, high: 25 }));
        assert_eq!(expected_duration(&[], 10_000), None);
    }
}
