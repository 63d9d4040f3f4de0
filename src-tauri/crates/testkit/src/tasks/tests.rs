//! The tasks are the same in every run, are large enough, and test what was not read before.

use std::collections::{BTreeMap, BTreeSet};

use super::{THINGS, Task, fields, messages_to_json, sort_messages, sorting, to_chat_jsonl};

fn tasks() -> [Task; 2] {
    [sort_messages(1), messages_to_json(1)]
}

fn parts(task: &Task) -> [&[(String, String)]; 3] {
    [&task.train, &task.trial, &task.kept_aside]
}

#[test]
fn a_task_is_the_same_for_the_same_seed_and_another_for_another() {
    assert_eq!(tasks(), tasks());
    assert_ne!(sort_messages(1).train, sort_messages(2).train);
    assert_ne!(messages_to_json(1).train, messages_to_json(2).train);
}

#[test]
fn there_is_enough_to_learn_from_and_to_test_with_and_nothing_twice() {
    for task in tasks() {
        assert_eq!(parts(&task).map(<[_]>::len), [240, 72, 72], "{}", task.name);
        let every: BTreeSet<_> = parts(&task).into_iter().flatten().map(|it| &it.0).collect();
        assert_eq!(every.len(), 240 + 72 + 72, "{}", task.name);
        assert!(every.iter().all(|message| !message.contains(['{', '}'])), "a slot stayed open");
    }
}

#[test]
fn every_answer_comes_equally_often_in_every_part() {
    let count = |examples: &[(String, String)]| {
        let mut counts = BTreeMap::<String, usize>::new();
        for (_, answer) in examples {
            // Of JSON without the thing: queue and urgency.
            let kind = answer.split(",\"thing\"").next().unwrap_or_default();
            *counts.entry(kind.to_owned()).or_default() += 1;
        }
        counts
    };
    for (task, kinds) in tasks().iter().zip([6, 12]) {
        for (part, size) in parts(task).into_iter().zip([240, 72, 72]) {
            let counts = count(part);
            assert!(counts.keys().eq(count(&task.train).keys()), "{}", task.name);
            assert_eq!(counts.len(), kinds);
            assert!(counts.values().all(|&times| times == size / kinds), "{counts:?}");
        }
    }
}

#[test]
fn the_thing_of_an_answer_is_the_one_thing_of_its_message() {
    let task = messages_to_json(1);
    for (message, answer) in parts(&task).into_iter().flatten() {
        let fields: serde_json::Value = serde_json::from_str(answer).unwrap();
        let is_in = |thing: &&&str| {
            message.split(|it: char| !it.is_alphabetic()).any(|word| word == **thing)
        };
        let named: Vec<_> = THINGS.iter().filter(is_in).collect();
        assert_eq!(named, [&fields["thing"].as_str().unwrap()], "{message}");
    }
}

#[test]
fn no_sentence_is_in_two_sets() {
    let teams = sorting::TEAMS.iter().map(|team| [team.train, team.trial, team.kept_aside]);
    let queues = fields::QUEUES.iter().map(|it| [it.train, it.trial, it.kept_aside]);
    let urgencies = fields::URGENCIES.iter().map(|it| [it.train, it.trial, it.kept_aside]);
    for [train, trial, kept_aside] in teams.chain(queues).chain(urgencies) {
        apart(train, trial);
        apart(train, kept_aside);
        apart(trial, kept_aside);
    }
}

#[track_caller]
fn apart(one: &[&str], other: &[&str]) {
    for (left, right) in one.iter().flat_map(|left| other.iter().map(move |right| (left, right))) {
        // Words in common out of all words of both (Jaccard 1901).
        let (one, other) = (words(left), words(right));
        let (common, all) = (one.intersection(&other).count(), one.union(&other).count());
        assert!(common * 3 < all * 2, "`{left}` is nearly `{right}`");
    }
}

fn words(sentence: &str) -> BTreeSet<String> {
    let words = sentence.split(|it: char| !it.is_alphanumeric() && it != '{');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[test]
fn examples_become_conversations_of_three_messages() {
    let examples = [("It's \"late\".".to_owned(), "{\"a\":1}".to_owned())];
    let text = to_chat_jsonl("Sort.", &examples);
    let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    let said: Vec<_> = line["messages"].as_array().unwrap().iter().collect();
    assert_eq!(said.len(), 3);
    assert_eq!(said[0]["role"], "system");
    assert_eq!(said[1]["content"], "It's \"late\".");
    assert_eq!(said[2]["content"], "{\"a\":1}");
}

#[test]
fn a_hundred_messages_are_asked_before_at_most_and_come_from_everywhere() {
    let of = |count: usize| {
        let message = |index: usize| (format!("message {index}"), String::new());
        let task = Task { kept_aside: (0..count).map(message).collect(), ..sort_messages(1) };
        task.asked_before().into_iter().map(|(message, _)| message).collect::<Vec<_>>()
    };
    assert_eq!(of(0), [""; 0]);
    assert_eq!(of(100).len(), 100);
    assert_eq!(of(101).len(), 51);
    let spread = of(400);
    assert_eq!((spread.len(), &*spread[1], &*spread[99]), (100, "message 4", "message 396"));
}
