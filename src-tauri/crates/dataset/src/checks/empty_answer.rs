//! Finds examples whose answer is empty.
//!
//! Why: the model would learn to say nothing.
//! Source: our own; a row of a table with an empty cell makes one.

use crate::checks::Subject;
use crate::problem::{Problem, ProblemCode};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let Some(index) = subject.example.last_answer_index() else { return };
    let message = &subject.example.messages[index];
    // `null` and the like are `missing_content`; an absent content is `message_missing_key`.
    let is_plain = message.has_content && message.given_content().is_none();
    if is_plain && message.content.trim().is_empty() && !message.speaks_without_text() {
        problems.push(Problem::new(ProblemCode::EmptyAnswer).in_message(index));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::checks::testing::findings;

    #[track_caller]
    fn check(line: &str, expected: &Expect) {
        expected.assert_eq(&findings(line, 1));
    }

    #[test]
    fn finds_an_empty_answer() {
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":""}]}"#,
            &expect!["empty_answer error message=1"],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":" \n"}]}"#,
            &expect!["empty_answer error message=1"],
        );
    }

    #[test]
    fn a_tool_call_is_an_answer() {
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"id":"1"}]}]}"#,
            &expect!["fine"],
        );
    }
}
