//! Learning: settings, batches, optimiser, and the loop over steps. Knows nothing of HTTP.

pub(crate) mod batches;
pub(crate) mod checkpoint;
pub(crate) mod checks;
pub(crate) mod examples;
pub(crate) mod keeping;
pub(crate) mod memory;
pub(crate) mod optimiser;
pub(crate) mod pace;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod shards;
pub(crate) mod trainer;

#[cfg(test)]
mod tests;
