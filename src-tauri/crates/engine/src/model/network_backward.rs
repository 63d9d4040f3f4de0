//! The backward pass: the gradient of the loss for every learned number.

use super::batch::Packed;
use super::kernels::attention::{Attended, attend_backward};
use super::kernels::dropout::Dropout;
use super::kernels::gated::gate_backward;
use super::kernels::matmul::{Matrix, Target};
use super::kernels::norm::normalise_backward;
use super::learnable::Stop;
use super::network::{Network, Tally, Workspace, block_sites};
use super::parameters::{Block, Numbers};

impl Network {
    /// Adds the gradient of `weight * sum of losses` to `gradient`, and returns the sums.
    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes these seven things")]
    pub(crate) fn learn_batch(
        &self,
        numbers: Numbers<'_>,
        gradient: &mut [f32],
        batch: &Packed,
        weight: f32,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut Workspace,
    ) -> Option<Tally> {
        self.forward(numbers, batch, dropout, stop, work)?;
        let tally = self.score_goals(numbers, batch, weight, work);
        self.scores_backward(numbers, gradient, batch, work);
        for (index, block) in self.layout.blocks.iter().enumerate().rev() {
            if stop() {
                return None;
            }
            let sites = dropout.map(|dropout| block_sites(dropout, index));
            self.feed_backward(numbers, gradient, block, sites, work, index);
            self.attention_backward(numbers, gradient, batch, block, sites, work, index);
        }
        if let Some(dropout) = dropout {
            dropout.at(0).apply(&mut work.d_output);
        }
        let width = self.shape.width;
        for (row, &piece) in work.d_output.chunks_exact(width).zip(&batch.pieces) {
            let start = self.layout.embedding.start + piece as usize * width;
            add(&mut gradient[start..start + width], row);
        }
        Some(tally)
    }

    fn scores_backward(
        &self,
        numbers: Numbers<'_>,
        gradient: &mut [f32],
        batch: &Packed,
        work: &mut Workspace,
    ) {
        let (width, vocabulary) = (self.shape.width, self.shape.vocabulary);
        let count = batch.goals.len();
        let embedding = self.layout.embedding.clone();
        let sizes = [count, width, vocabulary];
        linear_weight(&mut gradient[embedding.clone()], &work.scores, &work.rows_normed, sizes);
        work.d_normed.resize(count * width, 0.0);
        linear_input(&mut work.d_normed, &work.scores, &numbers.plain[embedding], sizes);
        work.d_branch.clear();
        work.d_branch.resize(count * width, 0.0);
        normalise_backward(
            &mut work.d_branch,
            &mut gradient[self.layout.final_norm.clone()],
            &work.d_normed,
            &work.rows,
            &work.rows_inverse,
            &numbers.plain[self.layout.final_norm.clone()],
        );
        work.d_output.clear();
        work.d_output.resize(work.output.len(), 0.0);
        for (row, goal) in work.d_branch.chunks_exact(width).zip(&batch.goals) {
            add(&mut work.d_output[goal.place * width..(goal.place + 1) * width], row);
        }
    }

    fn feed_backward(
        &self,
        numbers: Numbers<'_>,
        gradient: &mut [f32],
        block: &Block,
        dropout: Option<[Dropout; 2]>,
        work: &mut Workspace,
        index: usize,
    ) {
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let record = &work.blocks[index];
        let places = record.middle_inverse.len();
        work.d_branch.clone_from(&work.d_output);
        if let Some([_, dropout]) = dropout {
            dropout.apply(&mut work.d_branch);
        }
        let sizes = [places, hidden, width];
        linear_weight(&mut gradient[block.down.clone()], &work.d_branch, &record.gated, sizes);
        work.d_gated.resize(places * hidden, 0.0);
        linear_input(&mut work.d_gated, &work.d_branch, &numbers.plain[block.down.clone()], sizes);
        work.d_wide.resize(places * 2 * hidden, 0.0);
        gate_backward(&mut work.d_wide, &work.d_gated, &record.gate_up, hidden);
        let sizes = [places, width, 2 * hidden];
        let weight = block.gate_up.clone();
        linear_weight(&mut gradient[weight.clone()], &work.d_wide, &record.middle_normed, sizes);
        work.d_normed.resize(places * width, 0.0);
        linear_input(&mut work.d_normed, &work.d_wide, &numbers.plain[weight], sizes);
        normalise_backward(
            &mut work.d_output,
            &mut gradient[block.feed_norm.clone()],
            &work.d_normed,
            &record.middle,
            &record.middle_inverse,
            &numbers.plain[block.feed_norm.clone()],
        );
    }

    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes these seven things")]
    fn attention_backward(
        &self,
        numbers: Numbers<'_>,
        gradient: &mut [f32],
        batch: &Packed,
        block: &Block,
        dropout: Option<[Dropout; 2]>,
        work: &mut Workspace,
        index: usize,
    ) {
        let (width, wide) = (self.shape.width, self.shape.attention_row());
        let places = batch.pieces.len();
        work.d_branch.clone_from(&work.d_output);
        if let Some([dropout, _]) = dropout {
            dropout.apply(&mut work.d_branch);
        }
        let record = &work.blocks[index];
        let sizes = [places, width, width];
        let weight = block.attention_out.clone();
        linear_weight(&mut gradient[weight.clone()], &work.d_branch, &record.mixed, sizes);
        work.d_normed.resize(places * width, 0.0);
        linear_input(&mut work.d_normed, &work.d_branch, &numbers.plain[weight], sizes);
        self.attend_all_backward(batch, work, index);
        let record = &work.blocks[index];
        let sizes = [places, width, wide];
        let weight = block.query_key_value.clone();
        let d_rows = &work.d_wide[..places * wide];
        linear_weight(&mut gradient[weight.clone()], d_rows, &record.input_normed, sizes);
        linear_input(&mut work.d_normed, d_rows, &numbers.plain[weight], sizes);
        normalise_backward(
            &mut work.d_output,
            &mut gradient[block.attention_norm.clone()],
            &work.d_normed,
            &record.input,
            &record.input_inverse,
            &numbers.plain[block.attention_norm.clone()],
        );
    }

    /// From the gradient of the mixed values in `d_normed` to that of queries, keys and values
    /// before they were turned, in `d_wide`.
    fn attend_all_backward(&self, batch: &Packed, work: &mut Workspace, index: usize) {
        let (cut, width) = (self.shape.cut(), self.shape.width);
        let row = cut.row();
        let turned = (cut.query + cut.key_value) * cut.width;
        work.d_wide.resize(batch.pieces.len() * row, 0.0);
        for segment in &batch.segments {
            let places = segment.start..segment.start + segment.length;
            let rows = places.start * row..places.end * row;
            let input = Attended {
                rows: &work.blocks[index].query_key_value[rows.clone()],
                length: segment.length,
                sight: self.sight(*segment),
            };
            let d_mixed = &work.d_normed[places.start * width..places.end * width];
            let d_rows = &mut work.d_wide[rows];
            attend_backward(d_rows, d_mixed, input, cut, &mut work.attention);
            for (place, d_row) in d_rows.chunks_exact_mut(row).enumerate() {
                self.rotary.turn_back(&mut d_row[..turned], place);
            }
        }
    }
}

/// Adds `d_out^T * input` to the gradient of a weight; sizes `[rows, inputs, outputs]`.
fn linear_weight(d_weight: &mut [f32], d_out: &[f32], input: &[f32], sizes: [usize; 3]) {
    let [rows, inputs, outputs] = sizes;
    Target::new(d_weight, outputs, inputs).add(
        1.0,
        Matrix::new(d_out, rows, outputs).transposed(),
        Matrix::new(input, rows, inputs),
    );
}

/// Overwrites the gradient of a product's input with `d_out * weight`.
fn linear_input(d_input: &mut [f32], d_out: &[f32], weight: &[f32], sizes: [usize; 3]) {
    let [rows, inputs, outputs] = sizes;
    Target::new(d_input, rows, inputs).set(
        1.0,
        Matrix::new(d_out, rows, outputs),
        Matrix::new(weight, outputs, inputs),
    );
}

fn add(out: &mut [f32], other: &[f32]) {
    for (out, other) in out.iter_mut().zip(other) {
        *out += other;
    }
}
