//! Tables as text: comma, semicolon, tab or bar between cells, with quotes and a header or not.
//!
//! What the preview shows is what the import takes: both read through the same records.

pub(crate) mod dialect;
mod guess;
mod names;
mod preview;
mod records;
mod table;

pub use guess::ColumnGuess;
pub use preview::{Column, TablePreview, preview};
pub(crate) use table::TableRows;

#[cfg(test)]
mod tests;
