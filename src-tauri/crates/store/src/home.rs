//! The library's folder: its place, its lock, and a look at the library file before the database touches it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::OpenError;
use crate::connection::APPLICATION_ID;

/// Where everything of a library lies.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("library.db")
    }

    /// The library while it is being made for the first time.
    pub(crate) fn unborn_database(&self) -> PathBuf {
        self.0.join("library.new.db")
    }

    pub(crate) fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    pub(crate) fn engine(&self) -> PathBuf {
        self.0.join("engine")
    }

    /// Models that somebody else trained; made when the first one is fetched.
    pub(crate) fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// Makes the folder and those inside that the library needs.
    pub(crate) fn prepare(&self) -> Result<(), OpenError> {
        // `create_dir_all` says "file exists" for a file in the way, at whatever depth.
        if self.0.ancestors().any(|part| part.exists() && !part.is_dir()) {
            return Err(OpenError::NotAFolder);
        }
        for folder in [self.0.clone(), self.files(), self.engine(), self.backups()] {
            create_private_folder(&folder)?;
        }
        Ok(())
    }
}

/// The folder's lock. Its one byte says whether the last holder got to close the library in peace.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// Whether the last holder closed the library (or there was none).
    pub(crate) was_closed: bool,
}

impl Lock {
    /// Takes the lock or says who cannot have it; it is gone with the process, however that ends.
    pub(crate) fn take(home: &Home) -> Result<Self, OpenError> {
        let path = home.path().join(".lock");
        let mut options = private_options();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::AlreadyOpen),
            Err(TryLockError::Error(source)) => return Err(source.into()),
        }
        let mut mark = Vec::new();
        file.read_to_end(&mut mark)?;
        Ok(Self { file, was_closed: mark != b"open  " })
    }

    /// Leaves word that the library is open.
    pub(crate) fn mark_open(&mut self) -> io::Result<()> {
        self.mark(b"open  ")
    }

    /// Leaves word that the library was closed in peace.
    pub(crate) fn mark_closed(&mut self) -> io::Result<()> {
        self.mark(b"closed")
    }

    /// Both words have the same length: written in place, they need no room on a full disk.
    fn mark(&mut self, word: &[u8; 6]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(word)?;
        self.file.sync_data()
    }
}

impl Drop for Lock {
    /// Closing alone would leave the lock to a process that is just being started from here: it has a copy of every
    /// open file until it runs its own program.
    fn drop(&mut self) {
        drop(self.file.unlock());
    }
}

/// What lies where the library file should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, and nothing that belongs to it.
    Nothing,
    /// A file that looks like a library.
    Library,
}

/// Looks at the library file without the database, which would take an empty file for a new one and would leave an
/// empty journal beside a file that is refused. `known` is the newest version this program can read.
pub(crate) fn inspect(database: &Path, known: u32) -> Result<Found, OpenError> {
    let damaged = |what: &str| OpenError::Damaged { file: database.to_owned(), what: what.into() };
    let journal = length(&with_suffix(database, "-wal"))?.unwrap_or(0);
    let Some(bytes) = length(database)? else {
        if journal > 0 {
            return Err(damaged("it is missing while its journal is there"));
        }
        return Ok(Found::Nothing);
    };
    if !database.is_file() {
        return Err(damaged("it is not a file"));
    }
    if bytes == 0 {
        return Err(damaged("it is empty"));
    }
    let mut header = [0; 100];
    let mut file = File::open(database)?;
    if let Err(error) = file.read_exact(&mut header) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Err(damaged("it is cut off")),
            _ => Err(error.into()),
        };
    }
    if &header[..16] != b"SQLite format 3\0" || number(&header, 68) != APPLICATION_ID {
        return Err(damaged("it is not a library of Attune"));
    }
    // With a journal the missing pages may still be in there; the database knows.
    let is_counted = number(&header, 24) == number(&header, 92);
    if journal == 0 && is_counted && bytes < page_size(&header) * u64::from(number(&header, 28)) {
        return Err(damaged("it is cut off"));
    }
    let found = number(&header, 60);
    if journal == 0 && found > known {
        return Err(OpenError::NewerFile { found, known });
    }
    Ok(Found::Library)
}

fn page_size(header: &[u8; 100]) -> u64 {
    match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    }
}

fn number(header: &[u8; 100], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

fn length(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// `library.db` and `-wal` make `library.db-wal`.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What tells a file from another one that took its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity(u64, u64);

impl FileIdentity {
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path)?;
        Ok(Self(found.dev(), found.ino()))
    }

    /// Elsewhere an open file can be neither removed nor replaced; that it is there is enough.
    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self(0, 0))
    }
}

/// Makes an empty file that only its owner may read; fails if it exists.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private_options().write(true).create_new(true).open(path)
}

fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only unix has modes"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Takes the rights of group and others from the library file, should a copy have brought some.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))?;
        }
    }
    #[cfg(not(unix))]
    fs::metadata(path)?;
    Ok(())
}

/// Makes a rename in `folder` outlive a power loss.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open a folder as a file, and its renames are in the file system's own journal.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    fs::metadata(folder)?;
    Ok(())
}
