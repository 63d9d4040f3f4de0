//! Finds a message without a role (the row is left out) or without a content (it is kept).
//!
//! Why: a training service refuses the whole file for one such message.
//! Source: check `message_missing_key` of OpenAI's notebook `Chat_finetuning_data_prep.ipynb`,
//! mended: a message that calls a tool or refuses needs no content.

use serde_json::{Map, Value};

use crate::checks::Subject;
use crate::problem::{Problem, ProblemCode};

/// Takes the role out of a message, which must be an object.
pub(crate) fn take_role(item: Value) -> Result<(String, Map<String, Value>), Problem> {
    let Value::Object(mut fields) = item else {
        return Err(Problem::new(ProblemCode::MessageMissingKey).naming("role"));
    };
    match fields.shift_remove("role") {
        Some(Value::String(role)) => Ok((role, fields)),
        _ => Err(Problem::new(ProblemCode::MessageMissingKey).naming("role")),
    }
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for (index, message) in subject.example.messages.iter().enumerate() {
        let has_content = message.has_content || !message.content.is_empty();
        if !has_content && !message.speaks_without_text() {
            let problem = Problem::new(ProblemCode::MessageMissingKey);
            problems.push(problem.in_message(index).naming("content"));
        }
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
    fn a_message_needs_a_role() {
        check(
            r#"{"messages":[{"content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"left out: message_missing_key error message=0 "role""#]],
        );
        check(
            r#"{"messages":[{"role":7,"content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"left out: message_missing_key error message=0 "role""#]],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},"hello"]}"#,
            &expect![[r#"left out: message_missing_key error message=1 "role""#]],
        );
    }

    #[test]
    fn a_message_needs_a_content_or_a_tool_call() {
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"system"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"message_missing_key error message=1 "content""#]],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"1"}]}]}"#,
            &expect!["fine"],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","refusal":"no"}]}"#,
            &expect!["fine"],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[]}]}"#,
            &expect![[r#"message_missing_key error message=1 "content""#]],
        );
    }
}
