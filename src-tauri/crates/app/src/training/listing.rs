//! All trainings in a list, for the command line.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attune_contract::Failure;
use attune_store::{LaunchRow, Library};

use super::record;
use crate::failures::OrFailure;
use crate::{App, locked};

/// A training in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLaunch {
    /// Names the order for ever.
    pub launch_id: String,
    /// The service's own id of the job.
    pub job_id: Option<String>,
    /// Where it trains.
    pub service: String,
    /// Its state.
    pub state: String,
    /// The model it started from.
    pub model: String,
    /// The name of its own model.
    pub result_model: Option<String>,
    /// Whether it works at this moment, as far as is known.
    pub is_live: bool,
}

impl App {
    /// Every training of the library, the newest first.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn listed_launches(self: &Arc<Self>) -> Result<Vec<ListedLaunch>, Failure> {
        self.on_library(|_, library| list(library)).await
    }

    /// The same for a library that another process holds; nothing is written.
    ///
    /// # Errors
    /// Failures of the library.
    pub fn launches_reading(home: PathBuf) -> Result<Vec<ListedLaunch>, Failure> {
        list(&Library::open_reading(home).or_failure()?)
    }

    /// Waits until no training is followed any more, `most` at the longest.
    pub async fn trackers_rest(&self, most: Duration) {
        const LOOK: Duration = Duration::from_millis(50);
        let all_rest = async {
            while locked(&self.trackers).values().any(|tracker| !tracker.is_finished()) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(most, all_rest).await.is_err() {
            tracing::warn!("a training is still being followed");
        }
    }
}

fn list(library: &Library) -> Result<Vec<ListedLaunch>, Failure> {
    Ok(library.launches_all().or_failure()?.into_iter().map(listed).collect())
}

fn listed(row: LaunchRow) -> ListedLaunch {
    ListedLaunch {
        is_live: record::state(&row).is_live(),
        launch_id: row.launch_id,
        job_id: row.job_id,
        service: row.service,
        state: row.state,
        model: row.model,
        result_model: row.result_model,
    }
}
