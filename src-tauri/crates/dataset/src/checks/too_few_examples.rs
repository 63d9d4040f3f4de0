//! Finds a dataset of fewer than 10 examples.
//!
//! Why: OpenAI refuses fewer, and nothing useful is learned from them anywhere.
//! Source: OpenAI's supervised fine-tuning guide ("at least 10 examples").

use crate::problem::{Problem, ProblemCode};

/// The fewest examples a training takes.
pub const MIN_EXAMPLES: u64 = 10;

pub(crate) fn check(examples: u64) -> Option<Problem> {
    (examples < MIN_EXAMPLES)
        .then(|| Problem::new(ProblemCode::TooFewExamples).naming(examples.to_string()))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::checks::check_dataset;
    use crate::checks::testing::shown;

    #[test]
    fn ten_are_enough_and_nine_are_not() {
        expect![[r#"too_few_examples error "9""#]].assert_eq(&shown(&check_dataset(9)));
        expect!["fine"].assert_eq(&shown(&check_dataset(10)));
        expect![[r#"too_few_examples error "0""#]].assert_eq(&shown(&check_dataset(0)));
    }
}
