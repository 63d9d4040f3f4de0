//! The forward pass, and the loss at the places that are learned.

use super::batch::{Packed, Segment};
use super::kernels::attention::{Attended, Scratch, Sight, attend};
use super::kernels::dropout::Dropout;
use super::kernels::gated::gate;
use super::kernels::hands::Hands;
use super::kernels::matmul::{Matrix, Target};
use super::kernels::norm::normalise;
use super::kernels::rotary::Rotary;
use super::kernels::softmax::{RowLoss, cross_entropy};
use super::learnable::{Learnable, Stop};
use super::parameters::{Block, Layout, Numbers};
use super::shape::Shape;

const ROTARY_BASE: f32 = 10_000.0;

/// A shape with everything that follows from it; the learned numbers are passed to each call.
pub(crate) struct Network {
    pub(crate) shape: Shape,
    pub(crate) layout: Layout,
    pub(crate) rotary: Rotary,
}

/// What the backward pass needs of one block.
#[derive(Default)]
pub(super) struct BlockRecord {
    pub(super) input: Vec<f32>,
    pub(super) input_inverse: Vec<f32>,
    pub(super) input_normed: Vec<f32>,
    pub(super) query_key_value: Vec<f32>,
    pub(super) mixed: Vec<f32>,
    pub(super) middle: Vec<f32>,
    pub(super) middle_inverse: Vec<f32>,
    pub(super) middle_normed: Vec<f32>,
    pub(super) gate_up: Vec<f32>,
    pub(super) gated: Vec<f32>,
}

/// Memory of one thread for passes through the network, reused from call to call.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(super) blocks: Vec<BlockRecord>,
    pub(super) output: Vec<f32>,
    pub(super) rows: Vec<f32>,
    pub(super) rows_inverse: Vec<f32>,
    pub(super) rows_normed: Vec<f32>,
    pub(super) scores: Vec<f32>,
    pub(super) attention: Scratch,
    pub(super) d_output: Vec<f32>,
    pub(super) d_wide: Vec<f32>,
    pub(super) d_gated: Vec<f32>,
    pub(super) d_normed: Vec<f32>,
    pub(super) d_branch: Vec<f32>,
}

/// Sums over the goals of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    /// Sum of weight times `-ln p(right piece)`, in nats.
    pub(crate) loss: f64,
    /// Sum of the goals' weights.
    pub(crate) weight: f64,
    /// Goals whose piece had the highest score.
    pub(crate) right: u64,
    /// Goals.
    pub(crate) goals: u64,
}

impl Tally {
    /// The sums of one goal that counts `weight`.
    pub(crate) fn of(row: RowLoss, weight: f32) -> Self {
        let weight = f64::from(weight);
        Self { loss: row.loss * weight, weight, right: u64::from(row.right), goals: 1 }
    }

    /// The sums of both.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            weight: self.weight + other.weight,
            right: self.right + other.right,
            goals: self.goals + other.goals,
        }
    }

    /// Mean loss of a goal in nats, goals counted by their weights.
    pub(crate) fn mean_loss(self) -> f64 {
        self.loss / if self.weight > 0.0 { self.weight } else { 1.0 }
    }

    /// Share of goals that were right.
    pub(crate) fn accuracy(self) -> f64 {
        self.right as f64 / self.goals.max(1) as f64
    }
}

impl Learnable for Network {
    /// Every product turned.
    type Ready = Vec<f32>;
    type Work = Workspace;

    // A question's places look both ways, so no two questions have the same numbers anywhere.
    const SHARES_BEGINNINGS: bool = false;

    // Its products are too small to be worth dealing.
    fn take_help(_: &mut Workspace, _: &Hands) {}

    fn learned(&self) -> usize {
        self.layout.length()
    }

    fn fresh(&self, seed: u64) -> Vec<f32> {
        self.layout.fresh(seed)
    }

    fn prepare(&self, plain: &[f32], ready: &mut Vec<f32>) {
        self.layout.turn(plain, ready);
    }

    fn learn(
        &self,
        plain: &[f32],
        turned: &Vec<f32>,
        gradient: &mut [f32],
        batch: &Packed,
        weight: f32,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut Workspace,
    ) -> Option<Tally> {
        self.learn_batch(Numbers { plain, turned }, gradient, batch, weight, dropout, stop, work)
    }

    fn evaluate(
        &self,
        plain: &[f32],
        turned: &Vec<f32>,
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Workspace,
    ) -> Option<Tally> {
        self.evaluate_batch(Numbers { plain, turned }, batch, stop, work)
    }
}

impl Network {
    /// A network of `shape`.
    pub(crate) fn new(shape: Shape) -> Self {
        let rotary = Rotary::new(shape.context, shape.cut().width, ROTARY_BASE);
        Self { shape, layout: Layout::new(&shape), rotary }
    }

    /// The true loss of a batch; nothing is dropped.
    pub(crate) fn evaluate_batch(
        &self,
        numbers: Numbers<'_>,
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut Workspace,
    ) -> Option<Tally> {
        self.forward(numbers, batch, None, stop, work)?;
        Some(self.score_goals(numbers, batch, 0.0, work))
    }

    /// Runs all blocks over one conversation. Returns queries, keys and values of every place for
    /// each block, and leaves the last place's row to be scored.
    pub(crate) fn read(
        &self,
        numbers: Numbers<'_>,
        batch: &Packed,
        work: &mut Workspace,
    ) -> Vec<Vec<f32>> {
        self.forward(numbers, batch, None, &|| false, work);
        let last = work.output.len() - self.shape.width;
        let row = work.output[last..].to_vec();
        work.set_row(&row);
        work.blocks.iter_mut().map(|block| std::mem::take(&mut block.query_key_value)).collect()
    }

    /// Runs all blocks; afterwards `work.output` holds the last residual rows. None when it was
    /// stopped.
    pub(super) fn forward(
        &self,
        numbers: Numbers<'_>,
        batch: &Packed,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut Workspace,
    ) -> Option<()> {
        let width = self.shape.width;
        work.output.clear();
        for &piece in &batch.pieces {
            let start = self.layout.embedding.start + piece as usize * width;
            work.output.extend_from_slice(&numbers.plain[start..start + width]);
        }
        if let Some(dropout) = dropout {
            dropout.at(0).apply(&mut work.output);
        }
        work.blocks.resize_with(self.shape.layers, BlockRecord::default);
        for (index, block) in self.layout.blocks.iter().enumerate() {
            if stop() {
                return None;
            }
            let sites = dropout.map(|dropout| block_sites(dropout, index));
            self.block_forward(numbers, batch, block, sites, work, index);
        }
        Some(())
    }

    fn block_forward(
        &self,
        numbers: Numbers<'_>,
        batch: &Packed,
        block: &Block,
        dropout: Option<[Dropout; 2]>,
        work: &mut Workspace,
        index: usize,
    ) {
        let (width, hidden, wide) =
            (self.shape.width, self.shape.hidden, self.shape.attention_row());
        let places = batch.pieces.len();
        let record = &mut work.blocks[index];
        let output = &mut work.output;
        record.input.clone_from(output);
        record.resize(places, width, hidden, wide);

        let norm = &numbers.plain[block.attention_norm.clone()];
        normalise(&mut record.input_normed, &mut record.input_inverse, &record.input, norm);
        let weight = &numbers.turned[block.query_key_value.clone()];
        linear(&mut record.query_key_value, &record.input_normed, weight, [places, width, wide]);
        self.turn(&mut record.query_key_value, batch);
        self.attend_all(record, batch, &mut work.attention);
        let weight = &numbers.turned[block.attention_out.clone()];
        linear(output, &record.mixed, weight, [places, width, width]);
        if let Some([dropout, _]) = dropout {
            dropout.apply(output);
        }
        add(output, &record.input);

        record.middle.clone_from(output);
        let norm = &numbers.plain[block.feed_norm.clone()];
        normalise(&mut record.middle_normed, &mut record.middle_inverse, &record.middle, norm);
        let weight = &numbers.turned[block.gate_up.clone()];
        linear(&mut record.gate_up, &record.middle_normed, weight, [places, width, 2 * hidden]);
        gate(&mut record.gated, &record.gate_up, hidden);
        let weight = &numbers.turned[block.down.clone()];
        linear(output, &record.gated, weight, [places, hidden, width]);
        if let Some([_, dropout]) = dropout {
            dropout.apply(output);
        }
        add(output, &record.middle);
    }

    fn turn(&self, rows: &mut [f32], batch: &Packed) {
        let cut = self.shape.cut();
        let turned = (cut.query + cut.key_value) * cut.width;
        for segment in &batch.segments {
            for place in 0..segment.length {
                let start = (segment.start + place) * cut.row();
                self.rotary.turn(&mut rows[start..start + turned], place);
            }
        }
    }

    fn attend_all(&self, record: &mut BlockRecord, batch: &Packed, scratch: &mut Scratch) {
        let (cut, width) = (self.shape.cut(), self.shape.width);
        for segment in &batch.segments {
            let end = segment.start + segment.length;
            let rows = &record.query_key_value[segment.start * cut.row()..end * cut.row()];
            let sight = self.sight(*segment);
            let input = Attended { rows, length: segment.length, sight };
            attend(&mut record.mixed[segment.start * width..end * width], input, cut, scratch);
        }
    }

    /// How far the places of `segment` see.
    pub(super) fn sight(&self, segment: Segment) -> Sight {
        Sight { open: segment.open, window: self.shape.window }
    }

    /// Losses at the goals. With a `weight` above 0 the scores become their own gradient, times
    /// `weight`.
    pub(super) fn score_goals(
        &self,
        numbers: Numbers<'_>,
        batch: &Packed,
        weight: f32,
        work: &mut Workspace,
    ) -> Tally {
        let (width, vocabulary) = (self.shape.width, self.shape.vocabulary);
        work.rows.clear();
        for goal in &batch.goals {
            let start = goal.place * width;
            work.rows.extend_from_slice(&work.output[start..start + width]);
        }
        self.score_rows(numbers, batch.goals.len(), work);
        let mut tally = Tally::default();
        for (row, goal) in work.scores.chunks_exact_mut(vocabulary).zip(&batch.goals) {
            let row = cross_entropy(row, goal.piece, weight * goal.weight);
            tally = tally.plus(Tally::of(row, goal.weight));
        }
        tally
    }

    /// Scores of the whole vocabulary for the `count` residual rows in `work.rows`.
    pub(crate) fn score_rows(&self, numbers: Numbers<'_>, count: usize, work: &mut Workspace) {
        let (width, vocabulary) = (self.shape.width, self.shape.vocabulary);
        work.rows_normed.resize(count * width, 0.0);
        work.rows_inverse.resize(count, 0.0);
        work.scores.resize(count * vocabulary, 0.0);
        let norm = &numbers.plain[self.layout.final_norm.clone()];
        normalise(&mut work.rows_normed, &mut work.rows_inverse, &work.rows, norm);
        let weight = &numbers.turned[self.layout.embedding.clone()];
        linear(&mut work.scores, &work.rows_normed, weight, [count, width, vocabulary]);
    }
}

impl Workspace {
    /// Makes `row` the only residual row to be scored.
    pub(crate) fn set_row(&mut self, row: &[f32]) {
        self.rows.clear();
        self.rows.extend_from_slice(row);
    }

    /// The scores that [`Network::score_rows`] left.
    pub(crate) fn scores(&self) -> &[f32] {
        &self.scores
    }
}

impl BlockRecord {
    fn resize(&mut self, places: usize, width: usize, hidden: usize, wide: usize) {
        self.input_inverse.resize(places, 0.0);
        self.input_normed.resize(places * width, 0.0);
        self.query_key_value.resize(places * wide, 0.0);
        self.mixed.resize(places * width, 0.0);
        self.middle_inverse.resize(places, 0.0);
        self.middle_normed.resize(places * width, 0.0);
        self.gate_up.resize(places * 2 * hidden, 0.0);
        self.gated.resize(places * hidden, 0.0);
    }
}

/// The two places of a block where numbers are dropped.
pub(super) fn block_sites(dropout: Dropout, block: usize) -> [Dropout; 2] {
    let site = 1 + 2 * block as u64;
    [dropout.at(site), dropout.at(site + 1)]
}

/// `out = input * turned` for sizes `[rows, inputs, outputs]`.
pub(crate) fn linear(out: &mut [f32], input: &[f32], turned: &[f32], sizes: [usize; 3]) {
    let [rows, inputs, outputs] = sizes;
    Target::new(out, rows, outputs).set(
        1.0,
        Matrix::new(input, rows, inputs),
        Matrix::new(turned, inputs, outputs),
    );
}

fn add(out: &mut [f32], other: &[f32]) {
    for (out, other) in out.iter_mut().zip(other) {
        *out += other;
    }
}
