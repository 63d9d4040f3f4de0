//! Looking for the job of an order whose answer was lost.
//!
//! Never says "there is none" when it did not see everything: the person would order a second time.

use std::collections::HashSet;

use super::jobs;
use crate::http::Http;
use crate::order::LAUNCH_ID;
use crate::{LaunchSearch, LaunchTrace, RemoteJob, ServiceError};

/// Clocks of one service differ by less than this.
const SLACK_SECONDS: i64 = 15 * 60;
/// More pages of 100 jobs than this nobody orders in a quarter of an hour.
const MOST_PAGES: usize = 50;

pub(super) async fn search(http: &Http, trace: &LaunchTrace) -> Result<LaunchSearch, ServiceError> {
    let capabilities = http.capabilities();
    let mut found = Found::default();
    if capabilities.metadata {
        let filter = (LAUNCH_ID, trace.launch_id.as_str());
        let filter = capabilities.metadata_filter.then_some(filter);
        let page = jobs::page(http, filter, None).await?;
        let is_whole = page.next.is_none();
        // A service may ignore the filter, so every row is looked at.
        found.add(page.rows.into_iter().filter(|job| job.carries(&trace.launch_id)));
        if !found.jobs.is_empty() || trace.since.is_none() {
            return Ok(found.ended(is_whole));
        }
    }
    let is_complete = scan(http, trace, &mut found).await?;
    Ok(found.ended(is_complete))
}

/// Pages back from the newest job to before the order left; `false` when the list did not get there.
async fn scan(http: &Http, trace: &LaunchTrace, found: &mut Found) -> Result<bool, ServiceError> {
    let bound = trace.since.map(|since| since.saturating_sub(SLACK_SECONDS));
    let mut cursors = HashSet::new();
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = jobs::page(http, None, after.as_deref()).await?;
        let oldest = page.rows.iter().filter_map(|job| job.created_at).min();
        found.add(page.rows.into_iter().filter(|job| is_of(job, trace)));
        let is_past = bound.zip(oldest).is_some_and(|(bound, oldest)| oldest < bound);
        match page.next {
            None => return Ok(true),
            Some(_) if is_past => return Ok(true),
            // A list that leads in a circle shows no more.
            Some(next) if !cursors.insert(next.clone()) => return Ok(false),
            Some(_) if bound.is_none() => return Ok(false),
            Some(next) => after = Some(next),
        }
    }
    Ok(false)
}

/// Whether a job is the order's: by its metadata, else by the file that was sent for it alone, else
/// by the text in its suffix. Metadata of another order always speak against it.
fn is_of(job: &RemoteJob, trace: &LaunchTrace) -> bool {
    if job.metadata.contains_key(LAUNCH_ID) {
        return job.carries(&trace.launch_id);
    }
    let has_file = trace.training_file.is_some() && job.training_file == trace.training_file;
    let code = trace.code.as_deref().filter(|code| !code.is_empty());
    let has_code = code.is_some_and(|code| {
        let names = [&job.suffix, &job.fine_tuned_model];
        names.into_iter().flatten().any(|name| name.contains(code))
    });
    has_file || has_code
}

#[derive(Default)]
struct Found {
    jobs: Vec<RemoteJob>,
}

impl Found {
    fn add(&mut self, jobs: impl Iterator<Item = RemoteJob>) {
        for job in jobs {
            if !self.jobs.iter().any(|known| known.id == job.id) {
                self.jobs.push(job);
            }
        }
    }

    fn ended(mut self, is_complete: bool) -> LaunchSearch {
        // Lists come newest first; where a date is missing, that order is kept.
        self.jobs.reverse();
        self.jobs.sort_by_key(|job| job.created_at);
        LaunchSearch { jobs: self.jobs, is_complete }
    }
}
