//! Bringing in a source: all of it or nothing, in one transaction and as one operation, one row in memory at a time.

use rusqlite::Connection;

use crate::changes::count;
use crate::positions::{GAP, last_position, no_room};
use crate::ranges::IdRanges;
use crate::tables::operation::{self, NewOperation};
use crate::tables::{example, left_out, project};
use crate::{
    ExampleContent, ExampleId, ImportError, Library, OperationId, OperationKind, OperationRow,
    ProjectId, StoreError,
};

/// Where the examples come from. Never a path: the source is not needed after the import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// The file's name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, in hex.
    pub blake3: String,
}

/// An example to bring in.
#[derive(Debug, Clone, Copy)]
pub struct NewExample<'a> {
    /// 1-based line or spreadsheet row where it starts.
    pub line: Option<u64>,
    /// What it says.
    pub content: &'a ExampleContent,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its row in the log.
    pub operation: OperationRow,
    /// How many examples came in.
    pub examples: u64,
    /// How many rows were left out.
    pub left_out: u64,
}

/// Takes the rows of a source, in their order.
pub struct ImportSink<'a> {
    connection: &'a Connection,
    point: &'a dyn Fn(&'static str),
    project: ProjectId,
    operation: OperationId,
    position: i64,
    brought_in: IdRanges,
    left_out: u64,
    rows: u64,
    has_failed: bool,
}

impl Library {
    /// Brings in what `fill` hands to the sink. If `fill` fails (or the person cancelled, which is the same here), no
    /// row of it stays.
    ///
    /// # Errors
    /// [`ImportError::Fill`] with the failure of `fill`, [`ImportError::Store`] with that of the library.
    pub fn import<E>(
        &self,
        project: ProjectId,
        source: &SourceInfo,
        now_ms: i64,
        fill: &mut dyn FnMut(&mut ImportSink<'_>) -> Result<(), E>,
    ) -> Result<Imported, ImportError<E>> {
        self.write(|transaction| {
            project::cursor(transaction, project)?;
            let mut sink = ImportSink {
                connection: transaction,
                point: &|name| self.point(name),
                project,
                operation: operation::next_id(transaction)?,
                position: last_position(transaction, project)?,
                brought_in: IdRanges::default(),
                left_out: 0,
                rows: 0,
                has_failed: false,
            };
            fill(&mut sink).map_err(ImportError::Fill)?;
            Ok(sink.finish(source, now_ms)?)
        })
    }
}

impl ImportSink<'_> {
    /// Brings in one example.
    ///
    /// # Errors
    /// The library's failure; after it the import cannot succeed any more, whatever `fill` returns.
    pub fn push(&mut self, new: &NewExample<'_>) -> Result<ExampleId, StoreError> {
        let id = self.try_push(new).inspect_err(|_| self.has_failed = true)?;
        self.count_row();
        Ok(id)
    }

    /// Keeps a row that is not an example: its line, the problem's code, and the beginning of what it says.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn leave_out(&mut self, line: u64, code: &str, text: &str) -> Result<(), StoreError> {
        left_out::insert(self.connection, self.operation, line, code, text)
            .inspect_err(|_| self.has_failed = true)?;
        self.left_out += 1;
        self.count_row();
        Ok(())
    }

    fn try_push(&mut self, new: &NewExample<'_>) -> Result<ExampleId, StoreError> {
        let position = self.position.checked_add(GAP).ok_or_else(no_room)?;
        let id = example::insert(self.connection, self.project, position, new.line, new.content)?;
        self.position = position;
        self.brought_in.push(id);
        Ok(id)
    }

    fn count_row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(50) {
            (self.point)("import.mid");
        }
    }

    fn finish(self, source: &SourceInfo, now_ms: i64) -> Result<Imported, StoreError> {
        if self.has_failed {
            return Err(StoreError::conflict("an import went on after a row could not be stored"));
        }
        let new = NewOperation {
            project: self.project,
            kind: OperationKind::Import,
            joined: false,
            ranges: &self.brought_in,
            source: Some(source),
            at_ms: now_ms,
        };
        let operation = operation::append(self.connection, &new, count(&self.brought_in)?)?;
        let examples = operation.examples;
        Ok(Imported { operation, examples, left_out: self.left_out })
    }
}
