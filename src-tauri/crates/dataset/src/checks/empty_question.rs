//! Finds examples that ask nothing.
//!
//! Why: the model would learn to answer anything with this answer. It is a warning, because an
//! answer to silence (a greeting) can be meant.
//! Source: our own; a row of a table with an empty cell makes one.

use crate::checks::Subject;
use crate::message::Role;
use crate::problem::{Problem, ProblemCode};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let messages = &subject.example.messages;
    let end = subject.example.last_answer_index().unwrap_or(messages.len());
    let question = messages[..end].iter().rposition(|message| message.role == Role::User);
    let Some(index) = question else {
        // A role we do not know ("human") may well have asked; that has a problem of its own.
        if !messages[..end].iter().any(|message| matches!(message.role, Role::Other(_))) {
            problems.push(Problem::new(ProblemCode::EmptyQuestion));
        }
        return;
    };
    // `null` and the like are `missing_content`; an absent content is `message_missing_key`.
    let message = &messages[index];
    if message.has_content && message.given_content().is_none() && message.content.trim().is_empty()
    {
        problems.push(Problem::new(ProblemCode::EmptyQuestion).in_message(index));
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
    fn finds_an_empty_or_absent_question() {
        check(
            r#"{"messages":[{"role":"user","content":"  "},{"role":"assistant","content":"a"}]}"#,
            &expect!["empty_question warning message=0"],
        );
        check(
            r#"{"messages":[{"role":"assistant","content":"a"}]}"#,
            &expect!["empty_question warning"],
        );
        check(
            r#"{"messages":[{"role":"system","content":"s"},{"role":"assistant","content":"a"}]}"#,
            &expect!["empty_question warning"],
        );
    }

    #[test]
    fn an_image_is_a_question() {
        check(
            r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]},{"role":"assistant","content":"a"}]}"#,
            &expect!["fine"],
        );
    }
}
