//! The settings a person may choose: which can be at all, and under which names the engine knows them.

use attune_contract::Failure;
use attune_contract::training::TrainSettings;
use serde_json::{Map, Value};

use crate::failures::input_invalid;

/// Refuses settings that no engine could follow (the ranges stand in the contract).
pub(crate) fn check_settings(settings: &TrainSettings) -> Result<(), Failure> {
    let whole = [
        ("dial", settings.dial, 0, 4),
        ("rounds", settings.rounds, 1, 50),
        ("batchSize", settings.batch_size, 1, 256),
        ("patience", settings.patience, 0, 100),
        ("rank", settings.rank, 1, 256),
        ("adaptedLayers", settings.adapted_layers, 1, 1_024),
        ("layers", settings.layers, 1, 24),
        ("width", settings.width, 32, 1_024),
        ("heads", settings.heads, 1, 32),
        ("keyValueHeads", settings.key_value_heads, 1, 32),
        ("hidden", settings.hidden, 8, 8_192),
        // How far a model can look at most, only the engine knows.
        ("context", settings.context, 16, 131_072),
        ("window", settings.window, 0, 4_096),
        ("vocabulary", settings.vocabulary, 300, 32_768),
    ];
    for (field, value, low, high) in whole {
        if value.is_some_and(|value| !(low..=high).contains(&value)) {
            return Err(input_invalid(field));
        }
    }
    let shares = [
        ("learningRateMultiplier", settings.learning_rate_multiplier, 0.001, 100.0),
        ("dropout", settings.dropout, 0.0, 0.8),
        ("weightDecay", settings.weight_decay, 0.0, 1.0),
        ("alpha", settings.alpha, f64::MIN_POSITIVE, 1_024.0),
    ];
    for (field, value, low, high) in shares {
        if value.is_some_and(|value| !(low..=high).contains(&value)) {
            return Err(input_invalid(field));
        }
    }
    if settings.width.is_some_and(|width| !width.is_multiple_of(16)) {
        return Err(input_invalid("width"));
    }
    let parts = settings.adapted_parts.as_deref();
    if parts.is_some_and(|parts| !["attention", "feed_forward", "all"].contains(&parts)) {
        return Err(input_invalid("adaptedParts"));
    }
    Ok(())
}

/// The settings under the names the service knows; what is absent it chooses itself. The seed is a
/// field of the order, not one of these.
pub(crate) fn hyperparameters(settings: &TrainSettings) -> Map<String, Value> {
    let whole = |value: Option<u32>| value.map(Value::from);
    let real = |value: Option<f64>| value.map(Value::from);
    let named = [
        ("dial", whole(settings.dial)),
        ("n_epochs", whole(settings.rounds)),
        ("batch_size", whole(settings.batch_size)),
        ("learning_rate_multiplier", real(settings.learning_rate_multiplier)),
        ("dropout", real(settings.dropout)),
        ("weight_decay", real(settings.weight_decay)),
        ("patience", whole(settings.patience)),
        ("rank", whole(settings.rank)),
        ("alpha", real(settings.alpha)),
        ("adapted_layers", whole(settings.adapted_layers)),
        ("adapted_parts", settings.adapted_parts.as_deref().map(Value::from)),
        ("layers", whole(settings.layers)),
        ("width", whole(settings.width)),
        ("heads", whole(settings.heads)),
        ("key_value_heads", whole(settings.key_value_heads)),
        ("hidden", whole(settings.hidden)),
        ("context", whole(settings.context)),
        ("window", whole(settings.window)),
        ("vocabulary", whole(settings.vocabulary)),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_contract::Param;

    #[track_caller]
    fn check(json: &str, refused: Option<&str>) {
        let settings: TrainSettings = serde_json::from_str(json).unwrap();
        let field = check_settings(&settings).err().map(|it| it.params["field"].clone());
        assert_eq!(field, refused.map(Param::from), "{json}");
    }

    #[test]
    fn only_settings_that_can_be_go_on() {
        check("{}", None);
        check(r#"{"dial":4,"rounds":50,"rank":256,"alpha":1024,"adaptedParts":"all"}"#, None);
        check(r#"{"width":1024,"layers":24,"window":0,"vocabulary":300,"patience":0}"#, None);
        check(r#"{"context":8192}"#, None);
        check(r#"{"context":15}"#, Some("context"));
        check(r#"{"dial":5}"#, Some("dial"));
        check(r#"{"rounds":0}"#, Some("rounds"));
        check(r#"{"width":40}"#, Some("width"));
        check(r#"{"dropout":0.81}"#, Some("dropout"));
        check(r#"{"alpha":0}"#, Some("alpha"));
        check(r#"{"adaptedParts":"none"}"#, Some("adaptedParts"));
        check(r#"{"learningRateMultiplier":1000}"#, Some("learningRateMultiplier"));
    }

    #[test]
    fn what_is_absent_is_left_to_the_engine() {
        let settings: TrainSettings =
            serde_json::from_str(r#"{"rounds":3,"seed":7,"adaptedParts":"attention"}"#).unwrap();
        let sent = serde_json::to_string(&hyperparameters(&settings)).unwrap();
        assert_eq!(sent, r#"{"n_epochs":3,"adapted_parts":"attention"}"#);
    }
}
