//! Prices as the page types and sees them, and as the library keeps them.

use attune_contract::Failure;
use attune_contract::money::{
    EarlierPrice, PriceBy, PriceCorrectRequest, PriceFor, PriceShown, PricedModelShown,
    UntunedPricesRequest,
};
use attune_cost::{
    Correction, Day, GivenPrice, MicroUsd, Price, PriceBook, PriceKind, PriceUnit, PricedModel,
    TrainingTier,
};
use attune_store::{PriceCorrectionRow, ServiceRow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Prices;
use crate::failures::input_invalid;
use crate::services;

/// More of what was typed before tells nobody anything.
const MOST_EARLIER: usize = 10;
/// No model has a longer name.
const LONGEST_MODEL: usize = 200;

/// A price as somebody typed it, and it can be one.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) service: String,
    pub(super) model: String,
    pub(super) price_for: PriceFor,
    pub(super) by: PriceBy,
    /// None takes back what was typed before.
    pub(super) price: Option<GivenPrice>,
}

impl Typed {
    pub(super) fn correction(&self, price: GivenPrice, from: Day) -> Correction {
        Correction {
            service: self.service.clone(),
            model: self.model.clone(),
            tier: TrainingTier::Standard,
            kind: kind(self.price_for),
            per: unit(self.by),
            price,
            from,
        }
    }
}

/// What was typed, if it can be a price of that kind.
pub(super) fn typed(request: &PriceCorrectRequest) -> Result<Typed, Failure> {
    let model = request.model.trim();
    if model.is_empty() || model.len() > LONGEST_MODEL || model.contains(char::is_control) {
        return Err(input_invalid("model"));
    }
    let can_be = match request.price_for {
        // Some models are trained by the hour.
        PriceFor::Training => true,
        PriceFor::Hosting => request.by == PriceBy::Hour,
        _ => request.by == PriceBy::MillionTokens,
    };
    if !can_be {
        return Err(input_invalid("by"));
    }
    let amount = request.amount.as_deref();
    let price = amount.map(|amount| GivenPrice::read(amount, "USD")).transpose();
    Ok(Typed {
        service: request.service.clone(),
        model: model.to_owned(),
        price_for: request.price_for,
        by: request.by,
        price: price.map_err(|error| input_invalid("amount").with_detail(error.to_string()))?,
    })
}

/// What was typed of a model without training, if each can be a price; the field that cannot is named.
pub(super) fn typed_untuned(request: &UntunedPricesRequest) -> Result<Vec<Typed>, Failure> {
    let fields = [
        ("input", PriceFor::UntunedInput, &request.input),
        ("cachedInput", PriceFor::UntunedCachedInput, &request.cached_input),
        ("output", PriceFor::UntunedOutput, &request.output),
    ];
    let each = fields.into_iter().map(|(field, price_for, amount)| {
        let one = PriceCorrectRequest {
            service: request.service.clone(),
            model: request.model.clone(),
            price_for,
            by: PriceBy::MillionTokens,
            amount: Some(amount.clone()),
        };
        typed(&one).map_err(|failure| match failure == input_invalid("model") {
            true => failure,
            false => Failure { params: input_invalid(field).params, ..failure },
        })
    });
    each.collect()
}

/// What the book calls the model of a correction once it knows it.
pub(super) fn full_name(prices: &Prices, correction: &Correction, today: Day) -> Option<String> {
    let book = prices.book.with_corrections(std::slice::from_ref(correction), today);
    let model = book.model(&correction.service, &correction.model)?;
    Some(model.model.clone())
}

/// The corrections that stand, of all that were ever typed: of one price the last word counts.
pub(super) fn standing(rows: &[PriceCorrectionRow]) -> Vec<Correction> {
    let mut standing: Vec<(&PriceCorrectionRow, Correction)> = Vec::new();
    for row in rows {
        standing.retain(|(earlier, _)| !is_same_price(earlier, row));
        standing.extend(correction(row).map(|correction| (row, correction)));
    }
    standing.into_iter().map(|(_, correction)| correction).collect()
}

fn is_same_price(one: &PriceCorrectionRow, other: &PriceCorrectionRow) -> bool {
    (&one.service, &one.model, &one.price_for, &one.counted_by)
        == (&other.service, &other.model, &other.price_for, &other.counted_by)
}

/// A correction as it is stored; none where it takes one back or a newer version wrote it.
fn correction(row: &PriceCorrectionRow) -> Option<Correction> {
    Some(Correction {
        service: row.service.clone(),
        model: row.model.clone(),
        tier: TrainingTier::Standard,
        kind: kind(named(&row.price_for)?),
        per: unit(named(&row.counted_by)?),
        price: GivenPrice::new(MicroUsd::from_micros(row.micro_usd?)).ok()?,
        from: row.from_day.parse().ok()?,
    })
}

/// A model with its prices.
pub(super) fn model(
    prices: &Prices,
    model: &PricedModel,
    rows: &[ServiceRow],
    today: Option<Day>,
) -> PricedModelShown {
    let told = rows.iter().find(|row| row.name == model.service).and_then(|row| {
        let tunable = services::check_of(row)?.tunable;
        tunable.into_iter().find(|tunable| tunable.model == model.model)?.ends_on
    });
    let known = model.last_day().map(|day| day.to_string());
    PricedModelShown {
        service: model.service.clone(),
        service_title: services::title_of(rows, &model.service),
        model: model.model.clone(),
        ends_on: told.or(known),
        prices: model.prices.iter().map(|price| shown(prices, model, price, today)).collect(),
    }
}

fn shown(prices: &Prices, model: &PricedModel, price: &Price, today: Option<Day>) -> PriceShown {
    let is_corrected = prices.is_corrected(model, price);
    let of_book = PriceBook::built_in().model(&model.service, &model.model);
    let of_book = of_book.and_then(|known| known.price(price.kind, price.per));
    let age = today.and_then(|today| prices.book.price_age(price, today));
    PriceShown {
        price_for: price_for(price.kind),
        by: by(price.per),
        micro_usd: price.usd.micros(),
        checked_on: prices.checked_on(price),
        is_old: age.is_some_and(|age| age.is_old),
        book_micro_usd: of_book.filter(|_| is_corrected).map(|known| known.usd.micros()),
        is_corrected,
        earlier: earlier(prices, model, price, is_corrected),
    }
}

/// What was typed of a price before what holds now.
fn earlier(
    prices: &Prices,
    model: &PricedModel,
    price: &Price,
    is_corrected: bool,
) -> Vec<EarlierPrice> {
    let (price_for, counted_by) = (name(&price_for(price.kind)), name(&by(price.per)));
    let is_it = |row: &&PriceCorrectionRow| {
        (&row.service, &row.model, &row.price_for, &row.counted_by)
            == (&model.service, &model.model, &price_for, &counted_by)
    };
    let typed = prices.typed.iter().rev().filter(is_it).skip(usize::from(is_corrected));
    let shown = |row: &PriceCorrectionRow| EarlierPrice {
        micro_usd: row.micro_usd,
        on: row.from_day.clone(),
    };
    typed.take(MOST_EARLIER).map(shown).collect()
}

/// The models of connected services that no price is known of.
pub(super) fn unpriced(prices: &Prices, rows: &[ServiceRow]) -> Vec<PricedModelShown> {
    let of_row = |row: &ServiceRow| {
        let tunable = services::check_of(row).map(|check| check.tunable).unwrap_or_default();
        let (service, title) = (row.name.clone(), row.title.clone());
        tunable.into_iter().map(move |tunable| PricedModelShown {
            service: service.clone(),
            service_title: title.clone(),
            model: tunable.model,
            ends_on: tunable.ends_on,
            prices: Vec::new(),
        })
    };
    let models = rows.iter().flat_map(of_row);
    models.filter(|model| prices.model(&model.service, &model.model).is_none()).collect()
}

macro_rules! same_names {
    ($there:ident => $here:ident, $to:ident, $from:ident: $( $name:ident ),* $(,)?) => {
        fn $to(value: $there) -> $here {
            match value { $( $there::$name => $here::$name, )* }
        }

        fn $from(value: $here) -> $there {
            match value { $( $here::$name => $there::$name, )* }
        }
    };
}

same_names! {
    PriceFor => PriceKind, kind, price_for: Training, Input, CachedInput, Output, BatchInput,
    BatchCachedInput, BatchOutput, Hosting, UntunedInput, UntunedCachedInput, UntunedOutput,
}
same_names! { PriceBy => PriceUnit, unit, by: MillionTokens, Hour }

/// The name of one of a few, as the contract and the library write it.
pub(super) fn name(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(Value::from(name)).ok()
}
