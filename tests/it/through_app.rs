//! The commands of `app` as every host calls them: undo over a long random history, and a training
//! that depends on the examples and on nothing else.

use attune_contract::examples::{ExampleAddRequest, ExampleDeleteRequest, ExampleEditRequest};
use attune_contract::examples::{MessageDraft, MessageRole};
use attune_contract::projects::ProjectRequest;
use attune_contract::training::{RunState, TrainSettings};
use attune_contract::{ExampleId, Nothing, ProjectId};
use attune_testkit::{GroupTask, Seeded};

use crate::support::{House, losses};

impl House {
    /// All examples of the project as they are stored now.
    fn snapshot(&self, project: ProjectId) -> Vec<(i64, String)> {
        let mut rows = Vec::new();
        let take = &mut |row: attune_store::ExampleRow| {
            rows.push((row.id.0, row.content.body));
            std::ops::ControlFlow::Continue(())
        };
        self.library().scan(attune_store::ProjectId(project), take).unwrap();
        rows
    }

    async fn change_something(&self, project: ProjectId, seeded: &mut Seeded) {
        let ids: Vec<ExampleId> = self.snapshot(project).iter().map(|(id, _)| *id).collect();
        let after = (!ids.is_empty()).then(|| *seeded.pick(&ids));
        match (seeded.below(4), after) {
            (0 | 1, Some(example)) => self.edit(project, example, &seeded.word()).await,
            (2, Some(_)) => {
                let examples = (0..=seeded.below(3)).map(|_| *seeded.pick(&ids)).collect();
                let request = ExampleDeleteRequest { project, examples };
                self.app.example_delete(request).await.unwrap();
            }
            _ => {
                let (question, answer) = (seeded.word(), seeded.word());
                let request = ExampleAddRequest { project, after, question, answer };
                self.app.example_add(request).await.unwrap();
            }
        }
    }

    async fn edit(&self, project: ProjectId, example: ExampleId, answer: &str) {
        let message = |source, role, content: &str| MessageDraft {
            source: Some(source),
            role,
            content: content.to_owned(),
        };
        let messages = vec![
            message(0, MessageRole::Question, "Which one?"),
            message(1, MessageRole::Answer, answer),
        ];
        let request = ExampleEditRequest { project, example, messages, same_burst: false };
        self.app.example_edit(request).await.unwrap();
    }

    /// Trains a little and gives the losses in order.
    async fn losses(&self, project: ProjectId) -> Vec<f64> {
        let settings = TrainSettings {
            rounds: Some(2),
            layers: Some(1),
            width: Some(32),
            ..TrainSettings::default()
        };
        let run = self.start(project, "lab", settings).await;
        self.wait(&run, |it| it.summary.state == RunState::Succeeded).await;
        losses(&self.library(), &run)
    }
}

/// Undo all the way down and redo all the way up pass exactly the states that were.
async fn undo_is_exact(seed: u64) {
    let mut seeded = Seeded::new(seed);
    let mut house = House::open(|_| {});
    let project = house.bring_in(GroupTask { seed, groups: 3, rows: 15 }).await;
    let request = || ProjectRequest { project };
    let mut states = vec![Vec::new(), house.snapshot(project)];
    for _ in 0..25 {
        house.change_something(project, &mut seeded).await;
        let now = house.snapshot(project);
        if states.last() != Some(&now) {
            states.push(now);
        }
    }
    house = house.reopen(|_| {}).await;
    for (depth, state) in states.iter().enumerate().rev().skip(1) {
        let moved = house.app.history_undo(request()).await.unwrap();
        assert!(moved.step.is_some(), "seed={seed}: nothing to undo at depth {depth}");
        assert_eq!(&house.snapshot(project), state, "seed={seed}: undo to depth {depth}");
    }
    let moved = house.app.history_undo(request()).await.unwrap();
    assert!(moved.step.is_none(), "seed={seed}: there is more to undo than was done");
    house = house.reopen(|_| {}).await;
    for (depth, state) in states.iter().enumerate().skip(1) {
        house.app.history_redo(request()).await.unwrap();
        assert_eq!(&house.snapshot(project), state, "seed={seed}: redo to depth {depth}");
    }
    house.library().verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_passes_every_state_over_two_restarts() {
    for seed in 1..=8 {
        undo_is_exact(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_depend_on_the_examples_and_on_nothing_else() {
    let mut all = Vec::new();
    for is_changed in [false, false, true] {
        let house = House::open(|_| {});
        // The sample's seed is fixed, so two homes deal it alike.
        let project = house.app.project_create_sample(Nothing {}).await.unwrap().id;
        if is_changed {
            for (example, _) in house.snapshot(project).into_iter().take(40) {
                house.edit(project, example, "something else").await;
            }
        }
        all.push(house.losses(project).await);
        house.app.put_away().await;
    }
    let [once, again, changed] = all.as_slice() else { unreachable!("three trainings") };
    assert!(once.len() >= 20, "{once:?}");
    assert_eq!(once, again, "the same examples give the same losses to the last digit");
    assert_ne!(once, changed, "other examples give the same losses");
}
