//! The tokens of a prepared file, counted once for each vocabulary.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::{Failure, params};
use attune_cost::{
    CallTokens, DatasetCount, Encoding, ExampleCount, Inexact, TokenCounter, bulk_counter,
    count_dataset, count_example, standing_text,
};
use attune_dataset::{Example, ExampleTokens};
use attune_store::Library;

use crate::failures::{OrFailure, internal};
use crate::{App, locked};

/// The service whose bills were counted again.
const PROVEN: &str = "openai";
/// What is learned from and what is watched: so many files belong to a quote.
const MOST_FILES: usize = 2;
/// Different instructions beyond so much text are not what all examples share.
const MOST_INSTRUCTIONS: usize = 16 << 20;

/// The files that were counted last.
#[derive(Debug, Default)]
pub(crate) struct CountedFiles(Vec<Counted>);

/// The tokens of every example of a file.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    hash: String,
    encoding: Encoding,
    model: String,
    each: Arc<[ExampleCount]>,
    /// A usual call, if it is like these examples; none without an example.
    pub(crate) call: Option<CallTokens>,
    /// The instructions that many of them share.
    pub(crate) standing: Option<Standing>,
}

/// Instructions that many examples share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) tokens: u64,
    /// How many examples have them.
    pub(crate) examples: u64,
}

impl Counted {
    /// All of them as `model` of `service` is billed for them, when no example counts more than `longest`.
    pub(crate) fn dataset(
        &self,
        longest: u64,
        (service, model): (&str, &str),
    ) -> Result<DatasetCount, Failure> {
        dataset(&self.each, longest, (service, model))
    }

    /// Whether it holds for `model` too. What an image counts depends on the model.
    fn is_of(&self, hash: &str, model: &str) -> bool {
        let has_image = |it: &ExampleCount| {
            it.reasons.contains(&Inexact::SmallImage) || it.reasons.contains(&Inexact::Image)
        };
        self.hash == hash
            && self.encoding == Encoding::for_model(model)
            && (self.model == model || !self.each.iter().any(has_image))
    }
}

/// Examples as `model` of `service` is billed for them.
pub(super) fn dataset(
    each: &[ExampleCount],
    longest: u64,
    (service, model): (&str, &str),
) -> Result<DatasetCount, Failure> {
    let too_many = || internal("more tokens than can be counted");
    let count = count_dataset(each.iter(), longest).ok_or_else(too_many)?;
    // The formula was proven on invoices of OpenAI, and others have tokenizers of their own.
    let is_proven = service == PROVEN && Encoding::known_for_model(model).is_some();
    if is_proven { Ok(count) } else { count.by_another_tokenizer().ok_or_else(too_many) }
}

/// What should be known of a count before it is paid for.
pub(super) fn notices(count: &DatasetCount) -> impl Iterator<Item = OrderNotice> {
    let cut = (count.cut > 0).then(|| OrderNotice {
        code: OrderNoticeCode::ExamplesCut,
        params: params!["count" => count.cut],
    });
    let about = (!count.range.is_exact())
        .then(|| OrderNotice { code: OrderNoticeCode::CountIsAbout, params: params![] });
    cut.into_iter().chain(about)
}

impl App {
    /// The tokens of a prepared file as `model` would be billed for them.
    pub(crate) fn counted(
        &self,
        library: &Library,
        hash: &str,
        model: &str,
    ) -> Result<Counted, Failure> {
        let known = locked(&self.counted).0.iter().find(|it| it.is_of(hash, model)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let counted = count(library, hash, model)?;
        let mut files = locked(&self.counted);
        if files.0.len() >= MOST_FILES {
            files.0.remove(0);
        }
        files.0.push(counted.clone());
        Ok(counted)
    }
}

fn count(library: &Library, hash: &str, model: &str) -> Result<Counted, Failure> {
    let unread = |error: std::io::Error| internal(error.to_string());
    let file = File::open(library.file_path(hash).or_failure()?).map_err(unread)?;
    let encoding = Encoding::for_model(model);
    let counter = bulk_counter(encoding);
    let (mut each, mut instructions) = (Vec::new(), Instructions::default());
    for line in BufReader::new(file).lines() {
        let line = line.map_err(unread)?;
        let example = Example::from_chat_json(&line).map_err(|it| internal(it.to_string()))?;
        each.push(count_example(counter, model, &example));
        instructions.add(example.instructions());
    }
    let tokens: Vec<ExampleTokens> = each.iter().map(|it| it.tokens).collect();
    Ok(Counted {
        hash: hash.to_owned(),
        encoding,
        model: model.to_owned(),
        each: each.into(),
        call: CallTokens::of_examples(&tokens),
        standing: instructions.standing(counter),
    })
}

/// The instructions of examples; the same text is kept once.
#[derive(Debug, Default)]
struct Instructions {
    known: HashSet<Arc<str>>,
    each: Vec<Option<Arc<str>>>,
    bytes: usize,
}

impl Instructions {
    fn add(&mut self, text: Option<&str>) {
        if self.bytes <= MOST_INSTRUCTIONS {
            let kept = text.map(|text| self.kept(text));
            self.each.push(kept);
        }
    }

    fn kept(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.bytes += text.len();
        self.known.insert(Arc::clone(&new));
        new
    }

    fn standing(&self, counter: &dyn TokenCounter) -> Option<Standing> {
        if self.bytes > MOST_INSTRUCTIONS {
            return None;
        }
        let shared = standing_text(self.each.iter().map(Option::as_deref))?;
        Some(Standing { tokens: counter.count(shared.text), examples: shared.examples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_that_many_share_are_found_once() {
        let mut instructions = Instructions::default();
        for text in [Some("Be kind."), None, Some("Be kind."), Some("Sort."), Some("Be kind.")] {
            instructions.add(text);
        }
        assert_eq!((instructions.known.len(), instructions.bytes), (2, 13));
        let counter = bulk_counter(Encoding::O200k);
        let expected = Standing { tokens: counter.count("Be kind."), examples: 3 };
        assert_eq!(instructions.standing(counter), Some(expected));
    }

    #[test]
    fn more_text_than_anybody_shares_is_not_kept() {
        let mut instructions = Instructions::default();
        let long = "a".repeat(MOST_INSTRUCTIONS + 1);
        instructions.add(Some(&long));
        instructions.add(Some("Be kind."));
        assert_eq!(instructions.each.len(), 1);
        assert_eq!(instructions.standing(bulk_counter(Encoding::O200k)), None);
    }
}
