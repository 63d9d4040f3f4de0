//! The typed values that fill the gaps in the words of a failure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One value in a failure's words; the page formats it by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Param {
    /// A name or a sentence, shown as it is.
    Text(String),
    /// A number of things.
    Count(u64),
    /// Millionths of a US dollar.
    MicroUsd(i64),
    /// A size in bytes.
    Bytes(u64),
    /// A day, `YYYY-MM-DD`.
    Date(String),
}

/// The values of one failure by name.
pub type Params = BTreeMap<String, Param>;

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Param {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

/// Builds [`Params`]: `params![]`, `params![name]` or `params!["line" => 18u64]`.
#[macro_export]
macro_rules! params {
    ($( $key:literal => $value:expr ),* $(,)?) => {
        $crate::Params::from([$( ($key.to_owned(), $crate::Param::from($value)) ),*])
    };
    ($( $name:ident ),+ $(,)?) => {
        $crate::Params::from([$( (stringify!($name).to_owned(), $crate::Param::from($name)) ),+])
    };
}
