//! A model's way of writing a conversation in pieces, whichever model it is.

use super::chat_file::Conversation;
use super::rows::Row;

/// Why a conversation cannot be written for a model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextError {
    #[error("the model's chat template refuses the messages: {reason}")]
    Template { reason: String },
    #[error("the model's chat template does not keep earlier messages as they were")]
    TemplateNotStable,
    #[error("the model's chat template writes nothing for these messages")]
    NothingWritten,
    #[error("the tokenizer cannot read the text: {reason}")]
    Tokenizer { reason: String },
    #[error("the messages have {pieces} tokens, and the model can read {room} of a question")]
    TooLong { pieces: usize, room: usize },
}

/// A tokenizer together with a chat template.
pub(crate) trait Text: Send + Sync {
    /// A training row: every message, at most `context` pieces.
    ///
    /// Too long a row loses the start of its question, never its answer, unless the answer alone
    /// leaves less than a quarter of the context to the question: then its end is cut too.
    fn training_row(&self, conversation: &Conversation, context: usize) -> Result<Row, TextError>;

    /// What a model is asked to continue, at least one and at most `room` pieces.
    fn question_row(&self, conversation: &Conversation, room: usize) -> Result<Row, TextError>;

    /// The bytes that a piece stands for inside an answer; none for a mark.
    fn piece_bytes(&self, piece: u32) -> &[u8];

    /// Whether a piece ends an answer.
    fn is_end(&self, piece: u32) -> bool;

    /// Whether the first piece of an answer carries a blank that is not part of it.
    fn starts_with_blank(&self) -> bool;

    /// Pieces of the vocabulary.
    fn vocabulary(&self) -> usize;
}
