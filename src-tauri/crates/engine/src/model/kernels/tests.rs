//! Each operation against a plain version and against finite differences.

use super::attention::{Attended, Heads, Scratch, Sight, attend, attend_backward};
use super::dropout::{Dropout, mix};
use super::exponential::exp;
use super::gated::{gate, gate_backward};
use super::matmul::{Matrix, Target};
use super::norm::{normalise, normalise_backward};
use super::rotary::Rotary;
use super::softmax::cross_entropy;

/// Numbers between -1 and 1, the same on every run.
pub(super) fn numbers(seed: u64, count: usize) -> Vec<f32> {
    (0..count as u64)
        .map(|index| {
            let draw = mix(mix(seed) ^ index) >> 40;
            draw as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
pub(super) fn narrow(number: f64) -> f32 {
    number as f32
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Compares the gradient of `dot(weights, forward(input))` with central differences, number by
/// number.
#[track_caller]
fn check_gradient(
    input: &[f32],
    out_len: usize,
    forward: impl Fn(&[f32], &mut [f32]),
    backward: impl Fn(&[f32], &[f32]) -> Vec<f32>,
) {
    const STEP: f32 = 5e-3;
    let weights = numbers(77, out_len);
    let gradient = backward(input, &weights);
    assert_eq!(gradient.len(), input.len());
    assert!(gradient.iter().any(|g| *g != 0.0), "the gradient is all zero");
    let mut moved = input.to_vec();
    let mut out = vec![0.0; out_len];
    for index in 0..input.len() {
        let mut at = |offset: f32| {
            moved[index] = input[index] + offset;
            forward(&moved, &mut out);
            moved[index] = input[index];
            dot(&weights, &out)
        };
        let numeric = (at(STEP) - at(-STEP)) / (2.0 * f64::from(STEP));
        let analytic = f64::from(gradient[index]);
        assert!(
            (numeric - analytic).abs() < 1e-3 + 5e-3 * analytic.abs(),
            "at {index}: numeric {numeric}, analytic {analytic}"
        );
    }
}

#[test]
fn product_equals_the_plain_sum() {
    for (rows, inner, columns) in [(1, 1, 1), (3, 5, 2), (17, 33, 9), (64, 20, 70)] {
        let (left, right) = (numbers(1, rows * inner), numbers(2, columns * inner));
        let mut out = vec![1.0; rows * columns];
        Target::new(&mut out, rows, columns).add(
            0.5,
            Matrix::new(&left, rows, inner),
            Matrix::new(&right, columns, inner).transposed(),
        );
        for row in 0..rows {
            for column in 0..columns {
                let plain = 1.0
                    + 0.5 * dot(&left[row * inner..][..inner], &right[column * inner..][..inner]);
                let found = f64::from(out[row * columns + column]);
                assert!((plain - found).abs() < 1e-4, "{plain} {found}");
            }
        }
    }
}

#[test]
fn a_spaced_product_leaves_the_gaps_alone() {
    let left = numbers(1, 6);
    let right = numbers(2, 4);
    let mut out = vec![9.0; 3 * 5];
    Target::spaced(&mut out, 3, 2, 5).set(1.0, Matrix::new(&left, 3, 2), Matrix::new(&right, 2, 2));
    for row in out.chunks(5) {
        assert_eq!(row[2..], [9.0, 9.0, 9.0]);
        assert_ne!(row[..2], [9.0, 9.0]);
    }
}

#[test]
#[should_panic(expected = "matrix reaches past its slice")]
fn a_matrix_larger_than_its_slice_is_refused() {
    let _ = Matrix::new(&[0.0; 5], 2, 3);
}

#[test]
#[should_panic(expected = "inner sizes of a product differ")]
fn sizes_that_do_not_meet_are_refused() {
    let data = [0.0; 6];
    Target::new(&mut [0.0; 4], 2, 2).set(1.0, Matrix::new(&data, 2, 3), Matrix::new(&data, 2, 2));
}

#[test]
fn exponential_is_exact_to_seven_digits() {
    for step in -8_000..8_000 {
        let x = step as f32 / 100.0;
        let exact = f64::from(x).exp();
        let error = (f64::from(exp(x)) - exact).abs() / exact;
        assert!(error < 3e-7, "e^{x}: {error}");
    }
    assert!(exp(-1e30) < 1e-37);
    assert!(exp(1e30).is_finite());
}

#[test]
fn norm_gradient() {
    let weight = numbers(5, 6);
    let forward = |input: &[f32], weight: &[f32], out: &mut [f32]| {
        let mut inverse = vec![0.0; 3];
        normalise(out, &mut inverse, input, weight);
        inverse
    };
    let both = |input: &[f32], weight: &[f32], d_out: &[f32]| {
        let inverse = forward(input, weight, &mut [0.0; 18]);
        let (mut d_input, mut d_weight) = (vec![0.0; 18], vec![0.0; 6]);
        normalise_backward(&mut d_input, &mut d_weight, d_out, input, &inverse, weight);
        (d_input, d_weight)
    };
    let input = numbers(4, 18);
    check_gradient(
        &input,
        18,
        |input, out| drop(forward(input, &weight, out)),
        |input, d_out| both(input, &weight, d_out).0,
    );
    check_gradient(
        &weight,
        18,
        |weight, out| drop(forward(&input, weight, out)),
        |weight, d_out| both(&input, weight, d_out).1,
    );
}

#[test]
fn rotary_gradient() {
    let rotary = Rotary::new(8, 6, 100.0);
    check_gradient(
        &numbers(6, 12),
        12,
        |input, out| {
            out.copy_from_slice(input);
            rotary.turn(out, 5);
        },
        |_, d_out| {
            let mut d_input = d_out.to_vec();
            rotary.turn_back(&mut d_input, 5);
            d_input
        },
    );
}

#[track_caller]
fn check_attention(heads: Heads, length: usize, sight: Sight) {
    let width = heads.query * heads.width;
    let input: Vec<f32> =
        numbers(8, length * heads.row()).iter().map(|number| number * 2.0).collect();
    check_gradient(
        &input,
        length * width,
        |rows, out| {
            attend(out, Attended { rows, length, sight }, heads, &mut Scratch::default());
        },
        |rows, d_out| {
            let mut d_rows = vec![0.0; rows.len()];
            let input = Attended { rows, length, sight };
            attend_backward(&mut d_rows, d_out, input, heads, &mut Scratch::default());
            d_rows
        },
    );
}

#[test]
fn attention_gradient_of_equal_heads() {
    check_attention(Heads { query: 2, key_value: 2, width: 4 }, 5, Sight::default());
}

#[test]
fn attention_gradient_of_shared_heads_and_an_open_question() {
    check_attention(Heads { query: 4, key_value: 2, width: 2 }, 6, Sight { open: 3, window: 0 });
}

#[test]
fn attention_gradient_with_a_window() {
    let heads = Heads { query: 2, key_value: 1, width: 2 };
    check_attention(heads, 9, Sight { open: 0, window: 3 });
    check_attention(heads, 9, Sight { open: 5, window: 2 });
}

#[test]
fn attention_gradient_of_a_conversation_longer_than_a_block() {
    let heads = Heads { query: 1, key_value: 1, width: 2 };
    check_attention(heads, 150, Sight { open: 20, window: 0 });
    check_attention(heads, 150, Sight { open: 140, window: 12 });
}

#[test]
fn a_place_sees_what_its_window_and_the_open_question_show() {
    let seen = |open, window, place| Sight { open, window }.seen_from(place);
    assert_eq!([seen(0, 0, 4), seen(7, 0, 4), seen(3, 0, 4)], [0..5, 0..7, 0..5]);
    assert_eq!([seen(0, 3, 4), seen(7, 2, 4), seen(5, 3, 4)], [2..5, 3..6, 2..5]);
}

/// Block by block and with a window, against the formula written down plainly.
#[test]
fn attention_equals_the_plain_formula() {
    let (heads, length) = (Heads { query: 2, key_value: 1, width: 3 }, 200);
    let rows = numbers(21, length * heads.row());
    for sight in [Sight { open: 150, window: 0 }, Sight { open: 90, window: 17 }] {
        let mut out = vec![0.0; length * 6];
        attend(&mut out, Attended { rows: &rows, length, sight }, heads, &mut Scratch::default());
        for (place, head) in [(0, 0), (60, 1), (127, 0), (128, 1), (199, 0)] {
            let part = |place: usize, column| &rows[place * heads.row() + column..][..3];
            let [query, key, value] = heads.columns(head);
            let seen = sight.seen_from(place);
            let power = |other| {
                (dot(part(place, query), part(other, key)) * f64::from(heads.scale())).exp()
            };
            let total: f64 = seen.clone().map(power).sum();
            for column in 0..3 {
                let mixed: f64 = seen
                    .clone()
                    .map(|other| power(other) / total * f64::from(part(other, value)[column]))
                    .sum();
                let found = f64::from(out[place * 6 + head * 3 + column]);
                assert!((mixed - found).abs() < 1e-5, "{mixed} {found}");
            }
        }
    }
}

#[test]
fn gate_gradient() {
    check_gradient(
        &numbers(9, 24),
        12,
        |input, out| gate(out, input, 4),
        |input, d_out| {
            let mut d_input = vec![0.0; 24];
            gate_backward(&mut d_input, d_out, input, 4);
            d_input
        },
    );
}

#[test]
fn cross_entropy_gradient() {
    let scores = numbers(10, 7);
    check_gradient(
        &scores,
        1,
        |scores, out| {
            // `check_gradient` weighs the output with this number.
            let loss = cross_entropy(&mut scores.to_vec(), 3, 1.0).loss;
            out[0] = narrow(loss);
        },
        |scores, d_out| {
            let mut d_scores = scores.to_vec();
            cross_entropy(&mut d_scores, 3, d_out[0]);
            d_scores
        },
    );
}

#[test]
fn dropout_gradient() {
    let dropout = Dropout { rate: 0.3, key: 11 };
    check_gradient(
        &numbers(12, 40),
        40,
        |input, out| {
            out.copy_from_slice(input);
            dropout.apply(out);
        },
        |_, d_out| {
            let mut d_input = d_out.to_vec();
            dropout.apply(&mut d_input);
            d_input
        },
    );
}

#[test]
fn dropout_drops_its_share_and_keeps_the_mean() {
    let mut values = vec![1.0_f32; 100_000];
    Dropout { rate: 0.1, key: 5 }.apply(&mut values);
    let dropped = values.iter().filter(|value| **value == 0.0).count();
    assert!((9_500..10_500).contains(&dropped), "{dropped}");
    let mean = values.iter().sum::<f32>() / 100_000.0;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
}
