//! What a training at a service would be and cost, and ordering exactly that, once.
//!
//! Invariant: an order names a quote by a token that is good for one order. The token is used up in
//! the transaction that stores the order, so that neither a second press nor a replayed request can
//! spend twice.

mod counted;
mod known;
mod placing;
mod wished;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use attune_contract::checks::SplitCounts;
use attune_contract::orders::{OrderQuote, OrderQuoteRequest, OrderSettings, QuotedPrice};
use attune_contract::{Failure, FailureCode, Param, params};
use attune_cost::{Estimate, MicroUsd, PriceBook, PriceKind, auto_epochs};
use attune_store::{Library, ProjectId, ServiceRow};
use serde_json::json;

use super::prepare::Files;
use super::record::StoredRecipe;
use crate::failures::{OrFailure, input_invalid, internal};
use crate::{App, locked, projects, services};

pub(crate) use counted::Counted;

/// So long a quote holds.
const QUOTE_MS: i64 = 10 * 60 * 1_000;
/// More quotes than a person looks at; the oldest go.
const MOST_QUOTES: usize = 32;
/// Above this the amount is typed once more, in millionths of a US dollar.
const TYPED_ABOVE_MICRO_USD: i64 = 5_000_000;
/// More than anybody should type by mistake, in millionths of a US dollar.
const MOST_TYPED_MICRO_USD: i64 = 100_000_000_000;

/// What was quoted and may still be ordered.
#[derive(Debug, Default)]
pub(crate) struct Quotes(HashMap<String, Quoted>);

impl Quotes {
    fn keep(&mut self, token: String, quoted: Quoted, now_ms: i64) {
        self.0.retain(|_, quoted| quoted.expires_at_ms > now_ms);
        while self.0.len() >= MOST_QUOTES {
            let oldest = self.0.iter().min_by_key(|(_, quoted)| quoted.expires_at_ms);
            let Some(oldest) = oldest.map(|(token, _)| token.clone()) else { return };
            self.0.remove(&oldest);
        }
        self.0.insert(token, quoted);
    }

    /// The quote behind a token, which is worth nothing from then on.
    fn take(&mut self, token: &str, now_ms: i64) -> Option<Quoted> {
        self.0.remove(token).filter(|quoted| quoted.expires_at_ms > now_ms)
    }
}

/// A training as it was quoted.
#[derive(Debug, Clone)]
struct Quoted {
    stuff: Stuff,
    service: String,
    model: String,
    recipe: StoredRecipe,
    request_sha: String,
    expected_micro_usd: Option<i64>,
    ceiling_micro_usd: i64,
    must_type_amount: bool,
    expires_at_ms: i64,
}

/// The examples of a training as they are now, prepared.
#[derive(Debug, Clone)]
pub(super) struct Stuff {
    pub(super) project: ProjectId,
    pub(super) dataset_version: u64,
    pub(super) counts: SplitCounts,
    pub(super) files: Files,
    /// Tokens of all usable examples.
    pub(super) tokens: u64,
    /// The starting point of all chance where nobody chose one.
    pub(super) seed: u64,
    /// Why nothing can be trained from it now.
    pub(super) refusal: Option<Failure>,
}

/// What somebody wishes for at a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) service: &'a ServiceRow,
    pub(super) model: &'a str,
    pub(super) settings: &'a OrderSettings,
    pub(super) typed_ceiling_micro_usd: Option<i64>,
}

impl App {
    /// What a training at a service would be and cost. Nothing leaves the computer.
    ///
    /// # Errors
    /// `InputInvalid`, `ProjectMissing`, `ServiceMissing`; failures of the library. What stands in
    /// the way is part of the quote.
    pub async fn order_quote(
        self: &Arc<Self>,
        request: OrderQuoteRequest,
    ) -> Result<OrderQuote, Failure> {
        let service = self.service_row(&request.service).await?;
        let prepared = self.prepared_project(request.project).await?;
        self.on_library(move |app, library| {
            let launches = library.launches(ProjectId(request.project)).or_failure()?;
            let refusal = super::refusal(&launches, super::LEAST_EXAMPLES);
            let project = projects::live_project(library, ProjectId(request.project))?;
            let stuff = prepared.stuff(refusal, project.split_seed);
            let wish = Wish {
                service: &service,
                model: &request.model,
                settings: &request.settings,
                typed_ceiling_micro_usd: request.typed_ceiling_micro_usd,
            };
            app.quote(library, stuff, wish)
        })
        .await
    }

    /// Works a quote out and keeps it for the order, where it can be ordered.
    pub(super) fn quote(
        &self,
        library: &Library,
        stuff: Stuff,
        wish: Wish<'_>,
    ) -> Result<OrderQuote, Failure> {
        let capabilities = services::capabilities(wish.service);
        let book = PriceBook::built_in();
        let priced = book.model(&wish.service.kind, wish.model);
        let longest = priced.and_then(|model| model.longest_example_tokens).unwrap_or(u64::MAX);
        let counted = self.counted(library, &stuff.files.train, wish.model, longest)?;
        let usual = auto_epochs(stuff.counts.train);
        let rounds = match wish.settings.rounds {
            Some(rounds) => NonZeroU32::new(rounds).ok_or_else(|| input_invalid("rounds"))?,
            None => usual.unwrap_or(NonZeroU32::MIN),
        };
        let recipe = wished::recipe(library, &stuff, wish, rounds.get())?;
        if let Some(fault) = wished::fault(&recipe, wish, &capabilities) {
            return Err(input_invalid(fault));
        }
        let price = priced.and_then(|model| model.per_million_tokens(PriceKind::Training));
        let estimate = price.map(|price| estimate(price, counted, rounds)).transpose()?.flatten();
        let ceiling = ceiling(estimate.as_ref(), wish.typed_ceiling_micro_usd)?;
        let upload_bytes = upload_bytes(library, &stuff)?;
        let above = above_typed(estimate.as_ref(), wish.typed_ceiling_micro_usd);
        let refusal = stuff.refusal.clone().or(above).or_else(|| {
            let has_key = self.has_lent_key() || services::has_key(wish.service);
            known::refusal(wish, has_key, priced, &capabilities, upload_bytes, self.today())
        });
        let mut notices = known::notices(wish, priced, book, price.is_some(), self.today());
        notices.extend(counted.notices());
        let billed = attune_cost::billed_tokens(counted.tokens, rounds)
            .ok_or_else(|| internal("more tokens than can be counted"))?;
        let mut quote = OrderQuote {
            service_title: wish.service.title.clone(),
            model: wish.model.to_owned(),
            split: stuff.counts.clone(),
            rounds: rounds.get(),
            rounds_are_usual: Some(rounds) == usual,
            billed_tokens: billed.0,
            upload_bytes,
            price: price.map(|price| QuotedPrice {
                per_million_micro_usd: price.micros(),
                checked_on: book.checked_on.clone(),
                source: book.source.clone(),
            }),
            expected_micro_usd: estimate.map(|estimate| estimate.expected.micros()),
            ceiling_micro_usd: ceiling.map(MicroUsd::micros),
            must_type_amount: false,
            notices,
            refusal,
            token: None,
            expires_at_ms: None,
        };
        if quote.refusal.is_none()
            && let Some(ceiling) = ceiling
        {
            self.make_orderable(&mut quote, stuff, wish, recipe, ceiling)?;
        }
        Ok(quote)
    }

    fn make_orderable(
        &self,
        quote: &mut OrderQuote,
        stuff: Stuff,
        wish: Wish<'_>,
        recipe: StoredRecipe,
        ceiling: MicroUsd,
    ) -> Result<(), Failure> {
        let expires_at_ms = self.now_ms().saturating_add(QUOTE_MS);
        // Whoever typed the ceiling has typed the amount.
        let is_typed = wish.typed_ceiling_micro_usd == Some(ceiling.micros());
        let must_type_amount = !is_typed && ceiling.micros() > TYPED_ABOVE_MICRO_USD;
        let mut quoted = Quoted {
            stuff,
            service: wish.service.name.clone(),
            model: wish.model.to_owned(),
            recipe,
            request_sha: String::new(),
            expected_micro_usd: quote.expected_micro_usd,
            ceiling_micro_usd: ceiling.micros(),
            must_type_amount,
            expires_at_ms,
        };
        let request = request_of(&quoted).to_string();
        quoted.request_sha = blake3::hash(request.as_bytes()).to_hex().to_string();
        let token = new_token()?;
        locked(&self.quotes).keep(token.clone(), quoted, self.now_ms());
        quote.must_type_amount = must_type_amount;
        quote.token = Some(token);
        quote.expires_at_ms = Some(expires_at_ms);
        Ok(())
    }
}

/// What so many rounds cost; none where there is nothing to learn from.
fn estimate(
    price: MicroUsd,
    lesson: counted::Lesson,
    rounds: NonZeroU32,
) -> Result<Option<Estimate>, Failure> {
    if lesson.tokens.0 == 0 {
        return Ok(None);
    }
    let estimate = attune_cost::estimate(price, lesson.tokens, lesson.certainty, rounds);
    estimate.map(Some).map_err(|error| internal(error.to_string()))
}

/// The most that may be spent: what was typed where no price or no bound is known.
fn ceiling(estimate: Option<&Estimate>, typed: Option<i64>) -> Result<Option<MicroUsd>, Failure> {
    if typed.is_some_and(|typed| !(1..=MOST_TYPED_MICRO_USD).contains(&typed)) {
        return Err(input_invalid("typedCeilingMicroUsd"));
    }
    let computed = estimate.and_then(|estimate| estimate.ceiling);
    Ok(computed.or_else(|| typed.map(MicroUsd::from_micros)))
}

/// Refuses what costs more than the person typed as the most.
fn above_typed(estimate: Option<&Estimate>, typed: Option<i64>) -> Option<Failure> {
    let estimate = estimate?;
    let needed = estimate.ceiling.unwrap_or(estimate.expected).micros();
    let most = typed.filter(|typed| *typed < needed)?;
    let (ceiling, most) = (Param::MicroUsd(needed), Param::MicroUsd(most));
    Some(Failure::new(FailureCode::AboveCeiling, params![ceiling, most]))
}

/// The whole order, as it is stored before anything is sent. The service names the files by ids of
/// its own, so the request names them by their content.
fn request_of(quoted: &Quoted) -> serde_json::Value {
    json!({
        "service": quoted.service,
        "model": quoted.model,
        "training_file": quoted.stuff.files.train,
        "validation_file": quoted.stuff.files.validate,
        "recipe": quoted.recipe,
        "ceiling_micro_usd": quoted.ceiling_micro_usd,
    })
}

/// 128 bits of the system's chance, in hex.
fn new_token() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| internal(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn upload_bytes(library: &Library, stuff: &Stuff) -> Result<u64, Failure> {
    let bytes = |hash: &str| -> Result<u64, Failure> {
        let path = library.file_path(hash).or_failure()?;
        let found = std::fs::metadata(path).map_err(|error| internal(error.to_string()))?;
        Ok(found.len())
    };
    Ok(bytes(&stuff.files.train)? + bytes(&stuff.files.validate)?)
}

#[cfg(test)]
mod tests;
