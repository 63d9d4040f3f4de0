//! Models that somebody else trained, by name: the starter in the models' folder, and files of the
//! person's own. Only their names are kept here; neither folder nor file is ever written to.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::clock::now_seconds;
use super::fingerprints::{Fingerprints, Stamp, stamp};
use crate::formats::folder::write_file;
use crate::formats::hub::{self, HubError, HubModel};
use crate::model::llama::shape::LlamaShape;

/// The model that Attune fetches for those who have none.
pub(crate) const STARTER: &str = "starter";
/// What the names of a person's own models begin with.
pub(crate) const OWN: &str = "own:";

/// A model that somebody else trained, by name and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) name: String,
    /// Its folder or file.
    pub(crate) path: PathBuf,
    /// When it became known, in seconds since 1970.
    pub(crate) created: u64,
}

/// What was found in a model's files.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) shape: LlamaShape,
    pub(crate) title: String,
    pub(crate) licence: Option<String>,
    /// Bytes of its weights' files.
    pub(crate) bytes: u64,
}

/// Why a model cannot be used, in a code and in plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Unusable {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl From<&HubError> for Unusable {
    fn from(error: &HubError) -> Self {
        let code = match error {
            HubError::Missing { .. } => "model_files_missing",
            HubError::Io { .. } | HubError::Broken { .. } => "model_file_broken",
            HubError::Unsupported { .. } | HubError::Shape(_) => "model_unsupported",
            HubError::NoTemplate => "model_without_template",
        };
        Self { code, message: super::runner::with_causes(error) }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Own {
    slug: String,
    path: PathBuf,
    added_at: u64,
}

type Found = Result<Arc<Facts>, Unusable>;

/// All base models.
pub(crate) struct Bases {
    models: PathBuf,
    record: PathBuf,
    own: Mutex<Vec<Own>>,
    seen: Mutex<HashMap<PathBuf, (Stamp, Found)>>,
    fingerprints: Fingerprints,
}

fn lock<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bases {
    /// Reads the names kept under `home`; the starter is looked for in `models`.
    pub(crate) fn open(home: &Path, models: PathBuf) -> io::Result<Self> {
        let record = home.join("own_models.json");
        let own = match fs::read(&record) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => serde_json::from_slice(&bytes?)?,
        };
        let fingerprints = Fingerprints::open(home);
        Ok(Self { models, record, own: Mutex::new(own), seen: Mutex::default(), fingerprints })
    }

    /// Every model, the starter first where it is there.
    pub(crate) fn list(&self) -> Vec<Base> {
        let own: Vec<Base> = lock(&self.own).iter().map(Own::base).collect();
        self.starter().into_iter().chain(own).collect()
    }

    /// A model by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Base> {
        match name.strip_prefix(OWN) {
            Some(slug) => lock(&self.own).iter().find(|own| own.slug == slug).map(Own::base),
            None => self.starter().filter(|_| name == STARTER),
        }
    }

    fn starter(&self) -> Option<Base> {
        let folder = self.models.join(STARTER);
        let is_model = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "gguf");
        let files = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        let path = files.filter(is_model).min()?;
        let created = path.metadata().and_then(|it| it.modified()).ok();
        let created = created.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let created = created.map_or(0, |since| since.as_secs());
        Some(Base { name: STARTER.to_owned(), path, created })
    }

    /// What is in a model's files; they are only read again when they changed.
    pub(crate) fn inspect(&self, path: &Path) -> Found {
        let stamp = stamp(path);
        if let Some((seen, found)) = lock(&self.seen).get(path)
            && *seen == stamp
        {
            return found.clone();
        }
        let found = hub::open(path).map(|model| Arc::new(Facts::of(&model, path)));
        let found = found.map_err(|error| Unusable::from(&error));
        lock(&self.seen).insert(path.to_path_buf(), (stamp, found.clone()));
        found
    }

    /// What tells the model at `path` from every other one.
    pub(crate) fn fingerprint(&self, path: &Path) -> Result<String, HubError> {
        self.fingerprints.of(path)
    }

    /// Whether the model at `path` is the one with the fingerprint `wanted`. Records of earlier
    /// versions have none, and are believed.
    pub(crate) fn is_same(&self, path: &Path, wanted: Option<&str>) -> Result<bool, HubError> {
        wanted.map_or(Ok(true), |wanted| Ok(self.fingerprint(path)? == wanted))
    }

    /// Whether the model at `path` is known to be another one; nothing is read for it.
    pub(crate) fn is_surely_other(&self, path: &Path, wanted: Option<&str>) -> bool {
        let known = wanted.and_then(|_| self.fingerprints.at_hand(path));
        known.is_some_and(|known| wanted != Some(known.as_str()))
    }

    /// Gives the model at `path`, which was inspected, a name; the one it has if it has one.
    pub(crate) fn add(&self, path: &Path, title: &str) -> io::Result<Base> {
        let mut own = lock(&self.own);
        if let Some(known) = own.iter().find(|own| own.path == path) {
            return Ok(known.base());
        }
        let slug = free_slug(title, |slug| own.iter().any(|own| own.slug == slug));
        let added = Own { slug, path: path.to_path_buf(), added_at: now_seconds() };
        let mut changed = own.clone();
        changed.push(added.clone());
        write_file(&self.record, &serde_json::to_vec_pretty(&changed)?)?;
        *own = changed;
        Ok(added.base())
    }

    /// Forgets the name of a person's own model. False if there is none.
    pub(crate) fn remove(&self, name: &str) -> io::Result<bool> {
        let mut own = lock(&self.own);
        let mut changed = own.clone();
        changed.retain(|own| own.base().name != name);
        if changed.len() == own.len() {
            return Ok(false);
        }
        write_file(&self.record, &serde_json::to_vec_pretty(&changed)?)?;
        *own = changed;
        Ok(true)
    }
}

impl Own {
    fn base(&self) -> Base {
        let name = format!("{OWN}{}", self.slug);
        Base { name, path: self.path.clone(), created: self.added_at }
    }
}

impl Facts {
    fn of(model: &HubModel, path: &Path) -> Self {
        let file = || path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let title = Some(model.name.trim()).filter(|name| !name.is_empty()).map(str::to_owned);
        Self {
            shape: model.shape.clone(),
            title: title.or_else(file).unwrap_or_default(),
            licence: model.licence.clone(),
            bytes: model.file_bytes,
        }
    }
}

/// A short name of letters, digits and `-` that is not taken.
fn free_slug(title: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
    let words: String = title.chars().take(48).map(plain).collect();
    let words = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let slug = if words.is_empty() { "model".to_owned() } else { words };
    let numbered = (2..).map(|number: u32| format!("{slug}-{number}"));
    let mut names = std::iter::once(slug.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_plain_and_free() {
        assert_eq!(free_slug("SmolLM2 135M Instruct", |_| false), "smollm2-135m-instruct");
        assert_eq!(free_slug("Mein Modell/ä", |_| false), "mein-modell");
        assert_eq!(free_slug("../..", |_| false), "model");
        assert_eq!(free_slug("a", |name| name == "a" || name == "a-2"), "a-3");
    }

    #[test]
    fn own_models_are_remembered_and_their_files_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let open = || Bases::open(home.path(), home.path().join("models")).unwrap();
        let file = home.path().join("my.gguf");
        fs::write(&file, "no model").unwrap();
        assert_eq!(open().inspect(&file).unwrap_err().code, "model_file_broken");
        assert_eq!(
            open().inspect(&home.path().join("none.gguf")).unwrap_err().code,
            "model_files_missing"
        );
        let added = open().add(&file, "My model").unwrap();
        assert_eq!((added.name.as_str(), &added.path), ("own:my-model", &file));
        assert_eq!(open().add(&file, "Another title").unwrap(), added);
        assert_eq!(open().find("own:my-model"), Some(added));
        assert!(open().remove("own:my-model").unwrap());
        assert!(!open().remove("own:my-model").unwrap());
        assert_eq!(open().list(), []);
        assert!(file.exists());
    }

    #[test]
    fn the_starter_is_there_when_its_file_is() {
        let home = tempfile::tempdir().unwrap();
        let bases = Bases::open(home.path(), home.path().join("models")).unwrap();
        assert_eq!(bases.find(STARTER), None);
        let folder = home.path().join("models").join(STARTER);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("LICENSE"), "text").unwrap();
        fs::write(folder.join("a.gguf.part"), "half").unwrap();
        assert_eq!(bases.find(STARTER), None);
        fs::write(folder.join("a.gguf"), "whole").unwrap();
        assert_eq!(bases.find(STARTER).unwrap().path, folder.join("a.gguf"));
    }
}
