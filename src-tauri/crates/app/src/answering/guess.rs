//! What one answer of a chat will cost, as a guess: what is said is counted, and how long an answer
//! will be earlier ones tell, or the examples that the model learned from.
//!
//! It binds nothing: what may be spent is the most, which is worked out elsewhere.

use std::fs::File;
use std::io::{BufRead, BufReader};

use attune_contract::Failure;
use attune_cost::{Encoding, TokenCounter, bulk_counter};
use attune_dataset::Example;
use attune_services::ChatMessage;
use attune_store::{LaunchRow, Library};

use super::{PaidPlace, Rates};
use crate::failures::{OrFailure, internal};

/// Answers beyond these tell nothing new.
const MOST_LOOKED_AT: usize = 50;
/// Tokens around one message and around a conversation (OpenAI counts so for its own models).
const OF_A_MESSAGE: u64 = 4;
const AROUND: u64 = 3;

impl PaidPlace {
    /// What an answer to these messages will cost, in millionths of a US dollar, and never more than
    /// the most; none where no price is known or nothing tells how long it will be. That it cannot be
    /// guessed keeps nobody from asking.
    pub(crate) fn guess(
        &self,
        library: &Library,
        launch: &LaunchRow,
        messages: &[ChatMessage],
        most: Option<i64>,
    ) -> Option<i64> {
        let guess = self.try_guess(library, launch, messages, most);
        guess.unwrap_or_else(|failure| {
            tracing::warn!(code = failure.code.as_text(), "an answer has no guessed cost");
            None
        })
    }

    fn try_guess(
        &self,
        library: &Library,
        launch: &LaunchRow,
        messages: &[ChatMessage],
        most: Option<i64>,
    ) -> Result<Option<i64>, Failure> {
        let Some(rates) = self.rates else { return Ok(None) };
        let counter = bulk_counter(Encoding::for_model(&launch.model));
        let written = match answered_before(library, launch)? {
            Some(written) => Some(written),
            None => learned_answer(library, launch, counter)?,
        };
        let Some(written) = written else { return Ok(None) };
        of_messages(rates, counter, messages, written, most).map(Some)
    }
}

fn of_messages(
    rates: Rates,
    counter: &dyn TokenCounter,
    messages: &[ChatMessage],
    written: u64,
    most: Option<i64>,
) -> Result<i64, Failure> {
    let said: u64 = messages.iter().map(|it| counter.count(&it.content) + OF_A_MESSAGE).sum();
    let guess = rates.of_tokens(said + AROUND, written)?;
    Ok(most.map_or(guess, |most| guess.min(most)))
}

/// Tokens of a usual answer of the model so far; none before the first one.
fn answered_before(library: &Library, launch: &LaunchRow) -> Result<Option<u64>, Failure> {
    let spends = library.answer_spends_since(0).or_failure()?;
    let own = spends.iter().filter(|it| it.launch_id == launch.launch_id && it.purpose == "chat");
    let (mut answers, mut tokens) = (0_u64, 0_u64);
    for spend in own.filter(|it| it.taken.output_tokens > 0).take(MOST_LOOKED_AT) {
        answers += spend.taken.answers;
        tokens = tokens.saturating_add(spend.taken.output_tokens);
    }
    Ok((answers > 0).then(|| tokens.div_ceil(answers)))
}

/// Tokens of a usual answer in what the model learned from; none without an example.
fn learned_answer(
    library: &Library,
    launch: &LaunchRow,
    counter: &dyn TokenCounter,
) -> Result<Option<u64>, Failure> {
    let unread = |error: &std::io::Error| internal(error.to_string());
    let path = library.file_path(&launch.train_file).or_failure()?;
    let file = File::open(path).map_err(|error| unread(&error))?;
    let (mut answers, mut tokens) = (0_u64, 0_u64);
    for line in BufReader::new(file).lines().take(MOST_LOOKED_AT) {
        let line = line.map_err(|error| unread(&error))?;
        let example =
            Example::from_chat_json(&line).map_err(|error| internal(error.to_string()))?;
        answers += 1;
        // One more ends the answer.
        tokens += counter.count(example.answer()) + 1;
    }
    Ok((answers > 0).then(|| tokens.div_ceil(answers)))
}

#[cfg(test)]
mod tests {
    use attune_cost::MicroUsd;

    use super::*;

    #[test]
    fn a_guess_counts_what_is_said_and_keeps_below_the_most() {
        let rates = Rates {
            read: MicroUsd::from_micros(1_000_000),
            written: MicroUsd::from_micros(2_000_000),
        };
        let said = |role: &str, text: &str| ChatMessage {
            role: role.to_owned(),
            content: text.to_owned(),
        };
        let messages = [said("system", "hello world"), said("user", "hello world")];
        let counter = bulk_counter(Encoding::O200k);
        let guess = |most| of_messages(rates, counter, &messages, 10, most).unwrap();
        // Twice two words, twice what stands around them, once what stands around both.
        assert_eq!(guess(None), 2 * (2 + 4) + 3 + 20);
        assert_eq!(guess(Some(1_000)), guess(None));
        assert_eq!(guess(Some(7)), 7);
    }
}
