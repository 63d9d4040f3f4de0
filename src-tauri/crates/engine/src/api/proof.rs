//! The questions and answers by which an exported model is held against the one it came from.

use super::engine::Engine;
use super::models::trained_model;
use crate::formats::chat_file::{Conversation, Speaker, Turn};
use crate::sample::answer::{Model, Request};
use crate::sample::picking::Picking;
use crate::train::examples;

const QUESTIONS: usize = 5;
const MOST_PIECES: usize = 64;
/// Enough of a file for so many questions.
const MOST_BYTES: u64 = 1 << 16;
/// What is asked when the files of a training are gone.
const USUAL: [&str; 3] = ["Hello.", "What is the time?", "Tell me something about yourself."];

/// How many questions were asked, and how many answers were the same letter for letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) asked: u64,
    pub(crate) same: u64,
}

/// Questions from the files of the job that made `model`: from those kept aside if there are any.
pub(crate) fn questions_of(engine: &Engine, model: &str) -> Vec<Conversation> {
    let record = trained_model(engine, model).map(|(job, _)| job.state().record.clone());
    let files = record.map(|record| (record.validation_file, record.training_file));
    let ids = files
        .into_iter()
        .flat_map(|(kept_aside, training)| kept_aside.into_iter().chain(std::iter::once(training)));
    let found = ids
        .map(|id| questions_in(engine, &id))
        .find(|questions| !questions.is_empty())
        .unwrap_or_default();
    if found.is_empty() { USUAL.map(question).into() } else { found }
}

fn questions_in(engine: &Engine, id: &str) -> Vec<Conversation> {
    let path = engine.files.data_path(id);
    let read = examples::beginning(&path, MOST_BYTES, &|| true);
    let conversations = read.map(|read| read.conversations).unwrap_or_default();
    let before_the_answer = |mut conversation: Conversation| {
        let answer = conversation.turns.iter().position(|turn| turn.weight > 0.0);
        conversation.turns.truncate(answer.unwrap_or(0));
        (!conversation.turns.is_empty()).then_some(conversation)
    };
    conversations.into_iter().filter_map(before_the_answer).take(QUESTIONS).collect()
}

fn question(text: &str) -> Conversation {
    let turn = Turn { speaker: Speaker::User, text: text.to_owned(), weight: 0.0 };
    Conversation { turns: vec![turn] }
}

/// The greedy answers of a model; none when `told`, which hears how many are done, says no.
pub(crate) fn ask_all(
    model: &Model,
    questions: &[Conversation],
    told: &dyn Fn(u64) -> bool,
) -> Option<Vec<String>> {
    let picking = Picking { temperature: 0.0, top_p: 1.0, seed: 0 };
    let most_pieces = Some(MOST_PIECES);
    let request = Request { picking, most_pieces, stop: Vec::new(), alternatives: None };
    let mut answers = Vec::with_capacity(questions.len());
    for (done, question) in (0..).zip(questions) {
        let mut text = String::new();
        // A question that the template refuses is refused by both models alike.
        if let Ok(row) = model.question(question, &request) {
            model.answer(&row, &request, |part| {
                text.push_str(&part.text);
                told(done)
            });
        }
        if !told(done + 1) {
            return None;
        }
        answers.push(text);
    }
    Some(answers)
}
