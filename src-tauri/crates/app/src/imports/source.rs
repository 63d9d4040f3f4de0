//! A file on the disk that may become examples: opened carefully, read in one stream.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attune_contract::{Failure, FailureCode, params};
use attune_dataset::formats::csv::{TablePreview, preview};
use attune_dataset::formats::{HEAD_BYTES, read, sniff};
use attune_dataset::{Format, InstructionsSource, Mapping, Sniffed, SourceRow};

use crate::failures::{OrFailure, about_file};

/// Larger files are refused before they are read.
const LARGEST_FILE: u64 = 4 << 30;

/// Which columns of a table to use, by their place from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableColumns {
    /// The questions.
    pub question: usize,
    /// The answers.
    pub answer: usize,
    /// Standing instructions: a column, or one text for all.
    pub instructions: Option<InstructionsSource>,
}

/// A file that was looked at.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: PathBuf,
    /// Its name without its folder.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it is.
    pub sniffed: Sniffed,
}

impl SourceFile {
    /// Looks at a file.
    ///
    /// # Errors
    /// `FileUnreadable`, `FileEmpty`, `FileTooLarge`, `FileUnsupported`, each naming the file.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let name =
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self::look(path, &name).map_err(|failure| about_file(failure, &name))
    }

    fn look(path: PathBuf, name: &str) -> Result<Self, Failure> {
        let unreadable = |error: io::Error| {
            Failure::new(FailureCode::FileUnreadable, params![]).with_detail(error.to_string())
        };
        let metadata = std::fs::metadata(&path).map_err(unreadable)?;
        // A pipe or a device could keep us waiting for ever.
        if !metadata.is_file() {
            return Err(Failure::new(FailureCode::FileUnsupported, params![]));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(Failure::new(FailureCode::FileTooLarge, params![]));
        }
        let mut head = Vec::new();
        let file = File::open(&path).map_err(unreadable)?;
        file.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(unreadable)?;
        let sniffed = sniff(&head, name).or_failure()?;
        Ok(Self { path, name: name.to_owned(), bytes: metadata.len(), sniffed })
    }

    /// Whether columns are to be chosen.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.sniffed.format, Format::Csv { .. })
    }

    /// The first rows and the guess of the columns.
    ///
    /// # Errors
    /// `FileUnreadable`.
    pub fn table_preview(&self, rows: usize) -> Result<TablePreview, Failure> {
        let table = preview(self.reader(&Arc::default())?, &self.sniffed, rows);
        table.or_failure().map_err(|failure| about_file(failure, &self.name))
    }

    /// The columns that look right, by their names and contents.
    ///
    /// # Errors
    /// `FileUnreadable`.
    pub fn guessed_columns(&self) -> Result<TableColumns, Failure> {
        if !self.is_table() {
            return Ok(TableColumns::default());
        }
        let guess = self.table_preview(1)?.guess;
        Ok(TableColumns {
            question: guess.question,
            answer: guess.answer,
            instructions: guess.instructions.map(InstructionsSource::Column),
        })
    }

    /// Every row in order; `bytes_read` grows as the file is read.
    ///
    /// # Errors
    /// `FileUnreadable`.
    pub fn rows(
        &self,
        columns: &TableColumns,
        bytes_read: &Arc<AtomicU64>,
    ) -> Result<impl Iterator<Item = Result<SourceRow, Failure>> + use<>, Failure> {
        let mapping = Mapping {
            question: columns.question,
            answer: columns.answer,
            instructions: columns.instructions.clone(),
        };
        let name = self.name.clone();
        let rows = read(self.reader(bytes_read)?, &self.sniffed, &mapping);
        Ok(rows.map(move |row| row.or_failure().map_err(|failure| about_file(failure, &name))))
    }

    /// The BLAKE3 hash of the file's bytes, in hex.
    ///
    /// # Errors
    /// `FileUnreadable`.
    pub fn hash(&self) -> Result<String, Failure> {
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut self.reader(&Arc::default())?, &mut hasher)
            .map_err(|error| self.unreadable(&error))?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    fn reader(&self, bytes_read: &Arc<AtomicU64>) -> Result<Counted, Failure> {
        let file = File::open(&self.path).map_err(|error| self.unreadable(&error))?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(Counted { reader, bytes_read: Arc::clone(bytes_read) })
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        let file = self.name.as_str();
        Failure::new(FailureCode::FileUnreadable, params![file]).with_detail(error.to_string())
    }

    /// Where it lies; for hosts that may know (the command line).
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that says how far it was read.
struct Counted {
    reader: BufReader<File>,
    bytes_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
