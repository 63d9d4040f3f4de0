//! What the tolerant JSON reader says of what plain readers refuse or hide.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::checks::testing::findings;

#[track_caller]
fn check(line: &str, expected: &Expect) {
    expected.assert_eq(&findings(line, 1));
}

#[test]
fn broken_json_is_told_with_its_column() {
    check(r#"{"messages": [}"#, &expect!["left out: not_json error column=15"]);
    check(
        "{\"messages\": [{\"role\": \"user\", \"content\": \"é中👍\" x",
        &expect!["left out: not_json error column=49"],
    );
    check("", &expect!["left out: not_json error column=1"]);
    check("{'messages': []}", &expect!["left out: not_json error column=2"]);
    check(r#"{"messages":[]} {"messages":[]}"#, &expect!["left out: not_json error column=17"]);
    check("{\"messages\":\n[\n oops", &expect!["left out: not_json error column=17"]);
    check("{\"a\":\"tab\there\"}", &expect!["left out: not_json error column=10"]);
}

#[test]
fn half_characters_have_a_problem_of_their_own() {
    check(
        r#"{"messages":[{"role":"user","content":"\ud800"}]}"#,
        &expect!["left out: lone_surrogate error column=40"],
    );
    check(
        r#"{"messages":[{"role":"user","content":"\\ud800 \udc00 x"}]}"#,
        &expect!["left out: lone_surrogate error column=48"],
    );
    check(
        r#"{"messages":[{"role":"user","content":"\ud83d\u0041"}]}"#,
        &expect!["left out: lone_surrogate error column=40"],
    );
    // A whole one, and one that is only spoken of.
    check(
        r#"{"messages":[{"role":"user","content":"\ud83d\ude00 \\ud800"},{"role":"assistant","content":"a"}]}"#,
        &expect!["fine"],
    );
}

#[test]
fn numbers_that_are_none_have_a_problem_of_their_own() {
    check(
        r#"{"messages":[],"score":NaN}"#,
        &expect![[r#"left out: non_finite_number error column=24 "NaN""#]],
    );
    check(
        r#"{"score":-Infinity,"messages":[]}"#,
        &expect![[r#"left out: non_finite_number error column=10 "-Infinity""#]],
    );
    check(r#"[Infinity]"#, &expect![[r#"left out: non_finite_number error column=2 "Infinity""#]]);
    check(r#"{"word":Nothing}"#, &expect!["left out: not_json error column=9"]);
}

#[test]
fn duplicate_keys_and_rounded_numbers_are_told() {
    check(
        r#"{"id":1,"messages":[{"role":"user","role":"user","content":"q"},{"role":"assistant","content":"a"}],"id":12345678901234567890123}"#,
        &expect![[r#"
            duplicate_key warning "role"
            duplicate_key warning "id"
            number_rounded notice "1.2345678901234568e+22""#]],
    );
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    check(&deep(64), &expect![[r#"left out: not_an_object error "list""#]]);
    check(&deep(65), &expect!["left out: nested_too_deep error column=65"]);
    check(&deep(100_000), &expect!["left out: nested_too_deep error column=65"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(line in r#"[\[\]{}":,\\u0-9dDcNaIn\-. éa]{0,60}"#) {
        prop_assert_eq!(findings(&line, 1), findings(&line, 1));
    }

    #[test]
    fn no_message_makes_it_panic(inner in r#"[\[\]{}":,\\u0-9dDcNa\-. é]{0,40}"#) {
        let line = format!(r#"{{"messages":[{{"role":"user","content":"{inner}"}}]}}"#);
        prop_assert_eq!(findings(&line, 1), findings(&line, 1));
    }
}
