//! Who counts the text of a model: a vocabulary of OpenAI's that Attune brings along, or the tokenizer
//! file of an open model that the person chose.
//!
//! A file never counts for a model of OpenAI's whose vocabulary is known: that count is proven by
//! invoices. What stands behind a name at another place, only the person knows.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use attune_contract::orders::{TokenizerChosen, TokenizerRequest};
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_cost::{Encoding, FileTokenizer, TokenCounter, bulk_counter};
use attune_store::{Library, ModelTokenizerRow};

use crate::failures::{OrFailure, input_invalid};
use crate::{App, blocking, hold, locked, services};

/// The service whose bills were counted again.
const PROVEN: &str = "openai";
/// No model has a longer name.
const LONGEST_MODEL: usize = 200;
/// So many tokenizers stay read; each may take a hundred megabytes.
const MOST_LOADED: usize = 3;

/// Tokenizer files that were read or forgotten since the program began.
#[derive(Debug, Default)]
pub(crate) struct Tokenizers {
    loaded: Vec<Arc<ChosenTokenizer>>,
    /// By service and model: what can be brought back.
    forgotten: HashMap<(String, String), ModelTokenizerRow>,
}

impl Tokenizers {
    fn keep(&mut self, chosen: Arc<ChosenTokenizer>) {
        if self.loaded.len() >= MOST_LOADED {
            self.loaded.remove(0);
        }
        self.loaded.push(chosen);
    }
}

/// What counts the text of a model.
#[derive(Debug, Clone)]
pub(crate) enum Vocabulary {
    /// One of OpenAI's; for other models it is the nearest there is.
    OpenAi(Encoding),
    /// The model's own.
    File(Arc<ChosenTokenizer>),
}

/// A tokenizer file that was read.
#[derive(Debug)]
pub(crate) struct ChosenTokenizer {
    hash: String,
    /// What the file was called.
    pub(crate) file_name: String,
    tokenizer: FileTokenizer,
}

/// Tells vocabularies apart: what counts alike is equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum VocabularyKey {
    OpenAi(Encoding),
    File(String),
}

impl Vocabulary {
    pub(crate) fn counter(&self) -> &dyn TokenCounter {
        match self {
            Vocabulary::OpenAi(encoding) => bulk_counter(*encoding),
            Vocabulary::File(chosen) => &chosen.tokenizer,
        }
    }

    pub(crate) fn key(&self) -> VocabularyKey {
        match self {
            Vocabulary::OpenAi(encoding) => VocabularyKey::OpenAi(*encoding),
            Vocabulary::File(chosen) => VocabularyKey::File(chosen.hash.clone()),
        }
    }

    /// The file's name, where one counts.
    pub(crate) fn file_name(&self) -> Option<&str> {
        match self {
            Vocabulary::OpenAi(_) => None,
            Vocabulary::File(chosen) => Some(&chosen.file_name),
        }
    }
}

/// Whether a tokenizer file would make the count of a model better.
pub(crate) fn takes_file(service: &str, model: &str) -> bool {
    service != PROVEN || Encoding::known_for_model(model).is_none()
}

impl App {
    /// Lets the person choose the tokenizer file of a model at a service; from then on it counts the
    /// model's text. Its content is kept, so the file itself may go.
    ///
    /// # Errors
    /// `InputInvalid`, `ServiceMissing`, `TokenizerBroken` naming the file; failures of the library.
    /// Nothing is changed then.
    pub async fn tokenizer_choose(
        self: &Arc<Self>,
        request: TokenizerRequest,
    ) -> Result<TokenizerChosen, Failure> {
        let request = self.checked_request(request).await?;
        let app = Arc::clone(self);
        let picked = blocking(move || {
            Ok(match hold::next_pick() {
                Some(pick) => pick,
                None => app.desktop.pick_tokenizer_file(),
            })
        });
        match picked.await? {
            Some(path) => self.keep_tokenizer(request, path).await,
            None => Ok(TokenizerChosen { file: None }),
        }
    }

    /// Counts the text of a model without a file again. The file can be brought back until the program
    /// ends.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn tokenizer_forget(
        self: &Arc<Self>,
        request: TokenizerRequest,
    ) -> Result<Nothing, Failure> {
        let TokenizerRequest { service, model } = request;
        self.on_library(move |app, library| {
            let row = library.model_tokenizer(&service, model.trim()).or_failure()?;
            library.model_tokenizer_forget(&service, model.trim()).or_failure()?;
            if let Some(row) = row {
                let name = (row.service.clone(), row.model.clone());
                locked(&app.tokenizers).forgotten.insert(name, row);
            }
            Ok(Nothing {})
        })
        .await
    }

    /// Counts the text of a model by the file again that was forgotten last.
    ///
    /// # Errors
    /// Failures of the library. Where nothing was forgotten, no file is named.
    pub async fn tokenizer_restore(
        self: &Arc<Self>,
        request: TokenizerRequest,
    ) -> Result<TokenizerChosen, Failure> {
        let name = (request.service, request.model.trim().to_owned());
        self.on_library(move |app, library| {
            let row = locked(&app.tokenizers).forgotten.remove(&name);
            if let Some(row) = &row {
                library.model_tokenizer_put(row).or_failure()?;
            }
            Ok(TokenizerChosen { file: row.map(|row| row.file_name) })
        })
        .await
    }

    async fn checked_request(
        self: &Arc<Self>,
        request: TokenizerRequest,
    ) -> Result<TokenizerRequest, Failure> {
        let model = request.model.trim().to_owned();
        let cannot_be = model.is_empty() || model.len() > LONGEST_MODEL;
        if cannot_be || model.contains(char::is_control) || !takes_file(&request.service, &model) {
            return Err(input_invalid("model"));
        }
        let service = request.service;
        self.on_library(move |_, library| {
            let rows = library.services().or_failure()?;
            match services::is_known(&rows, &service) {
                true => Ok(TokenizerRequest { service, model }),
                false => Err(Failure::new(FailureCode::ServiceMissing, params![])),
            }
        })
        .await
    }

    async fn keep_tokenizer(
        self: &Arc<Self>,
        request: TokenizerRequest,
        path: PathBuf,
    ) -> Result<TokenizerChosen, Failure> {
        let TokenizerRequest { service, model } = request;
        self.on_library(move |app, library| {
            let (file_name, json) = read(&path)?;
            // Whatever cannot be used is refused now, not with the next price.
            let tokenizer = tokenizer(&file_name, &json)?;
            let hash = library.file_put_bytes(&json).or_failure()?;
            let row = ModelTokenizerRow {
                service,
                model,
                file_name: file_name.clone(),
                file: hash.clone(),
                chosen_at_ms: app.now_ms(),
            };
            library.model_tokenizer_put(&row).or_failure()?;
            let chosen = ChosenTokenizer { hash, file_name: file_name.clone(), tokenizer };
            locked(&app.tokenizers).keep(Arc::new(chosen));
            Ok(TokenizerChosen { file: Some(file_name) })
        })
        .await
    }

    /// What counts the text of a model at a service.
    ///
    /// # Errors
    /// `TokenizerBroken` naming the file that was chosen and cannot be read any more; failures of the
    /// library.
    pub(crate) fn vocabulary(
        &self,
        library: &Library,
        service: &str,
        model: &str,
    ) -> Result<Vocabulary, Failure> {
        let Some(row) = chosen(library, service, model)? else { return Ok(nearest(model)) };
        let is_it =
            |it: &&Arc<ChosenTokenizer>| it.hash == row.file && it.file_name == row.file_name;
        if let Some(known) = locked(&self.tokenizers).loaded.iter().find(is_it) {
            return Ok(Vocabulary::File(Arc::clone(known)));
        }
        let loaded = load(library, row)?;
        locked(&self.tokenizers).keep(Arc::clone(&loaded));
        Ok(Vocabulary::File(loaded))
    }
}

/// The same where no program is open around the library.
///
/// # Errors
/// As [`App::vocabulary`].
pub(crate) fn of_library(
    library: &Library,
    service: &str,
    model: &str,
) -> Result<Vocabulary, Failure> {
    Ok(match chosen(library, service, model)? {
        Some(row) => Vocabulary::File(load(library, row)?),
        None => nearest(model),
    })
}

/// What counts a model's text without a file.
pub(crate) fn nearest(model: &str) -> Vocabulary {
    Vocabulary::OpenAi(Encoding::for_model(model))
}

/// The file that was chosen for a model, where one can count for it.
fn chosen(
    library: &Library,
    service: &str,
    model: &str,
) -> Result<Option<ModelTokenizerRow>, Failure> {
    if !takes_file(service, model) {
        return Ok(None);
    }
    library.model_tokenizer(service, model.trim()).or_failure()
}

fn load(library: &Library, row: ModelTokenizerRow) -> Result<Arc<ChosenTokenizer>, Failure> {
    let path = library.file_path(&row.file).map_err(|_| broken(&row.file_name))?;
    let (_, json) = read(&path).map_err(|_| broken(&row.file_name))?;
    let tokenizer = tokenizer(&row.file_name, &json)?;
    Ok(Arc::new(ChosenTokenizer { hash: row.file, file_name: row.file_name, tokenizer }))
}

/// A tokenizer file for a price that is worked out without a library.
///
/// # Errors
/// `TokenizerBroken` naming the file.
pub(crate) fn of_path(path: &std::path::Path) -> Result<Vocabulary, Failure> {
    let (file_name, json) = read(path)?;
    let tokenizer = tokenizer(&file_name, &json)?;
    let chosen = ChosenTokenizer { hash: String::new(), file_name, tokenizer };
    Ok(Vocabulary::File(Arc::new(chosen)))
}

/// The name and the bytes of a file that is no larger than any tokenizer.
fn read(path: &std::path::Path) -> Result<(String, Vec<u8>), Failure> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let unreadable = |error: std::io::Error| broken(&name).with_detail(error.to_string());
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > FileTokenizer::MOST_BYTES {
        return Err(broken(&name).with_detail(format!("{bytes} bytes")));
    }
    let json = std::fs::read(path).map_err(unreadable)?;
    Ok((name, json))
}

fn tokenizer(file_name: &str, json: &[u8]) -> Result<FileTokenizer, Failure> {
    FileTokenizer::read(json).map_err(|error| broken(file_name).with_detail(error.to_string()))
}

fn broken(file: &str) -> Failure {
    Failure::new(FailureCode::TokenizerBroken, params![file])
}
