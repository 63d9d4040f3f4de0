//! What a training on a file would cost, for the command line.
//!
//! It must never store or send anything: it reads the file, and the library for what the person
//! corrected of the prices.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use attune_contract::orders::{OrderNotice, OrderSettings, QuotedPrice};
use attune_contract::words::{failure_words, words};
use attune_contract::{Failure, FailureCode, Params, params};
use attune_cost::{
    DatasetCount, Day, ExampleCount, MicroUsd, PricedModel, TrainingOrder, auto_epochs,
    count_example, training_cost,
};
use attune_dataset::{Example, Problem, RowOutcome};
use attune_store::{Library, LibraryOptions, OpenError, ServiceRow};
use serde_json::Value;

use super::sums::longest_example;
use super::{Wish, counted, known};
use crate::answering::price_unknown;
use crate::failures::{OrFailure, input_invalid, internal};
use crate::prices::Prices;
use crate::tokenizers::Vocabulary;
use crate::training::LEAST_EXAMPLES;
use crate::{SourceFile, TableColumns, calendar, examples, services, tokenizers};

/// A training on a file that is only to be priced.
#[derive(Debug, Clone)]
pub struct EstimateOrder {
    /// The examples; all of them are learned from.
    pub source: SourceFile,
    /// Their columns, where the file is a table.
    pub columns: TableColumns,
    /// Where: a service of the library by its name or address, or one that is known by its name.
    pub service: String,
    /// The model to start from.
    pub model: String,
    /// How often all examples are read; as often as the service would choose when absent.
    pub rounds: Option<NonZeroU32>,
    /// The tokenizer file of the model, where it counts the text.
    pub tokenizer: Option<PathBuf>,
}

/// What a training on a file would cost.
#[derive(Debug, Clone)]
pub struct FileEstimate {
    /// What a person calls the service.
    pub service_title: String,
    /// How often all examples are read.
    pub rounds: NonZeroU32,
    /// Tokens that are billed, over all rounds.
    pub billed_tokens: u64,
    /// Whether that is so to the token.
    pub is_exact: bool,
    /// What it will cost.
    pub expected: MicroUsd,
    /// The most it may cost; none where nobody can tell.
    pub ceiling: Option<MicroUsd>,
    /// The price, and where it stands.
    pub price: QuotedPrice,
    /// What should be known before.
    pub warnings: Vec<EstimateWarning>,
}

/// Something that should be known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstimateWarning {
    /// What it is about.
    pub code: String,
    /// The same for a person.
    pub words: String,
}

/// The examples of a file that can be learned from, and how many cannot.
struct Read {
    each: Vec<ExampleCount>,
    left_out: u64,
}

/// Works out what a training on a file would cost. `home` is the library's folder, which need not
/// be there and may be open elsewhere; `now_ms` is the time.
///
/// # Errors
/// `ServiceNotKnown`, `PriceUnknown`, `ImportNothingUsable`; failures of the file and the library.
pub fn estimate_file(
    home: PathBuf,
    now_ms: i64,
    order: &EstimateOrder,
) -> Result<FileEstimate, Failure> {
    if order.model.trim().is_empty() {
        return Err(input_invalid("model"));
    }
    let library = open(home)?;
    let service = services::meant(&library.services().or_failure()?, &order.service)?;
    let today = calendar::day(now_ms);
    let prices = Prices::of(&library, today)?;
    let priced = prices.model(&service.name, &order.model);
    let price = priced.and_then(|model| prices.of_training(model));
    let price = price.ok_or_else(|| price_unknown(&service.title, &order.model))?;
    let vocabulary = vocabulary(&library, order, &service)?;
    let read = read(order, &vocabulary)?;
    let of = (service.name.as_str(), order.model.as_str());
    let count = counted::dataset(&read.each, longest_example(priced), (of, &vocabulary.key()))?;
    let nothing = || Failure::new(FailureCode::ImportNothingUsable, params![]);
    let usual = auto_epochs(count.examples).ok_or_else(nothing)?;
    let rounds = order.rounds.unwrap_or(usual);
    let training = TrainingOrder { tokens: count.range, epochs: rounds, validation: None };
    let rules = prices.book.rules(&service.name);
    let per_million = MicroUsd::from_micros(price.per_million_micro_usd);
    let cost = training_cost(per_million, &rules, &training);
    let cost = cost.map_err(|error| internal(error.to_string()))?;
    let mut warnings = warnings(order, &service, (priced, &prices), today);
    warnings.extend(of_count(&count, vocabulary.file_name(), (&service.title, read.left_out)));
    Ok(FileEstimate {
        service_title: service.title,
        rounds,
        billed_tokens: cost.billed.expected(),
        is_exact: cost.billed.is_exact(),
        expected: cost.expected,
        ceiling: cost.ceiling,
        price,
        warnings,
    })
}

/// The library for reading alone: it may be open in the window.
fn open(home: PathBuf) -> Result<Library, Failure> {
    match Library::open_reading(home.clone()) {
        // It is brought up to date, as by every other command.
        Err(OpenError::OlderFile { .. }) => Library::open(LibraryOptions::new(home)).or_failure(),
        opened => opened.or_failure(),
    }
}

/// What counts the text: the file that was named, or the one that was chosen for the model. For OpenAI's
/// own models whose vocabulary is known, none can be named.
fn vocabulary(
    library: &Library,
    order: &EstimateOrder,
    service: &ServiceRow,
) -> Result<Vocabulary, Failure> {
    match &order.tokenizer {
        Some(_) if !tokenizers::takes_file(&service.name, &order.model) => {
            Err(input_invalid("tokenizer"))
        }
        Some(path) => tokenizers::of_path(path),
        None => tokenizers::of_library(library, &service.name, &order.model),
    }
}

fn read(order: &EstimateOrder, vocabulary: &Vocabulary) -> Result<Read, Failure> {
    let counter = vocabulary.counter();
    let mut read = Read { each: Vec::new(), left_out: 0 };
    for row in order.source.rows(&order.columns, &Arc::default())? {
        match row?.outcome {
            RowOutcome::Example(example, problems) if is_usable(&example, &problems) => {
                read.each.push(count_example(counter, &order.model, &example));
            }
            RowOutcome::Example(..) | RowOutcome::LeftOut { .. } => read.left_out += 1,
            RowOutcome::Blank => {}
        }
    }
    Ok(read)
}

/// Whether an example would be learned from.
fn is_usable(example: &Example, problems: &[Problem]) -> bool {
    !examples::has_errors(&examples::content_with(example, problems).problems)
}

/// What should be known of the service, its model and its price.
fn warnings(
    order: &EstimateOrder,
    service: &ServiceRow,
    (priced, prices): (Option<&PricedModel>, &Prices),
    today: Option<Day>,
) -> Vec<EstimateWarning> {
    let settings = OrderSettings::default();
    let wish =
        Wish { service, model: &order.model, settings: &settings, typed_ceiling_micro_usd: None };
    let over = known::over(wish, priced, today).map(|failure| EstimateWarning {
        code: failure.code.as_text(),
        words: failure_words(&failure),
    });
    let notices = known::notices(wish, priced, prices, today).into_iter();
    over.into_iter().chain(notices.map(|it| of_notice(it, &service.title))).collect()
}

/// What should be known of the examples.
fn of_count(
    count: &DatasetCount,
    file: Option<&str>,
    (title, left_out): (&str, u64),
) -> Vec<EstimateWarning> {
    let notices = counted::notices(count, file);
    let mut found: Vec<_> = notices.map(|it| of_notice(it, title)).collect();
    let mut say = |code: &str, params: Params| {
        let words = words(&format!("cli.estimate.warning.{code}"), &params);
        found.push(EstimateWarning { code: code.to_owned(), words });
    };
    if count.range.high().is_none() {
        say("no_ceiling", params![]);
    }
    if left_out > 0 {
        say("left_out", params!["count" => left_out]);
    }
    if count.examples < LEAST_EXAMPLES {
        let (count, needed) = (count.examples, LEAST_EXAMPLES);
        say("too_few", params![count, needed]);
    }
    found
}

fn of_notice(notice: OrderNotice, title: &str) -> EstimateWarning {
    let OrderNotice { code, mut params } = notice;
    params.insert("title".to_owned(), title.into());
    let code = serde_json::to_value(code).ok();
    let code = code.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let words = words(&format!("order.notice.{code}"), &params);
    EstimateWarning { code, words }
}
