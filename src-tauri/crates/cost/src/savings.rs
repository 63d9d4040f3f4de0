//! Ways to spend less, each with what it saves and what it risks.
//!
//! It must never promise more than the estimates say: a saving is the difference of two of them,
//! made with the same prices. What is said of a way in words is the window's business.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use crate::billing::TrainingTokens;
use crate::day::Day;
use crate::money::MicroUsd;
use crate::prices::{PriceBook, PriceKind, PricedModel, TrainingTier};
use crate::rounding::price_of;
use crate::tokens::Encoding;
use crate::usage::{CallCost, CallTier, Percent, UsageError, UsagePrices};

/// With fewer examples than this no sample is proposed: gains were seen from 50 on (OpenAI,
/// fine-tuning best practices, 2026).
const FEWEST_EXAMPLES: u64 = 50;
const CALLS: u64 = 1_000;

/// A training and its use, of which less shall be spent.
#[derive(Debug, Clone, Copy)]
pub struct SavingsCase<'a> {
    /// The prices.
    pub book: &'a PriceBook,
    /// The service's name among Attune's.
    pub service: &'a str,
    /// The model.
    pub model: &'a str,
    /// The way of training.
    pub tier: TrainingTier,
    /// The day it is: what has ended is not proposed.
    pub today: Day,
    /// How many examples there are.
    pub examples: u64,
    /// Their tokens, for one pass.
    pub tokens: TrainingTokens,
    /// Passes over them.
    pub epochs: NonZeroU32,
    /// The text that stands in every call, where there is any.
    pub instructions: Option<StandingTokens>,
    /// A usual call, where it is known.
    pub call: Option<UsualCall>,
}

/// The tokens of a text that stands in every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingTokens {
    /// Its tokens.
    pub tokens: u64,
    /// How many examples have it.
    pub examples: u64,
    /// The tokens of what it is replaced by; 0 where it is left out.
    pub shorter: u64,
}

/// The tokens of a usual call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualCall {
    /// Those that are read.
    pub input: u64,
    /// Those that are written.
    pub output: u64,
    /// The share of what is read that was just read before.
    pub cached: Percent,
}

/// A way to spend less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavingKind {
    /// Train on a sample of the examples in which every kind of them has its share.
    FewerExamples {
        /// How many of them.
        keep: u64,
    },
    /// Read the examples less often.
    FewerEpochs {
        /// How often.
        to: NonZeroU32,
    },
    /// Shorten the instructions that stand in every example and in every call.
    ShorterInstructions {
        /// Tokens that each call has less.
        fewer_tokens: u64,
    },
    /// Train another model that costs less.
    SmallerBase {
        /// Its name.
        model: String,
    },
    /// Ask in batches, and not for an answer at once.
    Batch,
    /// Train in a cheaper way of the same service.
    CheaperTier {
        /// Which one.
        tier: TrainingTier,
    },
}

/// What a way to spend less may cost otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SavingRisk {
    /// What is rare may not be learned.
    LessVariety,
    /// It may be learned less well.
    LearnsLess,
    /// What the instructions said may be forgotten.
    ForgetsInstructions,
    /// The model may be less able from the start.
    WeakerModel,
    /// An answer may take a day.
    AnswersLater,
    /// The examples may be worked on in any country.
    AnyCountry,
    /// The training may be interrupted, and the model is taken away after a day.
    Interrupted,
}

/// A way to spend less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// Which.
    pub kind: SavingKind,
    /// What the training costs less, in US dollars.
    pub training: MicroUsd,
    /// What 1,000 calls cost less, in US dollars; none where no usual call or no price is known.
    pub per_thousand_calls: Option<MicroUsd>,
    /// What it risks.
    pub risk: SavingRisk,
}

/// Nothing can be said of what would be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavingsError {
    /// Without a price nothing is cheaper.
    #[error("no training price is known for model `{model}`")]
    UnknownPrice {
        /// The model.
        model: String,
    },
    /// The amount is beyond what can be counted.
    #[error("the training is too large to price")]
    TooLarge,
    /// A call cannot be priced.
    #[error("a usual call cannot be priced")]
    Call(#[from] UsageError),
}

/// All ways that save something: what saves most on the training first, then on the calls.
///
/// # Errors
/// [`SavingsError`].
pub fn savings(case: &SavingsCase<'_>) -> Result<Vec<Saving>, SavingsError> {
    let now = Now::of(case)?;
    let mut found = Vec::new();
    found.extend(now.fewer_examples()?);
    found.extend(now.fewer_epochs()?);
    found.extend(now.shorter_instructions()?);
    found.extend(now.in_batches()?);
    for other in &case.book.models {
        found.extend(now.other_model(other)?);
    }
    found.retain(|it| it.training > MicroUsd::ZERO || it.per_thousand_calls > Some(MicroUsd::ZERO));
    found.sort_by_key(|it| std::cmp::Reverse((it.training, it.per_thousand_calls)));
    Ok(found)
}

/// How often so many examples are usually read (Microsoft, azure-skills, August 2026): the fewer
/// they are, the more often.
#[must_use]
pub fn usual_epochs(examples: u64) -> RangeInclusive<u32> {
    match examples {
        0..100 => 3..=5,
        100..500 => 2..=3,
        500..=2_000 => 1..=2,
        _ => 1..=1,
    }
}

/// The case with what it costs as it is.
struct Now<'a> {
    case: &'a SavingsCase<'a>,
    model: &'a PricedModel,
    per_million: MicroUsd,
    training: MicroUsd,
    calls: Option<MicroUsd>,
}

impl<'a> Now<'a> {
    fn of(case: &'a SavingsCase<'a>) -> Result<Self, SavingsError> {
        let unknown = || SavingsError::UnknownPrice { model: case.model.to_owned() };
        let model = case.book.model_at(case.service, case.model, case.tier).ok_or_else(unknown)?;
        let per_million = model.per_million_tokens(PriceKind::Training).ok_or_else(unknown)?;
        let training = training(case.tokens.0, case.epochs, per_million)?;
        let calls = calls(model, CallTier::Immediate, case.call)?;
        Ok(Now { case, model, per_million, training, calls })
    }

    fn fewer_examples(&self) -> Result<Option<Saving>, SavingsError> {
        let examples = self.case.examples;
        let keep = examples.div_ceil(2);
        if keep < FEWEST_EXAMPLES {
            return Ok(None);
        }
        let tokens = u128::from(self.case.tokens.0) * u128::from(keep);
        let tokens = u64::try_from(tokens.div_ceil(examples.into())).unwrap_or(u64::MAX);
        let less = self.less_training(tokens, self.case.epochs)?;
        let kind = SavingKind::FewerExamples { keep };
        Ok(Some(self.of_training(kind, less, SavingRisk::LessVariety)))
    }

    fn fewer_epochs(&self) -> Result<Option<Saving>, SavingsError> {
        let usual = usual_epochs(self.case.examples);
        let epochs = self.case.epochs.get();
        let to = [*usual.end(), *usual.start()].into_iter().find(|usual| *usual < epochs);
        let Some(to) = to.and_then(NonZeroU32::new) else { return Ok(None) };
        let less = self.less_training(self.case.tokens.0, to)?;
        let kind = SavingKind::FewerEpochs { to };
        Ok(Some(self.of_training(kind, less, SavingRisk::LearnsLess)))
    }

    fn shorter_instructions(&self) -> Result<Option<Saving>, SavingsError> {
        let Some(standing) = self.case.instructions else { return Ok(None) };
        let fewer_tokens = standing.tokens.saturating_sub(standing.shorter);
        let fewer = fewer_tokens.saturating_mul(standing.examples.min(self.case.examples));
        let tokens = self.case.tokens.0.saturating_sub(fewer);
        // A usual call has the instructions as often as the examples have: never promise more.
        let examples = self.case.examples.max(1);
        let per_call = fewer / examples;
        let call = self
            .case
            .call
            .map(|call| UsualCall { input: call.input.saturating_sub(per_call), ..call });
        Ok(Some(Saving {
            kind: SavingKind::ShorterInstructions { fewer_tokens },
            training: self.less_training(tokens, self.case.epochs)?,
            per_thousand_calls: self.less_calls(calls(self.model, CallTier::Immediate, call)?),
            risk: SavingRisk::ForgetsInstructions,
        }))
    }

    fn in_batches(&self) -> Result<Option<Saving>, SavingsError> {
        let batch = calls(self.model, CallTier::Batch, self.case.call)?;
        Ok(self.less_calls(batch).map(|less| Saving {
            kind: SavingKind::Batch,
            training: MicroUsd::ZERO,
            per_thousand_calls: Some(less),
            risk: SavingRisk::AnswersLater,
        }))
    }

    /// What another model of the book saves: another one that is trained in the same way, or the
    /// same one that is trained in another. One whose training or calls cost more is no saving, and
    /// one that counts text otherwise cannot be held against this one.
    fn other_model(&self, other: &PricedModel) -> Result<Option<Saving>, SavingsError> {
        let is_same = other.model == self.model.model;
        let is_other_way = other.tier != self.model.tier;
        let has_ended = other.last_day().is_some_and(|last| last < self.case.today);
        let counts_alike =
            Encoding::for_model(&other.model) == Encoding::for_model(&self.model.model);
        if other.service != self.case.service
            || is_same != is_other_way
            || has_ended
            || !counts_alike
        {
            return Ok(None);
        }
        let Some(price) = other.per_million_tokens(PriceKind::Training) else { return Ok(None) };
        let its_training = training(self.case.tokens.0, self.case.epochs, price)?;
        let its_calls = calls(other, CallTier::Immediate, self.case.call)?;
        let per_thousand_calls = self.less_calls(its_calls);
        let training = difference(self.training, its_training);
        let costs_more = |less: MicroUsd| less < MicroUsd::ZERO;
        if costs_more(training) || per_thousand_calls.is_some_and(costs_more) {
            return Ok(None);
        }
        let (kind, risk) = if is_same {
            (SavingKind::CheaperTier { tier: other.tier }, risk_of(other.tier))
        } else {
            (SavingKind::SmallerBase { model: other.model.clone() }, SavingRisk::WeakerModel)
        };
        Ok(Some(Saving { kind, training, per_thousand_calls, risk }))
    }

    fn of_training(&self, kind: SavingKind, training: MicroUsd, risk: SavingRisk) -> Saving {
        let per_thousand_calls = self.calls.map(|_| MicroUsd::ZERO);
        Saving { kind, training, per_thousand_calls, risk }
    }

    fn less_training(&self, tokens: u64, epochs: NonZeroU32) -> Result<MicroUsd, SavingsError> {
        Ok(difference(self.training, training(tokens, epochs, self.per_million)?))
    }

    fn less_calls(&self, calls: Option<MicroUsd>) -> Option<MicroUsd> {
        Some(difference(self.calls?, calls?))
    }
}

fn risk_of(tier: TrainingTier) -> SavingRisk {
    match tier {
        // What is standard is a saving only for whoever chose something dearer.
        TrainingTier::Standard => SavingRisk::LearnsLess,
        TrainingTier::Global => SavingRisk::AnyCountry,
        TrainingTier::Developer => SavingRisk::Interrupted,
    }
}

fn training(
    tokens: u64,
    epochs: NonZeroU32,
    per_million: MicroUsd,
) -> Result<MicroUsd, SavingsError> {
    let billed = tokens.checked_mul(epochs.get().into()).map(TrainingTokens);
    billed.and_then(|billed| price_of(billed, per_million)).ok_or(SavingsError::TooLarge)
}

/// What 1,000 usual calls cost.
fn calls(
    model: &PricedModel,
    tier: CallTier,
    call: Option<UsualCall>,
) -> Result<Option<MicroUsd>, SavingsError> {
    let Some((prices, call)) = UsagePrices::of(model, tier).zip(call) else { return Ok(None) };
    let cost = CallCost::new(&prices, call.input, call.output, call.cached)?;
    Ok(Some(cost.of_calls(CALLS)?))
}

/// Below nothing where `after` is more.
fn difference(before: MicroUsd, after: MicroUsd) -> MicroUsd {
    MicroUsd::from_micros(before.micros().saturating_sub(after.micros()))
}

#[cfg(test)]
mod tests;
