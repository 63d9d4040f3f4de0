//! The Llama family: frozen weights of a model somebody else trained, and the low-rank adapters
//! (LoRA, Hu et al. 2021) that are learned on top. Knows nothing of files.

pub(crate) mod adapters;
pub(crate) mod shape;
pub(crate) mod weights;
