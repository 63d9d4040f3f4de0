//! A model that answers, whichever it is: what sampling needs of it.

use crate::formats::text::Text;
use crate::model::llama::memory::Asked;

/// A model that answers. Many answers may be in progress at once.
pub(crate) trait Answering: Send + Sync {
    /// Places it can see.
    fn context(&self) -> usize;

    /// Its pieces and its way of writing a conversation.
    fn text(&self) -> &dyn Text;

    /// Bytes of memory that its numbers take.
    fn memory_bytes(&self) -> u64;

    /// Bytes that it takes besides them to be asked.
    fn asking_bytes(&self, asked: Asked) -> u64;

    /// Reads a question of at least one piece, of which the first `open` look both ways.
    fn begin(&self, pieces: &[u32], open: usize) -> Box<dyn Decoding + '_>;
}

/// One answer in progress; a place is computed once.
pub(crate) trait Decoding {
    /// Scores of the next piece over the whole vocabulary.
    fn scores(&self) -> &[f32];

    /// Whether one more piece fits the context.
    fn has_room(&self) -> bool;

    /// Appends a piece; there must be room.
    fn push(&mut self, piece: u32);
}
