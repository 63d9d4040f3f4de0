//! Element by element: what stands between the matrix products of a Llama, over numbers of either
//! kind. The learned numbers are elsewhere; norms are frozen.

use super::causal::{dot, highest, total};
use super::dropout::Dropout;
use super::exponential::{exp, logistic};
use super::number::Number;
use super::softmax::RowLoss;
use super::vectorised::vectorised;

vectorised! {
    /// `shape = input / rms(input)` row by row (Zhang and Sennrich 2019); `inverse` receives
    /// `1 / rms` of each row.
    pub(crate) fn normalise<N: Number>(
        shape: &mut [N],
        inverse: &mut [f32],
        input: &[f32],
        epsilon: f32,
        width: usize,
    ) {
        let share = 1.0 / float(width);
        let rows = shape.chunks_exact_mut(width).zip(input.chunks_exact(width)).zip(inverse);
        for ((shape, input), inverse) in rows {
            *inverse = 1.0 / (dot(input, input) * share + epsilon).sqrt();
            for (shape, value) in shape.iter_mut().zip(input) {
                *shape = N::narrow(value * *inverse);
            }
        }
    }
}

vectorised! {
    /// Multiplies normalised rows with the weight of their norm.
    pub(crate) fn weigh<N: Number>(out: &mut [N], shape: &[N], weight: &[f32]) {
        let width = weight.len();
        for (out, shape) in out.chunks_exact_mut(width).zip(shape.chunks_exact(width)) {
            for ((out, shape), weight) in out.iter_mut().zip(shape).zip(weight) {
                *out = N::narrow(shape.wide() * weight);
            }
        }
    }
}

vectorised! {
    /// Adds the gradient of a norm's input to `d_input`.
    pub(crate) fn normalise_backward<N: Number>(
        d_input: &mut [f32],
        d_out: &[f32],
        shape: &[N],
        inverse: &[f32],
        weight: &[f32],
    ) {
        const LANES: usize = 16;
        let width = weight.len();
        let share = 1.0 / float(width);
        let rows = d_input
            .chunks_exact_mut(width)
            .zip(d_out.chunks_exact(width))
            .zip(shape.chunks_exact(width))
            .zip(inverse);
        for (((d_input, d_out), shape), &inverse) in rows {
            let mut lanes = [0.0_f32; LANES];
            let chunks = d_out.chunks(LANES).zip(shape.chunks(LANES)).zip(weight.chunks(LANES));
            for ((d_out, shape), weight) in chunks {
                let terms = d_out.iter().zip(shape).zip(weight);
                for (lane, ((d, value), weight)) in lanes.iter_mut().zip(terms) {
                    *lane += d * weight * value.wide();
                }
            }
            let pull = lanes.iter().sum::<f32>() * share;
            let terms = d_out.iter().zip(shape).zip(weight);
            for (d_input, ((d, value), weight)) in d_input.iter_mut().zip(terms) {
                *d_input += (d * weight - pull * value.wide()) * inverse;
            }
        }
    }
}

vectorised! {
    /// `silu(gate) * up` (Shazeer 2020, `SwiGLU`) for rows of `[gate | up]`, each half as wide.
    pub(crate) fn gate<N: Number>(out: &mut [N], gate_up: &[N], width: usize) {
        for (out, row) in out.chunks_exact_mut(width).zip(gate_up.chunks_exact(2 * width)) {
            let (gate, up) = row.split_at(width);
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                let gate = gate.wide();
                *out = N::narrow(gate * logistic(gate) * up.wide());
            }
        }
    }
}

vectorised! {
    /// Overwrites `d_gate_up` with the gradient of `gate_up`, and `out` with what [`gate`] gives.
    pub(crate) fn gate_backward<N: Number>(
        d_gate_up: &mut [N],
        out: &mut [N],
        d_out: &[N],
        gate_up: &[N],
        width: usize,
    ) {
        let rows = d_gate_up
            .chunks_exact_mut(2 * width)
            .zip(d_out.chunks_exact(width).zip(out.chunks_exact_mut(width)))
            .zip(gate_up.chunks_exact(2 * width));
        for ((d_row, (d_out, out)), row) in rows {
            let (gate, up) = row.split_at(width);
            let (d_gate, d_up) = d_row.split_at_mut(width);
            let terms = d_out.iter().zip(gate).zip(up);
            let results = d_gate.iter_mut().zip(d_up).zip(out);
            for (((d, gate), up), ((d_gate, d_up), out)) in terms.zip(results) {
                let (d, gate, up) = (d.wide(), gate.wide(), up.wide());
                let open = logistic(gate);
                let silu = gate * open;
                *out = N::narrow(silu * up);
                *d_up = N::narrow(d * silu);
                *d_gate = N::narrow(d * up * (open + silu * (1.0 - open)));
            }
        }
    }
}

/// The loss of `target` under `scores`, which are lost.
pub(crate) fn cross_entropy(scores: &mut [f32], target: usize) -> RowLoss {
    let wanted = scores[target];
    let [highest, total] = exponents(scores);
    let loss = f64::from(total).ln() - f64::from(wanted - highest);
    RowLoss { loss, right: wanted >= highest }
}

/// The same, and writes the gradient of the scores times `weight` to `d_scores`.
pub(crate) fn cross_entropy_gradient<N: Number>(
    d_scores: &mut [N],
    scores: &mut [f32],
    target: usize,
    weight: f32,
) -> RowLoss {
    let wanted = scores[target];
    let [highest, total] = exponents(scores);
    let scale = weight / total;
    scale_into(d_scores, scores, scale);
    d_scores[target] = N::narrow(scores[target] * scale - weight);
    let loss = f64::from(total).ln() - f64::from(wanted - highest);
    RowLoss { loss, right: wanted >= highest }
}

vectorised! {
    /// Turns scores into `e^(score - highest)`, and returns the highest score and the sum.
    fn exponents(scores: &mut [f32]) -> [f32; 2] {
        let highest = highest(scores);
        for score in scores.iter_mut() {
            *score = exp(*score - highest);
        }
        [highest, total(scores)]
    }
}

vectorised! {
    fn scale_into<N: Number>(out: &mut [N], row: &[f32], scale: f32) {
        for (out, value) in out.iter_mut().zip(row) {
            *out = N::narrow(value * scale);
        }
    }
}

/// Copies `input`, a share of it zeroed and the rest scaled up. The mask is a pure function of
/// the key and of the place in the slice.
pub(crate) fn drop_some<N: Number>(out: &mut [N], input: &[N], dropout: Dropout) {
    masked(out, input, Mask::new(dropout));
}

/// Adds a gradient to `d_input`, masked as [`drop_some`] masked its input.
pub(crate) fn drop_some_backward<N: Number>(d_input: &mut [N], d_out: &[f32], dropout: Dropout) {
    add_masked(d_input, d_out, Mask::new(dropout));
}

/// How a mask is drawn.
#[derive(Clone, Copy)]
struct Mask {
    keys: [u32; 2],
    /// Draws of sixteen bits below it are dropped.
    limit: f32,
    keep: f32,
}

impl Mask {
    fn new(dropout: Dropout) -> Self {
        let [a, b, c, d, e, f, g, h] = dropout.key.to_le_bytes();
        let keys = [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])];
        Self { keys, limit: dropout.rate * 65_536.0, keep: 1.0 / (1.0 - dropout.rate) }
    }

    /// Zero or `keep` for each number of a group, from sixteen bits each.
    #[inline(always)]
    fn factors(self, group: u32) -> [f32; GROUP] {
        let mut factors = [0.0; GROUP];
        let (low, high) = factors.split_at_mut(GROUP / 2);
        for (lane, (low, high)) in (0_u32..).zip(low.iter_mut().zip(high)) {
            let draw = scramble(group.wrapping_mul(16).wrapping_add(lane), self.keys);
            *low = if small(draw & 0xFFFF) < self.limit { 0.0 } else { self.keep };
            *high = if small(draw >> 16) < self.limit { 0.0 } else { self.keep };
        }
        factors
    }
}

/// Numbers that share one group of draws.
const GROUP: usize = 32;

vectorised! {
    fn masked<N: Number>(out: &mut [N], input: &[N], mask: Mask) {
        let groups = out.chunks_mut(GROUP).zip(input.chunks(GROUP));
        for (group, (out, input)) in (0_u32..).zip(groups) {
            let factors = mask.factors(group);
            for ((out, value), factor) in out.iter_mut().zip(input).zip(factors) {
                *out = N::narrow(value.wide() * factor);
            }
        }
    }
}

vectorised! {
    fn add_masked<N: Number>(d_input: &mut [N], d_out: &[f32], mask: Mask) {
        let groups = d_input.chunks_mut(GROUP).zip(d_out.chunks(GROUP));
        for (group, (d_input, d_out)) in (0_u32..).zip(groups) {
            let factors = mask.factors(group);
            for ((d_input, value), factor) in d_input.iter_mut().zip(d_out).zip(factors) {
                *d_input = N::narrow(d_input.wide() + value * factor);
            }
        }
    }
}

/// Wellons' `lowbias32` hash (2018) of a counter, keyed before and inside.
#[inline(always)]
fn scramble(counter: u32, [first, second]: [u32; 2]) -> u32 {
    let mut value = counter ^ first;
    value = (value ^ (value >> 16)).wrapping_mul(0x7FEB_352D);
    value = (value ^ second ^ (value >> 15)).wrapping_mul(0x846C_A68B);
    value ^ (value >> 16)
}

/// A number of at most sixteen bits; signed conversions are the ones that vector units have.
#[inline(always)]
#[expect(clippy::cast_possible_wrap, clippy::cast_precision_loss, reason = "sixteen bits fit both")]
fn small(bits: u32) -> f32 {
    bits as i32 as f32
}

/// Widths are far below the whole numbers that an `f32` holds exactly.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "widths are below 2^24")]
fn float(width: usize) -> f32 {
    width as f32
}

vectorised! {
    /// The sum of products of two rows.
    pub(crate) fn inner_product<N: Number>(left: &[f32], right: &[N]) -> f32 {
        const LANES: usize = 32;
        let mut lanes = [0.0_f32; LANES];
        let (lefts, rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
        let rests = lefts.remainder().iter().zip(rights.remainder());
        let rest: f32 = rests.map(|(left, right)| left * right.wide()).sum();
        for (left, right) in lefts.zip(rights) {
            for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
                *lane += left * right.wide();
            }
        }
        lanes.iter().sum::<f32>() + rest
    }
}

vectorised! {
    /// Adds `scale * row`.
    pub(crate) fn add_scaled<N: Number>(out: &mut [f32], row: &[N], scale: f32) {
        for (out, value) in out.iter_mut().zip(row) {
            *out += value.wide() * scale;
        }
    }
}
