//! Kept-aside examples as questions, and asking a model one of them.

use std::io::{BufRead, BufReader};

use attune_contract::{Failure, FailureCode, params};
use attune_dataset::{Example, Role};
use attune_services::{ChatMessage, ChatOrder, ServiceError};
use attune_store::Library;

use super::model_missing;
use crate::App;
use crate::IntoFailure;
use crate::answering::{Answerer, Meter, most_tokens};
use crate::failures::{OrFailure, chain, internal};

/// The examples of a prepared file, in its order.
pub(crate) fn read_examples(library: &Library, hash: &str) -> Result<Vec<Example>, Failure> {
    let path = library.file_path(hash).or_failure()?;
    let broken = |detail: String| internal(format!("the prepared file `{hash}`: {detail}"));
    let file = std::fs::File::open(path).map_err(|error| broken(error.to_string()))?;
    let mut examples = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|error| broken(error.to_string()))?;
        let example = Example::from_chat_json(&line).map_err(|error| broken(error.to_string()))?;
        examples.push(example);
    }
    Ok(examples)
}

/// The standing instructions of the first example of a prepared file, if it has some.
pub(crate) fn first_instructions(library: &Library, hash: &str) -> Result<Option<String>, Failure> {
    let path = library.file_path(hash).or_failure()?;
    let file = std::fs::File::open(path).map_err(|error| internal(error.to_string()))?;
    let Some(line) = BufReader::new(file).lines().next() else { return Ok(None) };
    let line = line.map_err(|error| internal(error.to_string()))?;
    let example = Example::from_chat_json(&line).map_err(|error| internal(error.to_string()))?;
    Ok(example.instructions().map(str::to_owned))
}

/// What is said before the answer: the example up to its last answer.
pub(crate) fn conversation(example: &Example) -> Vec<ChatMessage> {
    let last = example.messages.iter().rposition(|message| message.role == Role::Assistant);
    let before = &example.messages[..last.unwrap_or(example.messages.len())];
    let line = |message: &attune_dataset::Message| ChatMessage {
        role: message.role.as_str().to_owned(),
        content: message.content.clone(),
    };
    before.iter().map(line).collect()
}

/// An answer that is short may still be explained; a model is given this many tokens at least.
const SHORTEST_LIMIT: usize = 48;
/// Tokens that stand for no text, such as the one that ends an answer.
const SPARE_TOKENS: usize = 16;

/// Tokens that an answer of a test may have: a model that was not trained may talk for ever, and an
/// answer longer than every right one is wrong however it ends. A token may be less than a letter,
/// as in Chinese, but never less than a byte.
pub(super) fn longest_answer(examples: &[Example]) -> u32 {
    let bytes = examples.iter().map(|example| example.answer().len()).max().unwrap_or(0);
    let tokens = bytes.saturating_add(SPARE_TOKENS).max(SHORTEST_LIMIT);
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

/// One example's question to a model, for an answer of `longest` tokens at most.
fn order(model: &str, example: &Example, longest: u32) -> ChatOrder {
    ChatOrder {
        model: model.to_owned(),
        messages: conversation(example),
        max_tokens: Some(longest),
        temperature: Some(0.0),
        ..ChatOrder::default()
    }
}

/// One model's answer to one example's question, paid from the meter; nothing and the reason where the
/// question is too long.
pub(super) async fn answer(
    app: &App,
    (answerer, meter): (&Answerer, &mut Meter),
    model: &str,
    (example, longest): (&Example, u32),
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<(String, Option<FailureCode>), Failure> {
    let order = order(model, example, longest);
    let bytes = most_tokens(&order.messages);
    meter.must_afford(bytes, longest)?;
    let reply = answerer.ask(app, &order, is_stopped).await;
    meter.count(reply.as_ref(), bytes, longest)?;
    let answer = reply.map(|reply| reply.content);
    answer_or_reason(answer.map_err(|unanswered| unanswered.failure))
}

/// An answer, or nothing and the reason where this one question is too long for the model: the
/// others can be answered all the same.
fn answer_or_reason(
    answer: Result<String, Failure>,
) -> Result<(String, Option<FailureCode>), Failure> {
    match answer {
        Ok(answer) => Ok((answer, None)),
        Err(failure) if failure.code == FailureCode::QuestionTooLong => {
            Ok((String::new(), Some(failure.code)))
        }
        Err(failure) => Err(failure),
    }
}

/// Why a model did not answer: one that the service does not know was removed or never made; a
/// service on this computer that cannot be reached has stopped.
pub(crate) fn unanswered(error: ServiceError) -> Failure {
    match &error {
        ServiceError::Refused(refused) if refused.status == 404 => {
            model_missing().with_detail(refused.message.clone())
        }
        ServiceError::Unreachable { .. } | ServiceError::CutOff => {
            Failure::new(FailureCode::EngineStopped, params![]).with_detail(chain(&error))
        }
        _ => error.into_failure(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answers: &[&str], expected: u32) {
        let examples: Vec<Example> = answers
            .iter()
            .map(|answer| {
                let messages = serde_json::json!({ "messages": [
                    {"role": "user", "content": "?"}, {"role": "assistant", "content": answer},
                ] });
                Example::from_chat_json(&messages.to_string()).unwrap()
            })
            .collect();
        assert_eq!(longest_answer(&examples), expected);
    }

    #[test]
    fn every_right_answer_fits_in_whatever_script() {
        check(&["yes", "no"], 48);
        // Three bytes a letter, each of which may be a token.
        check(&["好", &"请在三十天内退货".repeat(10)], 3 * 80 + 16);
        check(&[&"a long letter ".repeat(200)], 14 * 200 + 16);
    }
}
