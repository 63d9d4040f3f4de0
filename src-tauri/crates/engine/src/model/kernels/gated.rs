//! The gated middle of the feed-forward part, `silu(gate) * up` (Shazeer 2020, `SwiGLU`).

use super::exponential::logistic;

/// `gate_up` holds rows of `[gate | up]`, each half as wide; `out` receives `silu(gate) * up`.
pub(crate) fn gate(out: &mut [f32], gate_up: &[f32], width: usize) {
    for (out, row) in out.chunks_exact_mut(width).zip(gate_up.chunks_exact(2 * width)) {
        let (gate, up) = row.split_at(width);
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate * logistic(*gate) * up;
        }
    }
}

/// Overwrites `d_gate_up` with the gradient of `gate_up`.
pub(crate) fn gate_backward(d_gate_up: &mut [f32], d_out: &[f32], gate_up: &[f32], width: usize) {
    let rows = d_gate_up
        .chunks_exact_mut(2 * width)
        .zip(d_out.chunks_exact(width))
        .zip(gate_up.chunks_exact(2 * width));
    for ((d_row, d_out), row) in rows {
        let (gate, up) = row.split_at(width);
        let (d_gate, d_up) = d_row.split_at_mut(width);
        for index in 0..width {
            let open = logistic(gate[index]);
            let silu = gate[index] * open;
            d_up[index] = d_out[index] * silu;
            d_gate[index] = d_out[index] * up[index] * (open + silu * (1.0 - open));
        }
    }
}
