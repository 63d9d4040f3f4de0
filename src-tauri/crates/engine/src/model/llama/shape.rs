//! The sizes of a Llama model, and which of them can be computed.

use serde::{Deserialize, Serialize};

/// Sizes and constants of a Llama model, as its configuration gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LlamaShape {
    /// Pieces of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Numbers per place (`hidden_size`).
    pub(crate) width: usize,
    /// Blocks (`num_hidden_layers`).
    pub(crate) layers: usize,
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads.
    pub(crate) key_value_heads: usize,
    /// Numbers in one head; not always `width / heads`.
    pub(crate) head_width: usize,
    /// Numbers in the middle of the feed-forward part (`intermediate_size`).
    pub(crate) hidden: usize,
    /// Places the model was made for (`max_position_embeddings`).
    pub(crate) context: usize,
    /// Base of the rotary angles (`rope_theta`).
    pub(crate) rotary_base: f64,
    /// Added inside the root of a normalisation (`rms_norm_eps`).
    pub(crate) norm_epsilon: f64,
    /// Whether the output scores use the embedding's numbers.
    pub(crate) tied: bool,
}
