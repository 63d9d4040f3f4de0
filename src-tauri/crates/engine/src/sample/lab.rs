//! The lab's models: learned from nothing on the person's own examples.

use super::decoder::Decoder;
use super::language::{Answering, Decoding};
use crate::formats::chat_file::Conversation;
use crate::formats::rows::{Row, question_row, training_row};
use crate::formats::text::{Text, TextError};
use crate::formats::tokenizer::Tokenizer;
use crate::model::llama::memory::Asked;
use crate::model::network::Network;
use crate::model::parameters::{Layout, Numbers};

/// A model of the lab, ready to answer.
pub(crate) struct LabModel {
    network: Network,
    tokenizer: Tokenizer,
    plain: Vec<f32>,
    turned: Vec<f32>,
}

impl LabModel {
    /// A model of saved numbers that fit the network's layout.
    pub(crate) fn new(network: Network, tokenizer: Tokenizer, plain: Vec<f32>) -> Self {
        let mut turned = Vec::new();
        Layout::turn(&network.layout, &plain, &mut turned);
        Self { network, tokenizer, plain, turned }
    }
}

impl Answering for LabModel {
    fn context(&self) -> usize {
        self.network.shape.context
    }

    fn text(&self) -> &dyn Text {
        &self.tokenizer
    }

    fn memory_bytes(&self) -> u64 {
        (size_of_val(&*self.plain) + size_of_val(&*self.turned)) as u64
    }

    fn asking_bytes(&self, asked: Asked) -> u64 {
        let shape = &self.network.shape;
        let block = shape.attention_row() + 6 * shape.width + 3 * shape.hidden;
        (size_of::<f32>() * asked.places * (shape.layers * shape.attention_row() + block)) as u64
    }

    fn begin(&self, pieces: &[u32], open: usize) -> Box<dyn Decoding + '_> {
        let numbers = Numbers { plain: &self.plain, turned: &self.turned };
        Box::new(Decoder::new(&self.network, numbers, pieces, open))
    }
}

impl Text for Tokenizer {
    fn training_row(&self, conversation: &Conversation, context: usize) -> Result<Row, TextError> {
        Ok(training_row(self, conversation, context))
    }

    fn question_row(&self, conversation: &Conversation, room: usize) -> Result<Row, TextError> {
        question_row(self, conversation, room)
    }

    fn piece_bytes(&self, piece: u32) -> &[u8] {
        Tokenizer::piece_bytes(self, piece)
    }

    fn is_end(&self, piece: u32) -> bool {
        Tokenizer::is_mark(piece)
    }

    fn starts_with_blank(&self) -> bool {
        true
    }

    fn vocabulary(&self) -> usize {
        Tokenizer::vocabulary(self)
    }
}
