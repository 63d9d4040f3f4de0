//! A counter for much text, several times as fast as the one for all text.
//!
//! `fastokens` takes a second to be made, so it is made once as much was counted as takes that long.
//! Until then, for very long texts (on which it is slower) and where it fails, the other one counts:
//! both are exact.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use fastokens::{TiktokenConfig, Tokenizer};
use tiktoken_rs::CoreBPE;

/// Bytes after which the fast counter pays.
const PAYS_AFTER: u64 = 32 << 20;
/// Runs of one letter take it longer per byte the longer they are.
const LONGEST: usize = 16 << 10;

/// One vocabulary's fast counter.
pub(super) struct Fast {
    counted: AtomicU64,
    made: OnceLock<Option<Tokenizer>>,
    /// Who knows the vocabulary's ordinary pieces, and how many there are.
    vocabulary: fn() -> (&'static CoreBPE, u32),
    config: fn() -> TiktokenConfig,
}

impl Fast {
    pub(super) const fn new(
        vocabulary: fn() -> (&'static CoreBPE, u32),
        config: fn() -> TiktokenConfig,
    ) -> Self {
        Self { counted: AtomicU64::new(0), made: OnceLock::new(), vocabulary, config }
    }

    /// The number of tokens of a text, unless the other counter should tell.
    pub(super) fn count(&self, text: &str) -> Option<u64> {
        if text.len() > LONGEST {
            return None;
        }
        match self.made.get() {
            Some(made) => Some(made.as_ref()?.encode_ordinary(text).ok()?.len() as u64),
            None => {
                self.wait_for_more(text.len() as u64);
                None
            }
        }
    }

    fn wait_for_more(&self, bytes: u64) {
        let before = self.counted.fetch_add(bytes, Ordering::Relaxed);
        let has_come = before < PAYS_AFTER && before.saturating_add(bytes) >= PAYS_AFTER;
        if has_come {
            self.make();
        }
    }

    /// Makes the counter now, for whoever would wait for it.
    pub(super) fn make(&self) {
        self.made.get_or_init(|| {
            let (core, pieces) = (self.vocabulary)();
            let piece = |token| Some((core.decode_bytes(&[token]).ok()?, token));
            let ranks: Vec<_> = (0..pieces).filter_map(piece).collect();
            Tokenizer::from_tiktoken_ranks(&ranks, (self.config)()).ok()
        });
    }
}
