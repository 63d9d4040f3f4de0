//! Finds examples without an answer that could be learned.
//!
//! Why: training learns the assistant's messages; without one the example does nothing.
//! Source: check `example_missing_assistant_message` of OpenAI's notebook
//! `Chat_finetuning_data_prep.ipynb`; answers of weight 0 are not learned either.

use crate::checks::Subject;
use crate::message::Message;
use crate::problem::{Problem, ProblemCode};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    if !subject.example.messages.iter().any(Message::is_learned) {
        problems.push(Problem::new(ProblemCode::NoAnswer));
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
    fn wants_an_answer_that_is_learned() {
        check(r#"{"messages":[{"role":"user","content":"q"}]}"#, &expect!["no_answer error"]);
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","weight":0}]}"#,
            &expect!["no_answer error"],
        );
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","weight":1}]}"#,
            &expect!["fine"],
        );
    }
}
