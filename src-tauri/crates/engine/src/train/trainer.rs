//! One network in training: each call makes one optimiser step or looks at one set of rows.
//!
//! Everything random follows from the seed and the step, so a trainer put back to a step goes on
//! exactly as if it had never stopped.

use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::batches::{Hiding, Packing, deal, order, pack};
use super::checks::Course;
use super::optimiser::{Move, Optimiser};
use super::settings::Settings;
use super::shards::Shards;
use crate::formats::rows::Row;
use crate::model::kernels::dropout::{Dropout, mix};
use crate::model::learnable::{Learnable, Stop};
use crate::model::network::Tally;

/// What must be saved to go on later.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Progress {
    /// Optimiser steps made.
    pub(crate) step: u64,
    /// The learned numbers.
    pub(crate) numbers: Vec<f32>,
    /// The optimiser's memory.
    pub(crate) optimiser: Optimiser,
}

impl Progress {
    /// Nothing was learned yet.
    pub(crate) fn fresh(numbers: Vec<f32>) -> Self {
        let optimiser = Optimiser::new(&numbers);
        Self { step: 0, numbers, optimiser }
    }
}

/// Why a step could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum StepError {
    #[error("the loss is no longer a number at step {step}")]
    Diverged { step: u64 },
    /// Nothing of the step is kept.
    #[error("stopped")]
    Stopped,
}

/// A network, its rows and the threads that train it.
pub(crate) struct Trainer<Net: Learnable> {
    pub(crate) network: Arc<Net>,
    pub(crate) settings: Settings,
    pub(crate) progress: Progress,
    rows: Arc<[Row]>,
    order: (u64, Vec<usize>),
    shards: Shards<Net>,
    gradients: Vec<Vec<f32>>,
    ready: Net::Ready,
    ready_average: Net::Ready,
    last_pieces: u64,
    threads: Arc<ThreadPool>,
}

impl<Net: Learnable> Trainer<Net> {
    /// A network that has learned nothing yet.
    pub(crate) fn fresh(
        network: Arc<Net>,
        settings: Settings,
        rows: Arc<[Row]>,
        threads: Arc<ThreadPool>,
    ) -> Self {
        let progress = Progress::fresh(network.fresh(settings.seed));
        Self::resumed(network, settings, rows, threads, progress)
    }

    /// A network put back to where it was; `progress` fits it.
    pub(crate) fn resumed(
        network: Arc<Net>,
        settings: Settings,
        rows: Arc<[Row]>,
        threads: Arc<ThreadPool>,
        progress: Progress,
    ) -> Self {
        let gradient = vec![0.0; network.learned()];
        Self {
            network,
            progress,
            order: (0, order(rows.len(), settings.seed, 0)),
            rows,
            shards: Shards::new(settings.shards),
            gradients: vec![gradient; settings.shards],
            ready: Net::Ready::default(),
            ready_average: Net::Ready::default(),
            last_pieces: 0,
            threads,
            settings,
        }
    }

    /// Optimiser steps of one epoch.
    pub(crate) fn steps_per_epoch(&self) -> u64 {
        self.settings.steps_per_epoch(self.rows.len())
    }

    /// Optimiser steps of the whole training.
    pub(crate) fn total_steps(&self) -> u64 {
        self.steps_per_epoch() * self.settings.epochs
    }

    /// When the rows kept aside are looked at.
    pub(crate) fn course(&self, kept_aside: usize) -> Course {
        let rows_trained = self.rows.len() as u64 * self.settings.epochs;
        Course {
            steps: self.total_steps(),
            epochs: self.settings.epochs,
            rows_trained,
            kept_aside: kept_aside as u64,
        }
    }

    /// Pieces of the last step's rows.
    pub(crate) fn last_pieces(&self) -> u64 {
        self.last_pieces
    }

    /// Seconds that each thread has spent so far on what is kept, so that later rounds find it.
    pub(crate) fn seconds_once(&self) -> f64 {
        self.network.spent_once().as_secs_f64() / self.settings.shards.max(1) as f64
    }

    /// Makes one step, and returns the losses of its rows before it. `stop` is asked all the time
    /// while the rows are learned from; then nothing of the step is kept.
    pub(crate) fn step(&mut self, stop: Stop<'_>) -> Result<Tally, StepError> {
        let step = self.progress.step + 1;
        let rows = self.rows_of(step);
        self.last_pieces = rows.iter().map(|row| self.rows[*row].pieces.len() as u64).sum();
        let tally = self.learn(step, &rows, stop).ok_or(StepError::Stopped)?;
        let by = self.move_at(step);
        let Progress { numbers, optimiser, .. } = &mut self.progress;
        let gradients = &mut self.gradients;
        let norm = self.threads.install(|| optimiser.step(numbers, gradients, by));
        if !(tally.loss.is_finite() && norm.is_finite()) {
            return Err(StepError::Diverged { step });
        }
        self.progress.step = step;
        Ok(tally)
    }

    /// Leaves the gradient of the mean loss of `rows` in the shards' gradients. None when it was
    /// stopped.
    fn learn(&mut self, step: u64, rows: &[usize], stop: Stop<'_>) -> Option<Tally> {
        let dealt = deal(&self.rows, rows, self.settings.shards);
        let goals: f32 = rows.iter().map(|row| self.rows[*row].weight()).sum();
        let weight = if goals > 0.0 { 1.0 / goals } else { 0.0 };
        let key = mix(self.settings.seed ^ mix(step));
        let (rate, hiding) = (self.settings.dropout, self.settings.hiding);
        let hiding = (hiding > 0.0).then_some(Hiding { rate: hiding, key });
        let places_at_once = self.settings.places_at_once;
        let packing = Packing { places_at_once, shares: Net::SHARES_BEGINNINGS, hiding };
        let (all, network, plain) = (&self.rows, &self.network, &self.progress.numbers);
        self.threads.install(|| network.prepare(plain, &mut self.ready));
        let ready = &self.ready;
        let (shards, gradients) = (&mut self.shards, &mut self.gradients);
        let parts = self.threads.install(|| {
            let given = gradients.par_iter_mut().zip(&dealt).enumerate();
            shards.each(given, |work, (index, (gradient, rows))| {
                gradient.fill(0.0);
                let mut tally = Some(Tally::default());
                let mut dropout = Dropout { rate, key }.at(1_000 + index as u64);
                pack(all, rows, packing, |batch| {
                    dropout = dropout.at(2_000);
                    let dropout = Some(dropout);
                    tally = tally.filter(|_| !stop()).and_then(|sum| {
                        network
                            .learn(plain, ready, gradient, batch, weight, dropout, stop, work)
                            .map(|part| sum.plus(part))
                    });
                });
                tally
            })
        });
        sum_of(parts)
    }

    /// The true loss on `rows` of the numbers that would answer now. None when it was stopped.
    pub(crate) fn evaluate(&mut self, rows: &[Row], stop: Stop<'_>) -> Option<Tally> {
        let (network, plain) = (&self.network, &self.progress.optimiser.average);
        self.threads.install(|| network.prepare(plain, &mut self.ready_average));
        let every: Vec<usize> = (0..rows.len()).collect();
        let dealt = deal(rows, &every, self.settings.shards);
        let (ready, places_at_once) = (&self.ready_average, self.settings.places_of_a_check());
        let packing = Packing { places_at_once, shares: Net::SHARES_BEGINNINGS, hiding: None };
        let shards = &mut self.shards;
        let parts = self.threads.install(|| {
            shards.each(dealt.par_iter(), |work, dealt| {
                let mut tally = Some(Tally::default());
                pack(rows, dealt, packing, |batch| {
                    tally = tally.filter(|_| !stop()).and_then(|sum| {
                        let part = network.evaluate(plain, ready, batch, stop, work);
                        part.map(|part| sum.plus(part))
                    });
                });
                tally
            })
        });
        sum_of(parts)
    }

    fn rows_of(&mut self, step: u64) -> Vec<usize> {
        let (epoch, inside) =
            ((step - 1) / self.steps_per_epoch(), (step - 1) % self.steps_per_epoch());
        if self.order.0 != epoch {
            self.order = (epoch, order(self.rows.len(), self.settings.seed, epoch));
        }
        let size = usize::try_from(self.settings.batch_size).unwrap_or(usize::MAX);
        let start = usize::try_from(inside).unwrap_or(usize::MAX).saturating_mul(size);
        self.order.1.iter().skip(start).take(size).copied().collect()
    }

    fn move_at(&self, step: u64) -> Move {
        Move {
            step,
            rate: self.settings.rate(step, self.total_steps()),
            decay: self.settings.decay,
            clip: 1.0,
            keep: self.settings.average,
        }
    }
}

/// The sum of all shares; none where one of them was stopped.
fn sum_of(parts: Vec<Option<Tally>>) -> Option<Tally> {
    parts.into_iter().try_fold(Tally::default(), |sum, part| Some(sum.plus(part?)))
}
