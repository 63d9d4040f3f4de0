//! What the models of others were when they were last looked at: a file at the same place may be
//! another model by now. A fingerprint is only computed again when sizes or times have changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::formats::folder::write_file;
use crate::formats::hub::{self, HubError};

/// One file of a model: while this is the same, so is what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FileStamp {
    name: String,
    bytes: u64,
    modified: Option<SystemTime>,
    /// When its entry changed, which no program can set back; none where the system does not tell.
    changed: Option<(i64, i64)>,
}

/// The stamps of a model's files, in order.
pub(crate) type Stamp = Vec<FileStamp>;

/// The stamp of what is at `path` now; empty if nothing is.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let one = |path: &Path| {
        let found = path.metadata().ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        let (modified, changed) = (found.modified().ok(), changed(&found));
        Some(FileStamp { name, bytes: found.len(), modified, changed })
    };
    let inside =
        fs::read_dir(path).into_iter().flatten().filter_map(|entry| one(&entry.ok()?.path()));
    let mut stamp: Stamp = one(path).into_iter().chain(inside).collect();
    stamp.sort();
    stamp
}

#[cfg(unix)]
fn changed(found: &fs::Metadata) -> Option<(i64, i64)> {
    use std::os::unix::fs::MetadataExt;

    Some((found.ctime(), found.ctime_nsec()))
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> Option<(i64, i64)> {
    None
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    path: PathBuf,
    stamp: Stamp,
    fingerprint: String,
}

/// The fingerprints that are known, in memory and on the disk.
pub(crate) struct Fingerprints {
    record: PathBuf,
    known: Mutex<Vec<Known>>,
}

impl Fingerprints {
    /// Reads what is kept under `home`; what cannot be read is computed again.
    pub(crate) fn open(home: &Path) -> Self {
        let record = home.join("fingerprints.json");
        let known = fs::read(&record).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { record, known: Mutex::new(known.unwrap_or_default()) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fingerprint of the model at `path`, computed unless its files are as they were.
    pub(crate) fn of(&self, path: &Path) -> Result<String, HubError> {
        if let Some(known) = self.at_hand(path) {
            return Ok(known);
        }
        // Before the files are read: what changes meanwhile is looked at again the next time.
        let stamp = stamp(path);
        let fingerprint = hub::open(path)?.fingerprint()?;
        let found = Known { path: path.to_owned(), stamp, fingerprint: fingerprint.clone() };
        let mut known = self.lock();
        known.retain(|it| it.path != path);
        known.push(found);
        let written = serde_json::to_vec(&*known).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|bytes| write_file(&self.record, &bytes)) {
            tracing::warn!(%error, "a fingerprint was not kept and will be computed again");
        }
        Ok(fingerprint)
    }

    /// The fingerprint of the model at `path` if nothing must be read for it.
    pub(crate) fn at_hand(&self, path: &Path) -> Option<String> {
        let now = stamp(path);
        let known = self.lock();
        let found = known.iter().find(|it| it.path == path && it.stamp == now);
        found.map(|it| it.fingerprint.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::hub::testing::write_folder;

    #[test]
    fn a_fingerprint_is_of_what_answers_and_is_remembered() {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("model");
        write_folder(&model);
        let open = || Fingerprints::open(home.path());
        assert_eq!(open().at_hand(&model), None);
        let first = open().of(&model).unwrap();
        assert_eq!((open().at_hand(&model), first.len()), (Some(first.clone()), 64));
        fs::write(model.join("README.md"), "A model with other words about it.").unwrap();
        assert_eq!(open().at_hand(&model), None);
        assert_eq!(open().of(&model).unwrap(), first);

        let weights = model.join("model.safetensors");
        let mut bytes = fs::read(&weights).unwrap();
        let modified = weights.metadata().unwrap().modified().unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&weights, bytes).unwrap();
        // As old and as large as before, as a copying program may leave it.
        fs::File::options().write(true).open(&weights).unwrap().set_modified(modified).unwrap();
        if cfg!(unix) {
            assert_ne!(open().of(&model).unwrap(), first);
        }
    }

    #[test]
    fn another_template_is_another_model() {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("model");
        write_folder(&model);
        let first = Fingerprints::open(home.path()).of(&model).unwrap();
        fs::write(model.join("chat_template.jinja"), "{{ messages[0]['content'] }}").unwrap();
        assert_ne!(Fingerprints::open(home.path()).of(&model).unwrap(), first);
    }
}
