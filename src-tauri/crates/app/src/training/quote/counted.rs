//! The tokens of a prepared file, counted once for each vocabulary.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::{Failure, params};
use attune_cost::{
    CallTokens, DatasetCount, ExampleCount, Inexact, TokenCounter, count_dataset, count_example,
    standing_text,
};
use attune_dataset::{Example, ExampleTokens};
use attune_store::Library;

use crate::failures::{OrFailure, internal};
use crate::tokenizers::{Vocabulary, VocabularyKey, takes_file};
use crate::{App, locked};

/// What is learned from and what is watched: so many files of one vocabulary belong to a quote.
const MOST_OF_A_VOCABULARY: usize = 2;
/// An outlook looks at all vocabularies in turn.
const MOST_FILES: usize = 10;
/// Different instructions beyond so much text are not what all examples share.
const MOST_INSTRUCTIONS: usize = 16 << 20;

/// The files that were counted last.
#[derive(Debug, Default)]
pub(crate) struct CountedFiles(Vec<Counted>);

impl CountedFiles {
    /// Lets the oldest go, so that one more of this vocabulary may come.
    fn make_room(&mut self, vocabulary: &VocabularyKey) {
        let of_it = |it: &Counted| it.vocabulary == *vocabulary;
        if self.0.iter().filter(|it| of_it(it)).count() >= MOST_OF_A_VOCABULARY
            && let Some(oldest) = self.0.iter().position(of_it)
        {
            self.0.remove(oldest);
        }
        if self.0.len() >= MOST_FILES {
            self.0.remove(0);
        }
    }
}

/// The tokens of every example of a file.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    hash: String,
    vocabulary: VocabularyKey,
    model: String,
    each: Arc<[ExampleCount]>,
    /// What tells the examples apart, in the same order: one that was counted before is not counted again.
    seen: Arc<[Seen]>,
    /// A usual call, if it is like these examples; none without an example.
    pub(crate) call: Option<CallTokens>,
    /// The instructions that many of them share.
    pub(crate) standing: Option<Standing>,
}

/// An example that was counted.
#[derive(Debug, Clone)]
struct Seen {
    /// The beginning of the hash of its line.
    key: [u8; 16],
    instructions: Option<Arc<str>>,
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
    pub(crate) fn dataset(&self, longest: u64, of: (&str, &str)) -> Result<DatasetCount, Failure> {
        dataset(&self.each, longest, (of, &self.vocabulary))
    }

    /// Whether its counts hold for `model` too. What an image counts depends on the model.
    fn counts_as(&self, model: &str, vocabulary: &VocabularyKey) -> bool {
        let has_image = |it: &ExampleCount| {
            it.reasons.contains(&Inexact::CountedImage) || it.reasons.contains(&Inexact::Image)
        };
        self.vocabulary == *vocabulary && (self.model == model || !self.each.iter().any(has_image))
    }
}

/// Examples as `model` of `service` is billed for them.
pub(super) fn dataset(
    each: &[ExampleCount],
    longest: u64,
    ((service, model), vocabulary): ((&str, &str), &VocabularyKey),
) -> Result<DatasetCount, Failure> {
    let too_many = || internal("more tokens than can be counted");
    let count = count_dataset(each.iter(), longest).ok_or_else(too_many)?;
    // The formula was proven on invoices of OpenAI, and others have tokenizers of their own.
    let count = match vocabulary {
        VocabularyKey::File(_) => count.by_another_template(),
        VocabularyKey::OpenAi(_) if takes_file(service, model) => count.by_another_tokenizer(),
        VocabularyKey::OpenAi(_) => Some(count),
    };
    count.ok_or_else(too_many)
}

/// What should be known of a count before it is paid for; `file` counted the text, where one was chosen.
pub(super) fn notices(
    count: &DatasetCount,
    file: Option<&str>,
) -> impl Iterator<Item = OrderNotice> {
    let cut = (count.cut > 0).then(|| OrderNotice {
        code: OrderNoticeCode::ExamplesCut,
        params: params!["count" => count.cut],
    });
    let is_elsewhere = count.reasons.contains_key(&Inexact::OtherTokenizer);
    let notice = match file {
        Some(file) => OrderNotice { code: OrderNoticeCode::CountedByFile, params: params![file] },
        None if is_elsewhere => {
            OrderNotice { code: OrderNoticeCode::CountedElsewhere, params: params![] }
        }
        None => OrderNotice { code: OrderNoticeCode::CountIsAbout, params: params![] },
    };
    let about = (!count.range.is_exact()).then_some(notice);
    cut.into_iter().chain(about)
}

impl App {
    /// The tokens of a prepared file as `model` would be billed for them, whose text `vocabulary` counts.
    pub(crate) fn counted(
        &self,
        library: &Library,
        hash: &str,
        (model, vocabulary): (&str, &Vocabulary),
    ) -> Result<Counted, Failure> {
        let key = vocabulary.key();
        let alike: Vec<Counted> = {
            let files = locked(&self.counted);
            files.0.iter().filter(|it| it.counts_as(model, &key)).cloned().collect()
        };
        if let Some(known) = alike.iter().find(|it| it.hash == hash) {
            return Ok(known.clone());
        }
        let file =
            File::open(library.file_path(hash).or_failure()?).map_err(|error| unread(&error))?;
        let counted = count(BufReader::new(file).lines(), (hash, model), vocabulary, &alike)?.0;
        let mut files = locked(&self.counted);
        files.make_room(&counted.vocabulary);
        files.0.push(counted.clone());
        Ok(counted)
    }
}

fn unread(error: &std::io::Error) -> Failure {
    internal(error.to_string())
}

/// Counts the examples of a file that none of `alike` has; tells how many those were.
fn count(
    lines: impl Iterator<Item = std::io::Result<String>>,
    (hash, model): (&str, &str),
    vocabulary: &Vocabulary,
    alike: &[Counted],
) -> Result<(Counted, usize), Failure> {
    let counter = vocabulary.counter();
    let known: HashMap<[u8; 16], (&ExampleCount, &Seen)> = alike
        .iter()
        .flat_map(|counted| counted.each.iter().zip(counted.seen.iter()))
        .map(|(count, seen)| (seen.key, (count, seen)))
        .collect();
    let (mut each, mut seen, mut instructions) = (Vec::new(), Vec::new(), Instructions::default());
    let mut new = 0;
    for line in lines {
        let line = line.map_err(|error| unread(&error))?;
        let key = key_of(&line);
        let (count, said) = match known.get(&key) {
            Some((count, seen)) => ((*count).clone(), seen.instructions.clone()),
            None => {
                new += 1;
                let example = Example::from_chat_json(&line);
                let example = example.map_err(|error| internal(error.to_string()))?;
                let is_kept = instructions.bytes <= MOST_INSTRUCTIONS;
                let said = example.instructions().filter(|_| is_kept);
                let said = said.map(|text| instructions.kept(text));
                (count_example(counter, model, &example), said)
            }
        };
        instructions.add(said.as_deref());
        each.push(count);
        seen.push(Seen { key, instructions: said });
    }
    if instructions.bytes > MOST_INSTRUCTIONS {
        // Without their instructions they cannot stand for themselves another time.
        seen.clear();
    }
    // What is no text is read with every question too.
    let whole = |it: &ExampleCount| ExampleTokens { total: it.range.expected(), ..it.tokens };
    let tokens: Vec<ExampleTokens> = each.iter().map(whole).collect();
    let counted = Counted {
        hash: hash.to_owned(),
        vocabulary: vocabulary.key(),
        model: model.to_owned(),
        each: each.into(),
        seen: seen.into(),
        call: CallTokens::of_examples(&tokens),
        standing: instructions.standing(counter),
    };
    Ok((counted, new))
}

fn key_of(line: &str) -> [u8; 16] {
    let hash = blake3::hash(line.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hash.as_bytes()[..16]);
    key
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
    use attune_cost::{Encoding, bulk_counter};

    use super::*;

    const O200K: Vocabulary = Vocabulary::OpenAi(Encoding::O200k);

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

    fn lines(questions: &[&str]) -> Vec<std::io::Result<String>> {
        let line = |question: &&str| {
            let messages = serde_json::json!({ "messages": [
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": question},
                {"role": "assistant", "content": "yes"},
            ] });
            Ok(messages.to_string())
        };
        questions.iter().map(line).collect()
    }

    #[test]
    fn an_edit_counts_one_example_again() {
        let of = |hash| (hash, "gpt-4o-mini");
        let (first, new) =
            count(lines(&["a", "b c", "d"]).into_iter(), of("1"), &O200K, &[]).unwrap();
        assert_eq!(new, 3);
        let edited = || lines(&["a", "b and c", "d"]).into_iter();
        let (second, new) = count(edited(), of("2"), &O200K, &[first]).unwrap();
        let (whole, _) = count(edited(), of("2"), &O200K, &[]).unwrap();
        assert_eq!(new, 1);
        assert_eq!(second.each, whole.each);
        assert_eq!((second.call, second.standing), (whole.call, whole.standing));
    }

    #[test]
    fn an_image_is_counted_again_for_another_model() {
        let counted = |content: serde_json::Value| {
            let line = serde_json::json!({ "messages": [
                {"role": "user", "content": content},
                {"role": "assistant", "content": "yes"},
            ] });
            let lines = [Ok(line.to_string())].into_iter();
            count(lines, ("1", "gpt-4o-2024-08-06"), &O200K, &[]).unwrap().0
        };
        let text = counted("What is this?".into());
        assert!(
            text.counts_as("gpt-4o-2024-08-06", &O200K.key())
                && text.counts_as("gpt-4.1-2025-04-14", &O200K.key())
        );
        let url = serde_json::json!({ "url": "https://example.org/a.png" });
        let image = counted(serde_json::json!([{ "type": "image_url", "image_url": url }]));
        // The picture is part of a usual question.
        let read = |it: &Counted| it.call.unwrap().input.expected();
        assert!(read(&image) > read(&text) + 500, "{} and {}", read(&image), read(&text));
        assert!(
            image.counts_as("gpt-4o-2024-08-06", &O200K.key())
                && !image.counts_as("gpt-4.1-2025-04-14", &O200K.key())
        );
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
