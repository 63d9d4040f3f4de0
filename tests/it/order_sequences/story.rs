//! What can happen in a random story of orders: steps of a person, of a service and of fate.

use attune_testkit::Seeded;
use attune_testkit::fake_service::{Fault, FaultPlan, ListBehaviour, RetryAfter, Rule};

/// One thing that somebody does, or that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Quote,
    /// The newest quote is ordered, by one press or by two at once.
    Place {
        is_twice: bool,
    },
    /// The oldest quote is ordered, about which much may have changed.
    PlaceOldest,
    /// A quote is ordered that was ordered before, or given by a program that has ended.
    PlaceUsed,
    Cancel,
    Pause,
    Resume,
    LookAgain,
    Edit,
    RemoveKey,
    GiveKey,
    Restart,
    /// Nobody does anything for a moment.
    Moment {
        ms: u64,
    },
    /// Nobody does anything until the latest training rests.
    Rest,
    NextJobFails,
    NextJobIsStuck,
    Happens(Trouble),
}

/// What is wrong with the service or the way to it, until something else is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    Away { requests: u64 },
    Busy { requests: u64, seconds: u64 },
    LosesAnswer { is_accepted: bool, lag: u64 },
    ListFails { times: u64 },
}

impl Trouble {
    pub(super) fn plan(self) -> FaultPlan {
        let every = |fault, requests| {
            FaultPlan::new().with(Rule::of_any_method("/*", fault).times(requests))
        };
        match self {
            Self::None => FaultPlan::new(),
            Self::Away { requests } => every(Fault::DropBeforeRead, requests),
            Self::Busy { requests, seconds } => {
                let retry_after = RetryAfter::Text(seconds.to_string());
                every(Fault::TooMany { retry_after }, requests)
            }
            Self::LosesAnswer { is_accepted, lag } => {
                let lost = if is_accepted { Fault::DropAfterAccept } else { Fault::DropBeforeRead };
                let rule = Rule::new("POST", "/fine_tuning/jobs", lost);
                FaultPlan::new().with(rule).listing(ListBehaviour::Lag(lag))
            }
            Self::ListFails { times } => FaultPlan::new().listing(ListBehaviour::Fails(times)),
        }
    }
}

/// The next thing, by chance.
pub(super) fn step(seeded: &mut Seeded) -> Step {
    let chosen = seeded.below(50);
    let mut below = |limit: usize| seeded.below(limit) as u64;
    match chosen {
        0..=6 => Step::Quote,
        7..=12 => Step::Place { is_twice: below(4) == 0 },
        13 => Step::PlaceOldest,
        14 => Step::PlaceUsed,
        15..=17 => Step::Cancel,
        18..=19 => Step::Pause,
        20..=21 => Step::Resume,
        22 => Step::LookAgain,
        23 => Step::Edit,
        24 => Step::RemoveKey,
        25..=26 => Step::GiveKey,
        // The dearest step: about one for two sequences.
        27 => Step::Restart,
        28..=34 => Step::Moment { ms: below(12) },
        35..=37 => Step::Rest,
        38 => Step::NextJobFails,
        39 => Step::NextJobIsStuck,
        40..=41 => Step::Happens(Trouble::None),
        42..=44 => Step::Happens(Trouble::Away { requests: 1 + below(40) }),
        45..=46 => Step::Happens(Trouble::Busy { requests: 1 + below(10), seconds: below(120) }),
        47..=48 => {
            let is_accepted = below(2) == 0;
            Step::Happens(Trouble::LosesAnswer { is_accepted, lag: below(400) })
        }
        _ => Step::Happens(Trouble::ListFails { times: 1 + below(12) }),
    }
}

/// Says what was played where something of it went wrong.
pub(super) struct Told<'a> {
    pub(super) seed: u64,
    pub(super) steps: &'a [Step],
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed={} played {:?}", self.seed, self.steps);
        }
    }
}
