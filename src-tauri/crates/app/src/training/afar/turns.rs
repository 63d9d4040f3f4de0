//! Whose turn it is to ask a service, and when: its limits count for the whole account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// One question in so long, on average, however many trainings an account has.
const BETWEEN: Duration = Duration::from_secs(10);
/// Nobody waits longer for a turn; whoever would has a clock that was set back.
const LONGEST_QUEUE: Duration = Duration::from_secs(6 * 60 * 60);

/// The turns of every service.
#[derive(Debug, Default)]
pub(crate) struct Turns(HashMap<String, Arc<Mutex<Turn>>>);

impl Turns {
    /// The turns of one service.
    pub(super) fn of(&mut self, service: &str) -> Arc<Mutex<Turn>> {
        Arc::clone(self.0.entry(service.to_owned()).or_default())
    }
}

/// When a service is asked next, or was asked last.
#[derive(Debug, Default)]
pub(super) struct Turn(Option<SystemTime>);

impl Turn {
    /// Takes the next turn and tells how long it is until then. `is_new` is about a training that was
    /// ordered a moment ago, of which the person waits to hear: it need not wait.
    pub(super) fn take(&mut self, now: SystemTime, is_new: bool) -> Duration {
        let due = self.0.map_or(now, |last| last + BETWEEN).max(now);
        let wait = due.duration_since(now).unwrap_or_default();
        if wait > LONGEST_QUEUE {
            self.0 = Some(now);
            return Duration::ZERO;
        }
        if is_new {
            // Whoever waits keeps their turn.
            self.0 = Some(self.0.map_or(now, |last| last.max(now)));
            return Duration::ZERO;
        }
        self.0 = Some(due);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[track_caller]
    fn check(turn: &mut Turn, now: u64, is_new: bool, expected: u64) {
        assert_eq!(turn.take(at(now), is_new), Duration::from_secs(expected), "at {now}");
    }

    #[test]
    fn turns_lie_ten_seconds_apart_and_new_trainings_need_none() {
        let mut turn = Turn::default();
        check(&mut turn, 1_000_000, false, 0);
        check(&mut turn, 1_000_001, false, 9);
        check(&mut turn, 1_000_001, false, 19);
        check(&mut turn, 1_000_001, true, 0);
        check(&mut turn, 1_000_020, false, 10);
        check(&mut turn, 1_000_500, false, 0);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        let mut turn = Turn::default();
        check(&mut turn, 1_000_000, false, 0);
        check(&mut turn, 500_000, false, 0);
        check(&mut turn, 500_001, false, 9);
    }
}
