//! Finds fields of a message that training services do not know.
//!
//! Why: some services refuse them, all others ignore them. They are kept, and can be taken out.
//! Source: check `message_unrecognized_key` of OpenAI's notebook
//! `Chat_finetuning_data_prep.ipynb`, mended: tools, refusals and sounds are known today.

use crate::checks::Subject;
use crate::problem::{Problem, ProblemCode};

/// Beside `role` and `content`, which an example holds by themselves.
const KNOWN: [&str; 7] =
    ["name", "weight", "function_call", "tool_calls", "tool_call_id", "refusal", "audio"];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for (index, message) in subject.example.messages.iter().enumerate() {
        let unknown = message.extra.keys().filter(|key| !KNOWN.contains(&key.as_str()));
        for key in unknown {
            let problem = Problem::new(ProblemCode::MessageUnrecognizedKey);
            problems.push(problem.in_message(index).naming(key));
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
    fn names_the_field_and_the_message() {
        check(
            r#"{"messages":[{"role":"user","content":"q","mood":"good","id":4},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"
                message_unrecognized_key warning message=0 "mood"
                message_unrecognized_key warning message=0 "id""#]],
        );
    }

    #[test]
    fn knows_tools_names_and_whole_weights() {
        check(
            r#"{"messages":[{"role":"user","content":"q","name":"Ada"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function"}],"weight":0},{"role":"tool","tool_call_id":"c1","content":"5"},{"role":"assistant","content":"a"}]}"#,
            &expect!["fine"],
        );
    }
}
