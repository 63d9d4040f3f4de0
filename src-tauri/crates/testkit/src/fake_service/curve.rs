//! The losses of a fake training: a formula, not a training.
//!
//! With `words` the number of different words in the file, `total` the steps of the whole job and
//! `step` counted from 1:
//!
//! ```text
//! start  = ln(1 + words)
//! floor  = start / 8
//! wobble = (byte (step mod 32) of the file's SHA-256 / 255 - 0.5) * 0.06       (+-3 %)
//! loss   = (floor + (start - floor) * exp(-4 * step / total)) * (1 + wobble)
//! accuracy = exp(-loss)
//! ```
//!
//! The loss on watched examples is the same with the watched file's words and hash, and 10 % more.
//! Every figure is rounded to four decimals, as services show them.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// A file as the formula sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    start: f64,
    wobbles: [u8; 32],
    scale: f64,
}

impl Curve {
    /// The curve of the file that is learnt from.
    pub(super) fn of_training(content: &[u8]) -> Self {
        Self::of(content, 1.0)
    }

    /// The curve of the file that is only watched.
    pub(super) fn of_validation(content: &[u8]) -> Self {
        Self::of(content, 1.1)
    }

    fn of(content: &[u8], scale: f64) -> Self {
        let words: HashSet<&[u8]> = content
            .split(|byte| !byte.is_ascii_alphanumeric() && byte.is_ascii())
            .filter(|word| !word.is_empty())
            .collect();
        let count = u32::try_from(words.len()).unwrap_or(u32::MAX);
        Self {
            start: (1.0 + f64::from(count)).ln(),
            wobbles: Sha256::digest(content).into(),
            scale,
        }
    }

    /// The loss after a step.
    pub(super) fn loss(&self, step: u64, total: u64) -> f64 {
        let floor = self.start / 8.0;
        let done = as_f64(step) / as_f64(total.max(1));
        let byte = self.wobbles[usize::try_from(step % 32).expect("it is below 32")];
        let wobble = (f64::from(byte) / 255.0 - 0.5) * 0.06;
        let smooth = floor + (self.start - floor) * (-4.0 * done).exp();
        rounded(smooth * (1.0 + wobble) * self.scale)
    }
}

/// The accuracy that goes with a loss.
pub(super) fn accuracy(loss: f64) -> f64 {
    rounded((-loss).exp())
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn as_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
