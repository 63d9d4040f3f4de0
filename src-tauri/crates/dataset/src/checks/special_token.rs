//! Finds text that a service reads as a control mark, `<|endoftext|>` and its kin.
//!
//! Why: one such text makes OpenAI refuse the whole file ("message contains an invalid token").
//! Source: github.com/johny-b/llmcomp/issues/59; the marks are those of tiktoken's encodings.

use crate::checks::Subject;
use crate::problem::{Problem, ProblemCode};

/// The marks that must not stand in a text.
pub const SPECIAL_TOKENS: [&str; 8] = [
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|im_start|>",
    "<|im_sep|>",
    "<|im_end|>",
];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for (index, message) in subject.example.messages.iter().enumerate() {
        if !message.content.contains("<|") {
            continue;
        }
        for token in SPECIAL_TOKENS.iter().filter(|token| message.content.contains(**token)) {
            let problem = Problem::new(ProblemCode::SpecialToken);
            problems.push(problem.in_message(index).naming(*token));
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
    fn names_each_mark_once_per_message() {
        check(
            r#"{"messages":[{"role":"user","content":"<|im_start|> and <|im_start|> and <|fim_suffix|>"},{"role":"assistant","content":"<|endoftext|>"}]}"#,
            &expect![[r#"
                special_token error message=0 "<|fim_suffix|>"
                special_token error message=0 "<|im_start|>"
                special_token error message=1 "<|endoftext|>""#]],
        );
    }

    #[test]
    fn leaves_look_alikes_alone() {
        check(
            r#"{"messages":[{"role":"user","content":"<|> <| im_end |> <|endoftext>"},{"role":"assistant","content":"a"}]}"#,
            &expect!["fine"],
        );
    }
}
