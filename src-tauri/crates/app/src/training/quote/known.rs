//! What is known before an order: reasons against it, and what a person should hear of first.

use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::services::{KeyVerdict, ServiceKind};
use attune_contract::{Failure, FailureCode, Param, Params, params};
use attune_cost::{PriceBook, PricedModel};
use attune_services::Capabilities;
use jiff::civil::Date;

use super::Wish;
use crate::{App, services};

/// A model that ends within so many days is spoken of.
const SOON_DAYS: i32 = 120;
/// A price that was looked up longer ago is spoken of.
const OLD_DAYS: i32 = 30;

impl App {
    /// The day it is, in UTC; none where the clock stands before or after all days.
    pub(super) fn today(&self) -> Option<Date> {
        let now = jiff::Timestamp::from_millisecond(self.now_ms()).ok()?;
        Some(now.to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}

/// Days from `from` to `to`, both `YYYY-MM-DD`; negative where `to` is earlier.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// A day as services and the price book write it.
fn day(text: &str) -> Option<Date> {
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
    today: Option<Date>,
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
    let is_past = |on: &str| today.zip(day(on)).is_some_and(|(today, on)| today > on);
    if let Some(on) = services::closes_on(wish.service).filter(|on| is_past(on)) {
        let params = params!["title" => title, "on" => Param::Date(on.to_owned())];
        return Some(Failure::new(FailureCode::ServiceClosed, params));
    }
    if let Some(on) = ends_on(wish, priced).filter(|on| is_past(on)) {
        let params = params!["model" => wish.model, "on" => Param::Date(on)];
        return Some(Failure::new(FailureCode::ModelEnded, params));
    }
    let most = capabilities.largest_file;
    (upload_bytes > most).then(|| {
        let (needed, most) = (Param::Bytes(upload_bytes), Param::Bytes(most));
        Failure::new(FailureCode::SendTooLarge, params![needed, most])
    })
}

/// What a person should hear of before ordering.
pub(super) fn notices(
    wish: Wish<'_>,
    priced: Option<&PricedModel>,
    book: &PriceBook,
    has_price: bool,
    today: Option<Date>,
) -> Vec<OrderNotice> {
    let mut notices = Vec::new();
    let mut say = |code, params: Params| notices.push(OrderNotice { code, params });
    let dated = |on: &str, days: i32| {
        let (on, days) = (Param::Date(on.to_owned()), u64::from(days.unsigned_abs()));
        params![on, days]
    };
    let left = |on: &str| today.zip(day(on)).map(|(today, on)| days(today, on));
    if let Some(on) = ends_on(wish, priced)
        && let Some(left) = left(&on).filter(|left| (0..=SOON_DAYS).contains(left))
    {
        say(OrderNoticeCode::ModelEnds, dated(&on, left));
    }
    if let Some(on) = services::closes_on(wish.service)
        && let Some(left) = left(on).filter(|left| (0..=SOON_DAYS).contains(left))
    {
        say(OrderNoticeCode::ServiceCloses, dated(on, left));
    }
    if services::kind_of(wish.service) == ServiceKind::Openai {
        say(OrderNoticeCode::AccountMayBeLockedOut, params![]);
    }
    if has_price
        && let Some(ago) = left(&book.checked_on).map(|left| -left).filter(|it| *it > OLD_DAYS)
    {
        say(OrderNoticeCode::PriceIsOld, dated(&book.checked_on, ago));
    }
    notices
}
