//! Who answers for the model of a training, and what that costs: this computer answers for nothing, a
//! service wants money for each answer.
//!
//! Invariant: no service is asked before the most that its answers may cost was agreed to, is within
//! the caps, and was written down; what is asked stays below it even if every answer is as long as it
//! may be.

mod guess;
mod meter;

use std::sync::Arc;
use std::time::Duration;

use attune_contract::answers::{AnswerPrice, AnswerRates};
use attune_contract::{Failure, FailureCode, params};
use attune_cost::{MicroUsd, PriceKind, TrainingTokens, price_of};
use attune_services::{
    ChatMessage, ChatOrder, ChatReply, OpenAiCompatible, RefusalKind, ServiceError,
    TrainingService, UnreachableCause,
};
use attune_store::{LaunchRow, Library};

use crate::failures::{OrFailure, internal};
use crate::services::{failure_of, wish_of};
use crate::testing::{model_missing, unanswered};
use crate::{App, training};

pub(crate) use meter::Meter;

/// The longest answer of a service in a chat, in tokens: about two pages.
pub(crate) const LONGEST_PAID_ANSWER: u32 = 1_000;
/// Tokens that stand around a conversation and in no text, at most: OpenAI counts 3 for the answer's
/// beginning; the templates of open models may bring instructions of their own.
const TOKENS_AROUND: u64 = 64;
/// Tokens that stand around one message, at most: OpenAI counts 3 and the role's name.
const TOKENS_OF_A_MESSAGE: u64 = 8;
/// The kind of an address of one's own.
const OWN_KIND: &str = "compatible";
/// Tries of a question that a busy service refuses.
const MOST_TRIES: usize = 5;
/// Seconds between them, where the service names none.
const BUSY_SECONDS: u64 = 5;

/// The most tokens that a conversation may count, but for what stands around all of it: a token is never
/// less than a byte.
pub(crate) fn most_tokens(messages: &[ChatMessage]) -> u64 {
    let of = |message: &ChatMessage| message.content.len() as u64 + TOKENS_OF_A_MESSAGE;
    messages.iter().map(of).sum()
}

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

    /// The most that one answer to [`most_tokens`] may cost, in millionths of a US dollar.
    pub(crate) fn most(self, said: u64, longest_answer: u64) -> Result<i64, Failure> {
        self.of_tokens(said.saturating_add(TOKENS_AROUND), longest_answer)
    }
}

/// A place where answers cost money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaidPlace {
    pub(crate) title: String,
    /// None where no price is known.
    pub(crate) rates: Option<Rates>,
    /// Whether it is an address of one's own, which mostly answers for nothing.
    pub(crate) is_own: bool,
}

impl PaidPlace {
    /// The price of a chat's answers behind these standing instructions.
    pub(crate) fn answer_price(self, instructions: Option<&str>) -> Result<AnswerPrice, Failure> {
        // The instructions and the question, which may be empty yet.
        let said = instructions.map_or(0, str::len) as u64 + 2 * TOKENS_OF_A_MESSAGE;
        let rates = match self.rates {
            Some(rates) => Some(AnswerRates {
                fixed_micro_usd: rates.most(said, LONGEST_PAID_ANSWER.into())?,
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
    let is_own = service.as_ref().is_some_and(|row| row.kind == OWN_KIND);
    let rates = service.and_then(|row| {
        // What was made of a model costs what that costs, whatever the service calls it.
        let of = |model: &str| prices.model(&row.name, model);
        let priced = of(model).or_else(|| of(&launch.model))?;
        let read = priced.per_million_tokens(PriceKind::Input)?;
        Some(Rates { read, written: priced.per_million_tokens(PriceKind::Output)? })
    });
    Ok(Some(PaidPlace { title, rates, is_own }))
}

/// Nothing is ordered of a model whose price nobody knows, unless the person says how much.
pub(crate) fn price_unknown(title: &str, model: &str) -> Failure {
    Failure::new(FailureCode::PriceUnknown, params![model, title])
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
        let is_refused = is_free(&error);
        let failure = match (&self.title, error) {
            (None, error) => unanswered(error),
            (Some(_), ServiceError::Refused(refused)) if refused.status == 404 => {
                model_missing().with_detail(refused.message)
            }
            (Some(title), error) => failure_of(error, title),
        };
        Unanswered { failure, is_refused }
    }

    /// Asks, and again where a service far away is too busy: what it refuses costs nothing. Nothing else
    /// is asked again, since it may be billed.
    pub(crate) async fn ask(
        &self,
        app: &App,
        order: &ChatOrder,
        is_stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<ChatReply, Unanswered> {
        let mut tries = 1;
        loop {
            let error = match self.service.chat(order, &mut |_| {}).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let is_busy = matches!(&error, ServiceError::Refused(refused)
                if refused.status == 429 && refused.meaning() == RefusalKind::Busy);
            if self.title.is_none() || !is_busy || tries == MOST_TRIES || is_stopped() {
                return Err(self.unanswered(error));
            }
            let pause = wish_of(&error).unwrap_or(Duration::from_secs(BUSY_SECONDS));
            // Whoever stops need not wait for a service.
            for _ in 0..pause.as_secs().max(1) {
                if !is_stopped() {
                    app.options.pauses.wait(Duration::from_secs(1)).await;
                }
            }
            tries += 1;
        }
    }
}

/// Whether a question without an answer cannot be billed: it was refused for good or for now, or it
/// never arrived. What breaks off, and what a proxy says behind the service's back, may be.
fn is_free(error: &ServiceError) -> bool {
    match error {
        ServiceError::Refused(refused) => {
            matches!(refused.status, 400..=499) && !matches!(refused.status, 408 | 409)
        }
        ServiceError::Unreachable { cause, .. } => !matches!(
            cause,
            UnreachableCause::TimedOut | UnreachableCause::Cut | UnreachableCause::SignInPage
        ),
        ServiceError::Endpoint(_) | ServiceError::Client { .. } | ServiceError::File(_) => true,
        ServiceError::Garbled { .. } | ServiceError::CutOff => false,
    }
}

impl App {
    /// This computer, which answers for nothing.
    pub(crate) async fn answerer_here(self: &Arc<Self>) -> Result<Answerer, Failure> {
        Ok(Answerer { service: self.engine_service().await?, title: None })
    }

    /// Who answers for the model of a launch.
    pub(crate) async fn answerer(
        self: &Arc<Self>,
        launch: &LaunchRow,
    ) -> Result<Answerer, Failure> {
        if training::is_here(launch) {
            return self.answerer_here().await;
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
        PaidPlace { title: "OpenAI".to_owned(), rates: Some(rates), is_own: false }
    }

    /// gpt-4.1-mini: 0.80 and 3.20 US dollars for a million tokens.
    #[test]
    fn the_most_of_an_answer_is_what_every_byte_and_the_longest_answer_cost() {
        let rates = place().rates.unwrap();
        assert_eq!(rates.of_tokens(1_000_000, 1_000_000).unwrap(), 4_000_000);
        assert_eq!(rates.of_tokens(1, 0).unwrap(), 1, "rounded up");
        assert_eq!(rates.most(936, 1_000).unwrap(), 800 + 3_200);
        assert!(rates.of_tokens(u64::MAX, u64::MAX).is_err());
        let price = place().answer_price(Some("Be brief.")).unwrap();
        let expected = AnswerRates {
            fixed_micro_usd: rates.most(9 + 16, 1_000).unwrap(),
            per_million_bytes_micro_usd: 800_000,
        };
        assert_eq!(price.rates, Some(expected));
    }

    #[track_caller]
    fn check_free(status: u16, expected: bool) {
        let refused = attune_services::RefusedReply { status, ..Default::default() };
        assert_eq!(is_free(&ServiceError::Refused(Box::new(refused))), expected, "{status}");
    }

    #[test]
    fn only_what_was_certainly_not_answered_is_free() {
        for status in [400, 401, 403, 404, 429] {
            check_free(status, true);
        }
        // Inside a stream, or from a proxy that gave up waiting.
        for status in [200, 408, 409, 500, 502, 504] {
            check_free(status, false);
        }
        assert!(!is_free(&ServiceError::CutOff));
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
