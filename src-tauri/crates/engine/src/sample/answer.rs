//! A whole answer: question in, text out piece by piece, until it ends by itself, at a stop word
//! or at a limit.

use super::language::Answering;
use super::picking::{Picking, likeliest, log_probabilities};
use crate::formats::chat_file::Conversation;
use crate::formats::rows::Row;
use crate::formats::text::TextError;
use crate::model::llama::memory::Asked;

/// Pieces of an answer that nobody set a limit to.
const USUAL_ANSWER: usize = 512;

/// A model, ready to answer.
pub(crate) struct Model {
    language: Box<dyn Answering>,
}

/// What is asked of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) picking: Picking,
    /// Most pieces of the answer; `None` is what the context holds.
    pub(crate) most_pieces: Option<usize>,
    /// Texts at which the answer ends; they are not part of it.
    pub(crate) stop: Vec<String>,
    /// Alternatives to report for each piece; `None` reports no probabilities.
    pub(crate) alternatives: Option<usize>,
}

/// A piece with the logarithm of its probability.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Likely {
    pub(crate) bytes: Vec<u8>,
    pub(crate) log_probability: f64,
}

/// One step of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Part {
    /// Text that is now certain; may be empty while a character or a stop word is incomplete.
    pub(crate) text: String,
    /// The piece itself, where probabilities were asked for.
    pub(crate) piece: Option<Likely>,
    /// The likeliest pieces at its place.
    pub(crate) alternatives: Vec<Likely>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    Length,
}

/// How an answer ended and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) finish: Finish,
    pub(crate) question_pieces: usize,
    pub(crate) answer_pieces: usize,
}

impl Model {
    /// A model that answers with `language`.
    pub(crate) fn new(language: Box<dyn Answering>) -> Self {
        Self { language }
    }

    /// Bytes of memory that its numbers take.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.language.memory_bytes()
    }

    /// Writes what the model is asked to continue, whole: an answer to a part of a question would
    /// be an answer to another one.
    ///
    /// # Errors
    /// When the model's template refuses the messages, or they leave no place for an answer.
    pub(crate) fn question(&self, conversation: &Conversation) -> Result<Row, TextError> {
        let room = self.language.context() - 1;
        self.language.text().question_row(conversation, room)
    }

    /// Bytes that answering `question` takes besides the model itself; of an answer without a limit
    /// a usual length is thought of.
    pub(crate) fn asking_bytes(&self, question: &Row, request: &Request) -> u64 {
        let question = question.pieces.len();
        let answer = request.most_pieces.unwrap_or(USUAL_ANSWER).min(self.language.context());
        let places = (question + answer).min(self.language.context());
        self.language.asking_bytes(Asked { question, places })
    }

    /// Answers `question`. Each part goes to `on_part`, which returns false when nobody listens any
    /// more.
    pub(crate) fn answer(
        &self,
        question: &Row,
        request: &Request,
        mut on_part: impl FnMut(Part) -> bool,
    ) -> Finished {
        let written = self.language.text();
        let mut decoder = self.language.begin(&question.pieces, question.open);
        let most = request.most_pieces.unwrap_or(self.language.context());
        let mut text = PendingText::new(&request.stop, written.starts_with_blank());
        let mut finished = Finished {
            finish: Finish::Length,
            question_pieces: question.pieces.len(),
            answer_pieces: 0,
        };
        while finished.answer_pieces < most {
            let picked = request.picking.pick(decoder.scores(), finished.answer_pieces as u64);
            let piece = u32::try_from(picked).expect("vocabularies are smaller than 2^32");
            finished.answer_pieces += 1;
            if written.is_end(piece) {
                finished.finish = Finish::Stop;
                break;
            }
            text.push(written.piece_bytes(piece));
            let (piece_report, alternatives) = self.report(decoder.scores(), piece, request);
            let part = Part { text: text.take_certain(), piece: piece_report, alternatives };
            if !on_part(part) {
                return finished;
            }
            if text.stopped {
                finished.finish = Finish::Stop;
                return finished;
            }
            if !decoder.has_room() {
                break;
            }
            decoder.push(piece);
        }
        let rest = text.take_all();
        if !rest.is_empty() {
            on_part(Part { text: rest, ..Part::default() });
        }
        finished
    }

    fn report(
        &self,
        scores: &[f32],
        piece: u32,
        request: &Request,
    ) -> (Option<Likely>, Vec<Likely>) {
        let Some(count) = request.alternatives else { return (None, Vec::new()) };
        let logs = log_probabilities(scores);
        let likely = |piece: usize| Likely {
            bytes: u32::try_from(piece)
                .map_or(Vec::new(), |piece| self.language.text().piece_bytes(piece).to_vec()),
            log_probability: logs[piece],
        };
        let best = likeliest(&logs, count).into_iter().map(likely).collect();
        (Some(likely(piece as usize)), best)
    }
}

/// Bytes of an answer on their way to text: whole characters only, and nothing that could still
/// become a stop word.
struct PendingText<'a> {
    stop: &'a [String],
    bytes: Vec<u8>,
    /// Whether the next bytes begin with a blank that is not part of the answer.
    blank: bool,
    stopped: bool,
}

impl<'a> PendingText<'a> {
    fn new(stop: &'a [String], blank: bool) -> Self {
        Self { stop, bytes: Vec::new(), blank, stopped: false }
    }

    fn push(&mut self, bytes: &[u8]) {
        let blank = std::mem::take(&mut self.blank);
        let bytes = if blank { bytes.strip_prefix(b" ").unwrap_or(bytes) } else { bytes };
        self.bytes.extend_from_slice(bytes);
    }

    fn take_certain(&mut self) -> String {
        let stops = self.stop.iter().map(String::as_bytes).filter(|stop| !stop.is_empty());
        let found = stops.clone().filter_map(|stop| find(&self.bytes, stop)).min();
        if let Some(at) = found {
            self.stopped = true;
            self.bytes.truncate(at);
            return self.take_all();
        }
        let may_stop =
            |from: usize| stops.clone().any(|stop| stop.starts_with(&self.bytes[from..]));
        let certain = (0..self.bytes.len()).find(|from| may_stop(*from));
        let certain = certain.unwrap_or(self.bytes.len());
        let whole = match std::str::from_utf8(&self.bytes[..certain]) {
            Ok(_) => certain,
            // An unfinished character at the end waits for its rest.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => certain,
        };
        let rest = self.bytes.split_off(whole);
        let ready = std::mem::replace(&mut self.bytes, rest);
        String::from_utf8_lossy(&ready).into_owned()
    }

    fn take_all(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned()
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::PendingText;

    fn stream(stop: &[&str], pieces: &[&[u8]]) -> (Vec<String>, bool) {
        let stop: Vec<String> = stop.iter().map(|stop| (*stop).to_owned()).collect();
        let mut text = PendingText::new(&stop, true);
        let mut parts = Vec::new();
        for piece in pieces {
            text.push(piece);
            parts.push(text.take_certain());
            if text.stopped {
                break;
            }
        }
        parts.push(text.take_all());
        (parts, text.stopped)
    }

    #[test]
    fn characters_are_never_cut() {
        let euro = "€".as_bytes();
        let (parts, _) = stream(&[], &[b" a", &euro[..1], &euro[1..]]);
        assert_eq!(parts, ["a", "", "€", ""]);
    }

    #[test]
    fn a_stop_word_ends_the_answer_and_is_not_part_of_it() {
        assert_eq!(stream(&["END"], &[b" yes E", b"ND more"]).0, ["yes ", "", ""]);
        assert!(stream(&["END"], &[b" yes E", b"ND more"]).1);
        assert_eq!(
            stream(&["END"], &[b" yes E", b"X"]),
            (vec!["yes ".into(), "EX".into(), String::new()], false)
        );
    }
}
