//! Real invoices to the token, and what the formula does not cover.

use std::num::NonZeroU32;
use std::path::PathBuf;

use attune_dataset::{Example, ExampleTokens};
use expect_test::{Expect, expect};
use serde_json::Value;

use super::{TrainingTokens, auto_epochs, billed_tokens, certainty, example_tokens, total_tokens};
use crate::tokens::{Encoding, TokenCounter, bulk_counter};

#[track_caller]
fn check(line: &str, expected: &Expect) {
    let example = Example::from_chat_json(line).unwrap();
    let tokens = example_tokens(bulk_counter(Encoding::O200k), &example);
    let certainty = format!("{:?}", certainty(&example)).to_lowercase();
    expected.assert_eq(&format!("{certainty} total={} answers={}", tokens.total, tokens.answers));
}

#[test]
fn counts_one_per_example_four_per_message_and_the_content() {
    // "hello" and "world" are one token each: 1 + (4 + 1) + (4 + 1).
    check(
        r#"{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"world"}]}"#,
        &expect!["exact total=11 answers=1"],
    );
    check(
        r#"{"messages":[{"role":"assistant","content":""}]}"#,
        &expect!["exact total=5 answers=0"],
    );
}

#[test]
fn answers_of_weight_zero_are_read_but_not_learned() {
    check(
        r#"{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"world","weight":0}]}"#,
        &expect!["about total=11 answers=0"],
    );
}

#[test]
fn names_tools_and_tool_calls_are_about() {
    check(
        r#"{"messages":[{"role":"user","name":"hello","content":"hello"}],"tools":[{"type":"function"}]}"#,
        &expect!["about total=16 answers=0"],
    );
    check(
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
        &expect!["unbounded total=6 answers=0"],
    );
}

/// Examples and passes of jobs that were published, and the ends of the rule.
#[test]
fn passes_are_as_many_as_openai_chooses() {
    let chosen = |examples| auto_epochs(examples).map(NonZeroU32::get);
    for (examples, passes) in [(10, 10), (12, 8), (24, 4), (40, 3), (59, 3), (100, 3), (108, 3)] {
        assert_eq!(chosen(examples), Some(passes), "{examples} examples");
    }
    assert_eq!(chosen(0), None);
    assert_eq!((chosen(1), chosen(8_333), chosen(8_334)), (Some(25), Some(3), Some(2)));
    assert_eq!((chosen(25_001), chosen(u64::MAX)), (Some(1), Some(1)));
}

#[test]
fn no_example_counts_more_than_the_model_takes() {
    let tokens = |total| ExampleTokens { total, answers: 0 };
    assert_eq!(total_tokens([tokens(10), tokens(99)], 50), Some(TrainingTokens(60)));
    assert_eq!(total_tokens([tokens(u64::MAX), tokens(1)], u64::MAX), None);
    assert_eq!(
        billed_tokens(TrainingTokens(60), NonZeroU32::new(3).unwrap()),
        Some(TrainingTokens(180))
    );
    assert_eq!(billed_tokens(TrainingTokens(u64::MAX), NonZeroU32::new(2).unwrap()), None);
}

/// Counts bytes, so that an example can be made of any number of tokens.
struct Bytes;

impl TokenCounter for Bytes {
    fn count(&self, text: &str) -> u64 {
        text.len() as u64
    }
}

/// Examples, tokens of their texts, passes and tokens billed, from five jobs that were published
/// with their files (<https://github.com/AldonahZero/QTRAN_PLUS>, September and October 2025); each
/// example has three messages. The test below counts the texts as well, where the files are at
/// hand.
#[test]
fn the_formula_gives_the_tokens_of_five_invoices() {
    for (examples, content, epochs, billed) in [
        (40, 6_132, 3, 19_956),
        (24, 9_092, 4, 37_616),
        (108, 30_542, 3, 95_838),
        (100, 70_903, 3, 216_609),
        (59, 14_611, 3, 46_134),
    ] {
        let empty = Example::from_question_answer(Some("-"), "", "");
        let mut first = empty.clone();
        // The instructions have a token of their own in each of them.
        first.messages[1].content = "a".repeat(content - examples);
        let all = std::iter::once(first).chain(std::iter::repeat_n(empty, examples - 1));
        let tokens = all.map(|example| example_tokens(&Bytes, &example));
        let total = total_tokens(tokens, u64::MAX).unwrap();
        let epochs = NonZeroU32::new(epochs).unwrap();
        assert_eq!(auto_epochs(examples as u64), Some(epochs));
        assert_eq!(billed_tokens(total, epochs), Some(TrainingTokens(billed)));
    }
}

/// What exports of conversations carry along.
#[test]
fn fields_that_say_nothing_leave_the_count_exact() {
    check(
        r#"{"messages":[{"role":"assistant","content":"world","refusal":null,"tool_calls":null}],"tools":null}"#,
        &expect!["exact total=6 answers=1"],
    );
}

/// The published invoices, where the reference folder is at hand: `ATTUNE_REFERENCE`, or a folder
/// `shared` beside the checkout.
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
        let tokens: Vec<ExampleTokens> = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| example_tokens(counter, &Example::from_chat_json(line).unwrap()))
            .collect();
        assert_eq!(tokens.len() as u64, vector["examples"].as_u64().unwrap(), "examples of {name}");
        let epochs = u32::try_from(vector["n_epochs"].as_u64().unwrap()).unwrap();
        let total = total_tokens(tokens, 65_536).unwrap();
        let billed = billed_tokens(total, NonZeroU32::new(epochs).unwrap()).unwrap();
        let reported = vector["trained_tokens_reported"].as_u64().unwrap();
        assert_eq!(billed.0, reported, "tokens on the invoice of {name}");
    }
}
