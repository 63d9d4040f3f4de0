//! Waiting for something to become true, behind a wide guard against hanging. The guards say when a
//! test gives up; they measure nothing.

use std::time::{Duration, Instant};

/// How long something may take before the test gives up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wait {
    /// What is tried again where it did not work.
    Moment,
    /// Anything that people would call at once, on a computer that is busy with other tests.
    Usual,
    /// A training of a small task, or a test of its result.
    Training,
    /// A training of thousands of real rows.
    LongTraining,
}

impl Wait {
    fn guard(self) -> Duration {
        Duration::from_secs(match self {
            Self::Moment => 3,
            Self::Usual => 60,
            Self::Training => 120,
            Self::LongTraining => 1_200,
        })
    }
}

/// Asks again and again until there is an answer; nothing when the guard is reached.
pub(crate) fn until<Answer>(wait: Wait, ask: impl Fn() -> Option<Answer>) -> Option<Answer> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if began.elapsed() > wait.guard() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}
