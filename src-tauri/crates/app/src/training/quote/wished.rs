//! What somebody wishes for at a service, in the service's own words; and what of it can never be.

use attune_contract::Failure;
use attune_contract::orders::QuotedPrice;
use attune_services::{Capabilities, LaunchOrder, OrderFault as Fault};
use attune_store::Library;
use serde_json::json;

use super::{Stuff, Wish};
use crate::failures::OrFailure;
use crate::training::record::StoredRecipe;

/// No model has a longer name.
const LONGEST_MODEL: usize = 200;

/// The settings of an order.
pub(super) fn recipe(
    library: &Library,
    (stuff, wish): (&Stuff, Wish<'_>),
    rounds: u32,
    price: Option<&QuotedPrice>,
) -> Result<StoredRecipe, Failure> {
    let settings = wish.settings;
    // How often the examples are read decides the price, so it is never left to the service.
    let mut hyperparameters = serde_json::Map::from_iter([("n_epochs".to_owned(), json!(rounds))]);
    if let Some(batch) = settings.batch_size {
        hyperparameters.insert("batch_size".to_owned(), json!(batch));
    }
    if let Some(rate) = settings.learning_rate_multiplier {
        hyperparameters.insert("learning_rate_multiplier".to_owned(), json!(rate));
    }
    for (name, value) in &settings.extra {
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        hyperparameters.insert(name.clone(), value);
    }
    let all = library.launches_all().or_failure()?;
    let parent = all.iter().find(|launch| launch.result_model.as_deref() == Some(wish.model));
    let suffix = settings.suffix.as_deref().map(str::trim).filter(|suffix| !suffix.is_empty());
    Ok(StoredRecipe {
        hyperparameters,
        seed: settings.seed.unwrap_or_else(|| u32::try_from(stuff.seed).unwrap_or(0) >> 1),
        tokens: stuff.tokens,
        base_title: Some(wish.model.to_owned()),
        parent: parent.map(|parent| parent.launch_id.clone()),
        promised_memory_bytes: None,
        suffix: suffix.map(str::to_owned),
        service_title: Some(wish.service.title.clone()),
        lent_key: None,
        price_micro_usd: price.map(|price| price.per_million_micro_usd),
        counted_micro_usd: None,
        least_micro_usd: None,
    })
}

/// The field of a setting that the service could never accept.
pub(super) fn fault(
    recipe: &StoredRecipe,
    wish: Wish<'_>,
    capabilities: &Capabilities,
) -> Option<&'static str> {
    if wish.model.trim().is_empty() || wish.model.len() > LONGEST_MODEL {
        return Some("model");
    }
    // What has a field of its own, and decides the price, comes from nowhere else.
    let owned = ["n_epochs", "batch_size", "learning_rate_multiplier"];
    if owned.iter().any(|name| wish.settings.extra.contains_key(*name)) {
        return Some("extra");
    }
    let order = LaunchOrder {
        model: wish.model.to_owned(),
        seed: Some(recipe.seed),
        suffix: recipe.suffix.clone(),
        hyperparameters: recipe.hyperparameters.clone(),
        ..LaunchOrder::default()
    };
    let fault = order.faults(capabilities).into_iter().next()?;
    Some(match fault {
        Fault::Suffix { .. } => "suffix",
        Fault::Seed { .. } => "seed",
        Fault::SettingValue { name } | Fault::UnknownSetting { name } => match name.as_str() {
            "n_epochs" => "rounds",
            "batch_size" => "batchSize",
            "learning_rate_multiplier" => "learningRateMultiplier",
            _ => "extra",
        },
        Fault::Method { .. } | Fault::Metadata { .. } => "extra",
    })
}
