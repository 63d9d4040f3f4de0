//! Hyperparameters as a request has them: `"auto"` or a number each, ours beside OpenAI's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::failure::Refusal;
use crate::train::settings::Wanted;

const COUNTS: [&str; 5] = ["n_epochs", "batch_size", "layers", "width", "heads"];
const SHARES: [&str; 2] = ["learning_rate_multiplier", "dropout"];

/// Takes the hyperparameters of a request, or names the one that cannot be used.
pub(crate) fn read_hyperparameters(given: &Value) -> Result<BTreeMap<String, Value>, Refusal> {
    let refuse = |message: String| {
        Err(Refusal::invalid("hyperparameters", "invalid_hyperparameters", message))
    };
    let mut read = BTreeMap::new();
    let Some(given) = given.as_object() else {
        return if given.is_null() {
            Ok(automatic())
        } else {
            refuse("`hyperparameters` must be an object".into())
        };
    };
    for (name, value) in given {
        let known = name.as_str();
        let fits = value.as_str() == Some("auto")
            || (COUNTS.contains(&known) && value.as_u64().is_some())
            || (SHARES.contains(&known) && value.as_f64().is_some());
        if !(COUNTS.contains(&known) || SHARES.contains(&known)) {
            return refuse(format!("`{known}` is not a setting of this service"));
        }
        if !fits && !value.is_null() {
            return refuse(format!("`{known}` must be \"auto\" or a number, not {value}"));
        }
        if fits {
            read.insert(known.to_owned(), value.clone());
        }
    }
    if let Err(error) = wanted_of(&read, 0).check() {
        return refuse(error.to_string());
    }
    Ok(automatic().into_iter().chain(read).collect())
}

fn automatic() -> BTreeMap<String, Value> {
    ["n_epochs", "batch_size", "learning_rate_multiplier"]
        .map(|name| (name.to_owned(), Value::from("auto")))
        .into()
}

/// What a job's hyperparameters ask for; `"auto"` asks for nothing.
pub(crate) fn wanted_of(hyperparameters: &BTreeMap<String, Value>, seed: u64) -> Wanted {
    let count = |name: &str| hyperparameters.get(name)?.as_u64();
    let size = |name: &str| count(name).and_then(|it| usize::try_from(it).ok());
    let share = |name: &str| hyperparameters.get(name)?.as_f64();
    Wanted {
        epochs: count("n_epochs"),
        batch_size: count("batch_size"),
        rate_multiplier: share("learning_rate_multiplier"),
        layers: size("layers"),
        width: size("width"),
        heads: size("heads"),
        dropout: share("dropout"),
        seed: Some(seed),
    }
}
