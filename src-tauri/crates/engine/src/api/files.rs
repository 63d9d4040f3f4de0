//! Uploaded files and result files: bytes beside a small record, under the engine's folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::clock::{new_id, now_seconds};
use crate::formats::folder::{sync_folder, write_file};

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) created_at: u64,
    pub(crate) filename: String,
    pub(crate) purpose: String,
}

impl FileRecord {
    /// As OpenAI shows a file.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id, "object": "file", "bytes": self.bytes, "created_at": self.created_at,
            "expires_at": null, "filename": self.filename, "purpose": self.purpose,
            "status": "processed", "status_details": null,
        })
    }
}

/// All files of the engine.
pub(crate) struct FileStore {
    folder: PathBuf,
    records: Mutex<BTreeMap<String, FileRecord>>,
}

impl FileStore {
    /// Reads the records under `folder`, and removes uploads that never ended.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut records = BTreeMap::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("part" | "tmp") => fs::remove_file(&path)?,
                Some("json") => match serde_json::from_slice::<FileRecord>(&fs::read(&path)?) {
                    Ok(record) => drop(records.insert(record.id.clone(), record)),
                    Err(error) => tracing::warn!(%error, ?path, "a file's record is unreadable"),
                },
                _ => {}
            }
        }
        Ok(Self { folder, records: Mutex::new(records) })
    }

    /// Where a new file is written to until [`FileStore::keep`].
    pub(crate) fn begin(&self) -> (String, PathBuf) {
        let id = new_id("file-");
        let part = self.folder.join(format!("{id}.part"));
        (id, part)
    }

    /// Takes over the bytes at `part`, which are synced already.
    pub(crate) fn keep(
        &self,
        id: String,
        part: &Path,
        filename: &str,
        purpose: &str,
    ) -> io::Result<FileRecord> {
        let record = FileRecord {
            bytes: fs::metadata(part)?.len(),
            created_at: now_seconds(),
            filename: filename.to_owned(),
            purpose: purpose.to_owned(),
            id,
        };
        fs::rename(part, self.data_path(&record.id))?;
        sync_folder(&self.folder)?;
        write_file(&self.record_path(&record.id), &serde_json::to_vec(&record)?)?;
        self.locked().insert(record.id.clone(), record.clone());
        Ok(record)
    }

    /// Keeps bytes that the engine made itself.
    pub(crate) fn keep_bytes(
        &self,
        bytes: &[u8],
        filename: &str,
        purpose: &str,
    ) -> io::Result<FileRecord> {
        let (id, part) = self.begin();
        write_file(&part, bytes)?;
        self.keep(id, &part, filename, purpose)
    }

    /// A file by its id.
    pub(crate) fn get(&self, id: &str) -> Option<FileRecord> {
        self.locked().get(id).cloned()
    }

    /// Every file, oldest first.
    pub(crate) fn list(&self) -> Vec<FileRecord> {
        self.locked().values().cloned().collect()
    }

    /// Where a file's bytes are.
    pub(crate) fn data_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.data"))
    }

    /// Removes a file; false if there was none.
    pub(crate) fn remove(&self, id: &str) -> io::Result<bool> {
        if self.locked().remove(id).is_none() {
            return Ok(false);
        }
        fs::remove_file(self.record_path(id))?;
        fs::remove_file(self.data_path(id))?;
        Ok(true)
    }

    fn record_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, FileRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
