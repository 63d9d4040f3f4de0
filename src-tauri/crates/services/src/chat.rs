//! Questions to models, and their answers.

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatOrder {
    /// The model.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<ChatMessage>,
    /// The longest answer in tokens; the service's own limit when absent.
    pub max_tokens: Option<u32>,
    /// Chance in the answer; 0 always takes the likeliest piece.
    pub temperature: Option<f64>,
    /// Makes the answer repeatable where the service can.
    pub seed: Option<u32>,
    /// How likely each piece was, with so many other pieces beside it, 20 at most.
    pub logprobs: Option<u8>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatReply {
    /// The text.
    pub content: String,
    /// Why the model would not answer, in its own words.
    pub refusal: Option<String>,
    /// Why it ended: `stop`, `length` or something newer.
    pub finish_reason: String,
    /// Tokens of the question, where the service tells.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, where the service tells.
    pub completion_tokens: Option<u64>,
    /// How likely each piece was, where it was asked for and the service tells.
    pub logprobs: Vec<TokenLogprob>,
}

/// How likely a piece of an answer was.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenLogprob {
    /// The piece.
    pub token: String,
    /// The logarithm of its probability.
    pub logprob: f64,
    /// Its bytes, where it is no whole text by itself.
    pub bytes: Option<Vec<u8>>,
    /// The likeliest pieces at its place, itself among them.
    pub top: Vec<(String, f64)>,
}
