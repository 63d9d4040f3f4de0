//! Finds a line that is JSON but no object: a number, a text, a list.
//!
//! Why: a training service refuses the whole file for one such line.
//! Source: check `data_type` of OpenAI's notebook `Chat_finetuning_data_prep.ipynb`.

use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemCode};

/// The fields of the object that a line must be.
pub(crate) fn check(value: Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null => Err(not_an_object("null")),
        Value::Bool(_) => Err(not_an_object("boolean")),
        Value::Number(_) => Err(not_an_object("number")),
        Value::String(_) => Err(not_an_object("text")),
        Value::Array(_) => Err(not_an_object("list")),
    }
}

fn not_an_object(found: &str) -> Problem {
    Problem::new(ProblemCode::NotAnObject).naming(found)
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
    fn names_what_it_found_instead() {
        check(r#"[1,2]"#, &expect![[r#"left out: not_an_object error "list""#]]);
        check(r#""hello""#, &expect![[r#"left out: not_an_object error "text""#]]);
        check(r#"7"#, &expect![[r#"left out: not_an_object error "number""#]]);
        check(r#"true"#, &expect![[r#"left out: not_an_object error "boolean""#]]);
        check(r#"null"#, &expect![[r#"left out: not_an_object error "null""#]]);
    }
}
