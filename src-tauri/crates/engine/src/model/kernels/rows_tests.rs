//! Operations of the Llama, over both kinds of number, against finite differences.

use half::bf16;

use super::attention::Heads;
use super::causal::{self, Segment, attend, attend_backward};
use super::dropout::Dropout;
use super::number::Number;
use super::product::narrow_row;
use super::rotary::Rotary;
use super::rows::{
    cross_entropy_gradient, drop_some, drop_some_backward, gate, gate_backward, normalise,
    normalise_backward, weigh,
};
use super::tests::{narrow, numbers};

/// Compares the gradient of `dot(weights, forward(input))` along some directions with central
/// differences.
#[track_caller]
fn check(
    input: &[f32],
    forward: impl Fn(&[f32]) -> Vec<f32>,
    backward: impl Fn(&[f32]) -> Vec<f32>,
) {
    const STEP: f32 = 2e-3;
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let weights = numbers(77, forward(input).len());
    let gradient = backward(&weights);
    assert_eq!(gradient.len(), input.len());
    for seed in 0..12 {
        let direction = numbers(100 + seed, input.len());
        let at = |step: f32| {
            let moved = input.iter().zip(&direction).map(|(number, by)| number + step * by);
            dot(&weights, &forward(&moved.collect::<Vec<f32>>()))
        };
        let numeric = (at(STEP) - at(-STEP)) / (2.0 * f64::from(STEP));
        let analytic = dot(&gradient, &direction);
        let size = dot(&gradient, &gradient).sqrt();
        assert!(size > 0.0 && (numeric - analytic).abs() < 5e-3 * size, "{numeric} {analytic}");
    }
}

#[test]
fn norm_gradient() {
    let (weight, input) = (numbers(5, 37), numbers(4, 3 * 37));
    let shape = |input: &[f32]| {
        let (mut shape, mut inverse) = (vec![0.0; input.len()], vec![0.0; 3]);
        normalise(&mut shape, &mut inverse, input, 1e-5, 37);
        (shape, inverse)
    };
    let forward = |input: &[f32]| {
        let mut out = vec![0.0; input.len()];
        weigh(&mut out, &shape(input).0, &weight);
        out
    };
    check(&input, forward, |d_out| {
        let ((shape, inverse), mut d_input) = (shape(&input), vec![0.0; input.len()]);
        normalise_backward(&mut d_input, d_out, &shape, &inverse, &weight);
        d_input
    });
}

#[test]
fn gate_gradient_and_its_second_result() {
    let input = numbers(9, 2 * 2 * 21);
    let forward = |input: &[f32]| {
        let mut out = vec![0.0; input.len() / 2];
        gate(&mut out, input, 21);
        out
    };
    check(&input, forward, |d_out| {
        let (mut d_input, mut out) = (vec![0.0; input.len()], vec![0.0; d_out.len()]);
        gate_backward(&mut d_input, &mut out, d_out, &input, 21);
        assert_eq!(out, forward(&input));
        d_input
    });
}

#[test]
fn cross_entropy_gradient_of_both_kinds() {
    let scores = numbers(10, 71);
    let loss = |scores: &[f32]| {
        narrow(cross_entropy_gradient(&mut [0.0_f32; 71], &mut scores.to_vec(), 3, 1.0).loss)
    };
    let gradient = |weight: f32| {
        let mut gradient = vec![0.0; 71];
        cross_entropy_gradient(&mut gradient, &mut scores.clone(), 3, weight);
        gradient
    };
    check(&scores, |scores| vec![loss(scores)], |d_out| gradient(d_out[0]));
    let mut half = [bf16::ZERO; 71];
    cross_entropy_gradient(&mut half, &mut scores.clone(), 3, 2.0);
    for (half, single) in half.iter().zip(gradient(2.0)) {
        assert!((half.wide() - single).abs() < 1e-2);
    }
}

#[test]
fn dropout_drops_its_share_and_is_its_own_gradient() {
    let (input, dropout) = (vec![1.0_f32; 100_003], Dropout { rate: 0.1, key: 5 });
    let mut out = input.clone();
    drop_some(&mut out, &input, dropout);
    let dropped = out.iter().filter(|value| **value == 0.0).count();
    assert!((9_500..10_500).contains(&dropped), "{dropped}");
    let mean = out.iter().sum::<f32>() / 100_003.0;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    let mut d_input = vec![0.0_f32; input.len()];
    drop_some_backward(&mut d_input, &input, dropout);
    assert_eq!(d_input, out);
    let mut other = input.clone();
    drop_some(&mut other, &input, dropout.at(1));
    assert_ne!(other, out);
}

#[test]
fn rounding_is_to_the_nearest() {
    for value in numbers(3, 1_000).into_iter().chain([0.0, -0.0, 1e30, f32::INFINITY]) {
        assert_eq!(<bf16 as Number>::narrow(value), bf16::from_f32(value));
    }
    assert!(
        <bf16 as Number>::narrow(f32::NAN).is_nan() && <bf16 as Number>::narrow(-f32::NAN).is_nan()
    );
}

/// Attention with rotary positions, over more places than are looked at together.
#[track_caller]
fn check_attention(heads: Heads, length: usize) {
    let rotary = Rotary::of_base(length, heads.width, 10_000.0, None);
    let turned = (heads.query + heads.key_value) * heads.width;
    let turn = |rows: &[f32]| {
        let mut rows = rows.to_vec();
        for (place, row) in rows.chunks_exact_mut(heads.row()).enumerate() {
            rotary.turn_numbers(&mut row[..turned], place, 1.0);
        }
        rows
    };
    let width = heads.query * heads.width;
    let forward = |rows: &[f32]| {
        let (rows, mut out) = (turn(rows), vec![0.0; length * width]);
        attend(
            &mut out,
            Segment { rows: &rows, length, behind: 0, heads },
            &mut causal::Scratch::default(),
        );
        out
    };
    let input = numbers(8, length * heads.row());
    check(&input, forward, |d_out| {
        let (rows, mut d_rows) = (turn(&input), vec![0.0; input.len()]);
        let segment = Segment { rows: &rows, length, behind: 0, heads };
        let mut scratch = causal::Scratch::default();
        attend_backward(&mut d_rows, d_out, segment, &rotary, &mut scratch);
        d_rows
    });
    let (rows, mut half_rows) = (turn(&input), vec![bf16::ZERO; input.len()]);
    narrow_row(&mut half_rows, &rows);
    let mut half = vec![bf16::ZERO; length * width];
    let segment = Segment { rows: &half_rows, length, behind: 0, heads };
    attend(&mut half, segment, &mut causal::Scratch::default());
    for (half, single) in half.iter().zip(forward(&input)) {
        assert!((half.wide() - single).abs() < 2e-2, "{half} {single}");
    }
}

/// Places that are only looked at get the gradient of what looks at them, and no query of theirs.
#[test]
fn attention_goes_on_from_places_that_are_only_looked_at() {
    let (heads, behind, length) = (Heads { query: 4, key_value: 2, width: 6 }, 140, 300);
    let rotary = Rotary::of_base(length, heads.width, 10_000.0, None);
    let width = heads.query * heads.width;
    let rows = numbers(8, length * heads.row());
    let segment = |behind| Segment { rows: &rows, length, behind, heads };
    let mut scratch = causal::Scratch::default();
    let (mut whole, mut part) = (vec![0.0; length * width], vec![0.0; (length - behind) * width]);
    attend(&mut whole, segment(0), &mut scratch);
    attend(&mut part, segment(behind), &mut scratch);
    for (whole, part) in whole[behind * width..].iter().zip(&part) {
        assert!((whole - part).abs() < 1e-5, "{whole} {part}");
    }
    let d_part = numbers(9, part.len());
    let d_whole = [vec![0.0; behind * width], d_part.clone()].concat();
    let mut gradient = |behind, d_out: &[f32]| {
        let mut d_rows = vec![1.0; rows.len()];
        attend_backward(&mut d_rows, d_out, segment(behind), &rotary, &mut scratch);
        d_rows
    };
    let wanted = gradient(0, &d_whole);
    for (wanted, found) in wanted.iter().zip(gradient(behind, &d_part)) {
        assert!((wanted - found).abs() < 1e-4, "{wanted} {found}");
    }
}

#[test]
fn attention_gradient_of_equal_heads() {
    check_attention(Heads { query: 2, key_value: 2, width: 4 }, 7);
}

#[test]
fn attention_gradient_of_shared_heads_in_several_blocks() {
    check_attention(Heads { query: 4, key_value: 2, width: 6 }, 300);
}
