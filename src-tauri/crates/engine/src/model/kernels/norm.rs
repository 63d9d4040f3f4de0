//! Root-mean-square normalisation of rows (Zhang and Sennrich 2019), with a learned weight.

const EPSILON: f32 = 1e-5;

/// `out = input / rms(input) * weight` row by row; `inverse` receives `1 / rms` of each row.
pub(crate) fn normalise(out: &mut [f32], inverse: &mut [f32], input: &[f32], weight: &[f32]) {
    let width = weight.len();
    let rows = out.chunks_exact_mut(width).zip(input.chunks_exact(width)).zip(inverse);
    for ((out, input), inverse) in rows {
        *inverse = inverse_rms(input);
        for ((out, value), weight) in out.iter_mut().zip(input).zip(weight) {
            *out = value * *inverse * weight;
        }
    }
}

/// Adds the gradient of the input to `d_input` and that of the weight to `d_weight`.
pub(crate) fn normalise_backward(
    d_input: &mut [f32],
    d_weight: &mut [f32],
    d_out: &[f32],
    input: &[f32],
    inverse: &[f32],
    weight: &[f32],
) {
    let width = weight.len();
    let scale = 1.0 / width_as_float(width);
    let rows = d_input
        .chunks_exact_mut(width)
        .zip(d_out.chunks_exact(width))
        .zip(input.chunks_exact(width))
        .zip(inverse);
    for (((d_input, d_out), input), &inverse) in rows {
        let mut along = 0.0;
        for ((d_out, value), weight) in d_out.iter().zip(input).zip(weight) {
            along += d_out * weight * value;
        }
        let pull = along * scale * inverse * inverse * inverse;
        for (index, d_input) in d_input.iter_mut().enumerate() {
            *d_input += d_out[index] * weight[index] * inverse - pull * input[index];
            d_weight[index] += d_out[index] * input[index] * inverse;
        }
    }
}

fn inverse_rms(row: &[f32]) -> f32 {
    let squares: f32 = row.iter().map(|value| value * value).sum();
    1.0 / (squares / width_as_float(row.len()) + EPSILON).sqrt()
}

/// Widths are a few thousand at most, far inside the whole numbers an `f32` holds exactly.
fn width_as_float(width: usize) -> f32 {
    f32::from(u16::try_from(width).expect("rows are narrower than 65,536"))
}
