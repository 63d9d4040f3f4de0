//! Tests of the whole crate, through what it offers to others.

mod faults;
mod history;
mod opening;
mod parts;
mod paying;
mod records;
mod services;
mod tokenizing;
mod working;

use std::path::Path;

use crate::{ExampleContent, Library, LibraryOptions, NewProject, ProjectId};

/// An example that says `text`.
fn content(text: &str) -> ExampleContent {
    ExampleContent {
        body: format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}]}}"),
        question: format!("Question {text}"),
        answer: format!("Answer {text}"),
        key: *blake3::hash(text.as_bytes()).as_bytes().first_chunk().unwrap(),
        tokens_total: 10 + u32::try_from(text.len()).unwrap(),
        tokens_answers: u32::try_from(text.len()).unwrap(),
        problems: String::new(),
    }
}

fn open(home: &Path) -> Library {
    Library::open(LibraryOptions::new(home.to_owned())).unwrap()
}

fn project(library: &Library) -> ProjectId {
    let new = NewProject {
        name: "Letters".to_owned(),
        goal: None,
        source_name: Some("letters.csv".to_owned()),
        sample: false,
        split_seed: u64::MAX,
        now_ms: 1,
    };
    library.project_create(&new).unwrap()
}

/// The answers of all examples, in their order.
fn texts(library: &Library, project: ProjectId) -> Vec<String> {
    let mut texts = Vec::new();
    library
        .scan(project, &mut |row| {
            texts.push(row.content.answer.trim_start_matches("Answer ").to_owned());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    texts
}
