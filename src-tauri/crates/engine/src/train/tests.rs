//! Trainings as a whole: what must be learned, what cannot be, and that pausing changes nothing.

mod steering;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::checkpoint::{self, StepRecord};
use super::keeping::LabKeeping;
use super::pace::Pace;
use super::session::{Command, Outcome, Running, Session, Watcher};
use super::settings::{CONTEXT, DataSize, Wanted};
use super::trainer::{StepError, Trainer};
use crate::formats::chat_file::{Conversation, Speaker, Turn};
use crate::formats::rows::{Row, training_row};
use crate::formats::saved::{read_model, read_tokenizer};
use crate::formats::tokenizer::{PieceCounter, Tokenizer};
use crate::model::kernels::dropout::mix;
use crate::model::learnable::Learnable;
use crate::model::network::Network;
use crate::sample::answer::{Finish, Model, Request};
use crate::sample::picking::Picking;

const KEYS: [&str; 4] = ["zorb", "quim", "plax", "dreen"];
const LABELS: [&str; 4] = ["north", "east", "south", "west"];
const SYLLABLES: [&str; 10] = ["ba", "ko", "ti", "re", "mu", "sa", "lo", "ne", "vi", "da"];

type Pair = (String, String);

/// Numbers below a limit, the same for the same seed.
struct Draws(u64, u64);

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        self.1 += 1;
        usize::try_from(mix(self.0 ^ mix(self.1)) % limit as u64).unwrap()
    }
}

/// Sentences of invented words with two key words; the label follows from the first of them.
/// Every sentence comes with its twin in which the two have changed places.
fn word_order_task(twins: usize, seed: u64) -> Vec<Pair> {
    let mut draws = Draws(seed, 0);
    let mut pairs = Vec::new();
    for _ in 0..twins {
        let length = 6 + draws.below(5);
        let mut words: Vec<String> = (0..length)
            .map(|_| format!("{}{}", SYLLABLES[draws.below(10)], SYLLABLES[draws.below(10)]))
            .collect();
        let first = draws.below(length - 1);
        let second = first + 1 + draws.below(length - first - 1);
        let one = draws.below(4);
        let other = (one + 1 + draws.below(3)) % 4;
        for (one, other) in [(one, other), (other, one)] {
            words[first] = KEYS[one].to_owned();
            words[second] = KEYS[other].to_owned();
            pairs.push((words.join(" "), LABELS[one].to_owned()));
        }
    }
    pairs
}

/// Naive Bayes over counted words, the strongest simple classifier that cannot see their order.
fn word_count_accuracy(train: &[Pair], fresh: &[Pair]) -> f64 {
    let mut counts: HashMap<(&str, &str), f64> = HashMap::new();
    for (question, label) in train {
        for word in question.split(' ') {
            *counts.entry((label, word)).or_default() += 1.0;
        }
    }
    let score = |question: &str, label: &str| -> f64 {
        let seen = |word| counts.get(&(label, word)).copied().unwrap_or(0.0);
        question.split(' ').map(|word| (seen(word) + 1.0).ln()).sum()
    };
    let right = fresh.iter().filter(|(question, label)| {
        let best = LABELS.iter().max_by(|a, b| score(question, a).total_cmp(&score(question, b)));
        best == Some(&label.as_str())
    });
    right.count() as f64 / fresh.len() as f64
}

fn conversation(question: &str) -> Conversation {
    let turn = |speaker, text: &str, weight| Turn { speaker, text: text.to_owned(), weight };
    Conversation { turns: vec![turn(Speaker::User, question, 0.0)] }
}

fn example((question, answer): &Pair) -> Conversation {
    let mut conversation = conversation(question);
    let text = answer.clone();
    conversation.turns.push(Turn { speaker: Speaker::Assistant, text, weight: 1.0 });
    conversation
}

fn threads() -> Arc<ThreadPool> {
    Arc::new(ThreadPoolBuilder::new().num_threads(2).build().unwrap())
}

fn session(train: &[Pair], validation: &[Pair], wanted: Wanted, folder: &Path) -> Session<Network> {
    let mut counter = PieceCounter::default();
    for (question, answer) in train {
        counter.count(question);
        counter.count_answer(answer);
    }
    let tokenizer = Tokenizer::new(counter.learn(4096, 4, &|| true).unwrap()).unwrap();
    let rows = |pairs: &[Pair]| -> Vec<Row> {
        pairs.iter().map(|pair| training_row(&tokenizer, &example(pair), CONTEXT)).collect()
    };
    let (train, validation) = (rows(train), rows(validation));
    let data = DataSize {
        rows: train.len() as u64,
        pieces: train.iter().map(|row| row.pieces.len() as u64).sum(),
        kept_aside: validation.len() as u64,
        vocabulary: tokenizer.vocabulary(),
        shards: 2,
    };
    let (settings, shape) = wanted.resolve(data).unwrap();
    let network = Arc::new(Network::new(shape));
    let trainer = Trainer::fresh(network, settings, train.into(), threads());
    let keeping = LabKeeping { shape, pieces: tokenizer.pieces().clone() };
    Session::new(trainer, validation, Box::new(keeping), folder)
}

/// Gives its orders before the step after the given one, and nobody else any.
struct Orders {
    at: Option<(u64, Command)>,
    records: Vec<StepRecord>,
    /// Steps of the models that were kept.
    kept: Vec<u64>,
}

impl Orders {
    fn none() -> Self {
        Self { at: None, records: Vec::new(), kept: Vec::new() }
    }

    fn at(step: u64, command: Command) -> Self {
        Self { at: Some((step, command)), ..Self::none() }
    }
}

impl Watcher for Orders {
    fn command(&self) -> Command {
        let made = self.records.last().map_or(0, |record| record.step);
        match self.at {
            Some((step, command)) if made >= step => command,
            _ => Command::Continue,
        }
    }

    fn stepped(&mut self, record: &StepRecord, _pace: Pace) {
        self.records.push(*record);
    }

    fn kept(&mut self, record: &StepRecord) {
        self.kept.push(record.step);
    }

    fn point(&self, _name: &'static str) {}
}

fn model_of(session: &Session<Network>, folder: &Path) -> Model {
    for (name, bytes) in session.model_files().unwrap() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    read_model(folder).unwrap()
}

fn greedy() -> Request {
    let picking = Picking { temperature: 0.0, top_p: 1.0, seed: 0 };
    Request { picking, most_pieces: Some(40), stop: Vec::new(), alternatives: None }
}

fn ask(model: &Model, question: &str) -> (String, Finish) {
    let mut text = String::new();
    let question = model.question(&conversation(question)).unwrap();
    let finished = model.answer(&question, &greedy(), |part| {
        text.push_str(&part.text);
        true
    });
    (text, finished.finish)
}

/// Share of `fresh` answered exactly right by a model trained on `train` with automatic settings.
fn learned_accuracy(train: &[Pair], fresh: &[Pair]) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(train, &[], Wanted::default(), folder.path());
    assert_eq!(session.run(&mut Orders::none()).unwrap(), Outcome::Finished);
    let model = model_of(&session, folder.path());
    let right = fresh.iter().filter(|(question, label)| ask(&model, question).0 == *label);
    right.count() as f64 / fresh.len() as f64
}

#[test]
fn the_order_of_words_is_learned_where_counting_them_fails() {
    let (train, fresh) = (word_order_task(400, 1), word_order_task(120, 2));
    let counted = word_count_accuracy(&train, &fresh);
    assert!(counted < 0.5, "counting words reaches {counted}");
    let learned = learned_accuracy(&train, &fresh);
    assert!(learned >= 0.85, "{learned}");
}

#[test]
fn shuffled_labels_teach_nothing() {
    let (mut train, fresh) = (word_order_task(400, 1), word_order_task(120, 2));
    let mut draws = Draws(9, 0);
    for last in (1..train.len()).rev() {
        let other = draws.below(last + 1);
        let label = std::mem::take(&mut train[last].1);
        train[last].1 = std::mem::replace(&mut train[other].1, label);
    }
    let learned = learned_accuracy(&train, &fresh);
    assert!(learned <= 0.40, "{learned}");
}

fn small(epochs: u64) -> Wanted {
    Wanted {
        epochs: Some(epochs),
        batch_size: Some(4),
        layers: Some(1),
        width: Some(32),
        rate_multiplier: Some(5.0),
        dropout: Some(0.1),
        ..Wanted::default()
    }
}

#[test]
fn free_answers_are_learned_word_by_word() {
    let pairs: Vec<Pair> = [
        ("who wrote it", "It was written by a quiet person, long ago."),
        ("when is lunch", "Lunch is at noon — bring your own cup!"),
        ("where to", "Zürich, Köln and back"),
    ]
    .map(|(question, answer)| (question.to_owned(), answer.to_owned()))
    .into();
    let train: Vec<Pair> = pairs.iter().cycle().take(24).cloned().collect();
    let folder = tempfile::tempdir().unwrap();
    // Answers that are given once have no piece of their own.
    let once: Vec<Pair> = (0..40).map(|it| (format!("n{it}"), format!("number {it}"))).collect();
    let all = [train, once].concat();
    let mut session = session(&all, &[], small(50), folder.path());
    session.run(&mut Orders::none()).unwrap();
    let model = model_of(&session, folder.path());
    for (question, answer) in pairs {
        assert_eq!(ask(&model, &question), (answer, Finish::Stop));
    }
}

#[test]
fn the_same_seed_learns_the_same_and_another_does_not() {
    let train = word_order_task(20, 3);
    let losses = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let wanted = Wanted { seed: Some(seed), ..small(3) };
        let mut orders = Orders::none();
        session(&train, &train, wanted, folder.path()).run(&mut orders).unwrap();
        orders.records
    };
    assert_eq!(losses(1), losses(1));
    assert_ne!(losses(1), losses(2));
}

/// A session that knows nothing but what is in the folder.
fn resumed(train: &[Pair], validation: &[Pair], wanted: Wanted, folder: &Path) -> Session<Network> {
    let fresh = session(train, validation, wanted, folder);
    let found = checkpoint::find(folder).unwrap().unwrap();
    let tokenizer = read_tokenizer(found.folder()).unwrap();
    let network = fresh.trainer.network.clone();
    let saved = found.read(network.learned()).unwrap();
    let rows = |pairs: &[Pair]| -> Vec<Row> {
        pairs.iter().map(|pair| training_row(&tokenizer, &example(pair), CONTEXT)).collect()
    };
    let all = rows(train).into();
    let trainer = Trainer::resumed(network, saved.settings, all, threads(), saved.progress);
    let mut session = Session::new(trainer, rows(validation), fresh.keeping, folder);
    session.go_on_from(saved.best, saved.history, saved.seen_pieces);
    session
}

/// Runs until `step`, then starts again from nothing but the folder.
fn interrupted(train: &[Pair], step: u64, folder: &Path) -> (Vec<StepRecord>, Vec<f32>) {
    let mut first = session(train, train, small(4), folder);
    let outcome = first.run(&mut Orders::at(step, Command::Pause)).unwrap();
    assert_eq!(outcome, Outcome::Paused);
    let mut second = resumed(train, train, small(4), folder);
    assert_eq!(second.run(&mut Orders::none()).unwrap(), Outcome::Finished);
    (second.history.clone(), second.result().0.to_vec())
}

#[test]
fn a_resumed_training_has_the_losses_of_an_unbroken_one() {
    let train = word_order_task(20, 3);
    let folder = tempfile::tempdir().unwrap();
    let mut unbroken = session(&train, &train, small(4), folder.path());
    unbroken.run(&mut Orders::none()).unwrap();
    for step in [1, 7, 10, 23, 39] {
        let folder = tempfile::tempdir().unwrap();
        let (history, result) = interrupted(&train, step, folder.path());
        assert_eq!(history, unbroken.history, "interrupted after step {step}");
        assert!(result == unbroken.result().0, "interrupted after step {step}");
    }
}

#[test]
fn a_cancelled_training_ends_before_its_next_step() {
    let train = word_order_task(20, 3);
    let folder = tempfile::tempdir().unwrap();
    let mut orders = Orders::at(3, Command::Cancel);
    let outcome = session(&train, &[], small(4), folder.path()).run(&mut orders).unwrap();
    assert_eq!((outcome, orders.records.len()), (Outcome::Cancelled, 3));
}

#[test]
fn a_loss_that_is_no_number_ends_the_training() {
    let train = word_order_task(20, 3);
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(&train, &[], small(4), folder.path());
    session.trainer.progress.numbers[5_000] = f32::NAN;
    assert_eq!(session.trainer.step(&|| false), Err(StepError::Diverged { step: 1 }));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_no_panic() {
    let train = word_order_task(20, 3);
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("checkpoints");
    std::fs::write(&blocked, "a file where the folder should be").unwrap();
    let mut session = session(&train, &[], small(4), &blocked);
    let error = session.run(&mut Orders::at(2, Command::Pause)).unwrap_err();
    assert_eq!(error.to_string(), "cannot write a checkpoint");
}
