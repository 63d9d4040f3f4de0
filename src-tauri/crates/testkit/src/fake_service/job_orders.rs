//! An order for a job: what is refused, in OpenAI's words, before anything is bought.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::accounts::Account;
use super::job::{Job, JobFile, Ordered, Phase, Setting};
use super::ledger::LedgerRow;
use super::models::Base;
use super::refusal::Refusal;
use super::training_data::Method;
use super::world::World;

const FIELDS: [&str; 9] = [
    "model",
    "training_file",
    "validation_file",
    "suffix",
    "seed",
    "integrations",
    "metadata",
    "method",
    "hyperparameters",
];

impl World {
    /// Makes a job, or says why not. The job stands in the ledger from here on.
    pub(super) fn create_job(
        &mut self,
        account: &Account,
        order: &Value,
        order_sha256: String,
    ) -> Result<usize, Refusal> {
        account.may_buy()?;
        if self.settings.last_orders.is_some_and(|at| self.now() >= at) {
            return Err(Refusal::locked_out());
        }
        let fields = order.as_object().ok_or_else(Refusal::unreadable)?;
        if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let message = format!("Unrecognized request argument supplied: {name}");
            return Err(Refusal { code: None, ..Refusal::state(message) });
        }
        let job = self.ordered_job(account, fields)?;
        let launch_id = job.metadata.get("launch_id").cloned();
        self.ledger.open(LedgerRow {
            job_id: job.id.clone(),
            launch_id,
            organization: job.organization.clone(),
            created_ms: self.now_ms,
            order_sha256,
            billed_tokens: 0,
            billed_micro_usd: 0,
            is_settled: false,
        });
        self.jobs.push(job);
        Ok(self.jobs.len() - 1)
    }

    fn ordered_job(
        &mut self,
        account: &Account,
        order: &Map<String, Value>,
    ) -> Result<Job, Refusal> {
        let (method, ordered) = method(order)?;
        let named = required(order, "model")?;
        let (model, base) = self.trainable(named, account, method)?;
        let organization = account.organization.as_str();
        let training = self.order_file(order, "training_file", organization)?;
        let training = training.ok_or_else(|| missing("training_file"))?;
        let validation = self.order_file(order, "validation_file", organization)?;
        let suffix = suffix(order)?;
        let seed = seed(order)?;
        let metadata = metadata(order)?;
        let integrations = order.get("integrations").cloned().unwrap_or(Value::Null);

        let id = self.new_id("ftjob-", 24);
        let short = self.new_id("", 8);
        let name = suffix.as_deref().unwrap_or_default();
        let mut job = Job {
            new_model: format!("ft:{}:{organization}:{name}:{short}", base.name),
            result_file: self.new_id("file-", 22),
            fate: self.fates.pop_front().unwrap_or_default(),
            seed: seed.unwrap_or(self.now_ms % 2_147_483_647),
            organization: account.organization.clone(),
            created_ms: self.now_ms,
            base: base.name,
            usual_learning_rate: base.learning_rate,
            micro_usd_per_million: base.micro_usd_per_million,
            phase: Phase::Validating,
            is_paused: false,
            seen_ms: self.now_ms,
            in_phase_ms: 0,
            finished_ms: None,
            steps_done: 0,
            plan: None,
            error: None,
            events: Vec::new(),
            checkpoints: Vec::new(),
            id,
            model,
            suffix,
            method,
            ordered,
            training,
            validation,
            metadata,
            integrations,
        };
        job.say(&format!("Created fine-tuning job: {}", job.id));
        job.say(&match &job.validation {
            Some(file) => format!(
                "Validating training file: {} and validation file: {}",
                job.training.id, file.id
            ),
            None => format!("Validating training file: {}", job.training.id),
        });
        Ok(job)
    }

    /// The model that a job begins with: one of the service's, or one that a job made.
    fn trainable(
        &self,
        named: &str,
        account: &Account,
        method: Method,
    ) -> Result<(String, &'static Base), Refusal> {
        let trained = self.trained(named, &account.organization);
        let base = Base::find(trained.map_or(named, |it| it.base), self.now());
        let name = match (trained, base) {
            (Some(_), _) => named.to_owned(),
            (None, Some(base)) => base.name.to_owned(),
            (None, None) => String::new(),
        };
        base.filter(|base| base.trains_by(method)).map(|base| (name, base)).ok_or_else(|| {
            let message =
                format!("Model {named} is not available for fine-tuning or does not exist.");
            Refusal::invalid("model", "model_not_available", message)
        })
    }

    fn order_file(
        &self,
        order: &Map<String, Value>,
        name: &str,
        organization: &str,
    ) -> Result<Option<JobFile>, Refusal> {
        let Some(value) = order.get(name).filter(|it| !it.is_null()) else { return Ok(None) };
        let id = value.as_str().ok_or_else(|| wrong_kind(name, "a string"))?;
        let Some(file) = self.file(id, organization) else {
            let message = format!("invalid {name}: {id}");
            return Err(Refusal::invalid(name, "file_not_found", message));
        };
        if file.purpose != "fine-tune" {
            let message = format!("File {id} has purpose {}, expected fine-tune", file.purpose);
            return Err(Refusal::invalid(name, "invalid_file_purpose", message));
        }
        Ok(Some(JobFile { id: file.id.clone(), content: file.content.clone() }))
    }
}

fn required<'a>(order: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    match order.get(name) {
        None | Some(Value::Null) => Err(missing(name)),
        Some(value) => value.as_str().ok_or_else(|| wrong_kind(name, "a string")),
    }
}

fn missing(name: &str) -> Refusal {
    let message = format!("Missing required parameter: '{name}'.");
    Refusal::invalid(name, "missing_required_parameter", message)
}

fn wrong_kind(name: &str, wanted: &str) -> Refusal {
    let message = format!("Invalid type for '{name}': expected {wanted}.");
    Refusal::invalid(name, "invalid_type", message)
}

fn suffix(order: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(value) = order.get("suffix").filter(|it| !it.is_null()) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| wrong_kind("suffix", "a string"))?;
    if !(1..=64).contains(&text.chars().count()) {
        let message = "Invalid 'suffix': expected 1 to 64 characters.";
        return Err(Refusal::invalid("suffix", "string_above_max_length", message));
    }
    Ok(Some(text.to_owned()))
}

fn seed(order: &Map<String, Value>) -> Result<Option<u64>, Refusal> {
    let Some(value) = order.get("seed").filter(|it| !it.is_null()) else { return Ok(None) };
    let seed = value.as_u64().filter(|seed| *seed <= 2_147_483_647);
    seed.map(Some).ok_or_else(|| wrong_kind("seed", "an integer from 0 to 2147483647"))
}

fn metadata(order: &Map<String, Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(value) = order.get("metadata").filter(|it| !it.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let pairs = value.as_object().ok_or_else(|| wrong_kind("metadata", "an object"))?;
    if pairs.len() > 16 {
        let message = "Invalid 'metadata': expected at most 16 pairs.";
        return Err(Refusal::invalid("metadata", "object_above_max_properties", message));
    }
    let pair = |(key, value): (&String, &Value)| {
        let value = value.as_str().ok_or_else(|| wrong_kind("metadata", "strings"))?;
        if key.chars().count() > 64 || value.chars().count() > 512 {
            let message =
                format!("Invalid 'metadata.{key}': keys have at most 64, values 512 characters.");
            return Err(Refusal::invalid("metadata", "string_above_max_length", message));
        }
        Ok((key.clone(), value.to_owned()))
    };
    pairs.iter().map(pair).collect()
}

/// The method and its settings; `hyperparameters` at the top is the old place for them.
fn method(order: &Map<String, Value>) -> Result<(Method, Ordered), Refusal> {
    let empty = Map::new();
    let old = order.get("hyperparameters").and_then(Value::as_object).unwrap_or(&empty);
    let Some(wanted) = order.get("method").filter(|it| !it.is_null()) else {
        return Ok((Method::Supervised, settings(old, false)?));
    };
    let name = wanted["type"].as_str().unwrap_or_default();
    let method = match name {
        "supervised" => Method::Supervised,
        "dpo" => Method::Preference,
        "reinforcement" => {
            let message = "No model is available for reinforcement fine-tuning.";
            return Err(Refusal::invalid("method", "model_not_available", message));
        }
        _ => {
            let message = format!(
                "Invalid value: '{name}'. Supported values are: 'supervised', 'dpo', and 'reinforcement'."
            );
            return Err(Refusal::invalid("method.type", "invalid_value", message));
        }
    };
    let given = wanted[name]["hyperparameters"].as_object().unwrap_or(old);
    Ok((method, settings(given, method == Method::Preference)?))
}

fn settings(given: &Map<String, Value>, takes_beta: bool) -> Result<Ordered, Refusal> {
    let known = ["n_epochs", "batch_size", "learning_rate_multiplier"];
    let is_known =
        |name: &&String| known.contains(&name.as_str()) || takes_beta && name.as_str() == "beta";
    if let Some(name) = given.keys().find(|name| !is_known(name)) {
        let message = format!("Unknown parameter: 'hyperparameters.{name}'.");
        return Err(Refusal::invalid(name, "unknown_parameter", message));
    }
    let whole = |name, most: u32| {
        setting(given, name, |value| {
            value >= 1.0 && value <= f64::from(most) && value.fract() == 0.0
        })
    };
    Ok(Ordered {
        epochs: whole("n_epochs", 50)?,
        batch: whole("batch_size", 256)?,
        learning_rate: setting(given, "learning_rate_multiplier", |value| value > 0.0)?,
        beta: setting(given, "beta", |value| value > 0.0 && value <= 2.0)?,
    })
}

fn setting(
    given: &Map<String, Value>,
    name: &str,
    is_allowed: impl Fn(f64) -> bool,
) -> Result<Setting, Refusal> {
    match given.get(name) {
        None => Ok(Setting::Auto),
        Some(value) if value == "auto" => Ok(Setting::Auto),
        Some(value) => {
            let number = value.as_f64().filter(|number| is_allowed(*number));
            number.map(Setting::Given).ok_or_else(|| {
                let message = format!("Invalid value for 'hyperparameters.{name}': {value}.");
                Refusal::invalid(name, "invalid_hyperparameters", message)
            })
        }
    }
}
