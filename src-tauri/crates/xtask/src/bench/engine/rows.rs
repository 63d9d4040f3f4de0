//! Rows to train on: any pieces will do, since the work does not depend on which they are.

use serde_json::{Value, json};

use crate::bench::corpus::Numbers;

/// Rows a step, and pieces a row.
pub(crate) const ROWS: usize = 4;
/// Pieces a row.
pub(crate) const PIECES: usize = 256;
/// Pieces of a row that are learned, at its end: 60 of 100.
const LEARNED: usize = 154;
/// Ordinary pieces of the starter's vocabulary; the marks stand below.
const LOWEST: usize = 100;
const HIGHEST: usize = 49_000;

/// `count` steps in the form that Attune and the scripts read; the same for the same seed.
pub(crate) fn steps(count: usize, seed: u64) -> Value {
    let mut numbers = Numbers::new(seed);
    let mut row = || {
        let pieces: Vec<usize> =
            (0..PIECES).map(|_| LOWEST + numbers.below(HIGHEST - LOWEST)).collect();
        let weights: Vec<f32> =
            (0..PIECES).map(|at| f32::from(u8::from(at >= PIECES - LEARNED))).collect();
        json!({ "pieces": pieces, "weights": weights })
    };
    let steps: Vec<Vec<Value>> = (0..count).map(|_| (0..ROWS).map(|_| row()).collect()).collect();
    json!({ "steps": steps })
}
