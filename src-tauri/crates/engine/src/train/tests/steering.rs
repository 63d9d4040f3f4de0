//! Stopping in the middle, by order, by itself or by a fault, and what is left then.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::formats::saved::SavedError;
use crate::train::session::SessionError;

/// Wants the training cancelled from one question on, and counts how often it is asked.
struct Impatient {
    asked: AtomicU64,
    patient_for: u64,
    steps: u64,
}

impl Impatient {
    fn after(patient_for: u64) -> Self {
        Self { asked: AtomicU64::new(0), patient_for, steps: 0 }
    }

    fn is_over(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.patient_for
    }
}

impl Watcher for Impatient {
    fn command(&self) -> Command {
        if self.is_over() { Command::Cancel } else { Command::Continue }
    }

    fn stepped(&mut self, _record: &StepRecord, _pace: Pace) {
        self.steps += 1;
    }

    fn kept(&mut self, _record: &StepRecord) {}

    fn point(&self, _name: &'static str) {}
}

/// Each row is a pass of its own, as long ones are.
fn in_many_passes(validation: &[Pair], batch_size: u64, folder: &Path) -> Session<Network> {
    let train = word_order_task(20, 3);
    let wanted = Wanted { batch_size: Some(batch_size), ..small(4) };
    let mut session = session(&train, validation, wanted, folder);
    session.trainer.settings.places_at_once = 1;
    session
}

#[test]
fn a_cancelled_step_ends_between_two_passes_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = in_many_passes(&[], 40, folder.path());
    let before = session.trainer.progress.clone();
    let orders = Impatient::after(10);
    let stopped = session.trainer.step(&|| orders.is_over());
    assert_eq!(stopped, Err(StepError::Stopped));
    // Ten times it went on, and each of the two threads was told once that it must not.
    let asked = orders.asked.into_inner();
    assert!((11..=12).contains(&asked), "{asked}");
    assert!(session.trainer.progress == before, "something of the step was kept");
    // Nothing is left over that the same step would learn from.
    let unbroken = in_many_passes(&[], 40, folder.path()).trainer.step(&|| false);
    assert_eq!(session.trainer.step(&|| false), unbroken);
}

#[test]
fn a_cancelled_check_ends_between_two_passes() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = in_many_passes(&word_order_task(30, 4), 4, folder.path());
    // Once before each step, three times for each of its four rows; after the second step a check
    // asks for sixty rows.
    let mut orders = Impatient::after(2 * (1 + 12) + 20);
    assert_eq!(session.run(&mut orders).unwrap(), Outcome::Cancelled);
    assert_eq!((orders.steps, session.history.len()), (1, 1));
    let asked = orders.asked.into_inner();
    assert!((47..=48).contains(&asked), "{asked}");
    assert!(checkpoint::find(folder.path()).unwrap().is_none());
}

fn answers(turned: usize) -> Vec<Pair> {
    let pair = |at: usize| (KEYS[at % 4].to_owned(), LABELS[(at + turned) % 4].to_owned());
    (0..40).map(pair).collect()
}

/// The questions that are learned, and the same with answers that are wrong: the better the one is
/// known, the worse the other gets.
fn contradicted() -> (Vec<Pair>, Vec<Pair>) {
    (answers(0), answers(1)[..4].to_vec())
}

fn patient(patience: u64) -> Wanted {
    Wanted { patience: Some(patience), dropout: Some(0.0), ..small(10) }
}

/// What answers follows each step at once, so that few steps are enough to get worse.
fn contradicted_session(patience: u64, folder: &Path) -> Session<Network> {
    let (train, validation) = contradicted();
    let mut session = session(&train, &validation, patient(patience), folder);
    (session.trainer.settings.average, session.trainer.settings.hiding) = (0.0, 0.0);
    session
}

fn contradicted_resumed(folder: &Path) -> Session<Network> {
    let (train, validation) = contradicted();
    resumed(&train, &validation, patient(3), folder)
}

/// The step with the lowest loss of the rows kept aside, and how many checks came after it.
fn best_of(history: &[StepRecord]) -> (u64, usize) {
    let checks: Vec<(u64, f64)> =
        history.iter().filter_map(|record| Some((record.step, record.valid_loss?))).collect();
    let best = (0..checks.len()).min_by(|a, b| checks[*a].1.total_cmp(&checks[*b].1)).unwrap();
    (checks[best].0, checks.len() - best - 1)
}

#[test]
fn a_training_that_gets_worse_stops_and_answers_with_its_best_step() {
    let folder = tempfile::tempdir().unwrap();
    let run = |patience: u64, orders: &mut Orders| {
        let mut session = contradicted_session(patience, folder.path());
        let outcome = session.run(orders).unwrap();
        (outcome, session)
    };
    let (outcome, stopped) = run(3, &mut Orders::none());
    let (best, checks_after) = best_of(&stopped.history);
    assert_eq!((outcome, checks_after), (Outcome::Finished, 3));
    assert!(stopped.step() < stopped.total_steps(), "{}", stopped.step());
    let last = stopped.history.last().unwrap();
    assert_eq!((last.step, last.valid_loss.is_some()), (stopped.step(), true));

    // The numbers are those of the best step, not those of the last.
    let (_, at_best) = run(3, &mut Orders::at(best, Command::Pause));
    assert_eq!((at_best.step(), stopped.result().1), (best, best));
    assert!(stopped.result().0 == at_best.trainer.progress.optimiser.average);
    assert!(stopped.result().0 != stopped.trainer.progress.optimiser.average);

    let (_, patient_to_the_end) = run(0, &mut Orders::none());
    assert_eq!(patient_to_the_end.step(), patient_to_the_end.total_steps());
    assert_eq!(patient_to_the_end.result().1, best);
    let (_, more_patient) = run(5, &mut Orders::none());
    assert_eq!(best_of(&more_patient.history), (best, 5));
}

#[test]
fn a_resumed_training_runs_out_of_patience_at_the_same_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut unbroken = contradicted_session(3, folder.path());
    unbroken.run(&mut Orders::none()).unwrap();
    let (best, _) = best_of(&unbroken.history);
    for step in [1, best, best + 1, unbroken.step() - 1] {
        let folder = tempfile::tempdir().unwrap();
        let mut first = contradicted_session(3, folder.path());
        first.run(&mut Orders::at(step, Command::Pause)).unwrap();
        // What a killed process learned after its last checkpoint is gone.
        let mut killed = contradicted_resumed(folder.path());
        killed.run(&mut Orders::at(step + 4, Command::Cancel)).unwrap();
        let mut second = contradicted_resumed(folder.path());
        assert_eq!(second.step(), step);
        assert_eq!(second.run(&mut Orders::none()).unwrap(), Outcome::Finished);
        assert_eq!(second.history, unbroken.history, "interrupted after step {step}");
        assert!(second.result() == unbroken.result(), "interrupted after step {step}");
    }
}

/// Counts the checkpoints that are written.
struct Written(AtomicU64, Orders);

impl Watcher for Written {
    fn command(&self) -> Command {
        self.1.command()
    }

    fn stepped(&mut self, record: &StepRecord, pace: Pace) {
        self.1.stepped(record, pace);
    }

    fn kept(&mut self, _record: &StepRecord) {}

    fn point(&self, name: &'static str) {
        self.0.fetch_add(u64::from(name == "engine.checkpoint.mid"), Ordering::Relaxed);
    }
}

#[test]
fn the_only_checkpoint_is_not_replaced_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(&word_order_task(20, 3), &[], small(4), folder.path());
    session.checkpoint_every = std::time::Duration::ZERO;
    let mut orders = Written(AtomicU64::new(0), Orders::at(3, Command::Pause));
    assert_eq!(session.run(&mut orders).unwrap(), Outcome::Paused);
    assert_eq!(orders.0.into_inner(), 3, "each of three steps, and not the third again");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_a_killed_process_left_half_written_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    checkpoint::sweep(&path.join("none")).unwrap();
    for name in [".resume-0000000007.tmp", ".step-9.tmp", "resume-0000000005", "step-4"] {
        std::fs::create_dir(path.join(name)).unwrap();
        std::fs::write(path.join(name).join("numbers"), "1").unwrap();
    }
    checkpoint::sweep(path).unwrap();
    assert!(path.join("resume-0000000005/numbers").is_file() && path.join("step-4").is_dir());
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 2);
}

/// A number that is none reaches the loss at the next step.
fn spoil(session: &mut Session<Network>) {
    session.trainer.progress.numbers.fill(f32::NAN);
}

#[test]
fn after_a_loss_that_is_no_number_the_best_step_can_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = contradicted_session(0, folder.path());
    session.run(&mut Orders::at(8, Command::Pause)).unwrap();
    let (best, numbers) = (session.result().1, session.result().0.to_vec());
    spoil(&mut session);
    let mut orders = Orders::none();
    let error = session.run(&mut orders).unwrap_err();
    assert_eq!(error.to_string(), "the loss is no longer a number at step 9");
    assert_eq!(orders.kept, [best]);
    let kept = session.saved_numbers(&folder.path().join(format!("step-{best}"))).unwrap();
    assert!(kept == numbers);
    assert!(checkpoint::find(folder.path()).unwrap().is_none(), "nothing can go on from it");
}

#[test]
fn without_kept_aside_rows_the_last_checkpoint_can_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(&word_order_task(20, 3), &[], small(4), folder.path());
    session.run(&mut Orders::at(3, Command::Pause)).unwrap();
    let numbers = session.trainer.progress.optimiser.average.clone();
    spoil(&mut session);
    let mut orders = Orders::none();
    session.run(&mut orders).unwrap_err();
    assert_eq!(orders.kept, [3]);
    assert!(session.saved_numbers(&folder.path().join("step-3")).unwrap() == numbers);
}

#[test]
fn a_check_that_gives_no_number_ends_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = contradicted_session(0, folder.path());
    session.trainer.progress.optimiser.average.fill(f32::NAN);
    let error = session.run(&mut Orders::none()).unwrap_err();
    assert!(matches!(error, SessionError::Step(StepError::Diverged { step: 2 })), "{error}");
    assert!(session.best.is_none() && session.history.len() == 1);
}

#[test]
fn a_training_that_lost_its_disk_goes_on_with_the_same_losses() {
    let train = word_order_task(20, 3);
    let home = tempfile::tempdir().unwrap();
    let mut unbroken = session(&train, &train, small(4), &home.path().join("unbroken"));
    unbroken.run(&mut Orders::none()).unwrap();
    let (folder, aside) = (home.path().join("checkpoints"), home.path().join("aside"));
    let mut first = session(&train, &train, small(4), &folder);
    first.run(&mut Orders::at(5, Command::Pause)).unwrap();
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    let error = first.run(&mut Orders::at(8, Command::Pause)).unwrap_err();
    assert!(matches!(error, SessionError::Checkpoint(SavedError::Io { .. })), "{error}");
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    let mut second = resumed(&train, &train, small(4), &folder);
    assert_eq!(second.step(), 5);
    second.run(&mut Orders::none()).unwrap();
    assert_eq!(second.history, unbroken.history);
}
