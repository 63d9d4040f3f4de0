//! Groups or free text.

use expect_test::{Expect, expect};

use super::{AnswerKind, kind, most_frequent};

/// Answers are separated by `|`.
#[track_caller]
fn check(answers: &str, expected: &Expect) {
    let answers: Vec<&str> = answers.split('|').collect();
    let shown = match kind(&answers) {
        AnswerKind::Groups { labels } => format!("groups {labels:?}"),
        AnswerKind::FreeText => "free text".to_owned(),
    };
    expected.assert_eq(&format!("{shown}, most frequent {:?}", most_frequent(&answers)));
}

#[test]
fn few_short_answers_again_and_again_are_groups() {
    check(
        "repair|stock|repair| repair |stock|stock|delivery|repair|delivery|delivery|repair|stock",
        &expect![[r#"groups ["delivery", "repair", "stock"], most frequent "repair""#]],
    );
    check("yes|no|yes|no", &expect![[r#"groups ["no", "yes"], most frequent "no""#]]);
}

#[test]
fn answers_that_hardly_repeat_are_free_text() {
    check(
        "Hello Ada|Hello Bob|Hello Eve|Hello Ada",
        &expect![[r#"free text, most frequent "Hello Ada""#]],
    );
    check(&"a|b|c|d|e|f|".repeat(2), &expect![[r#"free text, most frequent "a""#]]);
}

#[test]
fn long_empty_or_single_answers_are_no_groups() {
    let long = "a very long answer that goes on and on, far beyond what anybody would call a group";
    check(
        &[long, "b", long, "b", long, "b"].join("|"),
        &expect![[
            r#"free text, most frequent "a very long answer that goes on and on, far beyond what anybody would call a group""#
        ]],
    );
    check("a||a||a|", &expect![[r#"free text, most frequent """#]]);
    check("a|a|a|a", &expect![[r#"free text, most frequent "a""#]]);
    check("one\ntwo|b|one\ntwo|b|b|one\ntwo", &expect![[r#"free text, most frequent "b""#]]);
}

#[test]
fn of_no_answers_none_is_most_frequent() {
    assert_eq!(most_frequent(&[]), "");
    assert_eq!(kind(&[]), AnswerKind::FreeText);
}
