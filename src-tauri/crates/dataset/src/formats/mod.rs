//! Examples from files: what kind of file it is, a look at it, and reading it row by row.
//!
//! Reading is streaming and bounded in memory whatever the file holds, and no row is lost: each is
//! an example, left out with a reason, or blank.

pub mod csv;
mod encoding;
mod jsonl;
mod rows;
mod sniff;

pub use encoding::TextEncoding;
pub use rows::{
    InstructionsSource, LEFT_OUT_TEXT_CHARS, Mapping, ReadError, RowOutcome, Rows, SourceRow, read,
};
pub use sniff::{Format, HEAD_BYTES, SniffError, Sniffed, sniff};

/// The most bytes of one row.
pub const MAX_ROW_BYTES: usize = 32 * 1024 * 1024;
/// The most bytes of one cell.
pub const MAX_CELL_BYTES: usize = 1024 * 1024;
/// The most columns of a table.
pub const MAX_COLUMNS: usize = 1_000;
/// The most rows of a file, blank ones included.
pub const MAX_ROWS: u64 = 5_000_000;

#[cfg(test)]
mod tests;
