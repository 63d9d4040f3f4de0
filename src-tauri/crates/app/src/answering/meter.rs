//! What answers took so far, held against the most that was agreed to.

use std::sync::Arc;

use attune_contract::{Failure, FailureCode, Param, params};
use attune_services::ChatReply;
use attune_store::{AnswerSpendId, AnswersTaken, LaunchRow, Library, NewAnswerSpend};

use super::{PaidPlace, Rates, Unanswered};
use crate::App;
use crate::failures::OrFailure;

/// Counts what answers take; for answers that are free it does nothing.
#[derive(Debug)]
pub(crate) struct Meter(Option<Paid>);

#[derive(Debug)]
struct Paid {
    spend: AnswerSpendId,
    rates: Option<Rates>,
    ceiling_micro_usd: Option<i64>,
    taken: AnswersTaken,
    /// What the answers so far cost at most: an answer that nobody counted may have been the longest.
    most_micro_usd: i64,
}

impl Meter {
    /// Answers that are free.
    pub(crate) fn free() -> Self {
        Self(None)
    }

    /// Whether what it counts costs money.
    pub(crate) fn is_paid(&self) -> bool {
        self.0.is_some()
    }

    /// Writes down what was agreed to, if the caps allow it; only then may be asked.
    ///
    /// # Errors
    /// `AboveJobCap`, `AboveDayCap`, `AboveMonthCap`, `NothingMayBeSpent`; failures of the library.
    pub(crate) fn begin(
        app: &App,
        library: &Library,
        launch: &LaunchRow,
        place: &PaidPlace,
        (purpose, expected_micro_usd, ceiling_micro_usd): (&'static str, Option<i64>, Option<i64>),
    ) -> Result<Self, Failure> {
        let new = NewAnswerSpend {
            launch_id: launch.launch_id.clone(),
            purpose,
            begun_at_ms: app.now_ms(),
            expected_micro_usd,
            ceiling_micro_usd,
        };
        let write_down = || library.answer_spend_begin(&new).or_failure();
        let spend = app.spend_within_caps(library, &place.title, ceiling_micro_usd, write_down)?;
        app.tell_spent();
        Ok(Self(Some(Paid {
            spend,
            rates: place.rates,
            ceiling_micro_usd,
            taken: AnswersTaken {
                actual_micro_usd: place.rates.map(|_| 0),
                ..AnswersTaken::default()
            },
            most_micro_usd: 0,
        })))
    }

    /// Refuses one more answer that could lead beyond what was agreed to.
    ///
    /// # Errors
    /// `AboveCeiling`.
    pub(crate) fn must_afford(&self, bytes: u64, longest_answer: u32) -> Result<(), Failure> {
        let Some(paid) = &self.0 else { return Ok(()) };
        let Some((rates, ceiling)) = paid.rates.zip(paid.ceiling_micro_usd) else { return Ok(()) };
        let needed = rates.most(bytes, longest_answer.into())?.saturating_add(paid.most_micro_usd);
        if needed <= ceiling {
            return Ok(());
        }
        let (ceiling, most) = (Param::MicroUsd(needed), Param::MicroUsd(ceiling));
        Err(Failure::new(FailureCode::AboveCeiling, params![ceiling, most]))
    }

    /// Counts an answer that came or did not. What broke off may have been written to its end.
    ///
    /// # Errors
    /// Only for amounts beyond all bounds.
    pub(crate) fn count(
        &mut self,
        reply: Result<&ChatReply, &Unanswered>,
        bytes: u64,
        longest_answer: u32,
    ) -> Result<(), Failure> {
        let Some(paid) = &mut self.0 else { return Ok(()) };
        if reply.is_err_and(|unanswered| unanswered.is_refused) {
            return Ok(());
        }
        let reply = reply.ok();
        let tokens = reply.and_then(|reply| reply.prompt_tokens.zip(reply.completion_tokens));
        let taken = &mut paid.taken;
        taken.answers += u64::from(reply.is_some());
        let (read, written) = tokens.unwrap_or_default();
        taken.input_tokens = taken.input_tokens.saturating_add(read);
        taken.output_tokens = taken.output_tokens.saturating_add(written);
        let Some(rates) = paid.rates else { return Ok(()) };
        let most = match tokens {
            Some(_) => rates.of_tokens(read, written)?,
            None => rates.most(bytes, longest_answer.into())?,
        };
        paid.most_micro_usd = paid.most_micro_usd.saturating_add(most);
        taken.actual_micro_usd = match (tokens, taken.actual_micro_usd) {
            // Together, so that many answers are not rounded up one by one.
            (Some(_), Some(_)) => Some(rates.of_tokens(taken.input_tokens, taken.output_tokens)?),
            _ => None,
        };
        Ok(())
    }

    /// What the answers cost so far, in millionths of a US dollar, where that is known.
    pub(crate) fn actual_micro_usd(&self) -> Option<i64> {
        self.0.as_ref()?.taken.actual_micro_usd
    }

    /// Writes down what the answers took, once no more are asked for.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) async fn keep(&self, app: &Arc<App>) -> Result<(), Failure> {
        self.store(app, self.actual_micro_usd()).await?;
        // One answer that nobody counted must not cost as much as all of them.
        let Some(Paid { spend, rates: Some(_), most_micro_usd, taken, .. }) = &self.0 else {
            return Ok(());
        };
        if taken.actual_micro_usd.is_some() {
            return Ok(());
        }
        let (spend, most) = (*spend, *most_micro_usd);
        app.on_library(move |_, library| library.answer_spend_lower(spend, most).or_failure())
            .await?;
        app.tell_spent();
        Ok(())
    }

    /// Writes down what the answers took so far. What they cost stays unknown, and so counts as the
    /// most that was agreed to: the rest may still be spent.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) async fn keep_so_far(&self, app: &Arc<App>) -> Result<(), Failure> {
        self.store(app, None).await
    }

    /// Writes down that nothing was asked for after all.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) async fn keep_unasked(&self, app: &Arc<App>) -> Result<(), Failure> {
        self.store(app, Some(0)).await
    }

    /// The same at once, for whoever holds the library.
    ///
    /// # Errors
    /// Failures of the library.
    pub(crate) fn store_unasked(&self, app: &App, library: &Library) -> Result<(), Failure> {
        let Some(Paid { spend, taken, .. }) = &self.0 else { return Ok(()) };
        let taken = AnswersTaken { actual_micro_usd: Some(0), ..*taken };
        library.answer_spend_take(*spend, &taken).or_failure()?;
        app.tell_spent();
        Ok(())
    }

    async fn store(&self, app: &Arc<App>, actual_micro_usd: Option<i64>) -> Result<(), Failure> {
        let Some(Paid { spend, taken, .. }) = &self.0 else { return Ok(()) };
        let (spend, taken) = (*spend, AnswersTaken { actual_micro_usd, ..*taken });
        app.on_library(move |_, library| library.answer_spend_take(spend, &taken).or_failure())
            .await?;
        // While more is asked for, the most counts as before.
        if actual_micro_usd.is_some() {
            app.tell_spent();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use attune_cost::MicroUsd;

    use super::*;
    use crate::failures::internal;

    fn meter(ceiling: Option<i64>) -> Meter {
        let rates = Rates {
            read: MicroUsd::from_micros(1_000_000),
            written: MicroUsd::from_micros(2_000_000),
        };
        Meter(Some(Paid {
            spend: AnswerSpendId(1),
            rates: Some(rates),
            ceiling_micro_usd: ceiling,
            taken: AnswersTaken { actual_micro_usd: Some(0), ..AnswersTaken::default() },
            most_micro_usd: 0,
        }))
    }

    fn reply(tokens: Option<(u64, u64)>) -> ChatReply {
        ChatReply {
            prompt_tokens: tokens.map(|(read, _)| read),
            completion_tokens: tokens.map(|(_, written)| written),
            ..ChatReply::default()
        }
    }

    #[test]
    fn what_the_service_counted_is_what_it_cost() {
        let mut meter = meter(Some(1_000));
        meter.count(Ok(&reply(Some((10, 5)))), 40, 100).unwrap();
        meter.count(Ok(&reply(Some((1, 0)))), 40, 100).unwrap();
        assert_eq!(meter.actual_micro_usd(), Some(21));
    }

    #[test]
    fn what_nobody_counted_may_have_been_the_longest() {
        let mut meter = meter(Some(1_000));
        meter.must_afford(40, 100).unwrap();
        let lost = |is_refused| Unanswered { failure: internal("lost"), is_refused };
        meter.count(Err(&lost(true)), 40, 100).unwrap();
        assert_eq!(meter.actual_micro_usd(), Some(0), "what is refused is free");
        meter.count(Err(&lost(false)), 40, 100).unwrap();
        assert_eq!(meter.actual_micro_usd(), None);
        // 40 bytes, what stands around them and 100 tokens of an answer: 272 each.
        for _ in 0..2 {
            meter.must_afford(40, 100).unwrap();
            meter.count(Ok(&reply(None)), 40, 100).unwrap();
        }
        let refused = meter.must_afford(40, 100).unwrap_err();
        assert_eq!(refused.code, FailureCode::AboveCeiling);
    }

    #[test]
    fn free_answers_are_not_counted() {
        let mut free = Meter::free();
        free.must_afford(u64::MAX, u32::MAX).unwrap();
        free.count(Ok(&reply(Some((10, 5)))), 40, 100).unwrap();
        assert_eq!(free.actual_micro_usd(), None);
    }
}
