//! The checks of examples, one file each.
//!
//! The first seven are those of OpenAI's published notebook (`Chat_finetuning_data_prep.ipynb` in
//! openai-cookbook) with its defects mended: tools, lists of parts and whole-number weights are no
//! faults. A check must never change an example.

mod empty_answer;
mod empty_question;
pub(crate) mod message_missing_key;
mod message_unrecognized_key;
mod missing_content;
pub(crate) mod missing_messages;
mod no_answer;
pub(crate) mod not_an_object;
mod special_token;
mod too_few_examples;
mod too_long;
mod unrecognized_role;

pub use special_token::SPECIAL_TOKENS;
pub use too_few_examples::MIN_EXAMPLES;
pub use too_long::DEFAULT_MAX_TOKENS;

use crate::example::Example;
use crate::problem::Problem;

/// What the chosen model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExampleLimits {
    /// The most tokens one example may have.
    pub max_tokens: u64,
}

impl Default for ExampleLimits {
    fn default() -> Self {
        ExampleLimits { max_tokens: DEFAULT_MAX_TOKENS }
    }
}

/// How many tokens an example has, as they are billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExampleTokens {
    /// All of them, with what marks messages and the example.
    pub total: u64,
    /// Those of the texts that are learned.
    pub answers: u64,
}

/// What a check looks at.
pub(crate) struct Subject<'a> {
    pub(crate) example: &'a Example,
    pub(crate) limits: &'a ExampleLimits,
    pub(crate) tokens: ExampleTokens,
}

type Check = fn(&Subject<'_>, &mut Vec<Problem>);

/// The checks of an example that was read, in the order of the report.
const CHECKS: [Check; 8] = [
    message_missing_key::check,
    message_unrecognized_key::check,
    unrecognized_role::check,
    missing_content::check,
    no_answer::check,
    empty_question::check,
    empty_answer::check,
    too_long::check,
];

/// Everything that is wrong with one example. What only its source showed (a duplicate key, cells
/// too many) comes with the row from the reader and is not repeated here.
pub fn check_example(
    example: &Example,
    limits: &ExampleLimits,
    tokens: ExampleTokens,
) -> Vec<Problem> {
    let subject = Subject { example, limits, tokens };
    let mut problems = Vec::new();
    for check in CHECKS {
        check(&subject, &mut problems);
    }
    special_token::check(&subject, &mut problems);
    problems
}

/// What is wrong with a dataset of this many examples.
pub fn check_dataset(examples: u64) -> Vec<Problem> {
    too_few_examples::check(examples).into_iter().collect()
}

#[cfg(test)]
pub(crate) mod testing {
    //! The one door of the checks' tests: a chat line in, the found problems out as text.

    use super::{ExampleLimits, ExampleTokens, check_example};
    use crate::json::read_example;
    use crate::problem::Problem;

    /// `code severity message=N column=N "what"`, one line a problem; "fine" where there is none.
    pub(crate) fn shown(problems: &[Problem]) -> String {
        if problems.is_empty() {
            return "fine".to_owned();
        }
        problems.iter().map(show_one).collect::<Vec<_>>().join("\n")
    }

    fn show_one(problem: &Problem) -> String {
        let mut text = format!("{} {}", problem.code, problem.severity.as_str());
        if let Some(message) = problem.message {
            text += &format!(" message={message}");
        }
        if let Some(column) = problem.column {
            text += &format!(" column={column}");
        }
        if let Some(what) = &problem.what {
            text += &format!(" {what:?}");
        }
        text
    }

    /// Reads and checks a chat line, with 100 tokens allowed and `total` in it.
    pub(crate) fn findings(line: &str, total: u64) -> String {
        match read_example(line) {
            Err(problem) => format!("left out: {}", shown(&[problem])),
            Ok((example, mut problems)) => {
                let limits = ExampleLimits { max_tokens: 100 };
                let tokens = ExampleTokens { total, answers: 1 };
                problems.extend(check_example(&example, &limits, tokens));
                shown(&problems)
            }
        }
    }
}
