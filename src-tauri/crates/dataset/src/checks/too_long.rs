//! Finds examples with more tokens than the model takes.
//!
//! Why: the service cuts them from the end, and the end is the answer.
//! Source: OpenAI's supervised fine-tuning guide: 65,536 tokens for gpt-4.1 and gpt-4o models.

use crate::checks::Subject;
use crate::problem::{Problem, ProblemCode};

/// The limit of the gpt-4.1 and gpt-4o models.
pub const DEFAULT_MAX_TOKENS: u64 = 65_536;

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    if subject.tokens.total > subject.limits.max_tokens {
        let problem = Problem::new(ProblemCode::TooLong);
        problems.push(problem.naming(subject.tokens.total.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::checks::testing::findings;

    #[track_caller]
    fn check(line: &str, expected: &Expect) {
        expected.assert_eq(&findings(line, 101));
    }

    #[test]
    fn names_the_tokens_over_the_limit() {
        check(
            r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#,
            &expect![[r#"too_long error "101""#]],
        );
    }
}
