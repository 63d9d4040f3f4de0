//! Services: where else trainings may be ordered. No key is ever here.

use rusqlite::{OptionalExtension, Row, params};

use crate::{Library, StoreError};

pub(crate) const SCHEMA: &str = "
CREATE TABLE service (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    base_url TEXT NOT NULL,
    options_json TEXT NOT NULL,
    check_json TEXT,
    created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const COLUMNS: &str = "name, kind, title, base_url, options_json, check_json, created_at_ms";

/// A service as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its name among the services; never changes, and its key lies under it in the keyring.
    pub name: String,
    /// What kind of service it is, in the words of whoever speaks to it.
    pub kind: String,
    /// What a person calls it.
    pub title: String,
    /// Its address.
    pub base_url: String,
    /// How it is spoken to and what it can do.
    pub options_json: String,
    /// What its key was found to be worth.
    pub check_json: Option<String>,
    /// When it was added.
    pub created_at_ms: i64,
}

impl Library {
    /// The services, in the order in which they were added.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn services(&self) -> Result<Vec<ServiceRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM service ORDER BY created_at_ms, name"
            ))?;
            let rows = statement.query_map([], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The service `name`, if there is one.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn service(&self, name: &str) -> Result<Option<ServiceRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM service WHERE name = ?1"))?;
            Ok(statement.query_row([name], from_row).optional()?)
        })
    }

    /// Stores a service, in the place of the one with its name.
    ///
    /// # Errors
    /// Only failures of the database.
    pub fn service_put(&self, service: &ServiceRow) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                &format!(
                    "INSERT INTO service ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                     ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, \
                     title = excluded.title, base_url = excluded.base_url, \
                     options_json = excluded.options_json, check_json = excluded.check_json"
                ),
                params![
                    service.name,
                    service.kind,
                    service.title,
                    service.base_url,
                    service.options_json,
                    service.check_json,
                    service.created_at_ms
                ],
            )?;
            Ok(())
        })
    }

    /// Forgets a service. Its trainings stay in the list.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, [`StoreError::Conflict`] while one of its trainings is not over.
    pub fn service_remove(&self, name: &str) -> Result<(), StoreError> {
        let states = crate::OPEN_LAUNCH_STATES.map(|state| format!("'{state}'")).join(", ");
        self.write(|transaction| {
            let open: u64 = transaction.query_row(
                &format!("SELECT count(*) FROM launch WHERE service = ?1 AND state IN ({states})"),
                [name],
                |row| row.get(0),
            )?;
            if open > 0 {
                return Err(StoreError::conflict(format!("service `{name}` has an open launch")));
            }
            match transaction.execute("DELETE FROM service WHERE name = ?1", [name])? {
                0 => Err(StoreError::missing(format!("service `{name}`"))),
                _ => Ok(()),
            }
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<ServiceRow> {
    Ok(ServiceRow {
        name: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        base_url: row.get(3)?,
        options_json: row.get(4)?,
        check_json: row.get(5)?,
        created_at_ms: row.get(6)?,
    })
}
