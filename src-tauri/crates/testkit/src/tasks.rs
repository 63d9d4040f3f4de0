//! Invented tasks in plain English, as people bring them: messages to sort, messages to fields.
//!
//! The right answer follows from the message, but its words are ours, so that a model can know them
//! only from the examples. What is kept aside is phrased by sentences that no example is phrased by:
//! a model that only repeats what it read fails there. Trials are phrased by others again: whoever
//! chooses settings looks at them alone, so that what is kept aside stays an honest test.

mod fields;
mod sorting;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Seeded;

/// A task to teach: examples to learn from, and others to test with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What to call it.
    pub name: &'static str,
    /// The system message in front of every example.
    pub instructions: &'static str,
    /// Message and right answer, to learn from.
    pub train: Vec<(String, String)>,
    /// Message and right answer, in other sentences, to choose settings by.
    pub trial: Vec<(String, String)>,
    /// Message and right answer, in other sentences again, to test with; no setting is chosen by them.
    pub kept_aside: Vec<(String, String)>,
}

impl Task {
    /// What is asked before the training: a hundred of the kept-aside messages at most, spread evenly,
    /// because a model that was not trained answers everything at length.
    #[must_use]
    pub fn asked_before(&self) -> Vec<(String, String)> {
        const MOST: usize = 100;
        let step = self.kept_aside.len().div_ceil(MOST).max(1);
        self.kept_aside.iter().step_by(step).cloned().collect()
    }
}

/// The share of right answers, from 0 to 1, in what `attune evaluate --json` says; none where it is
/// not there. Where the answers are groups it is called accuracy.
#[must_use]
pub fn share_of_right(report: &Value) -> Option<f64> {
    let metrics = &report["metrics"];
    metrics["exact_match"].as_f64().or_else(|| metrics["accuracy"].as_f64())
}

/// Customer messages, each to be sorted to one of six teams: 240 to learn from, 72 to try, 72
/// kept aside.
///
/// The teams' names say nothing about their work.
#[must_use]
pub fn sort_messages(seed: u64) -> Task {
    let mut seeded = Seeded::new(seed);
    Task {
        name: "sort messages",
        instructions: "Name the team that takes care of this message. Answer with its name only.",
        train: sorting::messages(&mut seeded, |team| team.train, 40),
        trial: sorting::messages(&mut seeded, |team| team.trial, 12),
        kept_aside: sorting::messages(&mut seeded, |team| team.kept_aside, 12),
    }
}

/// Messages to be written as JSON with fields of our own: 240 to learn from, 72 to try, 72 kept
/// aside.
///
/// `{"queue":"kiln","urgent_0_2":2,"thing":"kettle"}`: the queue's name says nothing about the
/// kind of message, urgency goes from 0 to 2, the thing is a word of the message.
#[must_use]
pub fn messages_to_json(seed: u64) -> Task {
    let mut seeded = Seeded::new(seed);
    Task {
        name: "message to JSON",
        instructions: "Write the message as JSON with the fields queue, urgent_0_2 and thing.",
        train: fields::messages(&mut seeded, fields::Phrases::Train, 20),
        trial: fields::messages(&mut seeded, fields::Phrases::Trial, 6),
        kept_aside: fields::messages(&mut seeded, fields::Phrases::KeptAside, 6),
    }
}

/// Examples as chat JSONL: the instructions, the message, the answer.
#[must_use]
pub fn to_chat_jsonl(instructions: &str, examples: &[(String, String)]) -> String {
    let line = |(message, answer): &(String, String)| {
        let messages = json!([
            {"role": "system", "content": instructions},
            {"role": "user", "content": message},
            {"role": "assistant", "content": answer},
        ]);
        json!({"messages": messages}).to_string() + "\n"
    };
    examples.iter().map(line).collect()
}

/// What a shop sells; one word each, so that it can be copied whole.
const THINGS: [&str; 20] = [
    "kettle", "lamp", "backpack", "jacket", "printer", "camera", "blanket", "speaker", "chair",
    "keyboard", "heater", "tent", "toaster", "headset", "mattress", "scooter", "router", "blender",
    "watch", "desk",
];
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 6] = ["January", "March", "May", "August", "October", "December"];
const GREETINGS: [&str; 8] =
    ["", "", "", "Hi, ", "Hello, ", "Good morning, ", "Hi there, ", "Dear team, "];
const ENDS: [&str; 7] =
    ["", "", "", " Thanks.", " Thank you!", " Best regards, Ana", " Cheers, Tom"];

/// Fills `{thing}`, `{day}`, `{month}`, `{amount}` and `{number}`.
fn filled(seeded: &mut Seeded, sentence: &str, thing: &str) -> String {
    let amount = format!("{}.{:02}", 9 + seeded.below(180), seeded.below(100));
    let number = (10_000 + seeded.below(89_999)).to_string();
    sentence
        .replace("{thing}", thing)
        .replace("{day}", seeded.pick::<&str>(&DAYS))
        .replace("{month}", seeded.pick::<&str>(&MONTHS))
        .replace("{amount}", &amount)
        .replace("{number}", &number)
}

/// A greeting and an end around a message; what follows a greeting goes on in small letters.
fn in_a_letter(seeded: &mut Seeded, message: &str) -> String {
    let (greeting, end) = (*seeded.pick(&GREETINGS), *seeded.pick(&ENDS));
    let goes_on_small =
        !greeting.is_empty() && !message.starts_with("I ") && !message.starts_with("I'");
    let mut letters = message.chars();
    let message = match letters.next() {
        Some(first) if goes_on_small => first.to_lowercase().chain(letters).collect(),
        _ => message.to_owned(),
    };
    format!("{greeting}{message}{end}")
}

/// `count` different messages with their answers, made by `make` from how many there are already.
fn different(
    count: usize,
    mut make: impl FnMut(usize) -> (String, String),
) -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    while examples.len() < count {
        let (message, answer) = make(examples.len());
        examples.insert(message, answer);
    }
    examples
}

#[cfg(test)]
mod tests;
