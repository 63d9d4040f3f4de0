//! From an example to what the library keeps of it: text, tokens, problems.

use attune_cost::{Encoding, bulk_counter, example_tokens};
use attune_dataset::{Example, ExampleLimits, Problem, ProblemCode, Severity, check_example};
use attune_store::ExampleContent;

/// What the library keeps of an example.
pub(crate) fn content_of(example: &Example) -> ExampleContent {
    content_with(example, &[])
}

/// The same, with the problems that only its source showed.
pub(crate) fn content_with(example: &Example, from_source: &[Problem]) -> ExampleContent {
    let tokens = example_tokens(bulk_counter(Encoding::O200k), example);
    let checked = check_example(example, &ExampleLimits::default(), tokens);
    let mut codes: Vec<&str> = Vec::new();
    for problem in from_source.iter().chain(&checked) {
        let code = problem.code.as_str();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    ExampleContent {
        body: example.to_chat_json(),
        question: example.question().to_owned(),
        answer: example.answer().to_owned(),
        key: example.content_key(),
        tokens_total: u32::try_from(tokens.total).unwrap_or(u32::MAX),
        tokens_answers: u32::try_from(tokens.answers).unwrap_or(u32::MAX),
        problems: codes.join(","),
    }
}

/// Whether stored problem codes contain one that makes training fail.
pub(crate) fn has_errors(problems: &str) -> bool {
    codes(problems).any(|code| code.severity() == Severity::Error)
}

/// The codes of a stored list.
pub(super) fn codes(problems: &str) -> impl Iterator<Item = ProblemCode> + '_ {
    problems.split(',').filter_map(ProblemCode::parse)
}
