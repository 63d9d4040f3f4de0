//! When a training has paid for itself: a short prompt to a tuned model against a long one to a
//! model that was never tuned.
//!
//! It must never promise too early: calls are counted until the saving is at least the price.

use crate::money::MicroUsd;
use crate::usage::{CallCost, EXACT_PER_MICRO};

/// What is held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakEvenCase {
    /// What the training costs, in US dollars.
    pub training: MicroUsd,
    /// A call of the model that was never tuned.
    pub untuned: CallCost,
    /// A call of the tuned one.
    pub tuned: CallCost,
    /// What it costs in a day that the tuned model stands ready, in US dollars.
    pub hosting_a_day: MicroUsd,
    /// Calls in a day; they matter only where standing ready costs.
    pub calls_a_day: u64,
}

/// After how many calls a training has paid for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakEven {
    /// It costs nothing, and a call costs no more than before.
    AtOnce,
    /// After so many calls; where standing ready costs, after the calls of so many whole days.
    Calls(u64),
    /// However many calls there are.
    Never,
}

/// After how many calls the training has paid for itself. Amounts below nothing count as nothing.
#[must_use]
pub fn break_even(case: &BreakEvenCase) -> BreakEven {
    let hosting = exact(case.hosting_a_day);
    if hosting == 0 {
        return after(exact(case.training), case.untuned.exact(), case.tuned.exact(), 1);
    }
    // Whole days, because standing ready is paid by the day.
    let calls = u128::from(case.calls_a_day);
    let before = case.untuned.exact().saturating_mul(calls);
    let Some(now) = case.tuned.exact().checked_mul(calls).and_then(|it| it.checked_add(hosting))
    else {
        return BreakEven::Never;
    };
    after(exact(case.training), before, now, case.calls_a_day)
}

/// After how many calls, when each time of `calls` calls costs `now` instead of `before`.
fn after(training: u128, before: u128, now: u128, calls: u64) -> BreakEven {
    if training == 0 && now <= before {
        return BreakEven::AtOnce;
    }
    let Some(saved) = before.checked_sub(now).filter(|saved| *saved > 0) else {
        return BreakEven::Never;
    };
    let times = u64::try_from(training.div_ceil(saved)).ok();
    // More calls than can be counted are made by nobody.
    times.and_then(|times| times.checked_mul(calls)).map_or(BreakEven::Never, BreakEven::Calls)
}

fn exact(amount: MicroUsd) -> u128 {
    u128::try_from(amount.micros()).unwrap_or(0) * EXACT_PER_MICRO
}

#[cfg(test)]
mod tests;
