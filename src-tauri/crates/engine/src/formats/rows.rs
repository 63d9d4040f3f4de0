//! A conversation as the row of pieces that the model sees.

use super::chat_file::{Conversation, Speaker};
use super::text::TextError;
use super::tokenizer::{ASSISTANT, END, OTHER, SYSTEM, Tokenizer, USER};

/// A conversation in pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    /// Its pieces.
    pub(crate) pieces: Vec<u32>,
    /// How much each counts in learning; 0 for what is only read.
    pub(crate) weights: Vec<f32>,
    /// Pieces up to the first answer's mark, which may look both ways.
    pub(crate) open: usize,
    /// Whether pieces were left out because the context is shorter.
    pub(crate) cut: bool,
}

impl Row {
    /// How much its goals count together.
    pub(crate) fn weight(&self) -> f32 {
        self.weights.iter().skip(1).sum()
    }

    /// Pieces that are learned.
    pub(crate) fn goals(&self) -> usize {
        self.weights.iter().filter(|weight| **weight > 0.0).count()
    }
}

/// A training row: every message, at most `context` pieces.
///
/// Too long a row loses the start of its question, never its answer, unless the answer alone
/// leaves less than a quarter of the context to the question: then its end is cut too.
pub(crate) fn training_row(
    tokenizer: &Tokenizer,
    conversation: &Conversation,
    context: usize,
) -> Row {
    let mut row = Row::default();
    for turn in &conversation.turns {
        row.add(tokenizer, turn.speaker, &turn.text, turn.weight);
    }
    row.open = first_answer(&row.pieces);
    row.fit(context);
    row
}

/// What a model is asked to continue: every message, then the mark of an answer.
///
/// # Errors
/// When these are more than `room` pieces.
pub(crate) fn question_row(
    tokenizer: &Tokenizer,
    conversation: &Conversation,
    room: usize,
) -> Result<Row, TextError> {
    let mut row = Row::default();
    for turn in &conversation.turns {
        row.add(tokenizer, turn.speaker, &turn.text, 0.0);
    }
    row.pieces.push(ASSISTANT);
    row.weights.push(0.0);
    row.open = first_answer(&row.pieces);
    row.within(room)
}

impl Row {
    /// Leaves at most `context` pieces: too long a row loses the start of its question, never its
    /// answer, unless the answer alone leaves less than a quarter of the context to the question.
    pub(crate) fn fit(&mut self, context: usize) {
        let first_goal = self.weights.iter().position(|it| *it > 0.0).unwrap_or(self.pieces.len());
        let excess = self.pieces.len().saturating_sub(context);
        self.drop_front(excess.min(first_goal.saturating_sub(context / 4)));
        self.cut = excess > 0;
        self.pieces.truncate(context);
        self.weights.truncate(context);
        self.open = self.open.min(context);
    }

    /// The row as it is, if it has at most `room` pieces.
    ///
    /// # Errors
    /// When it has more.
    pub(crate) fn within(self, room: usize) -> Result<Self, TextError> {
        match self.pieces.len() {
            pieces if pieces > room => Err(TextError::TooLong { pieces, room }),
            _ => Ok(self),
        }
    }

    fn add(&mut self, tokenizer: &Tokenizer, speaker: Speaker, text: &str, weight: f32) {
        self.pieces.push(mark(speaker));
        self.weights.push(0.0);
        match speaker {
            Speaker::Assistant => tokenizer.write_answer(text, &mut self.pieces),
            _ => tokenizer.write(text, &mut self.pieces),
        }
        self.pieces.push(END);
        self.weights.resize(self.pieces.len(), weight);
    }

    fn drop_front(&mut self, count: usize) {
        self.pieces.drain(..count);
        self.weights.drain(..count);
        self.open = self.open.saturating_sub(count);
    }
}

fn first_answer(pieces: &[u32]) -> usize {
    pieces.iter().position(|piece| *piece == ASSISTANT).map_or(pieces.len(), |at| at + 1)
}

fn mark(speaker: Speaker) -> u32 {
    match speaker {
        Speaker::System => SYSTEM,
        Speaker::User => USER,
        Speaker::Assistant => ASSISTANT,
        Speaker::Other => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::chat_file::parse_line;
    use crate::formats::tokenizer::Pieces;

    fn row(line: &str, context: usize) -> Row {
        let tokenizer = Tokenizer::new(Pieces::default()).unwrap();
        training_row(&tokenizer, &parse_line(line).unwrap(), context)
    }

    const TWO_TURNS: &str = r#"{"messages":[{"role":"user","content":"a"},
        {"role":"assistant","content":"b","weight":0},{"role":"user","content":"c"},
        {"role":"assistant","content":"d"}]}"#;

    #[test]
    fn only_answers_with_weight_are_learned_with_their_end() {
        let row = row(TWO_TURNS, 64);
        assert_eq!(row.pieces.len(), 16);
        assert_eq!(row.weights.iter().position(|it| *it > 0.0), Some(13));
        assert_eq!(row.goals(), 3);
        assert_eq!(row.open, 5);
        assert!(!row.cut);
    }

    #[test]
    fn a_long_question_loses_its_start_and_keeps_its_answer() {
        let long = "q".repeat(100);
        let line = format!(
            r#"{{"messages":[{{"role":"user","content":"{long}"}},{{"role":"assistant","content":"yes"}}]}}"#
        );
        let row = row(&line, 32);
        assert_eq!((row.pieces.len(), row.goals(), row.cut), (32, 5, true));
        assert_eq!(row.pieces.last(), Some(&END));
        assert_eq!(row.pieces[row.open - 1], ASSISTANT);
    }

    #[test]
    fn a_long_answer_leaves_a_quarter_to_its_question() {
        let (question, answer) = ("q".repeat(50), "a".repeat(100));
        let line = format!(
            r#"{{"messages":[{{"role":"user","content":"{question}"}},{{"role":"assistant","content":"{answer}"}}]}}"#
        );
        let row = row(&line, 32);
        assert_eq!((row.pieces.len(), row.open, row.goals(), row.cut), (32, 8, 24, true));
    }

    #[test]
    fn a_question_is_asked_whole_or_not_at_all() {
        let tokenizer = Tokenizer::new(Pieces::default()).unwrap();
        let line = r#"{"messages":[{"role":"user","content":"abcdefgh"},
            {"role":"assistant","content":"b"}]}"#;
        let mut asked = parse_line(line).unwrap();
        asked.turns.truncate(1);
        let whole = question_row(&tokenizer, &asked, 64).unwrap();
        let pieces = whole.pieces.len();
        assert_eq!(question_row(&tokenizer, &asked, pieces).unwrap(), whole);
        let error = question_row(&tokenizer, &asked, pieces - 1).unwrap_err();
        let room = pieces - 1;
        assert!(matches!(error, TextError::TooLong { pieces: found, room: had }
            if (found, had) == (pieces, room)));
    }
}
