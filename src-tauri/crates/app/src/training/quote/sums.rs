//! What a training would cost, and how less could be spent, worked out from its examples and prices.
//!
//! It must never be low: what nobody knows counts in the ceiling.

use std::num::NonZeroU32;

use attune_contract::Failure;
use attune_contract::money::{Saving, SavingRisk, SavingWay};
use attune_cost::{
    BilledBefore, BillingRules, DatasetCount, MicroUsd, Percent, PriceKind, PricedModel,
    SavingKind, SavingRisk as Risk, SavingsCase, StandingTokens, TrainingCost, TrainingOrder,
    TrainingTier, TrainingTokens, UsualCall, ValidationBilling, ValidationRun, training_cost,
};
use attune_store::Library;

use super::billed::BilledTrainings;
use super::{Counted, Stuff, Wish};
use crate::App;
use crate::failures::internal;
use crate::prices::Prices;

/// Instructions with fewer tokens are not worth shortening.
const SHORT_INSTRUCTIONS: u64 = 40;

/// What a training would cost.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) count: DatasetCount,
    /// None where no price is known or there is nothing to learn from.
    pub(super) cost: Option<TrainingCost>,
    /// What was expected before earlier bills were looked at, in millionths of a US dollar.
    pub(super) counted_micro_usd: Option<i64>,
    /// How far above what was expected earlier trainings were billed at most, in percent.
    pub(super) billed_percent: Option<u64>,
    /// Tokens that are billed, over all rounds.
    pub(super) billed_tokens: u64,
    pub(super) savings: Vec<Saving>,
    /// The tokenizer file that counted the text.
    pub(super) tokenizer_file: Option<String>,
}

impl App {
    /// What so many rounds over the examples would cost.
    pub(super) fn sums(
        &self,
        library: &Library,
        prices: &Prices,
        (stuff, wish): (&Stuff, Wish<'_>),
        rounds: NonZeroU32,
    ) -> Result<Sums, Failure> {
        let priced = prices.model(&wish.service.name, wish.model);
        let longest = longest_example(priced);
        let vocabulary = self.vocabulary(library, &wish.service.name, wish.model)?;
        let whose = (wish.model, &vocabulary);
        let counted = self.counted(library, &stuff.files.train, whose)?;
        let of = (wish.service.name.as_str(), wish.model);
        let count = counted.dataset(longest, of)?;
        let rules = prices.book.rules(&wish.service.name);
        let watched = match is_billed(&rules) && stuff.counts.validate > 0 {
            true => Some(self.counted(library, &stuff.files.validate, whose)?),
            false => None,
        };
        let watched = watched.map(|watched| watched.dataset(longest, of)).transpose()?;
        let order = TrainingOrder {
            tokens: count.range,
            epochs: rounds,
            // Once a round, as far as anybody tells.
            validation: watched
                .map(|watched| ValidationRun { tokens: watched.range, evaluations: rounds.get() }),
        };
        let price = priced.and_then(|model| model.per_million_tokens(PriceKind::Training));
        let price = price.filter(|_| count.examples > 0);
        let cost = price.map(|price| training_cost(price, &rules, &order)).transpose();
        let cost = cost.map_err(|error| internal(error.to_string()))?;
        let savings = match cost {
            Some(_) => self.savings(prices, wish, &counted, (&count, rounds)),
            None => Vec::new(),
        };
        let billed_tokens = match cost {
            Some(cost) => cost.billed.expected(),
            None => learned(&count, rounds)?,
        };
        let before = BilledTrainings::read(library)?.of(&wish.service.name, wish.model);
        Ok(Sums {
            count,
            counted_micro_usd: cost.map(|cost| cost.expected.micros()),
            cost: cost.map(|cost| before.and_then(|before| cost.after(before)).unwrap_or(cost)),
            billed_percent: before.and_then(BilledBefore::percent_above),
            billed_tokens,
            savings,
            tokenizer_file: vocabulary.file_name().map(str::to_owned),
        })
    }

    fn savings(
        &self,
        prices: &Prices,
        wish: Wish<'_>,
        counted: &Counted,
        (count, rounds): (&DatasetCount, NonZeroU32),
    ) -> Vec<Saving> {
        let Some(today) = self.today() else { return Vec::new() };
        let standing = counted.standing.filter(|it| it.tokens >= SHORT_INSTRUCTIONS);
        let case = SavingsCase {
            book: &prices.book,
            service: &wish.service.name,
            model: wish.model,
            tier: TrainingTier::Standard,
            today,
            examples: count.examples,
            tokens: TrainingTokens(count.range.expected()),
            epochs: rounds,
            // Half of them, because few can do without any.
            instructions: standing.map(|it| StandingTokens {
                tokens: it.tokens,
                examples: it.examples,
                shorter: it.tokens.div_ceil(2),
            }),
            call: counted.call.map(|call| UsualCall {
                input: call.input.expected(),
                output: call.output.expected(),
                cached: Percent::default(),
            }),
        };
        // Where nobody can tell what would be saved, nothing is said.
        let found = attune_cost::savings(&case).unwrap_or_default();
        found.into_iter().map(saving).collect()
    }
}

/// Tokens of an example beyond which it is cut.
pub(super) fn longest_example(priced: Option<&PricedModel>) -> u64 {
    priced.and_then(|model| model.longest_example_tokens).unwrap_or(u64::MAX)
}

/// Whether a service bills examples that are only watched, or may do so.
fn is_billed(rules: &BillingRules) -> bool {
    rules.validation != ValidationBilling::Free
}

/// The tokens of so many rounds.
fn learned(count: &DatasetCount, rounds: NonZeroU32) -> Result<u64, Failure> {
    let tokens = count.range.expected().checked_mul(rounds.get().into());
    tokens.ok_or_else(|| internal("more tokens than can be counted"))
}

fn saving(found: attune_cost::Saving) -> Saving {
    let way = match found.kind {
        SavingKind::FewerExamples { keep } => SavingWay::FewerExamples { keep },
        SavingKind::FewerEpochs { to } => SavingWay::FewerRounds { to: to.get() },
        SavingKind::ShorterInstructions { fewer_tokens } => {
            SavingWay::ShorterInstructions { fewer_tokens }
        }
        SavingKind::SmallerBase { model } => SavingWay::SmallerModel { model },
        SavingKind::Batch => SavingWay::Batch,
        SavingKind::CheaperTier { .. } => SavingWay::CheaperTier,
    };
    let risk = match found.risk {
        Risk::LessVariety => SavingRisk::LessVariety,
        Risk::LearnsLess => SavingRisk::LearnsLess,
        Risk::ForgetsInstructions => SavingRisk::ForgetsInstructions,
        Risk::WeakerModel => SavingRisk::WeakerModel,
        Risk::AnswersLater => SavingRisk::AnswersLater,
        Risk::AnyCountry => SavingRisk::AnyCountry,
        Risk::Interrupted => SavingRisk::Interrupted,
    };
    let calls = found.per_thousand_calls.map(MicroUsd::micros);
    Saving {
        way,
        training_micro_usd: found.training.micros(),
        thousand_calls_micro_usd: calls.filter(|less| *less != 0),
        risk,
    }
}
