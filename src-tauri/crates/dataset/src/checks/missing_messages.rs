//! Finds a line without a list of messages, or with an empty one.
//!
//! Why: there is nothing to learn from it, and a training service refuses the file.
//! Source: check `missing_messages_list` of OpenAI's notebook `Chat_finetuning_data_prep.ipynb`.

use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemCode};

/// Takes the list of messages out of the fields of a line.
pub(crate) fn take(fields: &mut Map<String, Value>) -> Result<Vec<Value>, Problem> {
    match fields.shift_remove("messages") {
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        _ => Err(Problem::new(ProblemCode::MissingMessages)),
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
    fn wants_a_list_with_something_in_it() {
        check(r#"{}"#, &expect!["left out: missing_messages error"]);
        check(r#"{"messages":[]}"#, &expect!["left out: missing_messages error"]);
        check(r#"{"messages":null}"#, &expect!["left out: missing_messages error"]);
        check(r#"{"messages":"hi"}"#, &expect!["left out: missing_messages error"]);
        check(
            r#"{"message":[{"role":"user","content":"q"}]}"#,
            &expect!["left out: missing_messages error"],
        );
    }
}
