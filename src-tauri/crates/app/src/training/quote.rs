//! What a training at a service would be and cost, and ordering exactly that, once.
//!
//! Invariant: an order names a quote by a token that is good for one order. The token is used up in
//! the transaction that stores the order, so that neither a second press nor a replayed request can
//! spend twice.

mod billed;
mod counted;
mod known;
mod of_file;
mod placing;
mod sums;
mod wished;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use attune_contract::checks::SplitCounts;
use attune_contract::orders::{
    OrderNotice, OrderNoticeCode, OrderQuote, OrderQuoteRequest, OrderSettings,
};
use attune_contract::{Failure, FailureCode, Param, params};
use attune_cost::{
    MicroUsd, PricedModel, TYPED_ABOVE, TrainingCost, auto_epochs, usual_batch_size,
    usual_learning_rate_multiplier,
};
use attune_store::{Library, ProjectId, ServiceRow};
use serde_json::json;

use super::prepare::Files;
use super::record::StoredRecipe;
use crate::failures::{OrFailure, input_invalid, internal};
use crate::{App, locked, projects, services, tokenizers};

pub(crate) use billed::BilledTrainings;
pub(crate) use counted::{Counted, CountedFiles};
pub use of_file::{EstimateOrder, EstimateWarning, FileEstimate, estimate_file};

/// So long a quote holds.
const QUOTE_MS: i64 = 10 * 60 * 1_000;
/// More quotes than a person looks at; the oldest go.
const MOST_QUOTES: usize = 32;
/// More than anybody should type by mistake, in millionths of a US dollar.
const MOST_TYPED_MICRO_USD: i64 = 100_000_000_000;

/// What was quoted and may still be ordered.
#[derive(Debug, Default)]
pub(crate) struct Quotes {
    /// By their tokens, each with its place in the order of asking.
    kept: HashMap<String, (u64, Quoted)>,
    asked: u64,
}

impl Quotes {
    fn keep(&mut self, token: String, quoted: Quoted, now_ms: i64) {
        self.kept.retain(|_, (_, quoted)| quoted.expires_at_ms > now_ms);
        while self.kept.len() >= MOST_QUOTES {
            let oldest = self.kept.iter().min_by_key(|(_, (asked, _))| *asked);
            let Some(oldest) = oldest.map(|(token, _)| token.clone()) else { return };
            self.kept.remove(&oldest);
        }
        self.asked += 1;
        self.kept.insert(token, (self.asked, quoted));
    }

    /// The quote behind a token, which is worth nothing from then on.
    fn take(&mut self, token: &str, now_ms: i64) -> Option<Quoted> {
        let (_, quoted) = self.kept.remove(token)?;
        (quoted.expires_at_ms > now_ms).then_some(quoted)
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
        let prices = self.prices(library)?;
        let priced = prices.model(&wish.service.name, wish.model);
        let price = priced.and_then(|model| prices.of_training(model));
        let usual = auto_epochs(stuff.counts.train);
        let rounds = rounds(wish, usual)?;
        let mut recipe = wished::recipe(library, (&stuff, wish), rounds.get(), price.as_ref())?;
        if let Some(fault) = wished::fault(&recipe, wish, &services::capabilities(wish.service)) {
            return Err(input_invalid(fault));
        }
        let sums = self.sums(library, &prices, (&stuff, wish), rounds)?;
        recipe.counted_micro_usd = sums.counted_micro_usd;
        recipe.least_micro_usd = sums.cost.map(least);
        let ceiling = ceiling(sums.cost.as_ref(), wish.typed_ceiling_micro_usd)?;
        let judged = ceiling.map(|ceiling| self.judged(library, ceiling.micros())).transpose()?;
        let judged = judged.unwrap_or_default();
        let upload_bytes = upload_bytes(library, &stuff)?;
        let refusal = stuff
            .refusal
            .clone()
            .or_else(|| above_typed(sums.cost.as_ref(), wish.typed_ceiling_micro_usd))
            .or_else(|| self.refusal_there(wish, priced, upload_bytes))
            .or(judged.refusal);
        let mut notices = known::notices(wish, priced, &prices, self.today());
        notices.extend(counted::notices(&sums.count, sums.tokenizer_file.as_deref()));
        notices.extend(sums.billed_percent.map(|percent| OrderNotice {
            code: OrderNoticeCode::BilledBefore,
            params: params!["percent" => percent],
        }));
        notices.extend(judged.notices);
        let mut quote = OrderQuote {
            service_title: wish.service.title.clone(),
            model: wish.model.to_owned(),
            split: stuff.counts.clone(),
            rounds: rounds.get(),
            rounds_are_usual: Some(rounds) == usual,
            usual_batch_size: usual_batch_size(&wish.service.name, stuff.counts.train),
            usual_learning_rate_multiplier: usual_multiplier(wish),
            billed_tokens: sums.billed_tokens,
            takes_tokenizer: tokenizers::takes_file(&wish.service.name, wish.model),
            tokenizer_file: sums.tokenizer_file,
            upload_bytes,
            price,
            least_micro_usd: sums.cost.filter(|cost| cost.low < cost.expected).map(least),
            expected_micro_usd: sums.cost.map(|cost| cost.expected.micros()),
            ceiling_micro_usd: ceiling.map(MicroUsd::micros),
            must_type_amount: false,
            notices,
            savings: sums.savings,
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

    /// Why it cannot be ordered at the service, as far as that is known here.
    fn refusal_there(
        &self,
        wish: Wish<'_>,
        priced: Option<&PricedModel>,
        upload_bytes: u64,
    ) -> Option<Failure> {
        let has_key = self.has_lent_key() || services::has_key(wish.service);
        let capabilities = services::capabilities(wish.service);
        known::refusal(wish, has_key, priced, &capabilities, upload_bytes, self.today())
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
        let must_type_amount = !is_typed && ceiling > TYPED_ABOVE;
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

fn usual_multiplier(wish: Wish<'_>) -> Option<f64> {
    let hundredths = usual_learning_rate_multiplier(&wish.service.name, wish.model)?;
    Some(f64::from(hundredths) / 100.0)
}

fn least(cost: TrainingCost) -> i64 {
    cost.low.micros()
}

/// How often all examples are read: as wished, else as the service would choose.
fn rounds(wish: Wish<'_>, usual: Option<NonZeroU32>) -> Result<NonZeroU32, Failure> {
    match wish.settings.rounds {
        Some(rounds) => NonZeroU32::new(rounds).ok_or_else(|| input_invalid("rounds")),
        None => Ok(usual.unwrap_or(NonZeroU32::MIN)),
    }
}

/// The most that may be spent: what was typed where no price or no bound is known.
fn ceiling(cost: Option<&TrainingCost>, typed: Option<i64>) -> Result<Option<MicroUsd>, Failure> {
    if typed.is_some_and(|typed| !(1..=MOST_TYPED_MICRO_USD).contains(&typed)) {
        return Err(input_invalid("typedCeilingMicroUsd"));
    }
    let computed = cost.and_then(|cost| cost.ceiling);
    Ok(computed.or_else(|| typed.map(MicroUsd::from_micros)))
}

/// Refuses what costs more than the person typed as the most.
fn above_typed(cost: Option<&TrainingCost>, typed: Option<i64>) -> Option<Failure> {
    let cost = cost?;
    let needed = cost.ceiling.unwrap_or(cost.expected).micros();
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
