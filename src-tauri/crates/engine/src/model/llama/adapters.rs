//! placeholder until merge
use serde::{Deserialize, Serialize};

/// Which adapters are learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdapterShape {
    pub(crate) rank: usize,
}
