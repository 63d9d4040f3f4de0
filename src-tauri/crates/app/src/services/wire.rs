//! Services as the page sees them.

use attune_contract::services::{KeyPlace, ServiceKind, ServiceSummary, ShownKey};
use attune_store::ServiceRow;
use serde_json::Value;

use super::stored::{StoredOptions, check_of};
use crate::App;

/// The last day on which OpenAI takes an order for a training from anybody (its announcement of
/// 7 May 2026). Many accounts were locked out before.
const OPENAI_LAST_ORDERS: &str = "2027-01-06";

pub(super) fn summary(app: &App, row: &ServiceRow) -> ServiceSummary {
    let kind = kind(row);
    ServiceSummary {
        service: row.name.clone(),
        kind,
        title: row.title.clone(),
        address: row.base_url.clone(),
        closes_on: (kind == ServiceKind::Openai).then(|| OPENAI_LAST_ORDERS.to_owned()),
        key: StoredOptions::of(row).key.map(|key| ShownKey {
            is_at_hand: match key.place {
                KeyPlace::Keyring => true,
                place => app.keys.holds(place, &row.name),
            },
            place: key.place,
            last_four: key.last_four,
        }),
        check: check_of(row),
    }
}

/// The kind as it is stored; one that this version does not know is an address like any other.
pub(super) fn kind(row: &ServiceRow) -> ServiceKind {
    serde_json::from_value(Value::from(row.kind.as_str())).unwrap_or(ServiceKind::Compatible)
}

pub(super) fn kind_name(kind: ServiceKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
