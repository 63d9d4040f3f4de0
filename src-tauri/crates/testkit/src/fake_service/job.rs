//! A job's life in virtual time.
//!
//! What a job is at a time depends on that time alone, never on how many moves the clock took to
//! get there. A job that is stopped or fails is billed for the steps that were done; OpenAI says
//! nothing about that, so this is the fake's own rule.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::curve::{Curve, accuracy};
use super::fate::Fate;
use super::settings::Pace;
use super::training_data::{self, Method, TrainingData};

/// A setting as it was ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Setting {
    Auto,
    Given(f64),
}

/// Settings as they were ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ordered {
    pub(super) epochs: Setting,
    pub(super) batch: Setting,
    pub(super) learning_rate: Setting,
    pub(super) beta: Setting,
}

/// Settings as they are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chosen {
    pub(super) epochs: u64,
    pub(super) batch: u64,
    pub(super) learning_rate: f64,
    pub(super) beta: f64,
}

/// A file that belongs to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobFile {
    pub(super) id: String,
    pub(super) content: Bytes,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Validating,
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl Phase {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A line of a job's diary.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) at_ms: u64,
    pub(super) level: &'static str,
    pub(super) message: String,
    /// `None` for a message, the figures of a step else.
    pub(super) metrics: Option<Value>,
}

/// A kept state of the training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checkpoint {
    pub(super) at_ms: u64,
    pub(super) step: u64,
    pub(super) metrics: Value,
}

/// What a job trains, once its files were looked through.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) chosen: Chosen,
    pub(super) total_steps: u64,
    pub(super) data: TrainingData,
    /// Tokens up to the end of each step of one epoch.
    tokens_to: Vec<u64>,
    curve: Curve,
    watched: Option<Curve>,
}

/// Checkpoints that are kept.
const KEPT: usize = 3;

/// A job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) organization: String,
    pub(super) created_ms: u64,
    pub(super) model: String,
    /// The model it begins with, however often it was trained before.
    pub(super) base: &'static str,
    pub(super) usual_learning_rate: f64,
    pub(super) micro_usd_per_million: u64,
    pub(super) suffix: Option<String>,
    pub(super) seed: u64,
    pub(super) method: Method,
    pub(super) ordered: Ordered,
    pub(super) training: JobFile,
    pub(super) validation: Option<JobFile>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) integrations: Value,
    /// The name and the file it gives when it succeeds.
    pub(super) new_model: String,
    pub(super) result_file: String,
    pub(super) fate: Fate,
    pub(super) phase: Phase,
    pub(super) is_paused: bool,
    pub(super) seen_ms: u64,
    pub(super) in_phase_ms: u64,
    pub(super) finished_ms: Option<u64>,
    pub(super) steps_done: u64,
    pub(super) plan: Option<Plan>,
    pub(super) error: Option<(String, String, Option<&'static str>)>,
    pub(super) events: Vec<Event>,
    pub(super) checkpoints: Vec<Checkpoint>,
}

impl Job {
    /// Lives on until `now_ms`.
    pub(super) fn catch_up(&mut self, now_ms: u64, pace: &Pace) {
        while !self.phase.is_final() && !self.is_paused && self.seen_ms < now_ms {
            let Some(lasts) = self.phase_lasts(pace) else { break };
            let missing = lasts.saturating_sub(self.in_phase_ms);
            let passes = now_ms - self.seen_ms;
            if passes < missing {
                self.in_phase_ms += passes;
                break;
            }
            self.seen_ms += missing;
            self.in_phase_ms = 0;
            self.go_on();
        }
        self.seen_ms = now_ms;
    }

    /// Milliseconds until the next thing happens to it; none where nothing ever will.
    fn phase_lasts(&self, pace: &Pace) -> Option<u64> {
        let lasts = match self.phase {
            Phase::Validating => pace.validating,
            Phase::Queued if self.fate == Fate::StuckInQueue => return None,
            Phase::Queued => pace.queued,
            Phase::Running => pace.step,
            _ => return None,
        };
        u64::try_from(lasts.as_millis()).ok()
    }

    fn go_on(&mut self) {
        match self.phase {
            Phase::Validating => self.validated(),
            Phase::Queued => {
                self.phase = Phase::Running;
                self.say("Fine-tuning job started");
            }
            _ => self.step(),
        }
    }

    /// Reads the files; a file that cannot be used fails the job only now, as at OpenAI.
    fn validated(&mut self) {
        if let Fate::RefusedFile { code, message } = self.fate.clone() {
            return self.fail(&code, &message, Some("training_file"));
        }
        let data = match training_data::read_training(&self.training.content, self.method) {
            Ok(data) => data,
            Err(refusal) => {
                return self.fail(refusal.code, &refusal.message, Some("training_file"));
            }
        };
        let watched = self.validation.as_ref().map(|file| file.content.clone());
        if let Some(content) = &watched
            && let Err(refusal) = training_data::read(content, self.method)
        {
            return self.fail(refusal.code, &refusal.message, Some("validation_file"));
        }
        let watched = watched.as_deref().map(Curve::of_validation);
        self.plan = Some(self.planned(data, watched));
        self.phase = Phase::Queued;
        self.say("Files validated, moving job to queued state");
    }

    fn planned(&self, data: TrainingData, watched: Option<Curve>) -> Plan {
        let count = u64::try_from(data.tokens.len()).expect("a length fits into 64 bits");
        let chosen = choose(&self.ordered, count, self.usual_learning_rate);
        let batch = usize::try_from(chosen.batch).expect("it is at most 256");
        let mut tokens = 0;
        let tokens_to: Vec<u64> = data
            .tokens
            .chunks(batch)
            .map(|examples| {
                tokens += examples.iter().sum::<u64>();
                tokens
            })
            .collect();
        let total_steps = chosen.epochs * u64::try_from(tokens_to.len()).expect("as above");
        let curve = Curve::of_training(&self.training.content);
        Plan { chosen, total_steps, data, tokens_to, curve, watched }
    }

    fn step(&mut self) {
        let Some(plan) = &self.plan else { return };
        self.steps_done += 1;
        let (step, total) = (self.steps_done, plan.total_steps);
        let is_epoch = step.is_multiple_of(total / plan.chosen.epochs);
        let (message, metrics) = step_words(plan, step, is_epoch);
        let (at_ms, level) = (self.seen_ms, "info");
        if is_epoch {
            self.checkpoints.push(Checkpoint {
                at_ms,
                step,
                metrics: checkpoint_metrics(&metrics),
            });
            let too_many = self.checkpoints.len().saturating_sub(KEPT);
            self.checkpoints.drain(..too_many);
        }
        self.events.push(Event { at_ms, level, message, metrics: Some(metrics) });
        if let Fate::FailsAfter { steps, code, message } = self.fate.clone()
            && step >= steps
        {
            return self.fail(&code, &message, None);
        }
        if step == total {
            self.say(&format!("New fine-tuned model created: {}", self.new_model));
            self.say("The job has successfully completed");
            self.end(Phase::Succeeded);
        }
    }

    pub(super) fn say(&mut self, message: &str) {
        let (at_ms, message) = (self.seen_ms, message.to_owned());
        self.events.push(Event { at_ms, level: "info", message, metrics: None });
    }

    fn fail(&mut self, code: &str, message: &str, param: Option<&'static str>) {
        let said = format!("The job failed due to an error: {message}");
        self.events.push(Event {
            at_ms: self.seen_ms,
            level: "error",
            message: said,
            metrics: None,
        });
        self.error = Some((code.to_owned(), message.to_owned(), param));
        self.end(Phase::Failed);
    }

    pub(super) fn end(&mut self, phase: Phase) {
        (self.phase, self.is_paused) = (phase, false);
        self.finished_ms = Some(self.seen_ms);
    }

    /// Tokens of the steps that were done.
    pub(super) fn billed_tokens(&self) -> u64 {
        let Some(plan) = &self.plan else { return 0 };
        let steps = plan.total_steps / plan.chosen.epochs;
        let epoch = plan.tokens_to.last().copied().unwrap_or(0);
        let begun = usize::try_from(self.steps_done % steps).expect("it is a place in the list");
        let in_epoch = begun.checked_sub(1).map_or(0, |at| plan.tokens_to[at]);
        self.steps_done / steps * epoch + in_epoch
    }

    /// Rounded up: an estimate that promises a ceiling is judged by the larger amount.
    pub(super) fn billed_micro_usd(&self) -> u64 {
        let exact = u128::from(self.billed_tokens()) * u128::from(self.micro_usd_per_million);
        u64::try_from(exact.div_ceil(1_000_000)).expect("no file is that long")
    }

    /// Whether a checkpoint of this name is kept.
    pub(super) fn has_checkpoint(&self, name: &str) -> bool {
        self.checkpoints
            .iter()
            .any(|it| format!("{}:ckpt-step-{}", self.new_model, it.step) == name)
    }
}

/// What `auto` picks: epochs as OpenAI's cookbook does (and every published job did), a batch of
/// 0.2 % of the examples.
pub(super) fn choose(ordered: &Ordered, examples: u64, usual_learning_rate: f64) -> Chosen {
    let epochs = match examples * 3 {
        few if few < 100 => (100 / examples).min(25),
        many if many > 25_000 => (25_000 / examples).max(1),
        _ => 3,
    };
    let whole = |setting: Setting, auto: u64| match setting {
        Setting::Auto => auto,
        Setting::Given(value) => (1..=256).find(|it| value_is(value, *it)).unwrap_or(auto),
    };
    let real = |setting: Setting, auto: f64| match setting {
        Setting::Auto => auto,
        Setting::Given(value) => value,
    };
    Chosen {
        epochs: whole(ordered.epochs, epochs),
        batch: whole(ordered.batch, (examples / 500).clamp(1, 256)),
        learning_rate: real(ordered.learning_rate, usual_learning_rate),
        beta: real(ordered.beta, 0.1),
    }
}

fn value_is(value: f64, whole: u64) -> bool {
    u32::try_from(whole).is_ok_and(|whole| (value - f64::from(whole)).abs() < 1e-9)
}

fn step_words(plan: &Plan, step: u64, is_epoch: bool) -> (String, Value) {
    let total = plan.total_steps;
    let loss = plan.curve.loss(step, total);
    let mut words = format!("Step {step}/{total}: training loss={loss:.2}");
    let mut metrics = json!({
        "step": step, "total_steps": total,
        "train_loss": loss, "train_mean_token_accuracy": accuracy(loss),
    });
    if let Some(watched) = &plan.watched {
        let loss = watched.loss(step, total);
        words += &format!(", validation loss={loss:.2}");
        metrics["valid_loss"] = json!(loss);
        metrics["valid_mean_token_accuracy"] = json!(accuracy(loss));
        if is_epoch {
            metrics["full_valid_loss"] = json!(loss);
            metrics["full_valid_mean_token_accuracy"] = json!(accuracy(loss));
        }
    }
    (words, metrics)
}

/// The figures of a step, without the number of all steps.
fn checkpoint_metrics(metrics: &Value) -> Value {
    let mut kept = metrics.clone();
    if let Some(fields) = kept.as_object_mut() {
        fields.remove("total_steps");
    }
    kept
}
