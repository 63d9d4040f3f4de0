//! The catalogue of all visible words, `ui/src/messages/en.json`: one flat object, key to text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::icu::{self, Gaps, IcuError};

/// The catalogue, every text of which keeps to the format.
#[derive(Debug)]
pub(crate) struct Catalogue {
    texts: BTreeMap<String, (String, Gaps)>,
}

/// Why the catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    #[error("the catalogue is no JSON")]
    Json(#[source] serde_json::Error),
    #[error("the catalogue is no flat object of keys and texts; look at `{key}`")]
    Shape { key: String },
    #[error("the text of `{key}` cannot be read")]
    Text { key: String, source: IcuError },
}

impl Catalogue {
    /// Reads the catalogue and checks each text.
    pub(crate) fn parse(json: &str) -> Result<Self, CatalogueError> {
        let value: Value = serde_json::from_str(json).map_err(CatalogueError::Json)?;
        let shape = |key: &str| CatalogueError::Shape { key: key.to_owned() };
        let object = value.as_object().ok_or_else(|| shape(""))?;
        let mut texts = BTreeMap::new();
        for (key, value) in object {
            let text = value.as_str().ok_or_else(|| shape(key))?;
            let gaps = icu::gaps(text)
                .map_err(|source| CatalogueError::Text { key: key.clone(), source })?;
            texts.insert(key.clone(), (text.to_owned(), gaps));
        }
        Ok(Self { texts })
    }

    /// Keys and gaps, in the order of the keys.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = (&str, &Gaps)> {
        self.texts.iter().map(|(key, (_, gaps))| (key.as_str(), gaps))
    }

    /// Keys and texts, in the order of the keys.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(key, (text, _))| (key.as_str(), text.as_str()))
    }

    /// The keys `failure.CODE` that are missing or empty. `failure.CODE.action`, the words of a
    /// button, may be absent.
    pub(crate) fn missing_failures(&self, codes: &[String]) -> Vec<String> {
        let is_missing =
            |key: &String| self.texts.get(key).is_none_or(|(text, _)| text.trim().is_empty());
        codes.iter().map(|code| failure_key(code)).filter(is_missing).collect()
    }

    /// The keys `failure.…` whose code the contract does not have.
    pub(crate) fn dead_failures(&self, codes: &[String]) -> Vec<String> {
        let is_dead = |key: &&String| {
            key.strip_prefix("failure.").is_some_and(|rest| {
                let code = rest.split('.').next().unwrap_or(rest);
                !codes.iter().any(|known| known == code)
            })
        };
        self.texts.keys().filter(is_dead).cloned().collect()
    }
}

fn failure_key(code: &str) -> String {
    format!("failure.{code}")
}
