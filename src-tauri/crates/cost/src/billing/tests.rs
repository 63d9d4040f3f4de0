//! What one example counts, and how often all are read.

use std::num::NonZeroU32;

use attune_dataset::Example;
use expect_test::{Expect, expect};

use super::{auto_epochs, example_tokens};
use crate::tokens::{Encoding, bulk_counter};

#[track_caller]
fn check(line: &str, expected: &Expect) {
    let example = Example::from_chat_json(line).unwrap();
    let tokens = example_tokens(bulk_counter(Encoding::O200k), &example);
    expected.assert_eq(&format!("total={} answers={}", tokens.total, tokens.answers));
}

#[test]
fn counts_one_per_example_four_per_message_and_the_content() {
    // "hello" and "world" are one token each: 1 + (4 + 1) + (4 + 1).
    check(
        r#"{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"world"}]}"#,
        &expect!["total=11 answers=1"],
    );
    check(r#"{"messages":[{"role":"assistant","content":""}]}"#, &expect!["total=5 answers=0"]);
}

#[test]
fn answers_of_weight_zero_are_read_but_not_learned() {
    check(
        r#"{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"world","weight":0}]}"#,
        &expect!["total=11 answers=0"],
    );
}

#[test]
fn names_and_tools_count_as_their_json_and_what_is_no_text_counts_nothing() {
    check(
        r#"{"messages":[{"role":"user","name":"hello","content":"hello"}],"tools":[{"type":"function"}]}"#,
        &expect!["total=16 answers=0"],
    );
    check(
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
        &expect!["total=6 answers=0"],
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

/// What exports of conversations carry along.
#[test]
fn fields_that_say_nothing_count_nothing() {
    check(
        r#"{"messages":[{"role":"assistant","content":"world","refusal":null,"tool_calls":null}],"tools":null}"#,
        &expect!["total=6 answers=1"],
    );
}
