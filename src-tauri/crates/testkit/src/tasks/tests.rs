//! The tasks are the same in every run, are large enough, and test what was not read before.

use std::collections::{BTreeMap, BTreeSet};

use super::{THINGS, Task, fields, messages_to_json, sort_messages, sorting, to_chat_jsonl};

fn tasks() -> [Task; 2] {
    [sort_messages(1), messages_to_json(1)]
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
        assert_eq!((task.train.len(), task.kept_aside.len()), (240, 72), "{}", task.name);
        let every: BTreeSet<_> =
            task.train.iter().chain(&task.kept_aside).map(|it| &it.0).collect();
        assert_eq!(every.len(), 240 + 72, "{}", task.name);
        assert!(every.iter().all(|message| !message.contains(['{', '}'])), "a slot stayed open");
    }
}

#[test]
fn every_answer_comes_equally_often_in_both_parts() {
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
        let (train, kept_aside) = (count(&task.train), count(&task.kept_aside));
        assert!(train.keys().eq(kept_aside.keys()), "{}", task.name);
        assert_eq!(train.len(), kinds);
        assert!(train.values().all(|&times| times == 240 / kinds), "{train:?}");
        assert!(kept_aside.values().all(|&times| times == 72 / kinds), "{kept_aside:?}");
    }
}

#[test]
fn the_thing_of_an_answer_is_the_one_thing_of_its_message() {
    let task = messages_to_json(1);
    for (message, answer) in task.train.iter().chain(&task.kept_aside) {
        let fields: serde_json::Value = serde_json::from_str(answer).unwrap();
        let is_in = |thing: &&&str| {
            message.split(|it: char| !it.is_alphabetic()).any(|word| word == **thing)
        };
        let named: Vec<_> = THINGS.iter().filter(is_in).collect();
        assert_eq!(named, [&fields["thing"].as_str().unwrap()], "{message}");
    }
}

#[test]
fn no_sentence_that_is_kept_aside_is_one_that_was_learnt() {
    let teams = sorting::TEAMS.iter().map(|team| (team.train, team.kept_aside));
    let queues = fields::QUEUES.iter().map(|queue| (queue.train, queue.kept_aside));
    let urgencies = fields::URGENCIES.iter().map(|it| (it.train, it.kept_aside));
    for (train, kept_aside) in teams.chain(queues).chain(urgencies) {
        for kept in kept_aside {
            for learnt in train {
                // Words in common out of all words of both (Jaccard 1901).
                let (one, other) = (words(kept), words(learnt));
                let common = one.intersection(&other).count();
                let all = one.union(&other).count();
                assert!(common * 3 < all * 2, "`{kept}` is nearly `{learnt}`");
            }
        }
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
