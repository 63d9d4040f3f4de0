//! A conversation in progress: keys and values of every place so far, and the scores of the next
//! piece. A place is computed once.

use super::language::Decoding;
use crate::model::batch::Packed;
use crate::model::kernels::attention::{Sight, softmax_row};
use crate::model::kernels::gated::gate;
use crate::model::kernels::norm::normalise;
use crate::model::network::{Network, Workspace, linear};
use crate::model::parameters::{Block, Numbers};

/// Places so far, for one answer.
pub(crate) struct Decoder<'a> {
    network: &'a Network,
    numbers: Numbers<'a>,
    /// Queries, keys and values of every place, for each block.
    places: Vec<Vec<f32>>,
    length: usize,
    work: Workspace,
}

impl<'a> Decoder<'a> {
    /// Reads a question of at least one piece, of which the first `open` look both ways.
    pub(crate) fn new(
        network: &'a Network,
        numbers: Numbers<'a>,
        pieces: &[u32],
        open: usize,
    ) -> Self {
        let mut work = Workspace::default();
        let mut batch = Packed::default();
        batch.push(pieces, &vec![0.0; pieces.len()], open);
        let places = network.read(numbers, &batch, &mut work);
        let mut decoder = Self { network, numbers, places, length: pieces.len(), work };
        decoder.network.score_rows(numbers, 1, &mut decoder.work);
        decoder
    }

    fn attend_one(&mut self, row: &mut [f32], block: &Block, index: usize) {
        let shape = &self.network.shape;
        let (cut, width, wide) = (shape.cut(), shape.width, shape.attention_row());
        let normed = self.normed(row, &block.attention_norm);
        let places = &mut self.places[index];
        let start = places.len();
        places.resize(start + wide, 0.0);
        let weight = &self.numbers.turned[block.query_key_value.clone()];
        linear(&mut places[start..], &normed, weight, [1, width, wide]);
        let turned = (cut.query + cut.key_value) * cut.width;
        self.network.rotary.turn(&mut places[start..start + turned], self.length);
        let mut mixed = vec![0.0; width];
        // Whatever was open lies behind: from here on every place looks back only.
        let seen = Sight { open: 0, window: shape.window }.seen_from(self.length);
        let mut shares = vec![0.0; seen.len()];
        let visible = &places[seen.start * wide..seen.end * wide];
        for (head, mixed) in mixed.chunks_exact_mut(cut.width).enumerate() {
            let [query, key, value] = cut.columns(head).map(|at| at..at + cut.width);
            let asked = &places[start..][query];
            for (share, place) in shares.iter_mut().zip(visible.chunks_exact(wide)) {
                let product: f32 = asked.iter().zip(&place[key.clone()]).map(|(a, b)| a * b).sum();
                *share = product * cut.scale();
            }
            softmax_row(&mut shares);
            for (share, place) in shares.iter().zip(visible.chunks_exact(wide)) {
                let values = &place[value.clone()];
                mixed.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value);
            }
        }
        let weight = &self.numbers.turned[block.attention_out.clone()];
        add_linear(row, &mixed, weight);
    }

    fn feed_one(&self, row: &mut [f32], block: &Block) {
        let (width, hidden) = (self.network.shape.width, self.network.shape.hidden);
        let normed = self.normed(row, &block.feed_norm);
        let mut gate_up = vec![0.0; 2 * hidden];
        let weight = &self.numbers.turned[block.gate_up.clone()];
        linear(&mut gate_up, &normed, weight, [1, width, 2 * hidden]);
        let mut gated = vec![0.0; hidden];
        gate(&mut gated, &gate_up, hidden);
        add_linear(row, &gated, &self.numbers.turned[block.down.clone()]);
    }

    fn normed(&self, row: &[f32], norm: &std::ops::Range<usize>) -> Vec<f32> {
        let mut normed = vec![0.0; row.len()];
        normalise(&mut normed, &mut [0.0], row, &self.numbers.plain[norm.clone()]);
        normed
    }
}

impl Decoding for Decoder<'_> {
    fn scores(&self) -> &[f32] {
        self.work.scores()
    }

    fn has_room(&self) -> bool {
        self.length < self.network.shape.context
    }

    fn push(&mut self, piece: u32) {
        let shape = &self.network.shape;
        let start = self.network.layout.embedding.start + piece as usize * shape.width;
        let mut row = self.numbers.plain[start..start + shape.width].to_vec();
        for (index, block) in self.network.layout.blocks.iter().enumerate() {
            self.attend_one(&mut row, block, index);
            self.feed_one(&mut row, block);
        }
        self.length += 1;
        self.work.set_row(&row);
        self.network.score_rows(self.numbers, 1, &mut self.work);
    }
}

fn add_linear(row: &mut [f32], input: &[f32], turned: &[f32]) {
    let mut out = vec![0.0; row.len()];
    linear(&mut out, input, turned, [1, input.len(), row.len()]);
    row.iter_mut().zip(out).for_each(|(row, out)| *row += out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shape::Shape;

    #[track_caller]
    fn check(shape: Shape, pieces: &[u32], asked: usize, open: usize) {
        shape.check().unwrap();
        let network = Network::new(shape);
        let plain = network.layout.fresh(5);
        let mut turned = Vec::new();
        network.layout.turn(&plain, &mut turned);
        let numbers = Numbers { plain: &plain, turned: &turned };
        let mut stepped = Decoder::new(&network, numbers, &pieces[..asked], open);
        for piece in &pieces[asked..] {
            stepped.push(*piece);
        }
        let whole = Decoder::new(&network, numbers, pieces, open);
        for (a, b) in stepped.scores().iter().zip(whole.scores()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        assert!(stepped.has_room());
    }

    const SMALL: Shape = Shape {
        vocabulary: 40,
        width: 32,
        layers: 3,
        heads: 4,
        key_value_heads: 2,
        hidden: 48,
        context: 320,
        window: 0,
    };

    #[test]
    fn piece_by_piece_gives_the_scores_of_the_whole() {
        check(SMALL, &[3, 9, 12, 4, 20, 21, 7], 4, 4);
    }

    #[test]
    fn piece_by_piece_gives_the_scores_of_the_whole_with_a_window() {
        let pieces: Vec<u32> = (0..300).map(|at| at * 7 % 40).collect();
        check(Shape { window: 8, ..SMALL }, &pieces[..30], 12, 12);
        check(Shape { window: 50, key_value_heads: 1, ..SMALL }, &pieces, 140, 135);
        check(Shape { key_value_heads: 4, ..SMALL }, &pieces, 260, 250);
    }
}
