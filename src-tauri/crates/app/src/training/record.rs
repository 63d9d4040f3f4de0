//! What the library keeps of a training in its JSON columns, and moving its state.

use std::collections::BTreeMap;
use std::sync::Arc;

use attune_contract::{Failure, FailureCode, Param, Params};
use attune_jobs::{Effect, Event, State, step};
use attune_services::RefusedReply;
use attune_store::{LaunchChange, LaunchRow, Library};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failures::OrFailure;
use crate::{App, models};

/// The settings of an order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredRecipe {
    /// By the service's names; what is absent the service chose.
    pub(crate) hyperparameters: Map<String, Value>,
    /// Makes the run repeatable.
    pub(crate) seed: u32,
    /// Tokens of the usable examples, as training counts them.
    pub(crate) tokens: u64,
    /// What a person calls the model it started from.
    #[serde(default)]
    pub(crate) base_title: Option<String>,
    /// The training whose model it started from, where it was one.
    #[serde(default)]
    pub(crate) parent: Option<String>,
    /// Memory it was promised to need, where it was measured.
    #[serde(default)]
    pub(crate) promised_memory_bytes: Option<u64>,
    /// Becomes part of the model's name, where somebody wished so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) suffix: Option<String>,
    /// What a person called the service when it was ordered, where it was not this computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) service_title: Option<String>,
    /// Tells the key that the order was given with, where that was lent for it, without telling it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lent_key: Option<String>,
    /// The price for a million tokens when it was ordered, in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price_micro_usd: Option<i64>,
    /// What it was expected to cost by its count alone, in millionths of a US dollar: what the bill is held
    /// against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) counted_micro_usd: Option<i64>,
    /// The least it would cost, in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) least_micro_usd: Option<i64>,
}

/// How far a training was when the service was heard last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StoredProgress {
    pub(crate) phase: String,
    pub(crate) step: u64,
    pub(crate) total_steps: u64,
    pub(crate) round: u64,
    pub(crate) rounds: u64,
    pub(crate) saved_step: Option<u64>,
    pub(crate) tokens_per_second: Option<f64>,
    pub(crate) seconds_left: Option<f64>,
    /// Seconds spent learning, pauses left out.
    pub(crate) learning_seconds: f64,
    pub(crate) last_news_ms: i64,
    /// The settings as the service resolved them.
    pub(crate) settings: BTreeMap<String, f64>,
    /// The most memory the service held so far.
    pub(crate) peak_memory_bytes: Option<u64>,
    /// Memory it needs, as the service computed before it began.
    pub(crate) memory_bytes: Option<u64>,
    /// Whether it ended before its last step because unseen examples got no better.
    pub(crate) stopped_early: bool,
    /// The step whose numbers answer.
    pub(crate) best_step: Option<u64>,
    /// Tokens that the service bills, once it tells.
    pub(crate) billed_tokens: Option<u64>,
}

/// Why a training ended without a model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredFailure {
    /// A failure code of ours, or the service's own.
    pub(crate) code: String,
    /// The service's own text.
    pub(crate) reason: String,
    /// The values of the failure's words, where it is one of ours.
    #[serde(default)]
    pub(crate) params: Params,
}

impl StoredFailure {
    /// Takes an earlier failure back: what was wrong is not wrong any more.
    pub(super) fn none() -> Self {
        Self { code: String::new(), reason: String::new(), params: Params::new() }
    }

    pub(super) fn from_failure(failure: &Failure) -> Self {
        let reason = match failure.params.get("reason") {
            Some(Param::Text(reason)) => reason.clone(),
            _ => failure.detail.clone().unwrap_or_default(),
        };
        Self { code: failure.code.as_text(), reason, params: failure.params.clone() }
    }

    /// What a service said went wrong, in our words where we have some; `about` is the model.
    pub(super) fn from_service(refused: &RefusedReply, about: &str) -> Self {
        let failure = models::engine_failure(refused, about);
        match failure.code {
            FailureCode::ServiceRefused => Self {
                code: refused.code.clone().unwrap_or_default(),
                reason: refused.message.clone(),
                params: Params::new(),
            },
            _ => Self::from_failure(&failure),
        }
    }

    /// In words; `is_here` says that this computer's engine is the service.
    pub(super) fn failure(&self, is_here: bool) -> Failure {
        let reason = self.reason.as_str();
        let ours = serde_json::from_value(Value::from(self.code.as_str())).ok();
        match ours {
            Some(FailureCode::ServiceUnreachable) if is_here => {
                Failure::new(FailureCode::EngineStopped, Params::new()).with_detail(reason)
            }
            Some(code) if code != FailureCode::TrainingFailed => {
                Failure::new(code, self.params.clone()).with_detail(reason)
            }
            _ => Failure::new(FailureCode::TrainingFailed, attune_contract::params![reason])
                .with_detail(format!("{}: {reason}", self.code)),
        }
    }
}

/// The stored state; one that this version does not know is shown as unknown.
pub(crate) fn state(launch: &LaunchRow) -> State {
    launch.state.parse().unwrap_or(State::Unknown)
}

pub(crate) fn progress(launch: &LaunchRow) -> Option<StoredProgress> {
    launch.progress_json.as_deref().and_then(|json| serde_json::from_str(json).ok())
}

pub(crate) fn recipe(launch: &LaunchRow) -> StoredRecipe {
    serde_json::from_str(&launch.recipe_json).unwrap_or_default()
}

pub(super) fn failure(launch: &LaunchRow) -> Option<Failure> {
    let stored: Option<StoredFailure> =
        launch.error_json.as_deref().and_then(|json| serde_json::from_str(json).ok());
    stored
        .filter(|stored| !stored.code.is_empty() || !stored.reason.is_empty())
        .map(|stored| stored.failure(launch.service == super::THIS_COMPUTER))
}

/// What comes with an event, to be stored in the same change.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) job_id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) progress: Option<StoredProgress>,
    pub(super) failure: Option<StoredFailure>,
    /// The service's own time just before the order left, in milliseconds since 1970.
    pub(super) server_ms: Option<i64>,
    /// Counts only while the training is in this state: what was learnt of an earlier one is stale.
    pub(super) only_while: Option<State>,
}

impl App {
    /// Lets the state machine decide what an event changes, and stores it.
    pub(super) async fn apply(
        self: &Arc<Self>,
        run: &str,
        event: Event,
        news: News,
    ) -> Result<(State, Vec<Effect>), Failure> {
        let run = run.to_owned();
        self.on_library(move |app, library| {
            let (before, after, effects) = store(app, library, &run, &event, news)?;
            if after != before {
                app.mind_sleep();
            }
            Ok((after, effects))
        })
        .await
    }
}

fn store(
    app: &App,
    library: &Library,
    run: &str,
    event: &Event,
    news: News,
) -> Result<(State, State, Vec<Effect>), Failure> {
    // Reading, deciding and writing belong together: a tracker and a press may come at once.
    let _alone = crate::locked(&app.deciding);
    let launch = super::launch(library, run)?;
    let before = state(&launch);
    if news.only_while.is_some_and(|state| state != before) {
        return Ok((before, before, Vec::new()));
    }
    let (after, effects) = step(before, event);
    let change = LaunchChange {
        state: (after != before).then(|| after.as_str().to_owned()),
        job_id: news.job_id,
        result_model: news.model,
        progress_json: news.progress.and_then(|value| serde_json::to_string(&value).ok()),
        error_json: news.failure.and_then(|value| serde_json::to_string(&value).ok()),
        finished_at_ms: (after.is_settled() && !before.is_settled()).then(|| app.now_ms()),
        changed_at_ms: app.now_ms(),
        server_ms: news.server_ms,
    };
    library.launch_update(run, &change).or_failure()?;
    Ok((before, after, effects))
}
