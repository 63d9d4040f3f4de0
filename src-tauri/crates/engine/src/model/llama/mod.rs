//! The Llama family: frozen weights of a model somebody else trained, and the low-rank adapters
//! (LoRA, Hu et al. 2021) that are learned on top. Knows nothing of files.

pub(crate) mod adapters;
mod attending;
mod backward;
pub(crate) mod decoder;
pub(crate) mod entries;
mod forward;
mod goals;
mod linear;
pub(crate) mod memory;
pub(crate) mod model;
mod network;
pub(crate) mod shape;
pub(crate) mod weights;

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;
