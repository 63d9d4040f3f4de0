//! Conversations as a model of others wants them: its chat template, then its tokenizer.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::Tokenizer;

use super::HubError;
use super::template::Template;
use super::tokenizer::{Spelling, piece_bytes, spelling};
use crate::formats::chat_file::{Conversation, Turn};
use crate::formats::rows::Row;
use crate::formats::text::{Text, TextError};

/// A written conversation, and the bytes of each answer in it with its weight.
type Written = (String, Vec<(Range<usize>, f32)>);

/// A tokenizer with its chat template.
pub(crate) struct HubText {
    tokenizer: Tokenizer,
    template: Template,
    ends: Vec<u32>,
    bytes: Vec<Vec<u8>>,
    spelling: Spelling,
}

impl HubText {
    /// A text for a model of `vocabulary` pieces, whose answers end with one of `ends`.
    pub(crate) fn new(
        tokenizer: Tokenizer,
        template: Template,
        mut ends: Vec<u32>,
        vocabulary: usize,
    ) -> Result<Self, HubError> {
        // Templates end a turn with these marks (ChatML, Llama 3), whatever the configuration says.
        ends.extend(["<|im_end|>", "<|eot_id|>"].iter().filter_map(|it| tokenizer.token_to_id(it)));
        ends.sort_unstable();
        ends.dedup();
        if ends.is_empty() {
            return Err(HubError::broken("no piece ends an answer"));
        }
        let mut bytes = piece_bytes(&tokenizer)?;
        if bytes.len() > vocabulary {
            return Err(HubError::broken("the tokenizer has more pieces than the model"));
        }
        if ends.iter().any(|end| *end as usize >= vocabulary) {
            return Err(HubError::broken("a piece that ends answers is not there"));
        }
        // Models are padded beyond their tokenizer; those pieces are no text.
        bytes.resize(vocabulary, Vec::new());
        let spelling = spelling(&tokenizer);
        Ok(Self { tokenizer, template, ends, bytes, spelling })
    }

    /// The pieces that end an answer.
    pub(super) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The chat template.
    pub(super) fn template(&self) -> &Template {
        &self.template
    }

    /// The tokenizer as a `tokenizer.json`.
    pub(super) fn tokenizer_json(&self) -> Result<String, HubError> {
        let written = self.tokenizer.to_string(false);
        written.map_err(|error| HubError::broken(format!("its tokenizer: {error}")))
    }

    /// The pieces of `text` and where each begins in it.
    pub(super) fn pieces(&self, text: &str) -> Result<(Vec<u32>, Vec<usize>), TextError> {
        let cannot = |reason: String| TextError::Tokenizer { reason };
        // The tokenizer is somebody else's, and so is what it was made from.
        let encoded = catch_unwind(AssertUnwindSafe(|| self.tokenizer.encode(text, false)));
        let encoded = encoded.map_err(|_| cannot("it is impossible".to_owned()))?;
        let encoded = encoded.map_err(|error| cannot(error.to_string()))?;
        let starts = encoded.get_offsets().iter().map(|(start, _)| *start).collect();
        Ok((encoded.get_ids().to_vec(), starts))
    }

    /// What the template makes of `turns`, and where in it the answers stand that are learned.
    fn written(&self, turns: &[Turn]) -> Result<Written, TextError> {
        let mut written = String::new();
        let mut answers = Vec::new();
        for (index, turn) in turns.iter().enumerate().filter(|(_, turn)| turn.weight > 0.0) {
            let before = self.template.render(&turns[..index], true)?;
            let after = self.template.render(&turns[..=index], false)?;
            if !before.starts_with(&written) || !after.starts_with(&before) {
                return Err(TextError::TemplateNotStable);
            }
            answers.push((before.len()..after.len(), turn.weight));
            written = after;
        }
        Ok((written, answers))
    }
}

impl Text for HubText {
    /// A row ends with its last learned answer: nothing after it would be learned or looked at.
    fn training_row(&self, conversation: &Conversation, context: usize) -> Result<Row, TextError> {
        let (text, answers) = self.written(&conversation.turns)?;
        let (pieces, starts) = self.pieces(&text)?;
        let mut weights = vec![0.0; pieces.len()];
        for (answer, weight) in answers {
            let inside = (0..pieces.len()).filter(|at| answer.contains(&starts[*at]));
            for at in inside {
                weights[at] = weight;
                // What the template writes after the mark that ends an answer is not learned.
                if self.is_end(pieces[at]) {
                    break;
                }
            }
        }
        let mut row = Row { pieces, weights, ..Row::default() };
        let last = row.weights.iter().rposition(|weight| *weight > 0.0).map_or(0, |at| at + 1);
        row.pieces.truncate(last);
        row.weights.truncate(last);
        row.fit(context);
        Ok(row)
    }

    fn question_row(&self, conversation: &Conversation, room: usize) -> Result<Row, TextError> {
        let text = self.template.render(&conversation.turns, true)?;
        let (pieces, _) = self.pieces(&text)?;
        if pieces.is_empty() {
            return Err(TextError::NothingWritten);
        }
        Row { weights: vec![0.0; pieces.len()], pieces, ..Row::default() }.within(room)
    }

    fn piece_bytes(&self, piece: u32) -> &[u8] {
        self.bytes.get(piece as usize).map_or(&[], Vec::as_slice)
    }

    fn is_end(&self, piece: u32) -> bool {
        self.ends.contains(&piece)
    }

    fn starts_with_blank(&self) -> bool {
        self.spelling == Spelling::Plain
    }

    fn vocabulary(&self) -> usize {
        self.bytes.len()
    }
}
