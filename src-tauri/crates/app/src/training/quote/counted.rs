//! The tokens of a prepared file, counted once for each vocabulary.

use std::fs::File;
use std::io::{BufRead, BufReader};

use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::{Failure, params};
use attune_cost::{Certainty, Encoding, TrainingTokens, bulk_counter, certainty, example_tokens};
use attune_dataset::{Example, ExampleTokens};
use attune_store::Library;

use crate::failures::{OrFailure, internal};
use crate::{App, locked};

/// The tokens of every example of a file.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    hash: String,
    encoding: Encoding,
    each: std::sync::Arc<[ExampleTokens]>,
    certainty: Certainty,
}

/// What a model would learn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lesson {
    /// Tokens of one round.
    pub(super) tokens: TrainingTokens,
    pub(super) certainty: Certainty,
    /// Examples that the model does not take whole.
    cut: u64,
}

impl Lesson {
    pub(super) fn notices(&self) -> impl Iterator<Item = OrderNotice> {
        let cut = (self.cut > 0).then(|| OrderNotice {
            code: OrderNoticeCode::ExamplesCut,
            params: params!["count" => self.cut],
        });
        let about = (self.certainty != Certainty::Exact)
            .then(|| OrderNotice { code: OrderNoticeCode::CountIsAbout, params: params![] });
        cut.into_iter().chain(about)
    }
}

impl App {
    /// The tokens of a prepared file as `model` would be billed for them, when no example counts
    /// more than `longest`.
    pub(super) fn counted(
        &self,
        library: &Library,
        hash: &str,
        model: &str,
        longest: u64,
    ) -> Result<Lesson, Failure> {
        let encoding = Encoding::for_model(model);
        let known = locked(&self.counted).clone();
        let known = known.filter(|known| known.hash == hash && known.encoding == encoding);
        let counted = match known {
            Some(known) => known,
            None => {
                let counted = count(library, hash, encoding)?;
                *locked(&self.counted) = Some(counted.clone());
                counted
            }
        };
        let tokens = attune_cost::total_tokens(counted.each.iter().copied(), longest);
        let tokens = tokens.ok_or_else(|| internal("more tokens than can be counted"))?;
        let cut = counted.each.iter().filter(|tokens| tokens.total > longest).count() as u64;
        Ok(Lesson { tokens, certainty: counted.certainty, cut })
    }
}

fn count(library: &Library, hash: &str, encoding: Encoding) -> Result<Counted, Failure> {
    let unread = |error: std::io::Error| internal(error.to_string());
    let file = File::open(library.file_path(hash).or_failure()?).map_err(unread)?;
    let counter = bulk_counter(encoding);
    let mut each = Vec::new();
    let mut worst = Certainty::Exact;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(unread)?;
        let example = Example::from_chat_json(&line).map_err(|it| internal(it.to_string()))?;
        each.push(example_tokens(counter, &example));
        worst = worst.max(certainty(&example));
    }
    Ok(Counted { hash: hash.to_owned(), encoding, each: each.into(), certainty: worst })
}
