//! The whole network's gradient against finite differences, and what a place may see.

use super::batch::Packed;
use super::kernels::dropout::Dropout;
use super::network::{Network, Tally, Workspace};
use super::parameters::Numbers;
use super::shape::{Shape, ShapeError};

fn tiny() -> Shape {
    Shape {
        vocabulary: 23,
        width: 16,
        layers: 2,
        heads: 4,
        key_value_heads: 2,
        hidden: 24,
        context: 32,
        window: 0,
    }
}

fn two_conversations() -> Packed {
    let mut batch = Packed::default();
    batch.push(&[1, 5, 9, 2, 7, 0], &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0], 4);
    batch.push(
        &[1, 4, 3, 2, 11, 12, 0, 1, 6, 2, 13, 0],
        &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0],
        4,
    );
    batch
}

fn with<T>(network: &Network, plain: &[f32], use_numbers: impl FnOnce(Numbers<'_>) -> T) -> T {
    let mut turned = Vec::new();
    network.layout.turn(plain, &mut turned);
    use_numbers(Numbers { plain, turned: &turned })
}

fn evaluate(network: &Network, plain: &[f32], batch: &Packed) -> Tally {
    let mut work = Workspace::default();
    with(network, plain, |numbers| network.evaluate_batch(numbers, batch, &|| false, &mut work))
        .unwrap()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Central difference along a random direction against the computed gradient.
#[track_caller]
fn check_direction(shape: Shape, dropout: Option<Dropout>) {
    shape.check().unwrap();
    let network = Network::new(shape);
    let batch = two_conversations();
    let mut numbers = network.layout.fresh(3);
    // Small rows bend the normalisation too sharply for differences in `f32`.
    numbers[network.layout.embedding.clone()].iter_mut().for_each(|it| *it *= 12.0);
    let mut work = Workspace::default();
    let mut gradient = vec![0.0; numbers.len()];
    with(&network, &numbers, |numbers| {
        network.learn_batch(numbers, &mut gradient, &batch, 1.0, dropout, &|| false, &mut work);
    });

    for tensor in network.layout.tensors() {
        let mut direction = vec![0.0; numbers.len()];
        let fresh = network.layout.fresh(99);
        for index in tensor.range.clone() {
            direction[index] = if tensor.rows == 1 {
                if index % 2 == 0 { 1.0 } else { -0.5 }
            } else {
                fresh[index] * 10.0
            };
        }
        let analytic: f64 =
            gradient.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        let size: f64 = direction.iter().map(|d| f64::from(*d).powi(2)).sum::<f64>().sqrt();
        let step = 2e-2 / size;
        let mut loss_at = |sign: f64| {
            let moved: Vec<f32> = numbers
                .iter()
                .zip(&direction)
                .map(|(n, d)| narrow(f64::from(*n) + sign * step * f64::from(*d)))
                .collect();
            let mut unused = vec![0.0; numbers.len()];
            with(&network, &moved, |numbers| {
                let (unused, stop) = (&mut unused, &|| false);
                network.learn_batch(numbers, unused, &batch, 1.0, dropout, stop, &mut work)
            })
            .unwrap()
            .loss
        };
        let numeric = (loss_at(1.0) - loss_at(-1.0)) / (2.0 * step);
        let tolerance = 2e-3 * size.max(analytic.abs());
        assert!(
            (numeric - analytic).abs() < tolerance,
            "{}: numeric {numeric}, analytic {analytic}",
            tensor.name
        );
        assert!(analytic != 0.0, "{} takes no part", tensor.name);
    }
}

#[test]
fn every_tensor_has_the_gradient_of_finite_differences() {
    check_direction(tiny(), None);
}

#[test]
fn every_tensor_has_the_gradient_of_finite_differences_with_dropout() {
    check_direction(tiny(), Some(Dropout { rate: 0.2, key: 7 }));
}

#[test]
fn every_tensor_has_the_gradient_of_finite_differences_with_one_shared_head_and_a_window() {
    let shape = Shape { key_value_heads: 1, window: 8, ..tiny() };
    check_direction(shape, Some(Dropout { rate: 0.1, key: 3 }));
}

#[test]
fn every_tensor_has_the_gradient_of_finite_differences_with_heads_of_their_own() {
    check_direction(Shape { key_value_heads: 4, hidden: 16, ..tiny() }, None);
}

#[test]
fn a_window_hides_what_lies_further_back() {
    let shape = Shape { layers: 1, window: 8, ..tiny() };
    let network = Network::new(shape);
    let numbers = network.layout.fresh(1);
    let loss = |first: u32| {
        let mut batch = Packed::default();
        let pieces: Vec<u32> = std::iter::once(first).chain(2..14).collect();
        let weights: Vec<f32> = (0..13).map(|at| f32::from(u8::from(at == 12))).collect();
        batch.push(&pieces, &weights, 3);
        evaluate(&network, &numbers, &batch).loss
    };
    assert_eq!(loss(20), loss(21));
}

#[test]
fn an_answer_never_sees_what_follows_it() {
    let network = Network::new(tiny());
    let numbers = network.layout.fresh(1);
    let losses = |last: u32| {
        let mut batch = Packed::default();
        batch.push(&[1, 5, 2, 7, 8, last], &[0.0, 0.0, 0.0, 1.0, 1.0, 0.0], 3);
        evaluate(&network, &numbers, &batch).loss
    };
    assert_eq!(losses(9), losses(10));
}

#[test]
fn a_question_is_seen_whole_from_its_first_place() {
    let network = Network::new(tiny());
    let numbers = network.layout.fresh(1);
    let losses = |last: u32, open: usize| {
        let mut batch = Packed::default();
        batch.push(&[1, 5, 2, last], &[0.0, 1.0, 0.0, 0.0], open);
        evaluate(&network, &numbers, &batch).loss
    };
    assert_ne!(losses(9, 4), losses(10, 4));
    assert_eq!(losses(9, 1), losses(10, 1));
}

#[test]
fn conversations_packed_together_do_not_see_each_other() {
    let network = Network::new(tiny());
    let numbers = network.layout.fresh(1);
    let together = evaluate(&network, &numbers, &two_conversations()).loss;
    let both = two_conversations();
    let mut apart = 0.0;
    for segment in &both.segments {
        let range = segment.start..segment.start + segment.length;
        let mut learned = vec![0.0; segment.length];
        for goal in both.goals.iter().filter(|goal| range.contains(&goal.place)) {
            learned[goal.place + 1 - segment.start] = 1.0;
        }
        let mut batch = Packed::default();
        batch.push(&both.pieces[range], &learned, segment.open);
        apart += evaluate(&network, &numbers, &batch).loss;
    }
    assert!((together - apart).abs() < 1e-5, "{together} {apart}");
}

#[test]
fn impossible_shapes_are_refused_with_the_reason() {
    let check = |shape: Shape| shape.check().map_err(|error| error.to_string());
    assert_eq!(check(tiny()), Ok(()));
    assert_eq!(
        Shape { heads: 3, key_value_heads: 3, ..tiny() }.check(),
        Err(ShapeError::UnevenHeads { width: 16, heads: 3 })
    );
    assert_eq!(
        check(Shape { layers: 0, ..tiny() }),
        Err("`layers` must be from 1 to 24, not 0".to_owned())
    );
    assert_eq!(
        check(Shape { key_value_heads: 3, ..tiny() }),
        Err("4 heads cannot share 3 key and value heads equally".to_owned())
    );
    assert_eq!(
        check(Shape { window: 33, ..tiny() }),
        Err("`window` must be 0 (no limit) or from 8 to the context of 32, not 33".to_owned())
    );
    assert_eq!(check(Shape { window: 32, ..tiny() }), Ok(()));
}
