//! What a test in another process needs (`/fake/...`), and what an admin key may read.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::handle::Shared;
use super::paging::{Query as Pairs, find};
use super::plan::FaultPlan;
use super::refusal::Refusal;

const DAY_SECONDS: u64 = 86_400;

/// `POST /fake/advance {"seconds": n}`
pub(super) async fn advance(
    State(shared): State<Shared>,
    Json(order): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let seconds = order["seconds"].as_f64().filter(|seconds| (0.0..1e12).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        Refusal::invalid("seconds", "invalid_value", "Invalid 'seconds': expected a number.")
    })?;
    let by_ms = u64::try_from(Duration::from_secs_f64(seconds).as_millis()).unwrap_or(u64::MAX);
    let mut world = shared.world();
    world.advance(by_ms);
    Ok(Json(json!({"now": world.now()})))
}

/// `PUT /fake/plan`
pub(super) async fn plan(State(shared): State<Shared>, Json(plan): Json<FaultPlan>) {
    shared.world().plan = plan;
}

/// `GET /fake/ledger`
pub(super) async fn ledger(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.world().ledger))
}

/// `GET /v1/organization/costs?start_time&limit`: a day a bucket, with what its jobs have cost.
pub(super) async fn costs(
    State(shared): State<Shared>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (world, account) = shared.enter_as_admin(&headers)?;
    let start = find(&query, "start_time").and_then(|text| text.parse::<u64>().ok());
    let start = start.ok_or_else(|| {
        let message = "Missing required parameter: 'start_time'.";
        Refusal::invalid("start_time", "missing_required_parameter", message)
    })?;
    let mut days: BTreeMap<u64, u64> = BTreeMap::new();
    for row in world.ledger.rows() {
        let created = row.created_ms / 1_000;
        if row.organization == account.organization && created >= start {
            *days.entry(created / DAY_SECONDS).or_default() += row.billed_micro_usd;
        }
    }
    let bucket = |(day, micro_usd): (u64, u64)| {
        json!({
            "object": "bucket",
            "start_time": day * DAY_SECONDS, "end_time": (day + 1) * DAY_SECONDS,
            "results": [{
                "object": "organization.costs.result",
                "amount": {"value": dollars(micro_usd), "currency": "usd"},
                "line_item": null, "project_id": null,
            }],
        })
    };
    let data: Vec<Value> = days.into_iter().map(bucket).collect();
    Ok(Json(json!({"object": "page", "data": data, "has_more": false, "next_page": null})))
}

/// Exact up to nine billion dollars.
fn dollars(micro_usd: u64) -> Value {
    let text = format!("{}.{:06}", micro_usd / 1_000_000, micro_usd % 1_000_000);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
