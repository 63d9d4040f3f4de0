//! `attune services`: where a model can be trained, this computer first.

use std::collections::BTreeSet;
use std::sync::Arc;

use attune_app::{App, ListedModel, MicroUsd};
use attune_contract::money::{PriceShown, PricedModelShown};
use attune_contract::services::{KeyCheck, ServiceCapabilities, ServiceSummary, ShownKey};
use attune_contract::words::words;
use attune_contract::{Failure, Nothing, params};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::arguments::ServicesArguments;
use crate::open;
use crate::output::{Ending, failure_json, line};

/// This computer's name among the services.
const THIS_COMPUTER: &str = "this-computer";

pub(crate) async fn run(arguments: &ServicesArguments) -> Result<Ending, Failure> {
    let app = open::app().await?;
    let services = app.service_list(Nothing {}).await?.services;
    if arguments.json {
        let models = app.price_list(Nothing {}).await;
        let here = this_computer(&app).await;
        app.put_away().await;
        let models = models?.models;
        let others = services.iter().map(|service| document(service, &models));
        let all = std::iter::once(here).chain(others).chain(unconnected(&services, &models));
        line(&Value::from(all.collect::<Vec<_>>()).to_string());
        return Ok(Ending::Done);
    }
    line(&words("cli.services.this_computer", &params!["service" => THIS_COMPUTER]));
    for service in &services {
        let (name, title) = (service.service.as_str(), service.title.as_str());
        let address = service.address.as_str();
        let key = service.key.as_ref().map_or("", |key| key.last_four.as_str());
        let has_key = u64::from(service.key.is_some());
        line(&words(
            "cli.services.line",
            &params!["service" => name, "title" => title, "address" => address,
                "has_key" => has_key, "key" => key],
        ));
    }
    Ok(Ending::Done)
}

/// This computer with its models; without them where the engine does not start.
async fn this_computer(app: &Arc<App>) -> Value {
    let mut document = json!({
        "service": THIS_COMPUTER,
        "ready": true,
        "connected": true,
        "capabilities": { "methods": ["supervised"], "pause": true, "delete_model": true, "logprobs": true },
    });
    if let Ok(models) = app.listed_models().await {
        let model = |model: &ListedModel| json!({ "model": model.model, "ready": model.is_ready });
        document["models"] = models.iter().map(model).collect();
    }
    document
}

/// Known services that are not connected, with what is known of their models.
fn unconnected(services: &[ServiceSummary], models: &[PricedModelShown]) -> Vec<Value> {
    let is_connected = |name: &str| services.iter().any(|service| service.service == name);
    let known = models.iter().filter(|model| !is_connected(&model.service));
    let known: BTreeSet<_> = known.map(|model| (&model.service, &model.service_title)).collect();
    let document = |(name, title): (&String, &String)| {
        let its = models.iter().filter(|model| &model.service == name).map(model_document);
        json!({
            "service": name,
            "title": title,
            "ready": false,
            "connected": false,
            "models": its.collect::<Vec<_>>(),
        })
    };
    known.into_iter().map(document).collect()
}

fn document(service: &ServiceSummary, models: &[PricedModelShown]) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    set("service", Some(json!(service.service)));
    set("kind", Some(named(&service.kind)));
    set("title", Some(json!(service.title)));
    set("address", Some(json!(service.address)));
    set("organization", service.options.organization.as_ref().map(|name| json!(name)));
    set("project", service.options.project.as_ref().map(|name| json!(name)));
    set("connected", Some(Value::from(true)));
    set("capabilities", Some(capabilities_document(service.options.capabilities)));
    set("closes_on", service.closes_on.as_ref().map(|day| json!(day)));
    set("ready", Some(json!(service.key.as_ref().is_some_and(|key| key.is_at_hand))));
    set("key", service.key.as_ref().map(key_document));
    set("check", service.check.as_ref().map(check_document));
    let its = models.iter().filter(|model| model.service == service.service);
    let its: Vec<Value> = its.map(model_document).collect();
    set("models", (!its.is_empty()).then(|| Value::from(its)));
    Value::Object(fields)
}

/// A model with its last day and its prices, as far as they are known.
fn model_document(model: &PricedModelShown) -> Value {
    let mut document = json!({ "model": model.model });
    if let Some(day) = &model.ends_on {
        document["ends_on"] = json!(day);
    }
    if !model.prices.is_empty() {
        document["prices"] = model.prices.iter().map(price_document).collect();
    }
    document
}

fn price_document(price: &PriceShown) -> Value {
    json!({
        "for": named(&price.price_for),
        "by": named(&price.by),
        "usd": MicroUsd::from_micros(price.micro_usd).to_string(),
        "as_of": price.checked_on,
        "corrected": price.is_corrected,
    })
}

fn capabilities_document(can: ServiceCapabilities) -> Value {
    json!({
        "uploads_in_parts": can.uploads_in_parts,
        "pause": can.pause,
        "metadata_filter": can.metadata_filter,
        "expires_after": can.expires_after,
        "delete_model": can.delete_model,
        "logprobs": can.logprobs,
    })
}

fn key_document(key: &ShownKey) -> Value {
    json!({ "place": named(&key.place), "last_four": key.last_four, "at_hand": key.is_at_hand })
}

fn check_document(check: &KeyCheck) -> Value {
    let model = |model: &attune_contract::services::TunableModel| match &model.ends_on {
        Some(day) => json!({ "model": model.model, "ends_on": day }),
        None => json!({ "model": model.model }),
    };
    let mut document = json!({
        "checked_at_ms": check.checked_at_ms,
        "verdict": named(&check.verdict),
        "models": check.models,
        "tunable": check.tunable.iter().map(model).collect::<Vec<_>>(),
    });
    if let Some(failure) = &check.failure {
        document["failure"] = failure_json(failure);
    }
    document
}

/// The name of one of a few, as JSON has it.
fn named(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
