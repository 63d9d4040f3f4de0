//! The tokens of five real invoices, by the way that every price goes.
//!
//! Jobs and files were published at <https://github.com/AldonahZero/QTRAN_PLUS> (September and October
//! 2025).

use std::num::NonZeroU32;
use std::path::PathBuf;

use attune_dataset::Example;
use serde_json::Value;

use super::super::*;
use crate::{Encoding, PriceBook, TokenCounter, auto_epochs, bulk_counter};
use crate::{ExampleCount, count_dataset, count_example};

/// The model of all five.
const MODEL: &str = "gpt-4o-2024-08-06";
/// Tokens of an example beyond which that model cuts it.
const LONGEST: u64 = 65_536;

/// What the place of the invoices bills for these examples.
#[track_caller]
fn billed(examples: &[ExampleCount], epochs: NonZeroU32) -> TokenRange {
    let tokens = count_dataset(examples, LONGEST).unwrap().range;
    // Watched examples are free there.
    let validation = Some(ValidationRun { tokens, evaluations: 1 });
    let order = TrainingOrder { tokens, epochs, validation };
    let rules = PriceBook::built_in().rules("openai");
    training_cost(MicroUsd::ZERO, &rules, &order).unwrap().billed
}

/// Counts bytes, so that an example can be made of any number of tokens.
struct Bytes;

impl TokenCounter for Bytes {
    fn count(&self, text: &str) -> u64 {
        text.len() as u64
    }
}

/// Examples, tokens of their texts, passes and tokens billed; each example has three messages. The test
/// below counts the texts as well, where the files are at hand.
#[test]
fn the_formula_gives_the_tokens_of_five_invoices() {
    for (examples, content, epochs, invoiced) in [
        (40, 6_132, 3, 19_956),
        (24, 9_092, 4, 37_616),
        (108, 30_542, 3, 95_838),
        (100, 70_903, 3, 216_609),
        (59, 14_611, 3, 46_134),
    ] {
        let example = |question: &str| {
            let example = Example::from_question_answer(Some("-"), question, "");
            count_example(&Bytes, MODEL, &example)
        };
        // Spread over all of them: where an example is longer than the model takes, it would be cut. The
        // instructions have a token of their own in each.
        let (each, rest) = ((content - examples) / examples, (content - examples) % examples);
        let question = |at: usize| "a".repeat(each + if at == 0 { rest } else { 0 });
        let all: Vec<ExampleCount> = (0..examples).map(|at| example(&question(at))).collect();
        let epochs = NonZeroU32::new(epochs).unwrap();
        assert_eq!(auto_epochs(examples as u64), Some(epochs));
        assert_eq!(billed(&all, epochs), TokenRange::exactly(invoiced));
    }
}

/// The published files, where the reference folder is at hand: `ATTUNE_REFERENCE`, or a folder `shared`
/// beside the checkout.
fn reference_folder() -> Option<PathBuf> {
    let named = std::env::var_os("ATTUNE_REFERENCE").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let folder = named.unwrap_or(beside);
    folder.join("facts/billing-vectors.json").is_file().then_some(folder)
}

#[test]
fn reproduces_five_of_five_real_invoices() {
    let Some(folder) = reference_folder() else {
        println!("left out: the invoices need the reference folder (ATTUNE_REFERENCE)");
        return;
    };
    let facts = std::fs::read_to_string(folder.join("facts/billing-vectors.json")).unwrap();
    let facts: Value = serde_json::from_str(&facts).unwrap();
    let vectors = facts["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 5, "five invoices are known");
    for vector in vectors {
        let name = vector["dataset"].as_str().unwrap();
        let file = folder.join(format!("data/billed-jobs/{name}.jsonl"));
        let lines = std::fs::read_to_string(file).unwrap();
        let counter = bulk_counter(Encoding::O200k);
        let count = |line| count_example(counter, MODEL, &Example::from_chat_json(line).unwrap());
        let lines = lines.lines().filter(|line| !line.trim().is_empty());
        let examples: Vec<ExampleCount> = lines.map(count).collect();
        assert_eq!(examples.len() as u64, vector["examples"].as_u64().unwrap(), "of {name}");
        let epochs = u32::try_from(vector["n_epochs"].as_u64().unwrap()).unwrap();
        let reported = vector["trained_tokens_reported"].as_u64().unwrap();
        let billed = billed(&examples, NonZeroU32::new(epochs).unwrap());
        assert_eq!(billed, TokenRange::exactly(reported), "the invoice of {name}");
    }
}
