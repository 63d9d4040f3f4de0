//! Measures the real training and answering of a model on given batches, for `cargo xtask bench`.
//!
//! Runs the very code that trains and answers; never anything made for measuring.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};

use crate::formats::adapter_files::{AdapterOrigin, adapter_files, read_numbers, read_origin};
use crate::formats::hub::{self, HubError, HubModel};
use crate::formats::rows::Row;
use crate::formats::saved::SavedError;
use crate::memory::peak_memory;
use crate::model::learnable::Learnable;
use crate::model::llama::adapters::{AdapterShape, Parts};
use crate::model::llama::decoder::LlamaDecoder;
use crate::model::llama::memory::LargestPass;
use crate::model::llama::model::{Llama, LlamaError, LlamaOptions, LlamaReady, Precision};
use crate::model::network::Tally;
use crate::sample::language::Decoding;
use crate::train::batches::{Packing, deal, pack};
use crate::train::optimiser::{Move, Optimiser};
use crate::train::shards::Shards;

const RATE: f32 = 1e-4;

/// What is measured, and on what.
#[derive(Debug, Clone)]
pub struct MeasureOptions {
    /// A model's folder or file.
    pub model: PathBuf,
    /// Whether weights and activations are kept as `f32` instead of `bf16`.
    pub single_precision: bool,
    /// Rank of the adapters on all seven products of each layer.
    pub rank: usize,
    /// Threads that work.
    pub threads: usize,
    /// Whether activations are computed again instead of kept.
    pub recompute: bool,
    /// A folder for the adapters that a training ends with, as PEFT reads them.
    pub save: Option<PathBuf>,
}

/// Steps of rows, as the file of batches has them.
#[derive(Debug, Clone, Deserialize)]
pub struct Batches {
    /// The rows of each step.
    pub steps: Vec<Vec<BatchRow>>,
}

/// One conversation in pieces.
#[derive(Debug, Clone, Deserialize)]
pub struct BatchRow {
    /// Its pieces.
    pub pieces: Vec<u32>,
    /// How much each counts in learning.
    pub weights: Vec<f32>,
}

/// What training was measured to do.
#[derive(Debug, Clone, Serialize)]
pub struct MeasuredTraining {
    /// Tokens a second of each step after the first.
    pub tokens_per_second: Vec<f64>,
    /// Mean loss of each step's goals before it.
    pub losses: Vec<f64>,
    /// The most memory the process held, in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Memory that was promised before the start, in bytes.
    pub promised_memory_bytes: u64,
    /// How products are computed.
    pub kernel: &'static str,
}

/// What answering was measured to do.
#[derive(Debug, Clone, Serialize)]
pub struct MeasuredAnswer {
    /// Tokens of the question read per second.
    pub prefill_tokens_per_second: f64,
    /// Tokens of the answer per second.
    pub decode_tokens_per_second: f64,
    /// The answer, greedy.
    pub pieces: Vec<u32>,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The model cannot be read.
    #[error("the model cannot be used")]
    Model(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No threads could be started.
    #[error("no threads could be started")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// The trained adapters could not be written.
    #[error("the adapters cannot be written")]
    Write(#[from] std::io::Error),
    /// A row has a piece that the model does not know, or no pieces.
    #[error("row {row} of step {step} does not fit the model")]
    Row {
        /// The step, from 0.
        step: usize,
        /// The row, from 0.
        row: usize,
    },
}

impl From<HubError> for MeasureError {
    fn from(error: HubError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<SavedError> for MeasureError {
    fn from(error: SavedError) -> Self {
        Self::Model(Box::new(error))
    }
}

/// Trains adapters on `batches`, a step each, with `AdamW`.
///
/// # Errors
/// When the model or a row cannot be used.
pub fn measure_training(
    options: &MeasureOptions,
    batches: &Batches,
) -> Result<MeasuredTraining, MeasureError> {
    let adapters = AdapterShape {
        rank: options.rank,
        alpha: f32::from(u16::try_from(2 * options.rank).unwrap_or(u16::MAX)),
        parts: Parts::ALL,
        layers: None,
    };
    let steps = rows_of(batches);
    let longest = steps.iter().flatten().map(|row| row.pieces.len()).max().unwrap_or(1);
    let each: usize =
        steps.iter().map(|rows| pieces(rows).div_ceil(options.threads)).max().unwrap_or(1);
    let loading = loading(options, Some(adapters.clone()), each.max(longest));
    let (_, llama) = load(&options.model, loading)?;
    check_rows(&llama, &steps)?;
    let threads = pool(options.threads)?;
    let pass = LargestPass { goals: each, longest };
    let promised = Llama::memory(llama.shape(), llama.options(), options.threads, pass).total();
    let mut run = Run::new(llama, options.threads, threads);
    let mut measured = MeasuredTraining {
        tokens_per_second: Vec::new(),
        losses: Vec::new(),
        peak_memory_bytes: None,
        promised_memory_bytes: promised,
        kernel: crate::model::kernels::kernel_name(options.single_precision),
    };
    for (index, rows) in steps.iter().enumerate() {
        let start = Instant::now();
        measured.losses.push(run.step(rows).mean_loss());
        if index > 0 {
            let seconds = start.elapsed().as_secs_f64();
            measured.tokens_per_second.push(pieces(rows) as f64 / seconds);
        }
    }
    measured.peak_memory_bytes = peak_memory();
    if let Some(folder) = &options.save {
        run.save(folder, adapters, longest)?;
    }
    Ok(measured)
}

/// The mean loss over every row, of the model as it came or with adapters in a folder.
///
/// # Errors
/// When the model, the adapters or a row cannot be used.
pub fn measure_loss(
    options: &MeasureOptions,
    adapter: Option<&Path>,
    batches: &Batches,
) -> Result<f64, MeasureError> {
    let origin = adapter.map(read_origin).transpose()?;
    let steps = rows_of(batches);
    let longest = steps.iter().flatten().map(|row| row.pieces.len()).max().unwrap_or(1);
    let loading = loading(options, origin.map(|origin| origin.adapters), longest);
    let (_, llama) = load(&options.model, loading)?;
    check_rows(&llama, &steps)?;
    let learned = match adapter {
        Some(folder) => read_numbers(folder, llama.layout())?,
        None => Vec::new(),
    };
    let threads = pool(options.threads)?;
    let run = Run::new(llama, options.threads, threads);
    let rows = steps.concat();
    Ok(run.evaluate(&learned, &rows, longest).mean_loss())
}

/// Reads a question of `question` pieces and answers with `answer` pieces, the best one each.
///
/// # Errors
/// When the model cannot be used.
pub fn measure_answer(
    options: &MeasureOptions,
    question: &[u32],
    answer: usize,
) -> Result<MeasuredAnswer, MeasureError> {
    let (_, llama) = load(&options.model, loading(options, None, question.len()))?;
    let row = Row { pieces: question.to_vec(), ..Row::default() };
    check_rows(&llama, &[vec![row]])?;
    let threads = pool(options.threads)?;
    let mut ready = LlamaReady::default();
    llama.prepare(&[], &mut ready);
    let start = Instant::now();
    let mut decoder = threads.install(|| LlamaDecoder::new(&llama, &ready, question));
    let read = start.elapsed().as_secs_f64();
    let mut pieces = Vec::with_capacity(answer);
    let start = Instant::now();
    while pieces.len() < answer && decoder.has_room() {
        let scores = decoder.scores();
        let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        let best = u32::try_from(best.unwrap_or_default()).unwrap_or_default();
        pieces.push(best);
        threads.install(|| decoder.push(best));
    }
    let answered = start.elapsed().as_secs_f64();
    Ok(MeasuredAnswer {
        prefill_tokens_per_second: question.len() as f64 / read,
        decode_tokens_per_second: pieces.len() as f64 / answered,
        pieces,
    })
}

/// A training without files.
struct Run {
    llama: Llama,
    shards: Shards<Llama>,
    gradients: Vec<Vec<f32>>,
    numbers: Vec<f32>,
    optimiser: Optimiser,
    ready: LlamaReady,
    made: u64,
    threads: ThreadPool,
}

impl Run {
    fn new(llama: Llama, shards: usize, threads: ThreadPool) -> Self {
        let numbers = llama.fresh(1);
        Self {
            shards: Shards::new(shards),
            gradients: vec![vec![0.0; numbers.len()]; shards],
            optimiser: Optimiser::new(&numbers),
            numbers,
            ready: LlamaReady::default(),
            made: 0,
            llama,
            threads,
        }
    }

    fn step(&mut self, rows: &[Row]) -> Tally {
        self.made += 1;
        let every: Vec<usize> = (0..rows.len()).collect();
        let dealt = deal(rows, &every, self.shards.count());
        let weight = 1.0 / rows.iter().map(Row::weight).sum::<f32>();
        let places_at_once = self.llama.options().tokens_at_once;
        let packing = Packing { places_at_once, shares: false, hiding: None };
        let Self { llama, shards, gradients, numbers, optimiser, ready, threads, .. } = self;
        threads.install(|| {
            llama.prepare(numbers, ready);
            let ready = &*ready;
            let given = gradients.par_iter_mut().zip(&dealt);
            let tallies = shards.each(given, |work, (gradient, dealt)| {
                gradient.fill(0.0);
                let mut tally = Tally::default();
                pack(rows, dealt, packing, |batch| {
                    let on = &|| false;
                    let part = llama.learn(numbers, ready, gradient, batch, weight, None, on, work);
                    tally = tally.plus(part.expect("nobody stops a measurement"));
                });
                tally
            });
            let by = Move { step: self.made, rate: RATE, decay: 0.01, clip: 1.0, keep: 0.0 };
            optimiser.step(numbers, gradients, by);
            tallies.into_iter().fold(Tally::default(), Tally::plus)
        })
    }

    fn save(
        &self,
        folder: &Path,
        adapters: AdapterShape,
        context: usize,
    ) -> Result<(), MeasureError> {
        let base_shape = self.llama.shape().clone();
        let base = "measured".to_owned();
        let base_fingerprint = None;
        let origin =
            AdapterOrigin { base, base_shape, base_fingerprint, adapters, context, dropout: 0.0 };
        std::fs::create_dir_all(folder)?;
        for (name, bytes) in adapter_files(&origin, self.llama.layout(), &self.numbers)? {
            std::fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }

    fn evaluate(mut self, learned: &[f32], rows: &[Row], places_at_once: usize) -> Tally {
        let every: Vec<usize> = (0..rows.len()).collect();
        let packing = Packing { places_at_once, shares: false, hiding: None };
        let Self { llama, ready, threads, .. } = &mut self;
        let mut work = <Llama as Learnable>::Work::default();
        threads.install(|| {
            llama.prepare(learned, ready);
            let mut tally = Tally::default();
            pack(rows, &every, packing, |batch| {
                let part = llama.evaluate(learned, ready, batch, &|| false, &mut work);
                tally = tally.plus(part.expect("nobody stops a measurement"));
            });
            tally
        })
    }
}

fn loading(
    options: &MeasureOptions,
    adapters: Option<AdapterShape>,
    tokens_at_once: usize,
) -> LlamaOptions {
    LlamaOptions {
        precision: if options.single_precision { Precision::F32 } else { Precision::Bf16 },
        adapters,
        checkpoint_layers: options.recompute,
        keep_entries: false,
        tokens_at_once,
    }
}

fn load(path: &Path, options: LlamaOptions) -> Result<(HubModel, Llama), MeasureError> {
    let model = hub::open(path)?;
    let llama = Llama::load(model.shape.clone(), &mut model.tensors()?, options);
    let llama =
        llama.map_err(|error: LlamaError<HubError>| MeasureError::Model(Box::new(error)))?;
    Ok((model, llama))
}

fn pool(threads: usize) -> Result<ThreadPool, MeasureError> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(MeasureError::Threads)
}

fn rows_of(batches: &Batches) -> Vec<Vec<Row>> {
    let row = |row: &BatchRow| Row {
        pieces: row.pieces.clone(),
        weights: row.weights.clone(),
        ..Row::default()
    };
    batches.steps.iter().map(|rows| rows.iter().map(row).collect()).collect()
}

fn pieces(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.pieces.len()).sum()
}

fn check_rows(llama: &Llama, steps: &[Vec<Row>]) -> Result<(), MeasureError> {
    for (step, rows) in steps.iter().enumerate() {
        let fits = |row: &Row| {
            let known = |piece: &u32| (*piece as usize) < llama.shape().vocabulary;
            (1..=llama.context()).contains(&row.pieces.len()) && row.pieces.iter().all(known)
        };
        if let Some(row) = rows.iter().position(|row| !fits(row)) {
            return Err(MeasureError::Row { step, row });
        }
    }
    Ok(())
}
