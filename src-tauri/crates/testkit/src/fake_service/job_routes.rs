//! `/v1/fine_tuning/jobs`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::faulty::server_error;
use super::handle::Shared;
use super::job::{Job, Phase};
use super::paging::{self, Query as Pairs};
use super::plan::ListBehaviour;
use super::refusal::Refusal;
use super::request_log::sha256;
use super::world::World;

type Answer = Result<Json<Value>, Refusal>;

impl World {
    fn job_at(&self, id: &str, organization: &str) -> Result<usize, Refusal> {
        let is_it = |job: &Job| job.id == id && job.organization == organization;
        self.jobs.iter().position(is_it).ok_or_else(|| {
            Refusal::missing("fine_tune_not_found", format!("Could not find fine tune: {id}"))
        })
    }

    fn job_json(&self, at: usize) -> Json<Value> {
        Json(self.jobs[at].to_json(&self.settings, &self.plan.list))
    }

    /// The jobs that a list shows, the newest first.
    fn listed(&self, organization: &str, query: &Pairs) -> Vec<Value> {
        let lag_ms = match self.plan.list {
            ListBehaviour::Lag(seconds) => seconds * 1_000,
            _ => 0,
        };
        let is_seen = |job: &&Job| {
            job.organization == organization
                && self.now_ms >= job.created_ms + lag_ms
                && fits_filter(job, query, &self.plan.list)
        };
        let jobs = self.jobs.iter().rev().filter(is_seen);
        jobs.map(|job| job.to_json(&self.settings, &self.plan.list)).collect()
    }

    fn steer(&mut self, at: usize, action: &str) -> Result<(), Refusal> {
        let job = &mut self.jobs[at];
        let status = job.status();
        match action {
            "cancel" if !job.phase.is_final() => {
                job.say("The job has been cancelled");
                job.end(Phase::Cancelled);
            }
            "pause" if !job.phase.is_final() && !job.is_paused => {
                job.is_paused = true;
                job.say("The job has been paused");
            }
            "resume" if job.is_paused => {
                job.is_paused = false;
                job.say("The job has been resumed");
            }
            "cancel" | "pause" | "resume" => {
                let message = format!("Job {} has status {status} and cannot {action}.", job.id);
                return Err(Refusal::state(message));
            }
            _ => return Err(Refusal::missing("unknown_url", "Unknown request URL")),
        }
        let job = self.jobs[at].clone();
        self.bill(&job);
        Ok(())
    }
}

/// `metadata[key]=value`, and `metadata=null` for jobs without any.
fn fits_filter(job: &Job, query: &Pairs, list: &ListBehaviour) -> bool {
    if *list == ListBehaviour::FilterIgnored {
        return true;
    }
    let has_none = job.metadata.is_empty() || *list == ListBehaviour::WithoutMetadata;
    query.iter().all(|(name, value)| {
        let key = name.strip_prefix("metadata[").and_then(|key| key.strip_suffix(']'));
        match key {
            Some(key) => !has_none && job.metadata.get(key) == Some(value),
            None => name != "metadata" || value != "null" || has_none,
        }
    })
}

/// `POST /v1/fine_tuning/jobs`
pub(super) async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (mut world, account) = shared.enter(&headers)?;
    let order: Value = serde_json::from_slice(&body).map_err(|_| Refusal::unreadable())?;
    let at = world.create_job(&account, &order, sha256(&body))?;
    Ok(world.job_json(at))
}

/// `GET /v1/fine_tuning/jobs?after&limit&metadata[key]=value`
pub(super) async fn list(
    State(shared): State<Shared>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Answer {
    let (mut world, account) = shared.enter(&headers)?;
    if world.plan.list_fails() {
        return Err(server_error());
    }
    let all = world.listed(&account.organization, &query);
    if world.plan.list != ListBehaviour::CursorLoop {
        return paging::page(all, &query, 20, 100).map(Json);
    }
    let without_cursor: Pairs = query.into_iter().filter(|(name, _)| name != "after").collect();
    let mut page = paging::page(all, &without_cursor, 20, 100)?;
    page["has_more"] = json!(true);
    Ok(Json(page))
}

/// `GET /v1/fine_tuning/jobs/{id}`
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let (world, account) = shared.enter(&headers)?;
    world.job_at(&id, &account.organization).map(|at| world.job_json(at))
}

/// `POST /v1/fine_tuning/jobs/{id}/cancel`, `/pause`, `/resume`
pub(super) async fn steer(
    State(shared): State<Shared>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let (mut world, account) = shared.enter(&headers)?;
    let at = world.job_at(&id, &account.organization)?;
    world.steer(at, &action)?;
    Ok(world.job_json(at))
}

/// `GET /v1/fine_tuning/jobs/{id}/events?after&limit`
pub(super) async fn events(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Answer {
    let (world, account) = shared.enter(&headers)?;
    let at = world.job_at(&id, &account.organization)?;
    let page = paging::page(world.jobs[at].events_json(), &query, 20, 100)?;
    Ok(Json(json!({
        "object": "list", "data": page["data"], "has_more": page["has_more"],
    })))
}

/// `GET /v1/fine_tuning/jobs/{id}/checkpoints?after&limit`
pub(super) async fn checkpoints(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Answer {
    let (world, account) = shared.enter(&headers)?;
    let at = world.job_at(&id, &account.organization)?;
    paging::page(world.jobs[at].checkpoints_json(), &query, 10, 100).map(Json)
}
