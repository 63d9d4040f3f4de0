//! What is known before an order: reasons against it, and what a person should hear of first.

use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::services::{KeyVerdict, ServiceKind};
use attune_contract::{Failure, FailureCode, Param, Params, params};
use attune_cost::{
    CancelledBilling, Day, HourlyRange, MicroUsd, PriceKind, PriceUnit, PricedModel,
};
use attune_services::Capabilities;

use super::Wish;
use crate::prices::Prices;
use crate::services;

/// A model that ends within so many days is spoken of.
const SOON_DAYS: i32 = 120;

/// A day as services and the price book write it; services may tell the time as well.
fn day(text: &str) -> Option<Day> {
    text.get(..10)?.parse().ok()
}

/// The last day on which models made from this one answer: what the service says, else the book.
fn ends_on(wish: Wish<'_>, priced: Option<&PricedModel>) -> Option<String> {
    let check = services::check_of(wish.service);
    let told = check.and_then(|check| {
        let model = check.tunable.into_iter().find(|tunable| tunable.model == wish.model)?;
        model.ends_on
    });
    told.or_else(|| priced.map(|model| model.ends_on.clone()))
}

/// Why nothing can be ordered, as far as it is known before anything leaves.
pub(super) fn refusal(
    wish: Wish<'_>,
    has_key: bool,
    priced: Option<&PricedModel>,
    capabilities: &Capabilities,
    upload_bytes: u64,
    today: Option<Day>,
) -> Option<Failure> {
    let title = wish.service.title.as_str();
    let of_service = |code| Some(Failure::new(code, params![title]));
    if !has_key {
        return Some(Failure::new(FailureCode::KeyMissing, params![]));
    }
    match services::check_of(wish.service).map(|check| check.verdict) {
        Some(KeyVerdict::Refused) => return of_service(FailureCode::KeyRefused),
        Some(KeyVerdict::NoCredit) => return of_service(FailureCode::ServiceNoCredit),
        Some(KeyVerdict::NothingToTrain) => return of_service(FailureCode::NothingToTrainThere),
        _ => {}
    }
    if let Some(over) = over(wish, priced, today) {
        return Some(over);
    }
    let most = capabilities.largest_file;
    (upload_bytes > most).then(|| {
        let (needed, most) = (Param::Bytes(upload_bytes), Param::Bytes(most));
        Failure::new(FailureCode::SendTooLarge, params![needed, most])
    })
}

/// Why it is too late: the service takes no more orders, or the model does not answer any more.
pub(super) fn over(
    wish: Wish<'_>,
    priced: Option<&PricedModel>,
    today: Option<Day>,
) -> Option<Failure> {
    let is_past = |on: &str| today.zip(day(on)).is_some_and(|(today, on)| today > on);
    if let Some(on) = services::closes_on(wish.service).filter(|on| is_past(on)) {
        let title = wish.service.title.as_str();
        let params = params!["title" => title, "on" => Param::Date(on.to_owned())];
        return Some(Failure::new(FailureCode::ServiceClosed, params));
    }
    let on = ends_on(wish, priced).filter(|on| is_past(on))?;
    let params = params!["model" => wish.model, "on" => Param::Date(on)];
    Some(Failure::new(FailureCode::ModelEnded, params))
}

/// What a person should hear of before ordering.
pub(super) fn notices(
    wish: Wish<'_>,
    priced: Option<&PricedModel>,
    prices: &Prices,
    today: Option<Day>,
) -> Vec<OrderNotice> {
    let mut notices = Vec::new();
    let mut say = |code, params: Params| notices.push(OrderNotice { code, params });
    let dated = |on: &str, days: u32| {
        let (on, days) = (Param::Date(on.to_owned()), u64::from(days));
        params![on, days]
    };
    let soon = |on: &str| {
        let left = today?.days_until(day(on)?);
        u32::try_from(left).ok().filter(|_| left <= SOON_DAYS)
    };
    if let Some(on) = ends_on(wish, priced)
        && let Some(left) = soon(&on)
    {
        say(OrderNoticeCode::ModelEnds, dated(&on, left));
    }
    if let Some(on) = services::closes_on(wish.service)
        && let Some(left) = soon(on)
    {
        say(OrderNoticeCode::ServiceCloses, dated(on, left));
    }
    if services::kind_of(wish.service) == ServiceKind::Openai {
        say(OrderNoticeCode::AccountMayBeLockedOut, params![]);
    }
    let rules = prices.book.rules(&wish.service.name);
    let typed = priced.and_then(|model| model.per_hour(PriceKind::Hosting));
    let typed = typed.map(|price| HourlyRange { low: price, high: price });
    if let Some(HourlyRange { low, high }) = typed.or(rules.hosting_per_hour) {
        let amount = |it: MicroUsd| Param::MicroUsd(it.micros());
        match low == high {
            true => say(OrderNoticeCode::HostingCosts, params!["amount" => amount(low)]),
            false => say(
                OrderNoticeCode::HostingCostsBetween,
                params!["low" => amount(low), "high" => amount(high)],
            ),
        }
    }
    if rules.cancelled == CancelledBilling::DoneSteps {
        say(OrderNoticeCode::StopIsBilled, params![]);
    }
    if let Some(amount) = rules.minimum_balance {
        let amount = Param::MicroUsd(amount.micros());
        say(OrderNoticeCode::BalanceNeeded, params![amount]);
    }
    let price = priced.and_then(|model| model.price(PriceKind::Training, PriceUnit::MillionTokens));
    if let Some((price, today)) = price.zip(today)
        && let Some(age) = prices.book.price_age(price, today).filter(|age| age.is_old)
    {
        say(OrderNoticeCode::PriceIsOld, dated(&prices.checked_on(price), age.days));
    }
    notices
}
