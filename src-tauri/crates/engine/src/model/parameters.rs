//! Where each tensor lies in the one flat row of numbers that a model is.
//!
//! One flat row makes the optimiser, averaging, clipping and saving plain loops.

use std::ops::Range;

use rayon::prelude::*;

use super::kernels::dropout::mix;
use super::kernels::matmul::transpose;
use super::shape::Shape;

/// A named tensor inside the flat row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tensor {
    /// Its name in the saved file.
    pub(crate) name: String,
    /// Output rows; 1 for the weight of a normalisation.
    pub(crate) rows: usize,
    /// Numbers per row.
    pub(crate) columns: usize,
    /// Where it lies.
    pub(crate) range: Range<usize>,
}

/// The tensors of one block, as ranges of the flat row.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) attention_norm: Range<usize>,
    pub(crate) query_key_value: Range<usize>,
    pub(crate) attention_out: Range<usize>,
    pub(crate) feed_norm: Range<usize>,
    pub(crate) gate_up: Range<usize>,
    pub(crate) down: Range<usize>,
}

/// The learned numbers as passes through the network want them.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a> {
    /// As they are learned and saved; products are `[outputs, inputs]`.
    pub(crate) plain: &'a [f32],
    /// The same with every product turned to `[inputs, outputs]`.
    pub(crate) turned: &'a [f32],
}

/// Places of all tensors of a shape.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) embedding: Range<usize>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) final_norm: Range<usize>,
    tensors: Vec<Tensor>,
}

impl Layout {
    /// The layout of `shape`; input and output embedding are one tensor.
    pub(crate) fn new(shape: &Shape) -> Self {
        let mut tensors = Vec::new();
        let mut place = |name: String, rows: usize, columns: usize| {
            let start = tensors.last().map_or(0, |last: &Tensor| last.range.end);
            let range = start..start + rows * columns;
            tensors.push(Tensor { name, rows, columns, range: range.clone() });
            range
        };
        let (width, hidden) = (shape.width, shape.hidden);
        let embedding = place("embedding".to_owned(), shape.vocabulary, width);
        let mut block = |index: usize| {
            let name = |part: &str| format!("blocks.{index}.{part}");
            Block {
                attention_norm: place(name("attention_norm"), 1, width),
                query_key_value: place(name("query_key_value"), shape.attention_row(), width),
                attention_out: place(name("attention_out"), width, width),
                feed_norm: place(name("feed_norm"), 1, width),
                gate_up: place(name("gate_up"), 2 * hidden, width),
                down: place(name("down"), width, hidden),
            }
        };
        let blocks = (0..shape.layers).map(&mut block).collect();
        let final_norm = place("final_norm".to_owned(), 1, width);
        Self { embedding, blocks, final_norm, tensors }
    }

    /// Every tensor in the order of the flat row.
    pub(crate) fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// Numbers in the whole model.
    pub(crate) fn length(&self) -> usize {
        self.tensors.last().map_or(0, |last| last.range.end)
    }

    /// Fills `turned` with every product of `plain` turned; other tensors are not used from it.
    pub(crate) fn turn(&self, plain: &[f32], turned: &mut Vec<f32>) {
        turned.resize(plain.len(), 0.0);
        let mut rest = turned.as_mut_slice();
        let mut parts = Vec::with_capacity(self.tensors.len());
        for tensor in &self.tensors {
            let (part, after) = rest.split_at_mut(tensor.range.len());
            parts.push((tensor, part));
            rest = after;
        }
        parts.into_par_iter().filter(|(tensor, _)| tensor.rows > 1).for_each(|(tensor, part)| {
            transpose(part, &plain[tensor.range.clone()], tensor.rows, tensor.columns);
        });
    }

    /// Fresh numbers for a model that has learned nothing, the same for the same seed.
    ///
    /// Normal with deviation 0.02 for the embedding and `1 / sqrt(inputs)` for products; those
    /// that write to the residual row are smaller by `sqrt(2 layers)` (Radford et al. 2019).
    pub(crate) fn fresh(&self, seed: u64) -> Vec<f32> {
        let mut numbers = vec![1.0; self.length()];
        let mut normal = Normal { key: mix(seed), counter: 0 };
        let depth = (2.0 * float(self.blocks.len())).sqrt();
        for tensor in self.tensors.iter().filter(|tensor| tensor.rows > 1) {
            let spread = match tensor.name.rsplit('.').next() {
                Some("embedding") => EMBEDDING_SPREAD,
                Some("attention_out" | "down") => 1.0 / (float(tensor.columns).sqrt() * depth),
                _ => 1.0 / float(tensor.columns).sqrt(),
            };
            for number in &mut numbers[tensor.range.clone()] {
                *number = normal.draw() * spread;
            }
        }
        numbers
    }
}

const EMBEDDING_SPREAD: f32 = 0.05;

fn float(count: usize) -> f32 {
    f32::from(u16::try_from(count).expect("sizes are checked by the shape"))
}

/// Normal numbers as a sum of twelve uniform ones (Irwin and Hall): no function of the platform's
/// mathematics library takes part, so every computer draws the same.
struct Normal {
    key: u64,
    counter: u64,
}

impl Normal {
    fn draw(&mut self) -> f32 {
        let mut total = -6.0_f32;
        for _ in 0..3 {
            self.counter += 1;
            let [a, b, c, d, e, f, g, h] = mix(self.key ^ mix(self.counter)).to_le_bytes();
            for pair in [[a, b], [c, d], [e, f], [g, h]] {
                total += f32::from(u16::from_le_bytes(pair)) / 65_535.0;
            }
        }
        total
    }
}
