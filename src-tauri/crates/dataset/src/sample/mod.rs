//! The sample project: messages to a small bicycle shop, sorted into five groups.
//!
//! Our own text, written for this program; the shop does not exist. It must stay distinct, balanced
//! and learnable: a person's first training is on it.

use crate::example::Example;

/// Messages and their groups, as a table with the columns `question` and `answer`.
pub const MESSAGES_CSV: &str = include_str!("messages.csv");

/// The file name the sample is imported under.
pub const FILE_NAME: &str = "bicycle-shop-messages.csv";

/// The groups, in alphabetical order.
pub const GROUPS: [&str; 5] = ["delivery", "invoice", "repair", "return", "stock"];

/// The sample's examples in order.
pub fn examples() -> Vec<Example> {
    // Every line of the file is `question,answer`; the group is what follows the last comma, and a
    // question with a comma is quoted. A test holds this equal to the import of the file.
    MESSAGES_CSV
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit_once(','))
        .map(|(question, group)| {
            let bare = question.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let question = bare.map_or_else(|| question.to_owned(), |it| it.replace("\"\"", "\""));
            Example::from_question_answer(None, &question, group)
        })
        .collect()
}

#[cfg(test)]
mod tests;
