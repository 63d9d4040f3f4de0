//! The whole network against finite differences, and what must not change its losses.

mod entries;

use super::adapters::{AdapterShape, Part, Parts};
use super::decoder::LlamaDecoder;
use super::model::{Llama, LlamaOptions, LlamaReady, LlamaWork, Precision};
use super::shape::{LlamaShape, LlamaShapeError};
use super::weights::TensorSource;
use crate::model::batch::Packed;
use crate::model::kernels::dropout::{Dropout, mix};
use crate::model::kernels::hands::Hands;
use crate::model::learnable::Learnable;
use crate::model::network::Tally;
use crate::sample::language::Decoding;

/// Numbers between -1 and 1, the same on every run.
pub(super) fn numbers(seed: u64, count: usize) -> Vec<f32> {
    (0..count as u64)
        .map(|index| (mix(mix(seed) ^ index) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0)
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// A model that has learned nothing: every tensor drawn from its name.
pub(super) struct Drawn;

impl TensorSource for Drawn {
    type Error = std::convert::Infallible;

    fn tensor(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, Self::Error> {
        let seed = name.bytes().fold(7, |seed, byte| mix(seed ^ u64::from(byte)));
        let drawn = numbers(seed, rows * columns);
        let spread = if name.contains("embed") { 1.0 } else { (3.0 / columns as f32).sqrt() };
        Ok(match rows {
            1 => drawn.into_iter().map(|number| 1.0 + 0.3 * number).collect(),
            _ => drawn.into_iter().map(|number| number * spread).collect(),
        })
    }
}

pub(super) fn tiny() -> LlamaShape {
    LlamaShape {
        vocabulary: 37,
        width: 24,
        layers: 3,
        heads: 4,
        key_value_heads: 2,
        head_width: 8,
        hidden: 40,
        context: 300,
        rotary_base: 10_000.0,
        rotary_scaling: None,
        norm_epsilon: 1e-5,
        tied: true,
    }
}

fn adapters() -> AdapterShape {
    AdapterShape { rank: 3, alpha: 6.0, parts: Parts::ALL, layers: None }
}

fn options(precision: Precision, adapters: AdapterShape) -> LlamaOptions {
    let adapters = Some(adapters);
    LlamaOptions {
        precision,
        adapters,
        checkpoint_layers: false,
        keep_entries: false,
        tokens_at_once: 64,
    }
}

fn load(shape: LlamaShape, options: LlamaOptions) -> Llama {
    Llama::load(shape, &mut Drawn, options).unwrap()
}

fn conversations() -> Packed {
    let mut batch = Packed::default();
    batch.push(&[1, 5, 9, 2, 7, 0], &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0], 0);
    batch.push(
        &[1, 4, 3, 2, 11, 12, 0, 1, 6, 2, 13, 30, 8],
        &[0.0, 0.0, 0.0, 0.0, 1.0, 0.5, 1.0, 0.0, 0.0, 0.0, 2.0, 1.0, 1.0],
        0,
    );
    batch.push(&[3], &[0.0], 0);
    batch
}

/// Adapters that change something: no `B` is zero.
fn trained(llama: &Llama) -> Vec<f32> {
    let mut plain = llama.fresh(3);
    for (number, other) in plain.iter_mut().zip(numbers(5, llama.learned())) {
        if *number == 0.0 {
            *number = other * 0.2;
        }
    }
    plain
}

/// Two conversations with the same first nine pieces, laid down whole or going on from them.
fn alike(shared: usize) -> Packed {
    let beginning = [1, 5, 9, 2, 7, 0, 3, 11, 12];
    let mut batch = Packed::default();
    batch.share(&beginning[..shared]);
    for rest in [&[4, 6, 30][..], &[8, 13, 14, 2, 31]] {
        let pieces = [&beginning[..], rest].concat();
        let mut weights = vec![0.0; pieces.len()];
        weights[10..].fill(1.0);
        batch.push(&pieces, &weights, 0);
    }
    batch
}

fn ready(llama: &Llama, plain: &[f32]) -> LlamaReady {
    let mut ready = LlamaReady::default();
    llama.prepare(plain, &mut ready);
    ready
}

fn learn(llama: &Llama, plain: &[f32], dropout: Option<Dropout>) -> (Tally, Vec<f32>) {
    learn_from(&conversations(), llama, plain, dropout)
}

fn learn_from(
    batch: &Packed,
    llama: &Llama,
    plain: &[f32],
    dropout: Option<Dropout>,
) -> (Tally, Vec<f32>) {
    let mut gradient = vec![0.0; llama.learned()];
    let ready = ready(llama, plain);
    let mut work = LlamaWork::default();
    // Twice: what the first call leaves in memory must not matter.
    for _ in 0..2 {
        gradient.fill(0.0);
        llama.learn(plain, &ready, &mut gradient, batch, 0.5, dropout, &|| false, &mut work);
    }
    let tally =
        llama.learn(plain, &ready, &mut gradient, batch, 0.0, dropout, &|| false, &mut work);
    (tally.unwrap(), gradient)
}

fn evaluate(llama: &Llama, plain: &[f32], batch: &Packed) -> Tally {
    let ready = ready(llama, plain);
    llama.evaluate(plain, &ready, batch, &|| false, &mut LlamaWork::default()).unwrap()
}

/// Central difference along a random direction of each tensor against the computed gradient.
#[track_caller]
fn check_gradient(llama: &Llama, dropout: Option<Dropout>) {
    check_gradient_from(&conversations(), llama, dropout);
}

#[track_caller]
fn check_gradient_from(batch: &Packed, llama: &Llama, dropout: Option<Dropout>) {
    let plain = trained(llama);
    let (_, gradient) = learn_from(batch, llama, &plain, dropout);
    for tensor in llama.layout().tensors() {
        let direction = numbers(99, tensor.range.len());
        let size = direction.iter().map(|d| f64::from(*d).powi(2)).sum::<f64>().sqrt();
        let products = gradient[tensor.range.clone()].iter().zip(&direction);
        let analytic: f64 = products.map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        let step = narrow(1e-2 / size);
        let loss_at = |sign: f32| {
            let mut moved = plain.clone();
            for (number, direction) in moved[tensor.range.clone()].iter_mut().zip(&direction) {
                *number += sign * step * direction;
            }
            0.5 * learn_from(batch, llama, &moved, dropout).0.loss
        };
        let numeric = (loss_at(1.0) - loss_at(-1.0)) / (2.0 * f64::from(step));
        let tolerance = 3e-3 * (0.1 * size).max(analytic.abs());
        let name = &tensor.name;
        assert!((numeric - analytic).abs() < tolerance, "{name}: {numeric} {analytic} {size}");
        assert!(analytic != 0.0, "{name} takes no part");
    }
}

#[test]
fn every_adapter_has_the_gradient_of_finite_differences() {
    check_gradient(&load(tiny(), options(Precision::F32, adapters())), None);
}

#[test]
fn every_adapter_has_the_gradient_of_finite_differences_with_dropout() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    check_gradient(&llama, Some(Dropout { rate: 0.2, key: 7 }));
}

#[test]
fn some_adapters_have_the_gradient_of_finite_differences() {
    for (parts, layers) in [
        (vec![Part::Down], vec![1]),
        (vec![Part::Value, Part::Up], vec![1, 2]),
        (vec![Part::Key, Part::Query], vec![0]),
        (vec![Part::Output], vec![2]),
    ] {
        let parts = parts.into_iter().collect();
        let adapters = AdapterShape { parts, layers: Some(layers), ..adapters() };
        check_gradient(&load(tiny(), options(Precision::F32, adapters)), None);
    }
}

#[test]
fn an_output_of_its_own_has_the_gradient_of_finite_differences() {
    let shape = LlamaShape { tied: false, ..tiny() };
    check_gradient(&load(shape, options(Precision::F32, adapters())), None);
}

#[test]
fn half_precision_points_where_full_precision_does() {
    let gradient = |precision| {
        let llama = load(tiny(), options(precision, adapters()));
        let plain = trained(&llama);
        learn(&llama, &plain, Some(Dropout { rate: 0.1, key: 3 }))
    };
    let (single, half) = (gradient(Precision::F32), gradient(Precision::Bf16));
    let difference = (single.0.loss - half.0.loss).abs() / single.0.loss;
    assert!(difference < 1e-2, "{difference}");
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let sizes = dot(&single.1, &single.1).sqrt() * dot(&half.1, &half.1).sqrt();
    let cosine = dot(&single.1, &half.1) / sizes;
    assert!(cosine > 0.999, "{cosine}");
}

/// What a thread learns from conversations of 60 places while others of a pool of three may help.
fn learn_with_help(llama: &Llama, busy: usize) -> (Tally, Vec<f32>) {
    let mut batch = Packed::default();
    for seed in 0..2 {
        let pieces: Vec<u32> = (0..60).map(|place| (place * 7 + place / 5 + seed) % 37).collect();
        batch.push(&pieces, &[1.0; 60], 0);
    }
    let plain = trained(llama);
    let (ready, mut gradient) = (ready(llama, &plain), vec![0.0; llama.learned()]);
    let (hands, mut work) = (Hands::default(), LlamaWork::default());
    hands.begin(busy);
    Llama::take_help(&mut work, &hands);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let dropout = Some(Dropout { rate: 0.1, key: 3 });
    let tally = pool.install(|| {
        llama.learn(&plain, &ready, &mut gradient, &batch, 1.0, dropout, &|| false, &mut work)
    });
    (tally.unwrap(), gradient)
}

#[test]
fn threads_that_help_change_no_bit() {
    for precision in [Precision::F32, Precision::Bf16] {
        let llama = load(tiny(), options(precision, adapters()));
        let alone = learn_with_help(&llama, 3);
        assert_eq!(learn_with_help(&llama, 1), alone);
        assert_eq!(learn_with_help(&llama, 2), alone);
    }
}

#[test]
fn computing_blocks_again_changes_no_bit() {
    for precision in [Precision::F32, Precision::Bf16] {
        let kept = options(precision, adapters());
        let again = LlamaOptions { checkpoint_layers: true, ..kept.clone() };
        let dropout = Some(Dropout { rate: 0.1, key: 3 });
        let run = |options| {
            let llama = load(tiny(), options);
            learn(&llama, &trained(&llama), dropout)
        };
        assert_eq!(run(kept), run(again));
    }
}

#[test]
fn conversations_packed_together_do_not_see_each_other() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    let plain = trained(&llama);
    let both = conversations();
    let together = evaluate(&llama, &plain, &both);
    let mut apart = 0.0;
    for segment in &both.segments {
        let range = segment.start..segment.start + segment.length;
        let mut weights = vec![0.0; segment.length];
        for goal in both.goals.iter().filter(|goal| range.contains(&goal.place)) {
            weights[goal.place + 1 - segment.start] = goal.weight;
        }
        let mut batch = Packed::default();
        batch.push(&both.pieces[range], &weights, 0);
        apart += evaluate(&llama, &plain, &batch).loss;
    }
    assert!((together.loss - apart).abs() < 1e-4, "{} {apart}", together.loss);
}

#[test]
fn what_conversations_share_is_computed_once_and_learned_from_as_often() {
    for (precision, apart) in [(Precision::F32, 1e-5), (Precision::Bf16, 2e-2)] {
        let llama = load(tiny(), options(precision, adapters()));
        let plain = trained(&llama);
        let (whole, shared) = (alike(0), alike(9));
        assert_eq!(whole.pieces.len(), shared.pieces.len() + 9);
        let [whole, shared] = [whole, shared].map(|batch| learn_from(&batch, &llama, &plain, None));
        let difference = (whole.0.loss - shared.0.loss).abs() / whole.0.loss;
        assert!(difference < apart, "{difference}");
        let largest = whole.1.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
        for (one, other) in whole.1.iter().zip(&shared.1) {
            assert!(f64::from((one - other).abs()) < apart * f64::from(largest), "{one} {other}");
        }
    }
}

#[test]
fn a_shared_beginning_has_the_gradient_of_finite_differences_with_dropout() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    check_gradient_from(&alike(9), &llama, Some(Dropout { rate: 0.2, key: 7 }));
}

#[test]
fn a_goal_counts_as_often_as_it_weighs() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    let plain = trained(&llama);
    let loss = |weight: f32| {
        let mut batch = Packed::default();
        batch.push(&[1, 5, 9, 2], &[0.0, 0.0, weight, 0.0], 0);
        evaluate(&llama, &plain, &batch)
    };
    assert_eq!(loss(2.0).loss, 2.0 * loss(1.0).loss);
    assert_eq!(loss(2.0).weight, 2.0);
    assert_eq!(loss(2.0).mean_loss(), loss(1.0).mean_loss());
}

#[test]
fn fresh_adapters_change_nothing() {
    for precision in [Precision::F32, Precision::Bf16] {
        let llama = load(tiny(), options(precision, adapters()));
        let base = LlamaOptions { adapters: None, ..options(precision, adapters()) };
        let base = load(tiny(), base);
        let plain = llama.fresh(3);
        assert!(plain.iter().any(|number| *number != 0.0));
        assert_eq!(llama.fresh(3), plain);
        let adapted = evaluate(&llama, &plain, &conversations());
        assert_eq!(adapted, evaluate(&base, &[], &conversations()));
    }
}

#[test]
fn long_conversations_equal_their_beginning_and_stay_causal() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    let plain = trained(&llama);
    let pieces: Vec<u32> = (0..280).map(|place| (place * 7 + place / 5) % 37).collect();
    let loss = |length: usize| {
        let mut weights = vec![0.0; length];
        weights[200] = 1.0;
        let mut batch = Packed::default();
        batch.push(&pieces[..length], &weights, 0);
        evaluate(&llama, &plain, &batch).loss
    };
    assert!((loss(201) - loss(280)).abs() < 1e-5);
}

#[test]
fn an_answer_piece_by_piece_has_the_scores_of_the_whole() {
    for (precision, tolerance) in [(Precision::F32, 1e-4), (Precision::Bf16, 0.3)] {
        let llama = load(tiny(), options(precision, adapters()));
        let ready = ready(&llama, &trained(&llama));
        let pieces = [3, 9, 12, 4, 20, 21, 7];
        let mut stepped = LlamaDecoder::new(&llama, &ready, &pieces[..4]);
        for piece in &pieces[4..] {
            stepped.push(*piece);
        }
        let whole = LlamaDecoder::new(&llama, &ready, &pieces);
        for (a, b) in stepped.scores().iter().zip(whole.scores()) {
            assert!((a - b).abs() < tolerance, "{a} {b}");
        }
        assert!(stepped.has_room());
    }
}

#[test]
fn a_pass_that_is_stopped_ends_at_the_next_block() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let llama = load(tiny(), options(Precision::F32, adapters()));
    let plain = trained(&llama);
    let (ready, batch) = (ready(&llama, &plain), conversations());
    let mut work = LlamaWork::default();
    let mut gradient = vec![0.0; llama.learned()];
    // Three blocks forwards, and in learning three backwards.
    for patient_for in 0..6 {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= patient_for;
        let tally = llama.learn(&plain, &ready, &mut gradient, &batch, 1.0, None, &stop, &mut work);
        assert_eq!((tally, asked.swap(0, Ordering::Relaxed)), (None, patient_for + 1));
        let tally = llama.evaluate(&plain, &ready, &batch, &stop, &mut work);
        assert_eq!(tally.is_none(), patient_for < 3);
    }
}

#[test]
fn the_same_step_has_the_same_bits() {
    for precision in [Precision::F32, Precision::Bf16] {
        let llama = load(tiny(), options(precision, adapters()));
        let step = || learn(&llama, &trained(&llama), Some(Dropout { rate: 0.1, key: 3 }));
        assert_eq!(step(), step());
    }
}

#[test]
fn impossible_shapes_are_refused_with_the_reason() {
    let check = |shape: LlamaShape| shape.check().map_err(|error| error.to_string());
    assert_eq!(check(tiny()), Ok(()));
    assert_eq!(
        LlamaShape { head_width: 7, ..tiny() }.check(),
        Err(LlamaShapeError::OddHeads { head_width: 7 })
    );
    for (shape, reason) in [
        (LlamaShape { layers: 0, ..tiny() }, "`num_hidden_layers` must be from 1 to 512, not 0"),
        (
            LlamaShape { key_value_heads: 3, ..tiny() },
            "4 heads cannot share 3 key and value heads equally",
        ),
        (LlamaShape { rotary_base: f64::NAN, ..tiny() }, "`rope_theta` cannot be NaN"),
        (
            LlamaShape { vocabulary: 1 << 20, width: 1 << 15, ..tiny() },
            "a tensor of 1048576 times 32768 numbers is too large",
        ),
    ] {
        assert_eq!(check(shape), Err(reason.to_owned()));
    }
}

#[test]
fn impossible_adapters_are_refused_with_the_reason() {
    for (wrong, reason) in [
        (AdapterShape { rank: 0, ..adapters() }, "`rank` must be from 1 to 16, not 0"),
        (
            AdapterShape { alpha: f32::NAN, ..adapters() },
            "`alpha` must be above 0 and at most 65,536, not NaN",
        ),
        (
            AdapterShape { layers: Some(vec![3]), ..adapters() },
            "there is no block 3 in a model of 3",
        ),
        (AdapterShape { parts: Parts::from(vec![]), ..adapters() }, "no product gets an adapter"),
    ] {
        assert_eq!(wrong.check(&tiny()).map_err(|error| error.to_string()), Err(reason.to_owned()));
    }
}

#[test]
fn adapters_are_named_as_peft_names_them() {
    let llama = load(tiny(), options(Precision::F32, adapters()));
    let names: Vec<&str> =
        llama.layout().tensors().iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names.len(), 3 * 7 * 2);
    assert!(names.contains(&"base_model.model.model.layers.2.mlp.down_proj.lora_B.weight"));
    assert!(names.contains(&"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"));
}

#[test]
fn a_question_read_on_several_threads_has_the_same_scores() {
    let pieces: Vec<u32> = (0..150).map(|place| (place * 7 + place / 5) % 37).collect();
    for precision in [Precision::F32, Precision::Bf16] {
        let llama = load(tiny(), options(precision, adapters()));
        let ready = ready(&llama, &trained(&llama));
        let scores = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| LlamaDecoder::new(&llama, &ready, &pieces).scores().to_vec())
        };
        for (one, three) in scores(1).iter().zip(scores(3)) {
            assert!((one - three).abs() < 1e-4, "{one} {three}");
        }
    }
}
