//! Services as the page sees them.

use attune_contract::services::{
    KeyPlace, ModelPrice, ServiceCapabilities, ServiceKind, ServiceOptions, ServiceSummary,
    ShownKey,
};
use attune_cost::PriceKind;
use attune_store::ServiceRow;
use serde_json::Value;

use super::stored::{StoredCapabilities, StoredOptions, check_of};
use crate::App;
use crate::prices::Prices;

/// The last day on which OpenAI takes an order for a training from anybody (its announcement of
/// 7 May 2026). Many accounts were locked out before.
const OPENAI_LAST_ORDERS: &str = "2027-01-06";

pub(super) fn summary(app: &App, row: &ServiceRow, prices: &Prices) -> ServiceSummary {
    let kind = kind(row);
    let stored = StoredOptions::of(row);
    ServiceSummary {
        service: row.name.clone(),
        kind,
        title: row.title.clone(),
        address: row.base_url.clone(),
        options: ServiceOptions {
            key_header: stored.key_header,
            organization: stored.organization,
            project: stored.project,
            capabilities: capabilities(row),
        },
        closes_on: closes_on(row).map(str::to_owned),
        key: stored.key.map(|key| ShownKey {
            is_at_hand: match key.place {
                KeyPlace::Keyring => true,
                place => app.keys.holds(place, &row.name),
            },
            place: key.place,
            last_four: key.last_four,
        }),
        prices: of_training(row, prices),
        check: check_of(row),
    }
}

fn capabilities(row: &ServiceRow) -> ServiceCapabilities {
    let can = super::capabilities(row);
    ServiceCapabilities {
        uploads_in_parts: can.uploads_in_parts,
        pause: can.pause,
        metadata_filter: can.metadata_filter,
        expires_after: can.expires_after,
        delete_model: can.delete_model,
        logprobs: can.logprobs,
    }
}

/// What a person says that their own address can do, as it is stored.
pub(super) fn stored_capabilities(said: ServiceCapabilities) -> StoredCapabilities {
    StoredCapabilities {
        uploads_in_parts: said.uploads_in_parts,
        pause: said.pause,
        metadata_filter: said.metadata_filter,
        expires_after: said.expires_after,
        delete_model: said.delete_model,
        logprobs: said.logprobs,
    }
}

/// What training the models costs that the key may train.
fn of_training(row: &ServiceRow, prices: &Prices) -> Vec<ModelPrice> {
    let tunable = check_of(row).map(|check| check.tunable).unwrap_or_default();
    let price =
        |model: &str| prices.model(&row.name, model)?.per_million_tokens(PriceKind::Training);
    let priced = tunable.into_iter().filter_map(|tunable| {
        let per_million_micro_usd = price(&tunable.model)?.micros();
        Some(ModelPrice { model: tunable.model, per_million_micro_usd })
    });
    priced.collect()
}

/// The last day on which a service takes orders from anybody, where that is known.
pub(crate) fn closes_on(row: &ServiceRow) -> Option<&'static str> {
    (kind(row) == ServiceKind::Openai).then_some(OPENAI_LAST_ORDERS)
}

/// The kind as it is stored; one that this version does not know is an address like any other.
pub(crate) fn kind(row: &ServiceRow) -> ServiceKind {
    serde_json::from_value(Value::from(row.kind.as_str())).unwrap_or(ServiceKind::Compatible)
}

/// The kind of that name, unless it is any address.
pub(super) fn kind_named(name: &str) -> Option<ServiceKind> {
    let kind = serde_json::from_value(Value::from(name)).ok();
    kind.filter(|kind| *kind != ServiceKind::Compatible)
}

pub(super) fn kind_name(kind: ServiceKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
