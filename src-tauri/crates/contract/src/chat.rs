//! Talking to a trained model.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProjectId, answers::AnswerPrice, training::RunSummary};

/// Who wrote a line of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChatAuthor {
    /// The person.
    Person,
    /// The model.
    Assistant,
}

/// One line of a chat, stored.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatLine {
    /// Which line.
    pub id: i64,
    /// Who wrote it.
    pub author: ChatAuthor,
    /// The text.
    pub text: String,
}

/// The chat of a project with its latest model.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatState {
    /// The model's training; absent before the first one succeeded.
    pub model: Option<RunSummary>,
    /// The lines so far.
    pub lines: Vec<ChatLine>,
    /// The answer to the last line as far as it came, where it is still coming.
    pub answering: Option<String>,
    /// Three questions of the kept-aside examples, to start with.
    pub suggestions: Vec<String>,
    /// Who wants money for an answer, and how much; absent where it is free.
    pub price: Option<AnswerPrice>,
}

/// Asks the model something.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatSendRequest {
    /// Of which project.
    pub project: ProjectId,
    /// The question, 1 to 20,000 characters.
    pub text: String,
    /// The amount that stood on the button, in millionths of a US dollar; absent where answers are
    /// free or have no known price.
    #[ts(optional = nullable)]
    pub most_micro_usd: Option<i64>,
}

/// A piece of an answer that is still coming.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatPiece {
    /// Of which project's chat.
    pub project: ProjectId,
    /// What is new in it.
    pub text: String,
}

/// An answer came to its end, whatever became of it.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatEnded {
    /// In which project's chat.
    pub project: ProjectId,
    /// Why there is none.
    pub failure: Option<Failure>,
}

/// A question and its answer were stored.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatAnswer {
    /// The question as stored.
    pub question: ChatLine,
    /// The answer as stored.
    pub answer: ChatLine,
    /// Whether the answer was cut off at its longest length.
    pub cut_off: bool,
    /// What it cost, in millionths of a US dollar, where that is known.
    pub cost_micro_usd: Option<i64>,
}
