//! Questions with the answers that a model gave when its training ended. They lie beside the model,
//! and files that are written from it must give them again before they count as written.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::job::JobRecord;
use crate::formats::chat_file::{Conversation, Speaker, Turn};
use crate::formats::folder::write_file;
use crate::formats::rows::Row;
use crate::formats::saved::{SavedError, read_json, to_json};
use crate::model::kernels::kernel_name;
use crate::sample::answer::{Model, Request};
use crate::sample::picking::Picking;
use crate::train::examples;

const FILE: &str = "answers.json";
const QUESTIONS: usize = 5;
const MOST_PIECES: usize = 64;
/// Enough of a file for so many questions.
const MOST_BYTES: u64 = 1 << 16;
/// What is asked when the files of a training are gone.
const USUAL: [&str; 3] = ["Hello.", "What is the time?", "Tell me something about yourself."];

/// How written files answered the stored questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) asked: u64,
    /// Answers that are the stored ones, letter for letter.
    pub(crate) same: u64,
    /// Answers that differ by rounding alone: the trained model gives them too, letter for letter,
    /// when it is computed as exactly as the written files are.
    pub(crate) rounded: u64,
}

/// A question and the greedy answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAnswer {
    pub(crate) question: Conversation,
    /// The question as the model read it: templates may write the date of the day.
    pieces: Vec<u32>,
    pub(crate) answer: String,
}

impl StoredAnswer {
    /// The question as it was read then.
    pub(crate) fn row(&self) -> Row {
        let (pieces, weights) = (self.pieces.clone(), vec![0.0; self.pieces.len()]);
        Row { pieces, weights, ..Row::default() }
    }
}

/// The answers that a model gave when its training ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAnswers {
    /// How they were computed: another processor rounds in another way.
    computed: String,
    pub(crate) answers: Vec<StoredAnswer>,
}

impl StoredAnswers {
    /// Reads what lies beside the model in `folder`: none where it was trained by an earlier
    /// version, or on a computer that computes in another way.
    pub(crate) fn read(engine: &Engine, folder: &Path) -> Option<Self> {
        let stored: Self = read_json(&folder.join(FILE)).ok()?;
        let usable = stored.computed == way_of(engine) && !stored.answers.is_empty();
        usable.then_some(stored)
    }

    /// Asks `model`, the result of the job with `record`; none when `told`, which hears how many
    /// questions are done, says no. What the model refuses to read is no question.
    pub(crate) fn make(
        engine: &Engine,
        record: &JobRecord,
        model: &Model,
        told: &dyn Fn(u64) -> bool,
    ) -> Option<Self> {
        for questions in [questions_of(engine, record), USUAL.map(question).into()] {
            let read = |question: Conversation| {
                let row = model.question(&question).ok()?;
                Some((question, row))
            };
            let (questions, rows): (Vec<_>, Vec<_>) =
                questions.into_iter().filter_map(read).unzip();
            let found = ask_all(model, &rows, told)?;
            let all = questions.into_iter().zip(rows).zip(found);
            let answers: Vec<StoredAnswer> = all
                .map(|((question, row), answer)| {
                    let pieces = row.pieces;
                    StoredAnswer { question, pieces, answer }
                })
                .collect();
            if !answers.is_empty() {
                return Some(Self { computed: way_of(engine), answers });
            }
        }
        Some(Self { computed: way_of(engine), answers: Vec::new() })
    }

    /// Writes them beside the model in `folder`.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), SavedError> {
        let path = folder.join(FILE);
        let bytes = to_json(FILE, self)?;
        write_file(&path, &bytes).map_err(|source| SavedError::Io { path, source })
    }
}

fn way_of(engine: &Engine) -> String {
    let threads = engine.answer_threads.current_num_threads();
    format!("{} on {threads} thread(s)", kernel_name(false))
}

/// Questions from the files of a job: from those kept aside if there are any.
fn questions_of(engine: &Engine, record: &JobRecord) -> Vec<Conversation> {
    let ids = record.validation_file.iter().chain(std::iter::once(&record.training_file));
    let mut found = ids.map(|id| questions_in(engine, id));
    found.find(|questions| !questions.is_empty()).unwrap_or_default()
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
    questions: &[Row],
    told: &dyn Fn(u64) -> bool,
) -> Option<Vec<String>> {
    let picking = Picking { temperature: 0.0, top_p: 1.0, seed: 0 };
    let most_pieces = Some(MOST_PIECES);
    let request = Request { picking, most_pieces, stop: Vec::new(), alternatives: None };
    let mut answers = Vec::with_capacity(questions.len());
    for (done, question) in (0..).zip(questions) {
        let mut text = String::new();
        model.answer(question, &request, |part| {
            text.push_str(&part.text);
            told(done)
        });
        if !told(done + 1) {
            return None;
        }
        answers.push(text);
    }
    Some(answers)
}
