//! What earlier trainings were billed: the next price learns from it.

use std::collections::HashMap;

use attune_contract::Failure;
use attune_cost::{BilledBefore, MicroUsd};
use attune_jobs::State;
use attune_store::Library;

use crate::failures::OrFailure;
use crate::training::{detail, record};

/// What was expected of trainings that succeeded, and what they were billed, by service and model.
#[derive(Debug, Default)]
pub(crate) struct BilledTrainings(HashMap<String, HashMap<String, Vec<(MicroUsd, MicroUsd)>>>);

impl BilledTrainings {
    /// Reads all of them.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) fn read(library: &Library) -> Result<Self, Failure> {
        let mut billed = Self::default();
        for launch in library.launches_all().or_failure()? {
            if record::state(&launch) != State::Succeeded {
                continue;
            }
            let Some(counted) = record::recipe(&launch).counted_micro_usd else { continue };
            let kept = record::progress(&launch).unwrap_or_default();
            let cost = detail::cost(library, &launch, &kept)?;
            let Some(actual) = cost.and_then(|cost| cost.actual_micro_usd) else { continue };
            let of_service = billed.0.entry(launch.service).or_default();
            let amounts = (MicroUsd::from_micros(counted), MicroUsd::from_micros(actual));
            of_service.entry(launch.model).or_default().push(amounts);
        }
        Ok(billed)
    }

    /// What trainings from this model were billed at this service; none where nobody knows.
    pub(crate) fn of(&self, service: &str, model: &str) -> Option<BilledBefore> {
        BilledBefore::of(self.0.get(service)?.get(model)?.iter().copied())
    }
}
