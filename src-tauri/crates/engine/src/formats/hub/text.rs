//! Conversations as a model of others wants them: its chat template, then its tokenizer.

use tokenizers::Tokenizer;

use super::HubError;
use super::template::Template;
use super::tokenizer::{Spelling, piece_bytes, spelling};
use crate::formats::chat_file::Conversation;
use crate::formats::rows::Row;
use crate::formats::text::{Text, TextError};

/// A tokenizer with its chat template.
pub(crate) struct HubText {
    tokenizer: Tokenizer,
    template: Template,
    ends: Vec<u32>,
    bytes: Vec<Vec<u8>>,
    spelling: Spelling,
}

impl HubText {
    /// A text whose answers end with one of `ends`.
    pub(crate) fn new(
        tokenizer: Tokenizer,
        template: Template,
        mut ends: Vec<u32>,
    ) -> Result<Self, HubError> {
        // Templates of the ChatML kind end a turn with this mark, whatever the configuration says.
        ends.extend(tokenizer.token_to_id("<|im_end|>"));
        ends.sort_unstable();
        ends.dedup();
        if ends.is_empty() {
            return Err(HubError::broken("no piece ends an answer"));
        }
        let bytes = piece_bytes(&tokenizer)?;
        let spelling = spelling(&tokenizer);
        Ok(Self { tokenizer, template, ends, bytes, spelling })
    }

    /// Pieces that the tokenizer knows.
    pub(crate) fn vocabulary_size(&self) -> usize {
        self.bytes.len()
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

    fn pieces(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let encoded = self.tokenizer.encode_fast(text, false);
        let encoded =
            encoded.map_err(|error| TextError::Tokenizer { reason: error.to_string() })?;
        Ok(encoded.get_ids().to_vec())
    }

    /// Appends an answer: its text and the mark that ends it are learned, what the template writes
    /// after that is not.
    fn push_answer(&self, row: &mut Row, text: &str, weight: f32) -> Result<(), TextError> {
        let pieces = self.pieces(text)?;
        let end = pieces.iter().position(|piece| self.is_end(*piece));
        let learned = end.map_or(pieces.len(), |end| end + 1);
        row.pieces.extend_from_slice(&pieces);
        row.weights.resize(row.weights.len() + learned, weight);
        row.weights.resize(row.pieces.len(), 0.0);
        Ok(())
    }
}

impl Text for HubText {
    fn training_row(&self, conversation: &Conversation, context: usize) -> Result<Row, TextError> {
        let turns = &conversation.turns;
        let mut row = Row::default();
        let mut written = String::new();
        for (index, turn) in turns.iter().enumerate().filter(|(_, turn)| turn.weight > 0.0) {
            let before = self.template.render(&turns[..index], true)?;
            let after = self.template.render(&turns[..=index], false)?;
            let question = before.strip_prefix(&written).ok_or(TextError::TemplateNotStable)?;
            let answer = after.strip_prefix(&before).ok_or(TextError::TemplateNotStable)?;
            row.pieces.extend(self.pieces(question)?);
            row.weights.resize(row.pieces.len(), 0.0);
            self.push_answer(&mut row, answer, turn.weight)?;
            written = after;
        }
        let last = row.weights.iter().rposition(|weight| *weight > 0.0).map_or(0, |at| at + 1);
        row.pieces.truncate(last);
        row.weights.truncate(last);
        row.fit(context);
        Ok(row)
    }

    fn question_row(&self, conversation: &Conversation, room: usize) -> Result<Row, TextError> {
        let text = self.template.render(&conversation.turns, true)?;
        let pieces = self.pieces(&text)?;
        let mut row = Row { weights: vec![0.0; pieces.len()], pieces, ..Row::default() };
        row.keep_end(room);
        Ok(row)
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
