//! How the database is opened: one place for its flags and pragmas.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// "Attu" in the file's header: tells a library from any other SQLite file.
pub(crate) const APPLICATION_ID: u32 = 0x4174_7475;

/// Opens the file for the one writer. It must exist, so that a vanished library is never replaced by an empty one.
///
/// Nothing is written yet, also not by closing: a newer file must come out of a refusal untouched.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    guard(&connection)?;
    Ok(connection)
}

/// From here on the writer may write.
pub(crate) fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // They only do something on macOS, where a plain fsync leaves the data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // In KiB when negative: large enough for the indexes of a million examples during an import.
    connection.pragma_update(None, "cache_size", -(64 << 10))
}

/// Opens the file for reading.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -(16 << 10))?;
    guard(&connection)?;
    Ok(connection)
}

/// What every connection needs: a file that was tampered with may not run code, a broken page is noticed when it is
/// read, and no text leaves the library's folder for a temporary file.
fn guard(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// Runs `quick_check` or `integrity_check` and returns what it found wrong, if anything.
pub(crate) fn check(connection: &Connection, pragma: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA {pragma}"))?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(if found == ["ok"] { None } else { Some(found.join("; ")) })
}

/// The schema's version.
pub(crate) fn user_version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
