//! `attune check FILE`: what the examples of a file are like, without touching the library.

use attune_app::{CheckedFile, FoundProblem, check_file};
use attune_contract::Failure;
use serde_json::{Value, json};

use crate::arguments::CheckArguments;
use crate::open;
use crate::output::{Ending, line};

pub(crate) async fn run(arguments: &CheckArguments) -> Result<Ending, Failure> {
    let (source, columns) = open::source(arguments.file.clone(), &arguments.columns)?;
    let checked = tokio::task::spawn_blocking(move || check_file(&source, &columns)).await;
    let checked = checked.map_err(|error| {
        Failure::new(attune_contract::FailureCode::Internal, attune_contract::params![])
            .with_detail(error.to_string())
    })??;
    if arguments.json {
        line(&document(&checked).to_string());
    } else {
        tell(&checked);
    }
    Ok(if checked.needs_a_look() { Ending::No } else { Ending::Done })
}

fn document(checked: &CheckedFile) -> Value {
    json!({
        "format": checked.format,
        "examples": checked.examples,
        "usable": checked.usable,
        "problems": checked.problems.iter().map(problem).collect::<Vec<_>>(),
        "tokens": {
            "encoding": checked.encoding,
            "total": checked.tokens_total,
            "answers": checked.tokens_answers,
            "longest": checked.tokens_longest,
        },
        "duplicates": { "exact": checked.duplicate_rows, "groups": checked.duplicate_groups },
    })
}

fn problem(found: &FoundProblem) -> Value {
    let mut problem = json!({
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "fixable": found.is_fixable,
    });
    if let Some(fields) = problem.as_object_mut() {
        match found.lines.as_slice() {
            [] => None,
            [line] => fields.insert("line".to_owned(), Value::from(*line)),
            lines => fields.insert("lines".to_owned(), Value::from(lines)),
        };
    }
    problem
}

fn tell(checked: &CheckedFile) {
    line(&checked.summary_words());
    for found in &checked.problems {
        line(&found.words());
    }
}
