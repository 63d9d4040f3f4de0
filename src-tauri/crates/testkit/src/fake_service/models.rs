//! The models there are: what can be trained, what it costs, when it ends; and what was trained.
//!
//! Names, prices, methods and end dates are OpenAI's of November 2026 (its pricing and deprecation
//! pages). The learning rate of 1.8 and 2.0 was seen in published jobs; it stands for all here.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::handle::Shared;
use super::refusal::Refusal;
use super::training_data::Method;
use super::world::World;

/// A model that comes with the service.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) name: &'static str,
    alias: Option<&'static str>,
    methods: &'static [Method],
    pub(super) micro_usd_per_million: u64,
    pub(super) learning_rate: f64,
    /// The day it ends, as a date and in seconds since 1970.
    ends: Option<(&'static str, u64)>,
}

const ENDS_OF_FOUR: Option<(&str, u64)> = Some(("2027-01-14", 1_799_884_800));
const BOTH: &[Method] = &[Method::Supervised, Method::Preference];
const ONE: &[Method] = &[Method::Supervised];

const BASES: [Base; 6] = [
    Base {
        name: "gpt-4.1-2025-04-14",
        alias: Some("gpt-4.1"),
        methods: BOTH,
        micro_usd_per_million: 25_000_000,
        learning_rate: 2.0,
        ends: ENDS_OF_FOUR,
    },
    Base {
        name: "gpt-4.1-mini-2025-04-14",
        alias: Some("gpt-4.1-mini"),
        methods: BOTH,
        micro_usd_per_million: 5_000_000,
        learning_rate: 2.0,
        ends: ENDS_OF_FOUR,
    },
    Base {
        name: "gpt-4o-2024-08-06",
        alias: None,
        methods: ONE,
        micro_usd_per_million: 25_000_000,
        learning_rate: 2.0,
        ends: ENDS_OF_FOUR,
    },
    Base {
        name: "gpt-4o-mini-2024-07-18",
        alias: Some("gpt-4o-mini"),
        methods: ONE,
        micro_usd_per_million: 3_000_000,
        learning_rate: 1.8,
        ends: ENDS_OF_FOUR,
    },
    Base {
        name: "gpt-4.1-nano-2025-04-14",
        alias: Some("gpt-4.1-nano"),
        methods: BOTH,
        micro_usd_per_million: 1_500_000,
        learning_rate: 2.0,
        ends: Some(("2026-10-23", 1_792_713_600)),
    },
    Base {
        name: "gpt-6-luna",
        alias: None,
        methods: &[],
        micro_usd_per_million: 0,
        learning_rate: 1.0,
        ends: None,
    },
];

impl Base {
    /// The model of a name or of another name for it, as long as it is there.
    pub(super) fn find(name: &str, now: u64) -> Option<&'static Self> {
        let named = |base: &&Self| base.name == name || base.alias == Some(name);
        BASES.iter().find(named).filter(|base| base.is_there(now))
    }

    pub(super) fn trains_by(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }

    fn is_there(&self, now: u64) -> bool {
        self.ends.is_none_or(|(_, at)| now < at)
    }

    fn shutdown_date(&self) -> Option<&'static str> {
        self.ends.map(|(date, _)| date)
    }
}

/// A model that a job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trained {
    pub(super) name: String,
    pub(super) base: &'static str,
    pub(super) organization: String,
    pub(super) created: u64,
    pub(super) ready_ms: u64,
    pub(super) job_id: String,
}

fn to_json(id: &str, created: u64, owner: &str, base: &Base) -> Value {
    json!({
        "id": id, "object": "model", "created": created, "owned_by": owner,
        "shutdown_date": base.shutdown_date(),
    })
}

impl World {
    /// Every model that an organisation can use now.
    fn models_of(&self, organization: &str) -> Vec<Value> {
        let now = self.now();
        let there = BASES.iter().filter(|base| base.is_there(now));
        let bases = there.map(|base| to_json(base.name, 1_715_367_049, "system", base));
        let trained = self.trained.iter().filter(|it| it.organization == organization);
        let trained = trained.filter_map(|it| {
            Some(to_json(&it.name, it.created, organization, Base::find(it.base, now)?))
        });
        bases.chain(trained).collect()
    }

    /// The trained model of a name, or of one of its checkpoints' names.
    pub(super) fn trained(&self, name: &str, organization: &str) -> Option<&Trained> {
        let whole = name.split(":ckpt-step-").next()?;
        let found = self.trained.iter().find(|it| it.name == whole)?;
        let is_there = Base::find(found.base, self.now()).is_some();
        let is_kept = whole == name
            || self.jobs.iter().any(|job| job.id == found.job_id && job.has_checkpoint(name));
        (found.organization == organization && is_there && is_kept).then_some(found)
    }
}

pub(super) fn no_model(name: &str) -> Refusal {
    let message = format!("The model `{name}` does not exist or you do not have access to it.");
    Refusal::missing("model_not_found", message)
}

/// `GET /v1/models`
pub(super) async fn list(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (world, account) = shared.enter(&headers)?;
    Ok(Json(json!({"object": "list", "data": world.models_of(&account.organization)})))
}

/// `GET /v1/models/{name}`
pub(super) async fn get(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (world, account) = shared.enter(&headers)?;
    let wanted = Base::find(&name, world.now()).map_or(name.as_str(), |base| base.name);
    let found = world.models_of(&account.organization).into_iter().find(|it| it["id"] == wanted);
    found.map(Json).ok_or_else(|| no_model(&name))
}

/// `DELETE /v1/models/{name}`
pub(super) async fn delete(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    let is_ours = |it: &Trained| it.name == name && it.organization == account.organization;
    let at = world.trained.iter().position(is_ours).ok_or_else(|| no_model(&name))?;
    world.trained.remove(at);
    Ok(Json(json!({"id": name, "object": "model", "deleted": true})))
}
