//! Finds roles that training services do not know.
//!
//! Why: a training service refuses the whole file for one such message.
//! Source: check `unrecognized_role` of OpenAI's notebook `Chat_finetuning_data_prep.ipynb`,
//! mended: `tool` and `developer` are roles too.

use crate::checks::Subject;
use crate::message::Role;
use crate::problem::{Problem, ProblemCode};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for (index, message) in subject.example.messages.iter().enumerate() {
        if let Role::Other(name) = &message.role {
            let problem = Problem::new(ProblemCode::UnrecognizedRole);
            problems.push(problem.in_message(index).naming(name));
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
    fn names_the_role() {
        check(
            r#"{"messages":[{"role":"human","content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"unrecognized_role error message=0 "human""#]],
        );
        check(
            r#"{"messages":[{"role":"User","content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"unrecognized_role error message=0 "User""#]],
        );
    }

    #[test]
    fn knows_all_six_roles() {
        check(
            r#"{"messages":[{"role":"developer","content":"d"},{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"tool","content":"t"},{"role":"function","content":"f"},{"role":"assistant","content":"a"}]}"#,
            &expect!["fine"],
        );
    }
}
