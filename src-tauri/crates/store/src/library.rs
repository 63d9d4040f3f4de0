//! The open library: one writer, a few readers, and the lock that keeps other processes from writing.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::connection::{check, make_durable, open_reader, open_writer, user_version};
use crate::home::{self, FileIdentity, Found, Home, Lock};
use crate::migrate::{ExtraMigration, Migrations};
use crate::{OpenError, StoreError, files};

/// Connections for reading that are kept while nobody reads.
const KEPT_READERS: usize = 4;

/// A library up to this size is looked through at every start (some 20 ms), a larger one after an unclean end.
const ALWAYS_CHECKED_BYTES: u64 = 16 << 20;

/// How to open a library.
#[derive(Debug, Clone)]
pub struct LibraryOptions {
    /// The library's folder; made if it is not there.
    pub home: PathBuf,
    /// Called at named points, so that tests can end the process there: `import.mid`, `undo.mid`, `file.mid`,
    /// `migration.backup`, `migration.mid`.
    pub on_point: fn(&'static str),
    /// One more migration; only for tests.
    pub extra_migration: Option<ExtraMigration>,
}

impl LibraryOptions {
    /// The library in `home`, without anything for tests.
    #[must_use]
    pub fn new(home: PathBuf) -> Self {
        Self { home, on_point: |_| {}, extra_migration: None }
    }
}

/// An open library. Clones are handles of the same one; it is closed when the last is dropped.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    home: Home,
    on_point: fn(&'static str),
    writer: Option<Writer>,
    /// None for the empty library that a reader sees where there is no file.
    database: Option<PathBuf>,
    readers: Mutex<Vec<Connection>>,
}

struct Writer {
    connection: Mutex<Connection>,
    identity: FileIdentity,
    lock: Mutex<Lock>,
}

impl Library {
    /// Opens the library for reading and writing, makes it if there is none, brings an older one up to date.
    ///
    /// # Errors
    /// See [`OpenError`]; a file that cannot be opened is left as it is.
    pub fn open(options: LibraryOptions) -> Result<Self, OpenError> {
        let home = Home::new(options.home);
        home.prepare()?;
        let mut lock = Lock::take(&home)?;
        files::sweep(&home.files())?;
        let migrations = Migrations::new(options.extra_migration);
        let database = home.database();
        if home::inspect(&database, migrations.newest())? == Found::Nothing {
            create(&home, &migrations)?;
        }
        let connection = open_existing(&home, &migrations, lock.was_closed, options.on_point)?;
        lock.mark_open()?;
        let writer = Writer {
            connection: Mutex::new(connection),
            identity: FileIdentity::of(&database)?,
            lock: Mutex::new(lock),
        };
        Ok(Self::from_parts(home, options.on_point, Some(writer), Some(database)))
    }

    /// Opens the library for reading alone, whether or not another process has it open; where there is none, an empty
    /// one. Makes nothing and takes no lock.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::OlderFile`] if the file needs [`Self::open`] first.
    pub fn open_reading(home: PathBuf) -> Result<Self, OpenError> {
        let home = Home::new(home);
        let database = home.database();
        if home.path().exists() && !home.path().is_dir() {
            return Err(OpenError::NotAFolder);
        }
        let known = Migrations::new(None).newest();
        if home::inspect(&database, known)? == Found::Nothing {
            return Ok(Self::from_parts(home, |_| {}, None, None));
        }
        let sql = |source| OpenError::from_sql(&database, source);
        let reader = open_reader(&database).map_err(sql)?;
        let found = user_version(&reader).map_err(sql)?;
        match found.cmp(&known) {
            std::cmp::Ordering::Greater => Err(OpenError::NewerFile { found, known }),
            std::cmp::Ordering::Less => Err(OpenError::OlderFile { found, known }),
            std::cmp::Ordering::Equal => Ok(Self::from_parts(home, |_| {}, None, Some(database))),
        }
    }

    /// The library's folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.inner.home.path()
    }

    /// The folder of the prepared files.
    #[must_use]
    pub fn files_dir(&self) -> PathBuf {
        self.inner.home.files()
    }

    /// The folder that belongs to the engine.
    #[must_use]
    pub fn engine_dir(&self) -> PathBuf {
        self.inner.home.engine()
    }

    /// The folder of models that somebody else trained; made when the first one is fetched.
    #[must_use]
    pub fn models_dir(&self) -> PathBuf {
        self.inner.home.models()
    }

    /// Looks through the whole file: every page, every index, every reference.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found wrong.
    pub fn verify(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            if let Some(what) = check(connection, "integrity_check")? {
                return Err(StoreError::Damaged { what });
            }
            let dangling: u64 = connection.query_row(
                "SELECT count(*) FROM pragma_foreign_key_check",
                [],
                |row| row.get(0),
            )?;
            if dangling > 0 {
                return Err(StoreError::Damaged {
                    what: format!("{dangling} dangling references"),
                });
            }
            Ok(())
        })
    }

    /// Copies the library into its backup folder, reads the copy back, and returns where it lies.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], or [`StoreError::Damaged`] if the copy is not what it should be.
    pub fn back_up(&self) -> Result<PathBuf, StoreError> {
        self.must_be_writable()?;
        let writer = self.writer()?;
        let connection = lock_unpoisoned(&writer.connection);
        let version = user_version(&connection)?;
        crate::migrate::back_up(&connection, version, &self.inner.home.backups())
    }

    /// Runs `work` in one transaction: all of it happens, durably, or nothing.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let writer = self.writer()?;
        let mut connection = lock_unpoisoned(&writer.connection);
        self.must_be_there(writer)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let result = work(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Runs `work` on one state of the library, whatever is written meanwhile.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = lock_unpoisoned(&self.inner.readers).pop();
        let reader = match kept {
            Some(reader) => reader,
            None => self.inner.new_reader()?,
        };
        let snapshot = reader.unchecked_transaction()?;
        let result = work(&snapshot);
        snapshot.finish()?;
        let mut readers = lock_unpoisoned(&self.inner.readers);
        if readers.len() < KEPT_READERS {
            readers.push(reader);
        }
        result
    }

    pub(crate) fn point(&self, name: &'static str) {
        (self.inner.on_point)(name);
    }

    pub(crate) fn must_be_writable(&self) -> Result<(), StoreError> {
        self.must_be_there(self.writer()?)
    }

    /// A file that was removed while it is open would take every change and lose it.
    fn must_be_there(&self, writer: &Writer) -> Result<(), StoreError> {
        match FileIdentity::of(&self.inner.home.database()) {
            Ok(identity) if identity == writer.identity => Ok(()),
            Ok(_) => Err(StoreError::Gone),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Gone),
            Err(error) => Err(error.into()),
        }
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.inner.writer.as_ref().ok_or(StoreError::ReadOnly)
    }

    #[cfg(test)]
    pub(crate) fn with_connection<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&lock_unpoisoned(&self.writer().unwrap().connection))
    }

    fn from_parts(
        home: Home,
        on_point: fn(&'static str),
        writer: Option<Writer>,
        database: Option<PathBuf>,
    ) -> Self {
        let readers = Mutex::new(Vec::new());
        Self { inner: Arc::new(Inner { home, on_point, writer, database, readers }) }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("home", &self.home()).finish_non_exhaustive()
    }
}

impl Inner {
    fn new_reader(&self) -> Result<Connection, StoreError> {
        let Some(database) = &self.database else {
            let mut empty = Connection::open_in_memory()?;
            Migrations::new(None).create(&mut empty)?;
            return Ok(empty);
        };
        Ok(open_reader(database)?)
    }
}

impl Drop for Inner {
    /// Folds the journal into the file and leaves word that all went well. If it did not, the word stays "open", and
    /// the next start looks through the file.
    fn drop(&mut self) {
        lock_unpoisoned(&self.readers).clear();
        let Some(writer) = self.writer.take() else { return };
        let connection = writer.connection.into_inner().unwrap_or_else(PoisonError::into_inner);
        let folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if folded.is_ok() && connection.close().is_ok() {
            let mut lock = writer.lock.into_inner().unwrap_or_else(PoisonError::into_inner);
            drop(lock.mark_closed());
        }
    }
}

/// A panic inside a transaction rolls it back, so what the mutex guards is whole.
fn lock_unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the library under another name and renames it when it is whole: a file with the library's name is never a
/// half-made one, so an empty one is always damage.
fn create(home: &Home, migrations: &Migrations) -> Result<(), OpenError> {
    let unborn = home.unborn_database();
    for leftover in [unborn.clone(), home::with_suffix(&unborn, "-journal")] {
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    home::create_private(&unborn)?;
    let sql = |source| OpenError::from_sql(&unborn, source);
    let mut connection = open_writer(&unborn).map_err(sql)?;
    migrations.create(&mut connection).map_err(sql)?;
    connection.close().map_err(|(_, source)| sql(source))?;
    fs::File::open(&unborn)?.sync_all()?;
    fs::rename(&unborn, home.database())?;
    home::sync_folder(home.path())?;
    Ok(())
}

fn open_existing(
    home: &Home,
    migrations: &Migrations,
    was_closed: bool,
    on_point: fn(&'static str),
) -> Result<Connection, OpenError> {
    let database = home.database();
    let sql = |source| OpenError::from_sql(&database, source);
    let mut connection = open_writer(&database).map_err(sql)?;
    let (found, known) = (user_version(&connection).map_err(sql)?, migrations.newest());
    if found > known {
        return Err(OpenError::NewerFile { found, known });
    }
    let is_small = fs::metadata(&database)?.len() <= ALWAYS_CHECKED_BYTES;
    if (is_small || !was_closed)
        && let Some(what) = check(&connection, "quick_check").map_err(sql)?
    {
        return Err(OpenError::Damaged { file: database.clone(), what });
    }
    home::make_private(&database)?;
    make_durable(&connection).map_err(sql)?;
    migrations.upgrade(&mut connection, &home.backups(), on_point)?;
    Ok(connection)
}
