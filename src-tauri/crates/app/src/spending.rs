//! What was spent at services and what may be spent: the caps, and the ledger of every paid action.
//!
//! Invariant: whatever may cost money is written down through [`App::spend_within_caps`] before
//! anything is asked for. There is one at a time, so that two that fit alone do not pass a cap
//! together. What is not known counts as the most that was agreed to.

mod caps;
mod export;
mod ledger;
mod paid;

use std::sync::Arc;

use attune_contract::money::{SpendCaps, SpendState};
use attune_contract::orders::OrderNotice;
use attune_contract::{AppEvent, Failure, FailureCode, Nothing, params};
use attune_cost::{MicroUsd, Spent, Verdict, check_caps};
use attune_store::{Library, ProjectId};

use crate::{App, calendar, locked};

/// What the caps say to something that may cost money.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Why it may not.
    pub(crate) refusal: Option<Failure>,
    /// What a person should hear of first.
    pub(crate) notices: Vec<OrderNotice>,
}

impl App {
    /// What was spent and may be spent.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn spend_read(self: &Arc<Self>, _: Nothing) -> Result<SpendState, Failure> {
        self.on_library(Self::spend_state).await
    }

    /// Changes the caps.
    ///
    /// # Errors
    /// `InputInvalid` naming the one that is none; failures of the library. Nothing is changed then.
    pub async fn spend_caps_change(
        self: &Arc<Self>,
        request: SpendCaps,
    ) -> Result<SpendState, Failure> {
        let caps = caps::typed(request)?;
        self.on_library(move |app, library| {
            {
                // Whoever is just spending was judged by the caps that were in force.
                let _nobody_spends = locked(&app.spending);
                caps::keep(library, caps)?;
            }
            app.spend_state(library)
        })
        .await
    }

    fn spend_state(&self, library: &Library) -> Result<SpendState, Failure> {
        let (caps, spent) = (caps::read(library)?, self.spent(library)?);
        Ok(SpendState {
            caps: caps::shown(caps),
            today_micro_usd: spent.today.micros(),
            this_month_micro_usd: spent.this_month.micros(),
            notices: caps::used(caps, spent),
        })
    }

    /// What was spent, or may still be billed, today and this month.
    pub(crate) fn spent(&self, library: &Library) -> Result<Spent, Failure> {
        let paid = paid::all(library)?;
        Ok(paid::spent_since(&paid, calendar::began(self.now_ms())))
    }

    /// Tells the page that what was spent is not what it was.
    pub(crate) fn tell_spent(&self) {
        self.desktop.emit(AppEvent::SpentChanged(Nothing {}));
    }

    /// What the caps say to something that may cost so many millionths of a US dollar at most.
    pub(crate) fn judged(&self, library: &Library, most_micro_usd: i64) -> Result<Judged, Failure> {
        let most = MicroUsd::from_micros(most_micro_usd);
        Ok(match check_caps(&caps::read(library)?, self.spent(library)?, most) {
            Verdict::Allowed { notices } => {
                Judged { refusal: None, notices: notices.into_iter().map(caps::notice).collect() }
            }
            Verdict::Refused { cap, limit, left, needed } => {
                let refusal = Some(caps::refusal(cap, limit, left, needed));
                Judged { refusal, notices: Vec::new() }
            }
        })
    }

    /// Lets something be written down that may cost so much at most, if the caps allow it; nobody
    /// else spends in between. Where nobody knows how much, only a cap of nothing can refuse it;
    /// `title` is what a person calls the service.
    ///
    /// # Errors
    /// `AboveJobCap`, `AboveDayCap`, `AboveMonthCap`, `NothingMayBeSpent`; failures of the library.
    /// Nothing is written then.
    pub(crate) fn spend_within_caps<T>(
        &self,
        library: &Library,
        title: &str,
        most_micro_usd: Option<i64>,
        write_down: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _one_at_a_time = locked(&self.spending);
        let refusal = match most_micro_usd {
            Some(most) => self.judged(library, most)?.refusal,
            None => caps::allow_nothing(&caps::read(library)?)
                .then(|| Failure::new(FailureCode::NothingMayBeSpent, params![title])),
        };
        match refusal {
            Some(refusal) => Err(refusal),
            None => write_down(),
        }
    }
}

/// What a project has cost at services so far.
pub(crate) fn spent_on(
    library: &Library,
    project: ProjectId,
) -> Result<paid::ProjectSpent, Failure> {
    Ok(paid::spent_on(&paid::all(library)?, project))
}

#[cfg(test)]
mod tests;
