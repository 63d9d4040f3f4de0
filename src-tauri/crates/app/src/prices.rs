//! What services ask: the price book that came with Attune, with what the person corrected in it.
//!
//! Invariant: every price that is shown or counted with comes from [`App::prices`], so that a
//! correction holds everywhere at once. What was typed earlier is kept.

mod wire;

use std::sync::Arc;

use attune_contract::money::{PriceCorrectRequest, PriceList, UntunedPricesRequest};
use attune_contract::orders::QuotedPrice;
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_cost::{
    BillingRules, Correction, Day, Price, PriceBook, PriceKind, PriceUnit, PricedModel,
    TrainingTier,
};
use attune_store::{Library, PriceCorrectionRow, ServiceRow};

use crate::failures::{OrFailure, input_invalid, internal};
use crate::{App, services};

use wire::Typed;

/// The prices as they hold on a day.
#[derive(Debug)]
pub(crate) struct Prices {
    pub(crate) book: PriceBook,
    /// What of it the person typed.
    corrections: Vec<Correction>,
    /// Everything that was ever typed, the oldest first.
    typed: Vec<PriceCorrectionRow>,
}

impl Prices {
    /// The prices that stand in a library on the day `today`; without a day only those of the book.
    pub(crate) fn of(library: &Library, today: Option<Day>) -> Result<Self, Failure> {
        let rows = library.services().or_failure()?;
        let book = rows.iter().fold(PriceBook::built_in().clone(), with_address);
        let Some(today) = today else {
            return Ok(Self { book, corrections: Vec::new(), typed: Vec::new() });
        };
        let typed = library.price_corrections().or_failure()?;
        let corrections = wire::standing(&typed);
        let mut book = book.with_corrections(&corrections, today);
        take_told_ends(&mut book, &rows);
        Ok(Self { book, corrections, typed })
    }

    /// What is known of a model at a service. Services are named as in the library: a known one by
    /// its kind, as in the book, and an address of one's own by a name that no other has.
    pub(crate) fn model(&self, service: &str, model: &str) -> Option<&PricedModel> {
        self.book.model(service, model)
    }

    /// What training a model costs, with where that stands.
    pub(crate) fn of_training(&self, model: &PricedModel) -> Option<QuotedPrice> {
        let price = model.price(PriceKind::Training, PriceUnit::MillionTokens)?;
        Some(QuotedPrice {
            per_million_micro_usd: price.usd.micros(),
            checked_on: self.checked_on(price),
            source: match self.is_corrected(model, price) {
                true => words("order.price.own", &params![]),
                false => self.book.source.clone(),
            },
        })
    }

    /// The day on which a price was looked up or typed.
    pub(crate) fn checked_on(&self, price: &Price) -> String {
        price.checked_on.map_or_else(|| self.book.checked_on.clone(), |day| day.to_string())
    }

    fn is_corrected(&self, model: &PricedModel, price: &Price) -> bool {
        self.corrections.iter().any(|it| {
            (&it.service, &it.model, it.kind, it.per)
                == (&model.service, &model.model, price.kind, price.per)
        })
    }
}

/// The book, which knows how a service bills that answers at an address of a person's own.
fn with_address(book: PriceBook, row: &ServiceRow) -> PriceBook {
    let host = attune_services::host_of(&row.base_url);
    book.with_address(&row.name, &host.unwrap_or_default())
}

/// What a connected service says of its models' last days counts before what the book says.
fn take_told_ends(book: &mut PriceBook, rows: &[ServiceRow]) {
    for row in rows {
        let told = services::check_of(row).map(|check| check.tunable).unwrap_or_default();
        for model in book.models.iter_mut().filter(|model| model.service == row.name) {
            let same = told.iter().find(|tunable| tunable.model == model.model);
            // Services may tell the time as well.
            let day = same.and_then(|tunable| tunable.ends_on.as_deref()?.get(..10));
            if let Some(day) = day.filter(|day| day.parse::<Day>().is_ok()) {
                day.clone_into(&mut model.ends_on);
            }
        }
    }
}

/// How a service bills beside tokens.
pub(crate) fn rules(row: &ServiceRow) -> BillingRules {
    with_address(PriceBook::built_in().clone(), row).rules(&row.name)
}

impl App {
    /// The prices as they hold today.
    pub(crate) fn prices(&self, library: &Library) -> Result<Prices, Failure> {
        Prices::of(library, self.today())
    }

    /// Everything that is known of prices: the book with what was corrected and added in it, and the
    /// models of connected services that it lacks, without a price.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn price_list(self: &Arc<Self>, _: Nothing) -> Result<PriceList, Failure> {
        self.on_library(Self::listed_prices).await
    }

    /// Corrects a price, adds one, or takes a correction back.
    ///
    /// # Errors
    /// `InputInvalid`, `ServiceMissing`; failures of the library. Nothing is changed then.
    pub async fn price_correct(
        self: &Arc<Self>,
        request: PriceCorrectRequest,
    ) -> Result<PriceList, Failure> {
        let typed = wire::typed(&request)?;
        self.on_library(move |app, library| {
            app.keep_corrections(library, vec![typed])?;
            app.listed_prices(library)
        })
        .await
    }

    /// Keeps what a model asks without any training: all of its prices, or none.
    ///
    /// # Errors
    /// `InputInvalid` naming the field, `ServiceMissing`; failures of the library. Nothing is changed
    /// then.
    pub async fn untuned_prices_set(
        self: &Arc<Self>,
        request: UntunedPricesRequest,
    ) -> Result<PriceList, Failure> {
        let typed = wire::typed_untuned(&request)?;
        self.on_library(move |app, library| {
            app.keep_corrections(library, typed)?;
            app.listed_prices(library)
        })
        .await
    }

    fn listed_prices(&self, library: &Library) -> Result<PriceList, Failure> {
        let prices = self.prices(library)?;
        let rows = library.services().or_failure()?;
        let is_shown = |model: &&PricedModel| {
            model.tier == TrainingTier::Standard && services::is_known(&rows, &model.service)
        };
        let known = prices.book.models.iter().filter(is_shown);
        let known = known.map(|model| wire::model(&prices, model, &rows, self.today()));
        Ok(PriceList {
            source: prices.book.source.clone(),
            checked_on: prices.book.checked_on.clone(),
            models: known.chain(wire::unpriced(&prices, &rows)).collect(),
        })
    }

    fn keep_corrections(&self, library: &Library, typed: Vec<Typed>) -> Result<(), Failure> {
        let rows = library.services().or_failure()?;
        if !typed.iter().all(|typed| services::is_known(&rows, &typed.service)) {
            return Err(Failure::new(FailureCode::ServiceMissing, params![]));
        }
        let today = self.today().ok_or_else(|| internal("the clock stands outside all days"))?;
        let prices = self.prices(library)?;
        let kept = typed.into_iter().map(|typed| self.correction(&prices, typed, today));
        let kept: Vec<_> = kept.collect::<Result<_, _>>()?;
        library.price_corrections_add(&kept).or_failure()
    }

    fn correction(
        &self,
        prices: &Prices,
        typed: Typed,
        today: Day,
    ) -> Result<PriceCorrectionRow, Failure> {
        let model = match &typed.price {
            Some(price) => wire::full_name(prices, &typed.correction(*price, today), today),
            None => prices.model(&typed.service, &typed.model).map(|model| model.model.clone()),
        };
        Ok(PriceCorrectionRow {
            model: model.ok_or_else(|| input_invalid("model"))?,
            service: typed.service,
            price_for: wire::name(&typed.price_for),
            counted_by: wire::name(&typed.by),
            micro_usd: typed.price.map(|price| price.usd().micros()),
            from_day: today.to_string(),
            typed_at_ms: self.now_ms(),
        })
    }
}

#[cfg(test)]
mod tests;
