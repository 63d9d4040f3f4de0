//! Training on this computer: a small transformer learned from nothing on the person's own
//! examples, and the OpenAI-compatible API through which everybody uses it.
//!
//! `model`, `train`, `sample` and `formats` know nothing of HTTP; `api` sits on top of them.
//! Invariants: listens on loopback only, answers nobody without the token, and never invents a
//! figure: each loss it reports was computed on real rows.

mod api;
mod formats;
mod measure;
mod memory;
mod model;
mod sample;
mod train;

pub use api::{BETWEEN_CHECKPOINTS, EngineOptions, Ready, ServeError, serve};
pub use measure::{
    BatchRow, Batches, MeasureError, MeasureOptions, MeasuredAnswer, MeasuredTraining,
    measure_answer, measure_loss, measure_training,
};
pub use memory::free_memory;
