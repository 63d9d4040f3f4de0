//! Finds messages whose content is nothing a model can read: `null` or a number where a text or a
//! list of parts belongs, or an empty text that is neither the question nor the answer (those two
//! have checks of their own).
//!
//! Why: such a message teaches nothing, and a training service refuses some of them.
//! Source: check `missing_content` of OpenAI's notebook `Chat_finetuning_data_prep.ipynb`, mended:
//! lists of parts are content, and a message that calls a tool or refuses needs none.

use serde_json::Value;

use crate::checks::Subject;
use crate::message::{Message, Role};
use crate::problem::{Problem, ProblemCode};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let last_answer = subject.example.last_answer_index();
    for (index, message) in subject.example.messages.iter().enumerate() {
        let has_own_check = message.role == Role::User || Some(index) == last_answer;
        if is_missing(message, has_own_check) {
            problems.push(Problem::new(ProblemCode::MissingContent).in_message(index));
        }
    }
}

fn is_missing(message: &Message, has_own_check: bool) -> bool {
    if !message.has_content || message.speaks_without_text() {
        return false;
    }
    match message.given_content() {
        Some(Value::Array(_)) => message.content.trim().is_empty() && !message.has_other_parts(),
        Some(_) => true,
        None => message.content.trim().is_empty() && !has_own_check,
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
    fn finds_null_numbers_and_empty_texts() {
        check(
            r#"{"messages":[{"role":"system","content":""},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect!["missing_content error message=0"],
        );
        check(
            r#"{"messages":[{"role":"user","content":null},{"role":"assistant","content":"a"}]}"#,
            &expect!["missing_content error message=0"],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":7}]}"#,
            &expect!["missing_content error message=1"],
        );
        check(
            r#"{"messages":[{"role":"user","content":[]},{"role":"assistant","content":"a"}]}"#,
            &expect!["missing_content error message=0"],
        );
    }

    #[test]
    fn takes_lists_of_parts() {
        check(
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]},{"role":"assistant","content":"a"}]}"#,
            &expect!["fine"],
        );
    }
}
