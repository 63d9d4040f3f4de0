//! Who answers for the model of a training, and what that costs: this computer answers for nothing, a
//! service wants money for each answer.
//!
//! Invariant: no service is asked before the most that its answers may cost was agreed to, is within
//! the caps, and was written down; what is asked stays below it even if every answer is as long as it
//! may be.

mod meter;

use std::sync::Arc;
use std::time::Duration;

use attune_contract::answers::{AnswerPrice, AnswerRates};
use attune_contract::{Failure, FailureCode, params};
use attune_cost::{MicroUsd, PriceKind, TrainingTokens, price_of};
use attune_services::{ChatOrder, ChatReply, OpenAiCompatible, ServiceError, TrainingService};
use attune_store::{LaunchRow, Library};

use crate::failures::{OrFailure, internal};
use crate::services::{failure_of, is_passing, wish_of};
use crate::testing::{model_missing, unanswered};
use crate::{App, training};

pub(crate) use meter::Meter;

/// The longest answer of a service in a chat, in tokens: about two pages.
pub(crate) const LONGEST_PAID_ANSWER: u32 = 1_000;
/// Tokens that stand around the messages of a conversation and in no text, at most: OpenAI counts 3 for
/// each message and 3 for the answer's beginning, and the role's name.
const TOKENS_AROUND: u64 = 32;
/// Tries of a question that a busy service refuses.
const MOST_TRIES: usize = 5;
/// Seconds between them, where the service names none.
const BUSY_SECONDS: u64 = 5;

/// What a service asks for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rates {
    read: MicroUsd,
    written: MicroUsd,
}

impl Rates {
    /// What reading and writing so many tokens costs, in millionths of a US dollar, rounded up.
    pub(crate) fn of_tokens(self, read: u64, written: u64) -> Result<i64, Failure> {
        let read = price_of(TrainingTokens(read), self.read);
        let written = price_of(TrainingTokens(written), self.written);
        let sum = read.zip(written).and_then(|(read, written)| read.checked_add(written));
        sum.map(MicroUsd::micros).ok_or_else(|| internal("more tokens than can be priced"))
    }

    /// The most that one answer may cost, in millionths of a US dollar: a token is never less than a byte.
    pub(crate) fn most(self, bytes: u64, longest_answer: u64) -> Result<i64, Failure> {
        self.of_tokens(bytes.saturating_add(TOKENS_AROUND), longest_answer)
    }
}

/// A place where answers cost money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaidPlace {
    pub(crate) title: String,
    /// None where no price is known.
    pub(crate) rates: Option<Rates>,
}

impl PaidPlace {
    /// The price of a chat's answers behind these standing instructions.
    pub(crate) fn answer_price(self, instructions: Option<&str>) -> Result<AnswerPrice, Failure> {
        let bytes = instructions.map_or(0, str::len) as u64;
        let rates = match self.rates {
            Some(rates) => Some(AnswerRates {
                fixed_micro_usd: rates.most(bytes, LONGEST_PAID_ANSWER.into())?,
                per_million_bytes_micro_usd: rates.read.micros(),
            }),
            None => None,
        };
        Ok(AnswerPrice { service_title: self.title, rates })
    }

    /// The most that was agreed to, where what is needed is within it.
    pub(crate) fn agreed(
        &self,
        needed: Option<i64>,
        agreed: Option<i64>,
    ) -> Result<Option<i64>, Failure> {
        match (needed, agreed) {
            (None, _) => Ok(None),
            (Some(needed), Some(agreed)) if needed <= agreed => Ok(Some(agreed)),
            _ => {
                let title = self.title.as_str();
                Err(Failure::new(FailureCode::AnswersCostMoney, params![title]))
            }
        }
    }
}

/// Where the model of a launch answers for money, at today's prices; none on this computer.
pub(crate) fn paid_place(
    app: &App,
    library: &Library,
    launch: &LaunchRow,
) -> Result<Option<PaidPlace>, Failure> {
    if training::is_here(launch) {
        return Ok(None);
    }
    let title = training::service_title(launch).unwrap_or_default();
    let service = library.service(&launch.service).or_failure()?;
    let prices = app.prices(library)?;
    let model = launch.result_model.as_deref().unwrap_or(&launch.model);
    let rates = service.and_then(|row| {
        let priced = prices.model(&row.name, model)?;
        let read = priced.per_million_tokens(PriceKind::Input)?;
        Some(Rates { read, written: priced.per_million_tokens(PriceKind::Output)? })
    });
    Ok(Some(PaidPlace { title, rates }))
}

/// The training at a service that a model came of; none for a model of this computer.
pub(crate) fn far_launch_of(library: &Library, model: &str) -> Result<Option<LaunchRow>, Failure> {
    let all = library.launches_all().or_failure()?;
    let is_it = |launch: &LaunchRow| {
        launch.result_model.as_deref() == Some(model) && !training::is_here(launch)
    };
    Ok(all.into_iter().find(is_it))
}

/// Who answers.
pub(crate) struct Answerer {
    pub(crate) service: OpenAiCompatible,
    /// What a person calls the service; none on this computer.
    title: Option<String>,
}

/// There is no answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// Why, in words.
    pub(crate) failure: Failure,
    /// Whether it was refused, which costs nothing.
    pub(crate) is_refused: bool,
}

impl Answerer {
    /// Why there is no answer.
    pub(crate) fn unanswered(&self, error: ServiceError) -> Unanswered {
        // What breaks off in the midst of an answer may be billed all the same.
        let is_refused = matches!(&error, ServiceError::Refused(refused) if refused.status >= 400);
        let failure = match (&self.title, error) {
            (None, error) => unanswered(error),
            (Some(_), ServiceError::Refused(refused)) if refused.status == 404 => {
                model_missing().with_detail(refused.message)
            }
            (Some(title), error) => failure_of(error, title),
        };
        Unanswered { failure, is_refused }
    }

    /// Asks, and again where a service far away is too busy: what it refuses costs nothing.
    pub(crate) async fn ask(&self, app: &App, order: &ChatOrder) -> Result<ChatReply, Unanswered> {
        let mut tries = 1;
        loop {
            let error = match self.service.chat(order, &mut |_| {}).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let is_busy = matches!(error, ServiceError::Refused(_)) && is_passing(&error);
            if self.title.is_none() || !is_busy || tries == MOST_TRIES {
                return Err(self.unanswered(error));
            }
            let pause = wish_of(&error).unwrap_or(Duration::from_secs(BUSY_SECONDS));
            app.options.pauses.wait(pause).await;
            tries += 1;
        }
    }
}

impl App {
    /// Who answers for the model of a launch.
    pub(crate) async fn answerer(
        self: &Arc<Self>,
        launch: &LaunchRow,
    ) -> Result<Answerer, Failure> {
        if training::is_here(launch) {
            return Ok(Answerer { service: self.engine_service().await?, title: None });
        }
        let (service, title) = self.speaker(launch).await?;
        Ok(Answerer { service, title: Some(title) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> PaidPlace {
        let rates = Rates {
            read: MicroUsd::from_micros(800_000),
            written: MicroUsd::from_micros(3_200_000),
        };
        PaidPlace { title: "OpenAI".to_owned(), rates: Some(rates) }
    }

    /// gpt-4.1-mini: 0.80 and 3.20 US dollars for a million tokens.
    #[test]
    fn the_most_of_an_answer_is_what_every_byte_and_the_longest_answer_cost() {
        let rates = place().rates.unwrap();
        assert_eq!(rates.of_tokens(1_000_000, 1_000_000).unwrap(), 4_000_000);
        assert_eq!(rates.of_tokens(1, 0).unwrap(), 1, "rounded up");
        assert_eq!(rates.most(968, 1_000).unwrap(), 800 + 3_200);
        assert!(rates.of_tokens(u64::MAX, u64::MAX).is_err());
        let price = place().answer_price(Some("Be brief.")).unwrap();
        let expected = AnswerRates {
            fixed_micro_usd: rates.most(9, 1_000).unwrap(),
            per_million_bytes_micro_usd: 800_000,
        };
        assert_eq!(price.rates, Some(expected));
    }

    #[test]
    fn less_than_is_needed_is_no_agreement() {
        let place = place();
        assert_eq!(place.agreed(Some(10), Some(10)), Ok(Some(10)));
        assert_eq!(place.agreed(Some(10), Some(11)), Ok(Some(11)));
        for agreed in [None, Some(9), Some(-1)] {
            let refused = place.agreed(Some(10), agreed).unwrap_err();
            assert_eq!(refused.code, FailureCode::AnswersCostMoney);
        }
        // Where no price is known, nothing can be held against what was agreed to.
        assert_eq!(place.agreed(None, None), Ok(None));
    }
}
