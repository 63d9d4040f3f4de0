//! What may be spent: caps for a job, a day and a month, and the judgement of what comes next.
//!
//! A cap must never be passed: what is counted against it is the most that a job can come to, and
//! the last cent of a cap may be spent while nothing beyond it may.

use std::str::FromStr;

use crate::money::MicroUsd;

/// Above this much a person types the amount once more, unless another limit was chosen.
pub const TYPED_ABOVE: MicroUsd = MicroUsd::from_micros(5_000_000);

/// A limit on spending in US dollars: from nothing to a million dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cap(MicroUsd);

/// An amount that is no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CapError {
    /// It cannot be read as dollars.
    #[error("a cap is an amount in dollars, with at most six digits behind a point")]
    NotAnAmount,
    /// Less than nothing cannot be allowed.
    #[error("a cap is never below nothing, and `{0}` is")]
    Negative(MicroUsd),
    /// More than anybody should allow by mistake.
    #[error("a cap is at most `{most}` dollars, and `{0}` is more", most = Cap::MOST.amount())]
    TooHigh(MicroUsd),
}

impl Cap {
    /// Nothing may be spent.
    pub const NOTHING: Cap = Cap(MicroUsd::ZERO);
    /// The highest cap: a million dollars.
    pub const MOST: Cap = Cap(MicroUsd::from_micros(1_000_000_000_000));

    /// A cap of this amount.
    ///
    /// # Errors
    /// [`CapError::Negative`] and [`CapError::TooHigh`].
    pub fn new(amount: MicroUsd) -> Result<Self, CapError> {
        if amount < MicroUsd::ZERO {
            return Err(CapError::Negative(amount));
        }
        let cap = Cap(amount);
        if cap > Cap::MOST { Err(CapError::TooHigh(amount)) } else { Ok(cap) }
    }

    /// The amount, in US dollars.
    #[must_use]
    pub const fn amount(self) -> MicroUsd {
        self.0
    }
}

/// Reads what a person typed; blanks around it do not count. 0 means that nothing may be spent.
impl FromStr for Cap {
    type Err = CapError;

    fn from_str(text: &str) -> Result<Self, CapError> {
        Cap::new(text.trim().parse().map_err(|_| CapError::NotAnAmount)?)
    }
}

/// The caps of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// The most that one job may come to.
    pub per_job: Cap,
    /// The most that may be spent in a day.
    pub per_day: Cap,
    /// The most that may be spent in a month.
    pub per_month: Cap,
}

/// $10 a job, $25 a day, $50 a month.
impl Default for Caps {
    fn default() -> Self {
        let dollars = |dollars: i64| Cap(MicroUsd::from_micros(dollars * 1_000_000));
        Caps { per_job: dollars(10), per_day: dollars(25), per_month: dollars(50) }
    }
}

/// Which cap is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapKind {
    /// That of one job.
    Job,
    /// That of a day.
    Day,
    /// That of a month.
    Month,
}

/// How much of a cap is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapLevel {
    /// 50 % or more.
    Half,
    /// 80 % or more.
    FourFifths,
}

/// What was spent already, or may still be billed, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Since the day began.
    pub today: MicroUsd,
    /// Since the month began; what was spent today is part of it.
    pub this_month: MicroUsd,
}

/// A cap of which much is used up once the job is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapNotice {
    /// Which one.
    pub cap: CapKind,
    /// How much of it.
    pub level: CapLevel,
    /// What will have been spent at most.
    pub spent: MicroUsd,
    /// The cap.
    pub limit: MicroUsd,
}

/// Whether a job may be paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may; with what a person should hear of first.
    Allowed {
        /// At most one a cap, that of the day first.
        notices: Vec<CapNotice>,
    },
    /// It may not.
    Refused {
        /// The cap that leaves the least; the job's before the day's, the day's before the month's.
        cap: CapKind,
        /// The cap.
        limit: MicroUsd,
        /// What may still be spent under it.
        left: MicroUsd,
        /// The most that the job can come to.
        needed: MicroUsd,
    },
}

/// Judges a job that can come to `ceiling` at most. Amounts below nothing count as nothing, so that
/// no refund and no fault of a record widens a cap.
#[must_use]
pub fn check_caps(caps: &Caps, spent: Spent, ceiling: MicroUsd) -> Verdict {
    let needed = ceiling.max(MicroUsd::ZERO);
    let uses = [
        Use { cap: CapKind::Job, limit: caps.per_job, spent: MicroUsd::ZERO },
        Use { cap: CapKind::Day, limit: caps.per_day, spent: spent.today },
        // A day is part of its month, whatever the sum of the month says.
        Use {
            cap: CapKind::Month,
            limit: caps.per_month,
            spent: spent.this_month.max(spent.today),
        },
    ];
    // The first of equals is the minimum.
    let tightest = uses.iter().filter(|it| needed > it.left()).min_by_key(|it| it.left());
    if let Some(it) = tightest {
        let (limit, left) = (it.limit.amount(), it.left());
        return Verdict::Refused { cap: it.cap, limit, left, needed };
    }
    let lasting = uses.iter().filter(|it| it.cap != CapKind::Job && needed > MicroUsd::ZERO);
    Verdict::Allowed { notices: lasting.filter_map(|it| it.notice(needed)).collect() }
}

/// How much of a cap is used up by what was spent; none below half of it.
#[must_use]
pub fn cap_level(limit: Cap, spent: MicroUsd) -> Option<CapLevel> {
    let (limit, spent) = (i128::from(limit.amount().micros()), i128::from(spent.micros()));
    if spent <= 0 {
        None
    } else if spent * 100 >= limit * 80 {
        Some(CapLevel::FourFifths)
    } else if spent * 100 >= limit * 50 {
        Some(CapLevel::Half)
    } else {
        None
    }
}

/// A cap and what was spent under it.
struct Use {
    cap: CapKind,
    limit: Cap,
    spent: MicroUsd,
}

impl Use {
    fn left(&self) -> MicroUsd {
        let spent = self.spent.micros().max(0);
        MicroUsd::from_micros(self.limit.amount().micros().saturating_sub(spent).max(0))
    }

    fn notice(&self, needed: MicroUsd) -> Option<CapNotice> {
        let spent = self.spent.micros().max(0).saturating_add(needed.micros());
        let spent = MicroUsd::from_micros(spent);
        let level = cap_level(self.limit, spent)?;
        Some(CapNotice { cap: self.cap, level, spent, limit: self.limit.amount() })
    }
}

#[cfg(test)]
mod tests;
