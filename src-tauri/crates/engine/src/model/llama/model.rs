//! A Llama in memory, in either precision: what the rest of the engine holds.

use std::time::Duration;

use half::bf16;
use serde::{Deserialize, Serialize};

use super::adapters::{AdapterLayout, AdapterShape, AdapterShapeError};
use super::entries::Entries;
use super::network::{Network, Workspace};
use super::shape::{LlamaShape, LlamaShapeError};
use super::weights::TensorSource;
use crate::model::batch::Packed;
use crate::model::kernels::dropout::Dropout;
use crate::model::kernels::hands::Hands;
use crate::model::learnable::{Learnable, Stop};
use crate::model::network::Tally;

/// How frozen weights and activations are kept. Sums are made in `f32` either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Precision {
    F32,
    Bf16,
}

/// How a model is loaded and trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LlamaOptions {
    pub(crate) precision: Precision,
    /// None for a model that only answers.
    pub(crate) adapters: Option<AdapterShape>,
    /// Keep only the input of each block, and compute the rest again in the backward pass.
    pub(crate) checkpoint_layers: bool,
    /// Keep what the blocks below the first one that learns make of each conversation.
    pub(crate) keep_entries: bool,
    /// The most places of one batch of one thread.
    pub(crate) tokens_at_once: usize,
}

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LlamaError<E> {
    #[error("the model's shape cannot be computed")]
    Shape(#[from] LlamaShapeError),
    #[error("the adapters do not fit the model")]
    Adapters(#[from] AdapterShapeError),
    #[error("a tensor cannot be had")]
    Tensor(#[source] E),
    #[error("tensor `{name}` has {found} numbers instead of {wanted}")]
    Length { name: String, found: usize, wanted: usize },
}

/// A frozen model, and the layout of what is learned on top of it.
pub(crate) struct Llama {
    pub(super) network: EitherNetwork,
}

pub(super) enum EitherNetwork {
    Single(Network<f32>),
    Half(Network<bf16>),
}

/// The adapters as the passes want them: rounded, and every `B` scaled.
#[derive(Default)]
pub(crate) struct LlamaReady {
    pub(super) single: Vec<f32>,
    pub(super) half: Vec<bf16>,
}

impl LlamaReady {
    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> u64 {
        (size_of_val(&*self.single) + size_of_val(&*self.half)) as u64
    }
}

/// Memory of one thread.
#[derive(Default)]
pub(crate) struct LlamaWork {
    single: Workspace<f32>,
    half: Workspace<bf16>,
}

/// Calls the same method on the network of either precision.
macro_rules! either {
    ($self:expr, $network:ident => $then:expr) => {
        match &$self.network {
            EitherNetwork::Single($network) => $then,
            EitherNetwork::Half($network) => $then,
        }
    };
}

impl Llama {
    /// Loads the tensors of a model of `shape` one after the other.
    ///
    /// # Errors
    /// When the shape or the adapters are impossible, or a tensor cannot be had.
    pub(crate) fn load<S: TensorSource>(
        shape: LlamaShape,
        source: &mut S,
        options: LlamaOptions,
    ) -> Result<Self, LlamaError<S::Error>> {
        shape.check()?;
        if let Some(adapters) = &options.adapters {
            adapters.check(&shape)?;
        }
        let network = match options.precision {
            Precision::F32 => EitherNetwork::Single(Network::load(shape, source, options)?),
            Precision::Bf16 => EitherNetwork::Half(Network::load(shape, source, options)?),
        };
        Ok(Self { network })
    }

    /// The shape it was loaded with.
    pub(crate) fn shape(&self) -> &LlamaShape {
        either!(self, network => &network.shape)
    }

    /// Places it can see: those it was made for, as far as tables are kept.
    pub(crate) fn context(&self) -> usize {
        either!(self, network => network.rotary.places())
    }

    /// Bytes that its frozen numbers take.
    pub(crate) fn weight_bytes(&self) -> u64 {
        let each = match &self.network {
            EitherNetwork::Single(_) => size_of::<f32>(),
            EitherNetwork::Half(_) => size_of::<bf16>(),
        };
        (self.shape().parameters() * each) as u64
    }

    /// The options it was loaded with.
    pub(crate) fn options(&self) -> &LlamaOptions {
        either!(self, network => &network.options)
    }

    /// Where each learned number lies.
    pub(crate) fn layout(&self) -> &AdapterLayout {
        either!(self, network => &network.adapters)
    }
}

impl Learnable for Llama {
    type Ready = LlamaReady;
    type Work = LlamaWork;

    const SHARES_BEGINNINGS: bool = true;

    fn take_help(work: &mut LlamaWork, hands: &Hands) {
        work.single.buffers.product.take_help(hands);
        work.half.buffers.product.take_help(hands);
    }

    fn learned(&self) -> usize {
        self.layout().length()
    }

    fn fresh(&self, seed: u64) -> Vec<f32> {
        self.layout().fresh(seed)
    }

    fn spent_once(&self) -> Duration {
        let entries = either!(self, network => network.entries.as_ref());
        entries.map(Entries::spent).unwrap_or_default()
    }

    fn prepare(&self, plain: &[f32], ready: &mut LlamaReady) {
        match &self.network {
            EitherNetwork::Single(network) => network.prepare(plain, &mut ready.single),
            EitherNetwork::Half(network) => network.prepare(plain, &mut ready.half),
        }
    }

    fn learn(
        &self,
        _plain: &[f32],
        ready: &LlamaReady,
        gradient: &mut [f32],
        batch: &Packed,
        weight: f32,
        dropout: Option<Dropout>,
        stop: Stop<'_>,
        work: &mut LlamaWork,
    ) -> Option<Tally> {
        let dropout = dropout.filter(|dropout| dropout.rate > 0.0);
        match &self.network {
            EitherNetwork::Single(network) => {
                let work = &mut work.single;
                network.learn(&ready.single, gradient, batch, weight, dropout, stop, work)
            }
            EitherNetwork::Half(network) => {
                let work = &mut work.half;
                network.learn(&ready.half, gradient, batch, weight, dropout, stop, work)
            }
        }
    }

    fn evaluate(
        &self,
        _plain: &[f32],
        ready: &LlamaReady,
        batch: &Packed,
        stop: Stop<'_>,
        work: &mut LlamaWork,
    ) -> Option<Tally> {
        match &self.network {
            EitherNetwork::Single(network) => {
                network.evaluate(&ready.single, batch, stop, &mut work.single)
            }
            EitherNetwork::Half(network) => {
                network.evaluate(&ready.half, batch, stop, &mut work.half)
            }
        }
    }
}
