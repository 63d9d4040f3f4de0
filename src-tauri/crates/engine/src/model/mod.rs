//! The transformer: its shape, its numbers, and both passes through it. Knows nothing of files,
//! of training schedules or of HTTP.

pub(crate) mod batch;
pub(crate) mod kernels;
pub(crate) mod learnable;
pub(crate) mod llama;
pub(crate) mod network;
mod network_backward;
pub(crate) mod parameters;
pub(crate) mod shape;

#[cfg(test)]
mod tests;
