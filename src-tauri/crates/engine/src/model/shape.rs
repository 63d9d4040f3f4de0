//! The sizes of a transformer, and which sizes are possible.

use serde::{Deserialize, Serialize};

use super::kernels::attention::Heads;

/// Sizes of a decoder-only transformer with rotary positions and a gated feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Pieces of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Numbers per place.
    pub(crate) width: usize,
    /// Blocks of attention and feed-forward.
    pub(crate) layers: usize,
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads, shared by equal groups of query heads.
    pub(crate) key_value_heads: usize,
    /// Numbers in the middle of the feed-forward part.
    pub(crate) hidden: usize,
    /// Places the model can see.
    pub(crate) context: usize,
    /// Places that one place sees in each direction, itself included; 0 is all of them.
    #[serde(default)]
    pub(crate) window: usize,
}

/// Why a shape cannot be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ShapeError {
    #[error("`{name}` must be from {least} to {most}, not {value}")]
    OutOfRange { name: &'static str, value: usize, least: usize, most: usize },
    #[error("a width of {width} cannot be cut into {heads} equal heads of an even width")]
    UnevenHeads { width: usize, heads: usize },
    #[error("{heads} heads cannot share {key_value_heads} key and value heads equally")]
    UnevenGroups { heads: usize, key_value_heads: usize },
    #[error(
        "`window` must be 0 (no limit) or from {LEAST_WINDOW} to the context of {context}, not {window}"
    )]
    Window { window: usize, context: usize },
}

/// A narrower window would hide the words beside a word.
const LEAST_WINDOW: usize = 8;

impl Shape {
    /// Refuses shapes that cannot be computed or that no computer of a person could train.
    pub(crate) fn check(&self) -> Result<(), ShapeError> {
        let ranges = [
            ("vocabulary", self.vocabulary, 2, 1 << 20),
            ("width", self.width, 8, 1024),
            ("layers", self.layers, 1, 24),
            ("heads", self.heads, 1, 32),
            ("key_value_heads", self.key_value_heads, 1, 32),
            ("hidden", self.hidden, 8, 8192),
            ("context", self.context, 16, 4096),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(ShapeError::OutOfRange { name, value, least, most });
            }
        }
        if !self.width.is_multiple_of(2 * self.heads) {
            return Err(ShapeError::UnevenHeads { width: self.width, heads: self.heads });
        }
        if !self.heads.is_multiple_of(self.key_value_heads) {
            let (heads, key_value_heads) = (self.heads, self.key_value_heads);
            return Err(ShapeError::UnevenGroups { heads, key_value_heads });
        }
        if self.window != 0 && !(LEAST_WINDOW..=self.context).contains(&self.window) {
            let (window, context) = (self.window, self.context);
            return Err(ShapeError::Window { window, context });
        }
        Ok(())
    }

    /// How a row is cut into heads.
    pub(crate) fn cut(&self) -> Heads {
        Heads { query: self.heads, key_value: self.key_value_heads, width: self.width / self.heads }
    }

    /// Width of a row of queries, keys and values.
    pub(crate) fn attention_row(&self) -> usize {
        self.cut().row()
    }
}
