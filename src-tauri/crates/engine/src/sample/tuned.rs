//! Models of the Llama family that answer: as somebody else trained them, or with adapters that
//! were learned here.

use std::sync::Arc;

use rayon::ThreadPool;

use super::language::{Answering, Decoding};
use crate::formats::text::Text;
use crate::model::learnable::Learnable;
use crate::model::llama::decoder::LlamaDecoder;
use crate::model::llama::memory::Asked;
use crate::model::llama::model::{Llama, LlamaReady};

/// A Llama with the adapters it answers with; none for a model as it came.
pub(crate) struct TunedModel {
    llama: Arc<Llama>,
    text: Arc<dyn Text>,
    ready: LlamaReady,
    threads: Arc<ThreadPool>,
}

impl TunedModel {
    /// A model of adapters that fit the layout of `llama`. Each answer uses `threads`.
    pub(crate) fn new(
        llama: Arc<Llama>,
        text: Arc<dyn Text>,
        learned: &[f32],
        threads: Arc<ThreadPool>,
    ) -> Self {
        let mut ready = LlamaReady::default();
        threads.install(|| llama.prepare(learned, &mut ready));
        Self { llama, text, ready, threads }
    }
}

impl Answering for TunedModel {
    fn context(&self) -> usize {
        self.llama.context()
    }

    fn text(&self) -> &dyn Text {
        &*self.text
    }

    fn memory_bytes(&self) -> u64 {
        self.llama.weight_bytes() + self.ready.bytes()
    }

    fn asking_bytes(&self, asked: Asked) -> u64 {
        self.llama.asking_memory(asked)
    }

    fn begin(&self, pieces: &[u32], _open: usize) -> Box<dyn Decoding + '_> {
        let decoder = self.threads.install(|| LlamaDecoder::new(&self.llama, &self.ready, pieces));
        Box::new(Pooled { decoder, threads: &self.threads })
    }
}

/// A decoder whose steps run on threads of their own, never on those of the trainer.
struct Pooled<'a> {
    decoder: LlamaDecoder<'a>,
    threads: &'a ThreadPool,
}

impl Decoding for Pooled<'_> {
    fn scores(&self) -> &[f32] {
        self.decoder.scores()
    }

    fn has_room(&self) -> bool {
        self.decoder.has_room()
    }

    fn push(&mut self, piece: u32) {
        let decoder = &mut self.decoder;
        self.threads.install(|| decoder.push(piece));
    }
}
