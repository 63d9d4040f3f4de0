//! Hyperparameters as a request has them: `"auto"` or a value each, ours beside OpenAI's.

use std::collections::BTreeMap;

use serde_json::Value;

use super::failure::Refusal;
use crate::model::llama::shape::LlamaShape;
use crate::train::settings::{AdaptedParts, SettingsError, Wanted};

/// What a setting's value is, beside `"auto"`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    Share,
    Parts,
}

/// Every setting of this service; which belong to a model is for [`Wanted`] to say.
const SETTINGS: [(&str, Kind); 19] = [
    ("n_epochs", Kind::Count),
    ("batch_size", Kind::Count),
    ("learning_rate_multiplier", Kind::Share),
    ("dropout", Kind::Share),
    ("weight_decay", Kind::Share),
    ("patience", Kind::Count),
    ("context", Kind::Count),
    ("layers", Kind::Count),
    ("width", Kind::Count),
    ("heads", Kind::Count),
    ("key_value_heads", Kind::Count),
    ("hidden", Kind::Count),
    ("window", Kind::Count),
    ("vocabulary", Kind::Count),
    ("dial", Kind::Count),
    ("rank", Kind::Count),
    ("alpha", Kind::Share),
    ("adapted_layers", Kind::Count),
    ("adapted_parts", Kind::Parts),
];

/// Takes the hyperparameters of a request for the lab, or for adapters on `base`, or names the one
/// that cannot be used.
pub(crate) fn read_hyperparameters(
    given: &Value,
    base: Option<&LlamaShape>,
) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut read = automatic();
    match given {
        Value::Null => {}
        Value::Object(given) => {
            for (name, value) in given {
                if let Some(value) = read_setting(name, value)? {
                    read.insert(name.clone(), value);
                }
            }
        }
        _ => return Err(refused("`hyperparameters` must be an object".to_owned())),
    }
    check(&wanted_of(&read, 0), base).map_err(|error| refused(error.to_string()))?;
    Ok(read)
}

fn check(wanted: &Wanted, base: Option<&LlamaShape>) -> Result<(), SettingsError> {
    match base {
        Some(base) => wanted.check_adapter(base),
        None => wanted.check(),
    }
}

/// A refusal of settings, in words.
pub(crate) fn refused(message: String) -> Refusal {
    Refusal::invalid("hyperparameters", "invalid_hyperparameters", message)
}

fn read_setting(name: &str, value: &Value) -> Result<Option<Value>, Refusal> {
    let Some((_, kind)) = SETTINGS.iter().find(|(known, _)| *known == name) else {
        return Err(refused(format!("`{name}` is not a setting of this service")));
    };
    if value.is_null() {
        return Ok(None);
    }
    let fits = match kind {
        Kind::Count => value.as_u64().is_some(),
        Kind::Share => value.as_f64().is_some(),
        Kind::Parts => value.as_str().is_some_and(|it| parts_of(it).is_some()),
    };
    if fits || value.as_str() == Some("auto") {
        return Ok(Some(value.clone()));
    }
    let wish = match kind {
        Kind::Count => "a whole number",
        Kind::Share => "a number",
        Kind::Parts => "one of \"attention\", \"feed_forward\" and \"all\"",
    };
    Err(refused(format!("`{name}` must be \"auto\" or {wish}, not {value}")))
}

fn parts_of(name: &str) -> Option<AdaptedParts> {
    AdaptedParts::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, parts)| parts)
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
        dropout: share("dropout"),
        weight_decay: share("weight_decay"),
        patience: count("patience"),
        seed: Some(seed),
        context: size("context"),
        layers: size("layers"),
        width: size("width"),
        heads: size("heads"),
        key_value_heads: size("key_value_heads"),
        hidden: size("hidden"),
        window: size("window"),
        vocabulary: size("vocabulary"),
        dial: size("dial"),
        rank: size("rank"),
        alpha: share("alpha"),
        adapted_layers: size("adapted_layers"),
        adapted_parts: hyperparameters
            .get("adapted_parts")
            .and_then(Value::as_str)
            .and_then(parts_of),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(given: &Value) -> String {
        read_hyperparameters(given, None).unwrap_err().message
    }

    #[test]
    fn settings_are_refused_by_name() {
        assert_eq!(refusal(&json!({"widht": 8})), "`widht` is not a setting of this service");
        assert_eq!(
            refusal(&json!({"n_epochs": 1.5})),
            "`n_epochs` must be \"auto\" or a whole number, not 1.5"
        );
        assert_eq!(
            refusal(&json!({"adapted_parts": "heads"})),
            "`adapted_parts` must be \"auto\" or one of \"attention\", \"feed_forward\" and \
             \"all\", not \"heads\""
        );
        assert_eq!(
            refusal(&json!({"dial": 2})),
            "`dial` belongs to models that somebody else trained, not to the lab"
        );
        assert_eq!(refusal(&json!([1])), "`hyperparameters` must be an object");
    }

    #[test]
    fn every_setting_arrives() {
        let given = json!({"n_epochs": 3, "weight_decay": 0.25, "patience": 4, "context": 64,
            "layers": "auto", "heads": 4, "key_value_heads": 2, "hidden": 96, "window": 16,
            "vocabulary": 512, "dropout": null});
        let read = read_hyperparameters(&given, None).unwrap();
        let wanted = wanted_of(&read, 1);
        assert_eq!(
            (wanted.epochs, wanted.patience, wanted.weight_decay),
            (Some(3), Some(4), Some(0.25))
        );
        assert_eq!((wanted.layers, wanted.heads, wanted.key_value_heads), (None, Some(4), Some(2)));
        assert_eq!(
            (wanted.hidden, wanted.window, wanted.vocabulary),
            (Some(96), Some(16), Some(512))
        );
        assert_eq!((wanted.context, wanted.dropout, wanted.batch_size), (Some(64), None, None));
    }
}
