//! What can go wrong with the library, in terms the rest of the program branches on.
//!
//! SQLite's many result codes are sorted here and nowhere else; a cause is kept, never pasted into the text.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Why the library could not be opened. Nothing on the disk was changed when this is returned.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process (or another handle of this one) holds the folder's lock.
    #[error("the library is already open in another window")]
    AlreadyOpen,
    /// A newer Attune wrote the file; opening it with this one could lose what it does not know.
    #[error("the library has version {found}, this program knows versions up to {known}")]
    NewerFile {
        /// Version in the file.
        found: u32,
        /// Newest version this program can read.
        known: u32,
    },
    /// Only for [`crate::Library::open_reading`]: the file must be brought up to date by a full open first.
    #[error("the library has the older version {found}, reading alone needs version {known}")]
    OlderFile {
        /// Version in the file.
        found: u32,
        /// The version a reader needs.
        known: u32,
    },
    /// The file is there but is not a whole library. It is left exactly as it was found.
    #[error("the library file `{}` is damaged: {what}", file.display())]
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// What was found wrong.
        what: String,
    },
    /// The path of the library, or a part of it, is a file.
    #[error("the library's place is not a folder")]
    NotAFolder,
    /// The folder may not be read or written.
    #[error("the library's folder may not be read or written")]
    NoAccess,
    /// No room to open or update the library.
    #[error("the disk is full")]
    DiskFull,
    /// Any other failure of the file system.
    #[error("the library's folder could not be used")]
    Io {
        /// The file system's answer.
        #[source]
        source: io::Error,
    },
    /// Any other failure of the database.
    #[error("the library's database could not be opened")]
    Sql {
        /// The database's answer.
        #[source]
        source: rusqlite::Error,
    },
}

/// Why an operation on an open library failed. The operation left no trace: it is rolled back whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room for the change; it can be tried again after space was freed.
    #[error("the disk is full")]
    DiskFull,
    /// Another process held the database for longer than five seconds.
    #[error("the library is busy")]
    Busy,
    /// The named thing does not exist (any more).
    #[error("there is no {what}")]
    Missing {
        /// What was asked for.
        what: String,
    },
    /// The change contradicts what is stored, for example a second open launch of one project.
    #[error("the change contradicts the library: {what}")]
    Conflict {
        /// The contradiction.
        what: String,
    },
    /// The file was found to be damaged.
    #[error("the library is damaged: {what}")]
    Damaged {
        /// What was found wrong.
        what: String,
    },
    /// The library was opened for reading alone, or its place became read-only.
    #[error("the library can only be read")]
    ReadOnly,
    /// The library's file was removed or replaced while it was open; what would be written now would be lost.
    #[error("the library's file was removed or replaced while it was open")]
    Gone,
    /// Any other failure of the database.
    #[error("the library's database failed")]
    Sql {
        /// The database's answer.
        #[source]
        source: rusqlite::Error,
    },
    /// Any other failure of the file system.
    #[error("a file of the library could not be read or written")]
    Io {
        /// The file system's answer.
        #[source]
        source: io::Error,
    },
}

/// Why an import did not happen. No row of it is in the library.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The library refused a row or the commit.
    #[error("the examples could not be stored")]
    Store(
        /// The cause.
        #[source]
        StoreError,
    ),
    /// The caller's `fill` ended the import: a failure of the source, or the person cancelled.
    #[error("the import was ended by its source")]
    Fill(E),
}

impl<E> From<StoreError> for ImportError<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl StoreError {
    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::Missing { what: what.into() }
    }

    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, text) = &source else {
            return Self::Sql { source };
        };
        let text = || text.clone().unwrap_or_else(|| failure.to_string());
        match (failure.code, failure.extended_code) {
            // The shared-memory file is filled as it grows, so running out of room shows there first.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::DiskFull,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Busy,
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
                Self::Damaged { what: text() }
            }
            (_, ffi::SQLITE_READONLY_DBMOVED) => Self::Gone,
            (ErrorCode::ReadOnly, _) => Self::ReadOnly,
            (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::missing("row the change refers to"),
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                Self::Conflict { what: text() }
            }
            _ => Self::Sql { source },
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Io { source },
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::NoAccess,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            _ => Self::Io { source },
        }
    }
}

impl OpenError {
    /// Sorts a database failure met while opening `file`.
    pub(crate) fn from_sql(file: &std::path::Path, source: rusqlite::Error) -> Self {
        if let rusqlite::Error::SqliteFailure(failure, _) = &source {
            match failure.code {
                ErrorCode::CannotOpen | ErrorCode::PermissionDenied => return Self::NoAccess,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => return Self::AlreadyOpen,
                _ => {}
            }
        }
        Self::from_store(file, source.into())
    }

    /// Sorts a store failure met while opening `file`.
    pub(crate) fn from_store(file: &std::path::Path, error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::DiskFull,
            StoreError::Busy => Self::AlreadyOpen,
            StoreError::ReadOnly => Self::NoAccess,
            StoreError::Sql { source } => Self::Sql { source },
            StoreError::Io { source } => source.into(),
            StoreError::Damaged { what }
            | StoreError::Missing { what }
            | StoreError::Conflict { what } => Self::Damaged { file: file.to_owned(), what },
            StoreError::Gone => {
                Self::Damaged { file: file.to_owned(), what: "it was removed".to_owned() }
            }
        }
    }
}
