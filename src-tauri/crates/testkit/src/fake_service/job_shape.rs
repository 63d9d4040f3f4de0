//! A job, its diary, its checkpoints and its result file as they go over the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::job::{Chosen, Event, Job, Ordered, Phase, Setting};
use super::plan::ListBehaviour;
use super::settings::FakeSettings;
use super::training_data::Method;

impl Job {
    /// The status, `paused` included, which the API document's list of states lacks.
    pub(super) fn status(&self) -> &'static str {
        match self.phase {
            _ if self.is_paused => "paused",
            Phase::Validating => "validating_files",
            Phase::Queued => "queued",
            Phase::Running => "running",
            Phase::Succeeded => "succeeded",
            Phase::Failed => "failed",
            Phase::Cancelled => "cancelled",
        }
    }

    /// The job as the service answers it.
    pub(super) fn to_json(&self, settings: &FakeSettings, list: &ListBehaviour) -> Value {
        let mut shown = self.hyperparameters();
        let method = match self.method {
            Method::Supervised => {
                json!({"type": "supervised", "supervised": {"hyperparameters": shown}})
            }
            Method::Preference => {
                json!({"type": "dpo", "dpo": {"hyperparameters": shown}})
            }
        };
        if let Some(fields) = shown.as_object_mut() {
            fields.remove("beta");
        }
        if self.method == Method::Preference && settings.quirks.null_preference_settings {
            shown = Value::Null;
        }
        let is_done = self.phase == Phase::Succeeded;
        let mut job = json!({
            "object": "fine_tuning.job", "id": self.id, "model": self.model,
            "created_at": self.created_ms / 1_000,
            "finished_at": self.finished_ms.map(|at| at / 1_000),
            "fine_tuned_model": is_done.then_some(&self.new_model),
            "organization_id": self.organization,
            "result_files": is_done.then_some(&self.result_file).into_iter().collect::<Vec<_>>(),
            "status": self.status(),
            "training_file": self.training.id,
            "validation_file": self.validation.as_ref().map(|file| &file.id),
            "hyperparameters": shown,
            "method": method,
            "trained_tokens": is_done.then(|| self.billed_tokens()),
            "error": self.error_json(settings),
            "user_provided_suffix": self.suffix,
            "seed": self.seed,
            "estimated_finish": self.estimated_finish(settings),
            "integrations": self.integrations,
            "metadata": self.metadata,
            "usage_metrics": null, "shared_with_openai": false,
        });
        if *list == ListBehaviour::WithoutMetadata {
            job.as_object_mut().expect("it was made as an object").remove("metadata");
        }
        job
    }

    fn hyperparameters(&self) -> Value {
        let mut shown = match &self.plan {
            Some(plan) => chosen_json(&plan.chosen),
            None => ordered_json(&self.ordered),
        };
        if self.method == Method::Supervised {
            shown.remove("beta");
        }
        Value::Object(shown)
    }

    fn error_json(&self, settings: &FakeSettings) -> Value {
        match &self.error {
            Some((code, message, param)) => {
                json!({"code": code, "message": message, "param": param})
            }
            None if settings.quirks.hollow_error => {
                json!({"code": null, "message": null, "param": null})
            }
            None => Value::Null,
        }
    }

    /// Known once it runs.
    fn estimated_finish(&self, settings: &FakeSettings) -> Option<u64> {
        let plan =
            self.plan.as_ref().filter(|_| self.phase == Phase::Running && !self.is_paused)?;
        let step_ms = u64::try_from(settings.pace.step.as_millis()).ok()?;
        Some((self.seen_ms + (plan.total_steps - self.steps_done) * step_ms) / 1_000)
    }

    /// The diary, the newest line first.
    pub(super) fn events_json(&self) -> Vec<Value> {
        self.events.iter().enumerate().rev().map(|(at, it)| self.event_json(at, it)).collect()
    }

    fn event_json(&self, at: usize, event: &Event) -> Value {
        let kind = if event.metrics.is_some() { "metrics" } else { "message" };
        let id = self.id.trim_start_matches("ftjob-");
        json!({
            "object": "fine_tuning.job.event", "id": format!("ftevent-{id}{at:06}"),
            "created_at": event.at_ms / 1_000, "level": event.level, "message": event.message,
            "type": kind, "data": event.metrics.clone().unwrap_or_else(|| json!({})),
        })
    }

    /// The kept checkpoints, the newest first.
    pub(super) fn checkpoints_json(&self) -> Vec<Value> {
        let id = self.id.trim_start_matches("ftjob-");
        let checkpoint = |it: &super::job::Checkpoint| {
            json!({
                "object": "fine_tuning.job.checkpoint", "id": format!("ftckpt_{id}{}", it.step),
                "created_at": it.at_ms / 1_000, "fine_tuning_job_id": self.id,
                "fine_tuned_model_checkpoint": format!("{}:ckpt-step-{}", self.new_model, it.step),
                "step_number": it.step, "metrics": it.metrics,
            })
        };
        self.checkpoints.iter().rev().map(checkpoint).collect()
    }

    /// The result file: one line a step, with the headings of OpenAI's guide.
    pub(super) fn result_table(&self, as_base64: bool) -> String {
        let mut table =
            "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n".to_owned();
        for metrics in self.events.iter().filter_map(|event| event.metrics.as_ref()) {
            let names = [
                "step",
                "train_loss",
                "train_mean_token_accuracy",
                "valid_loss",
                "valid_mean_token_accuracy",
            ];
            let cell = |name: &&str| metrics.get(*name).map_or_else(String::new, Value::to_string);
            table += &names.iter().map(cell).collect::<Vec<_>>().join(",");
            table.push('\n');
        }
        if as_base64 { STANDARD.encode(table) } else { table }
    }
}

fn ordered_json(ordered: &Ordered) -> Map<String, Value> {
    let whole = |setting| match setting {
        Setting::Auto => json!("auto"),
        Setting::Given(value) => whole_json(value),
    };
    let real = |setting| match setting {
        Setting::Auto => json!("auto"),
        Setting::Given(value) => json!(value),
    };
    named([
        ("n_epochs", whole(ordered.epochs)),
        ("batch_size", whole(ordered.batch)),
        ("learning_rate_multiplier", real(ordered.learning_rate)),
        ("beta", real(ordered.beta)),
    ])
}

fn chosen_json(chosen: &Chosen) -> Map<String, Value> {
    named([
        ("n_epochs", json!(chosen.epochs)),
        ("batch_size", json!(chosen.batch)),
        ("learning_rate_multiplier", json!(chosen.learning_rate)),
        ("beta", json!(chosen.beta)),
    ])
}

fn named(fields: [(&str, Value); 4]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A number that was checked to be whole, without a point.
fn whole_json(value: f64) -> Value {
    serde_json::from_str(&format!("{value:.0}")).unwrap_or(Value::Null)
}
