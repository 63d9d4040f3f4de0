//! The same model and the same conversations as `tests/reference/make_llama_fixture.py`: losses,
//! scores, gradients and greedy answers against those of `PyTorch`,
//! transformers and PEFT.

use std::fs;
use std::path::PathBuf;

use safetensors::SafeTensors;
use serde::Deserialize;

use super::adapters::{AdapterShape, Parts};
use super::decoder::LlamaDecoder;
use super::forward::{Keep, Look};
use super::model::{EitherNetwork, Llama, LlamaOptions, LlamaReady, LlamaWork, Precision};
use super::network::{Network, Workspace};
use crate::formats::hub;
use crate::model::batch::Packed;
use crate::model::kernels::number::Number;
use crate::model::learnable::Learnable;
use crate::sample::language::Decoding;

#[derive(Deserialize)]
struct Expected {
    rows: Vec<Row>,
    base: Losses,
    adapted: Losses,
}

#[derive(Deserialize)]
struct Row {
    pieces: Vec<u32>,
    weights: Vec<f32>,
}

#[derive(Deserialize)]
struct Losses {
    loss: f64,
    losses: Vec<f64>,
    greedy: Greedy,
}

#[derive(Deserialize)]
struct Greedy {
    question: Vec<u32>,
    answer: Vec<u32>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/llama-tiny")
}

fn expected() -> Expected {
    serde_json::from_slice(&fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

/// Tensors of a file by name; all are `f32`.
struct File(Vec<u8>);

impl File {
    fn open(name: &str) -> Self {
        Self(fs::read(folder().join(name)).unwrap())
    }

    fn tensor(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let bytes = file.tensor(name).unwrap_or_else(|_| panic!("no `{name}`")).data().to_vec();
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

/// The model, and the adapters of the fixture where they are wanted.
fn load(precision: Precision, adapted: bool) -> (Llama, Vec<f32>, LlamaReady) {
    let shape = AdapterShape { rank: 4, alpha: 8.0, parts: Parts::ALL, layers: None };
    let adapters = adapted.then_some(shape);
    let options = LlamaOptions {
        precision,
        adapters,
        checkpoint_layers: false,
        keep_entries: false,
        tokens_at_once: 128,
    };
    let model = hub::open(&folder()).unwrap();
    let llama = Llama::load(model.shape.clone(), &mut model.tensors().unwrap(), options).unwrap();
    let file = File::open("adapter/adapter_model.safetensors");
    let tensors = llama.layout().tensors().iter();
    let plain: Vec<f32> = tensors.flat_map(|tensor| file.tensor(&tensor.name)).collect();
    let mut ready = LlamaReady::default();
    llama.prepare(&plain, &mut ready);
    (llama, plain, ready)
}

fn packed(rows: &[Row]) -> Packed {
    let mut batch = Packed::default();
    rows.iter().for_each(|row| batch.push(&row.pieces, &row.weights, 0));
    batch
}

/// The largest difference, and the cosine of the angle between both.
fn compare(found: &[f32], wanted: &[f32]) -> [f64; 2] {
    assert_eq!(found.len(), wanted.len());
    let pairs = || found.iter().zip(wanted).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let difference = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let [dot, left, right] = pairs()
        .fold([0.0; 3], |[dot, left, right], (a, b)| [dot + a * b, left + a * a, right + b * b]);
    [difference, dot / (left * right).sqrt()]
}

/// Scores behind every place, row after row.
fn scores<N: Number>(network: &Network<N>, ready: &[N], rows: &[Row]) -> Vec<Vec<f32>> {
    let mut work = Workspace::default();
    let batch = packed(rows);
    network.forward(ready, &batch, None, Keep::Nothing, &mut work, |_, _| Look::GoOn);
    let of = |segment: &crate::model::batch::Segment| {
        network.scores(segment.start..segment.start + segment.length, &mut work);
        work.goals.scores.clone()
    };
    batch.segments.iter().map(of).collect()
}

/// What may differ: a loss in nats, a score, one minus the cosine of a gradient.
struct Tolerance {
    loss: f64,
    score: f64,
    angle: f64,
}

const TOLERANCES: [(Precision, Tolerance); 2] = [
    (Precision::F32, Tolerance { loss: 1e-5, score: 1e-4, angle: 1e-9 }),
    (Precision::Bf16, Tolerance { loss: 3e-2, score: 0.25, angle: 1e-3 }),
];

#[test]
fn losses_are_those_of_pytorch() {
    let expected = expected();
    for (precision, tolerance) in TOLERANCES {
        for (adapted, wanted) in [(false, &expected.base), (true, &expected.adapted)] {
            let (llama, plain, ready) = load(precision, adapted);
            let loss = |rows: &[Row]| {
                let mut work = LlamaWork::default();
                llama
                    .evaluate(&plain, &ready, &packed(rows), &|| false, &mut work)
                    .unwrap()
                    .mean_loss()
            };
            let (found, wanted_all) = (loss(&expected.rows), wanted.loss);
            assert!((found - wanted_all).abs() < tolerance.loss, "{found} {wanted_all}");
            for (row, wanted) in expected.rows.chunks(1).zip(&wanted.losses) {
                let found = loss(row);
                assert!((found - wanted).abs() < tolerance.loss, "{found} {wanted}");
            }
        }
    }
}

#[test]
fn scores_are_those_of_pytorch() {
    let (rows, file) = (expected().rows, File::open("expected.safetensors"));
    for (precision, tolerance) in TOLERANCES {
        for (adapted, kind, of) in [(false, "base", vec![0, 1, 2]), (true, "adapted", vec![1])] {
            let (llama, _, ready) = load(precision, adapted);
            let found = match &llama.network {
                EitherNetwork::Single(network) => scores(network, &ready.single, &rows),
                EitherNetwork::Half(network) => scores(network, &ready.half, &rows),
            };
            for row in of {
                let wanted = file.tensor(&format!("{kind}.logits.{row}"));
                let [difference, cosine] = compare(&found[row], &wanted);
                assert!(difference < tolerance.score, "{kind} {row}: {difference} {cosine}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_pytorch() {
    let (rows, file) = (expected().rows, File::open("expected.safetensors"));
    for (precision, tolerance) in TOLERANCES {
        let (llama, plain, ready) = load(precision, true);
        let mut gradient = vec![0.0; llama.learned()];
        let batch = packed(&rows);
        let weight = 1.0 / batch.goals.iter().map(|goal| goal.weight).sum::<f32>();
        let mut work = LlamaWork::default();
        llama.learn(&plain, &ready, &mut gradient, &batch, weight, None, &|| false, &mut work);
        for tensor in llama.layout().tensors() {
            let wanted = file.tensor(&format!("gradient.{}", tensor.name));
            let [difference, cosine] = compare(&gradient[tensor.range.clone()], &wanted);
            let name = &tensor.name;
            assert!(1.0 - cosine < tolerance.angle, "{name}: {difference} {cosine}");
            assert!(precision == Precision::Bf16 || difference < 1e-5, "{name}: {difference}");
        }
    }
}

#[test]
fn greedy_answers_are_those_of_pytorch() {
    let expected = expected();
    for (adapted, Losses { greedy, .. }) in [(false, expected.base), (true, expected.adapted)] {
        let (llama, _, ready) = load(Precision::F32, adapted);
        let mut answer = LlamaDecoder::new(&llama, &ready, &greedy.question);
        for wanted in greedy.answer {
            let scores = answer.scores().iter().enumerate();
            let (best, _) = scores.max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
            assert_eq!(best, wanted as usize);
            answer.push(wanted);
        }
    }
}
