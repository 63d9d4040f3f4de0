//! Undo and redo against a model that simply keeps every state; the log may never be changed.

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::{content, open, project, texts};
use crate::{
    ExampleContent, ExampleId, History, ImportError, Library, NewExample, OperationKind, ProjectId,
    SourceInfo, StoreError, ViewQuery,
};

/// What a person may do. Numbers choose among the examples that are there.
#[derive(Debug, Clone)]
enum Action {
    Add { after: Option<usize>, text: u8 },
    Edit { at: usize, text: u8, merge: bool },
    Delete { at: Vec<usize> },
    Import { rows: u8 },
    Undo,
    Redo,
    Reopen,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (proptest::option::of(any::<usize>()), any::<u8>())
            .prop_map(|(after, text)| Action::Add { after, text }),
        4 => (any::<usize>(), 0..6u8, any::<bool>())
            .prop_map(|(at, text, merge)| Action::Edit { at, text, merge }),
        2 => proptest::collection::vec(any::<usize>(), 1..6).prop_map(|at| Action::Delete { at }),
        1 => (0..70u8).prop_map(|rows| Action::Import { rows }),
        5 => Just(Action::Undo),
        4 => Just(Action::Redo),
        1 => Just(Action::Reopen),
    ]
}

type State = Vec<(ExampleId, ExampleContent)>;

/// What the person sees, and every state before and after; `edited` is the example an entry's edit changed.
#[derive(Default)]
struct Model {
    state: State,
    undo: Vec<(State, Option<ExampleId>)>,
    redo: Vec<(State, Option<ExampleId>)>,
}

impl Model {
    fn change(&mut self, state: State, edited: Option<ExampleId>) {
        let before = std::mem::replace(&mut self.state, state);
        self.undo.push((before, edited));
        self.redo.clear();
    }

    fn undo(&mut self) -> bool {
        let Some((state, edited)) = self.undo.pop() else { return false };
        self.redo.push((std::mem::replace(&mut self.state, state), edited));
        true
    }

    fn redo(&mut self) -> bool {
        let Some((state, edited)) = self.redo.pop() else { return false };
        self.undo.push((std::mem::replace(&mut self.state, state), edited));
        true
    }
}

fn perform(library: &Library, project: ProjectId, model: &mut Model, action: &Action) {
    let mut state = model.state.clone();
    let count = state.len();
    match action {
        Action::Add { after, text } => {
            let after = after.filter(|_| count > 0).map(|after| after % count);
            let added = content(&format!("new {text}"));
            let id = after.map(|after| state[after].0);
            let id = library.example_add(project, id, &added, 5).unwrap();
            state.insert(after.map_or(count, |after| after + 1), (id, added));
            model.change(state, None);
        }
        Action::Edit { at, text, merge } if count > 0 => {
            let (id, old) = &mut state[at % count];
            let id = *id;
            let new = content(&format!("edited {text}"));
            let done = library.example_edit(project, id, &new, *merge, 6).unwrap();
            assert_eq!(done.is_some(), *old != new, "an edit that changes nothing is none");
            if std::mem::replace(old, new.clone()) == new {
                return;
            }
            if *merge && model.undo.last().and_then(|(_, edited)| *edited) == Some(id) {
                model.state = state;
                model.redo.clear();
            } else {
                model.change(state, Some(id));
            }
        }
        Action::Delete { at } if count > 0 => {
            let ids: Vec<_> = at.iter().map(|at| state[at % count].0).collect();
            library.example_delete(project, &ids, 7).unwrap();
            state.retain(|(id, _)| !ids.contains(id));
            model.change(state, None);
        }
        Action::Import { rows } => {
            state.extend(import(library, project, *rows));
            model.change(state, None);
        }
        Action::Undo => {
            let done = library.undo(project, 8).unwrap();
            assert_eq!(done.is_some(), model.undo());
        }
        Action::Redo => {
            let done = library.redo(project, 9).unwrap();
            assert_eq!(done.is_some(), model.redo());
        }
        Action::Edit { .. } | Action::Delete { .. } | Action::Reopen => {}
    }
}

fn import(library: &Library, project: ProjectId, rows: u8) -> State {
    let mut brought_in = Vec::new();
    let source = SourceInfo { name: "a.csv".into(), bytes: 1, blake3: "00".into() };
    let imported = library.import::<Infallible>(project, &source, 4, &mut |sink| {
        for row in 0..rows {
            let content = content(&format!("row {row}"));
            let new = NewExample { line: Some(u64::from(row) + 2), content: &content };
            brought_in.push((sink.push(&new).unwrap(), content));
        }
        Ok(())
    });
    assert_eq!(imported.unwrap().examples, u64::from(rows));
    brought_in
}

fn compare(library: &Library, project: ProjectId, model: &Model) -> u64 {
    let ids = library.example_ids(project, &ViewQuery::default()).unwrap();
    let rows = library.examples(&ids).unwrap();
    let state: State = rows.into_iter().map(|row| (row.id, row.content)).collect();
    assert_eq!(state, model.state);
    assert_eq!(library.project(project).unwrap().examples, state.len() as u64);
    let history = library.history(project).unwrap();
    assert_eq!(history.undo.is_some(), !model.undo.is_empty());
    assert_eq!(history.redo.is_some(), !model.redo.is_empty());
    let stats = library.stats(project).unwrap();
    assert_eq!(stats.examples, state.len() as u64);
    let tokens: u64 = state.iter().map(|(_, content)| u64::from(content.tokens_total)).sum();
    assert_eq!(stats.tokens_total, tokens);
    let distinct: std::collections::BTreeSet<_> = state.iter().map(|(_, it)| it.key).collect();
    assert_eq!(stats.duplicate_rows, (state.len() - distinct.len()) as u64);
    history.version
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_matches_the_model(actions in proptest::collection::vec(action(), 1..30)) {
        let home = tempfile::tempdir().unwrap();
        let mut library = open(home.path());
        // How durable a commit is has tests of its own; without the waiting this one can try more.
        library.with_connection(|it| it.pragma_update(None, "synchronous", "OFF")).unwrap();
        let project = project(&library);
        let mut model = Model::default();
        let mut versions: BTreeMap<u64, State> = BTreeMap::new();
        for action in &actions {
            if matches!(action, Action::Reopen) {
                drop(library);
                library = open(home.path());
            }
            perform(&library, project, &mut model, action);
            let version = compare(&library, project, &model);
            let known = versions.entry(version).or_insert_with(|| model.state.clone());
            prop_assert_eq!(&*known, &model.state, "a version names one state");
        }
        while model.undo() {
            library.undo(project, 10).unwrap();
            compare(&library, project, &model);
        }
        prop_assert!(model.state.is_empty());
        library.verify().unwrap();
    }
}

#[test]
fn undo_and_redo_survive_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let ids: Vec<_> = import(&library, project, 3).into_iter().map(|(id, _)| id).collect();
    library.example_edit(project, ids[1], &content("changed"), false, 2).unwrap();
    library.example_delete(project, &[ids[0], ids[2]], 3).unwrap();
    drop(library);

    let library = open(home.path());
    assert_eq!(texts(&library, project), ["changed"]);
    let undone = library.undo(project, 4).unwrap().unwrap();
    assert_eq!((undone.kind, undone.examples), (OperationKind::Delete, 2));
    assert_eq!(texts(&library, project), ["row 0", "changed", "row 2"]);
    drop(library);

    let library = open(home.path());
    assert_eq!(library.undo(project, 5).unwrap().unwrap().kind, OperationKind::Edit);
    assert_eq!(texts(&library, project), ["row 0", "row 1", "row 2"]);
    let undone = library.undo(project, 6).unwrap().unwrap();
    assert_eq!(undone.source_name.as_deref(), Some("a.csv"));
    assert_eq!(library.undo(project, 7).unwrap(), None);
    assert!(texts(&library, project).is_empty());
    drop(library);

    let library = open(home.path());
    while library.redo(project, 8).unwrap().is_some() {}
    assert_eq!(texts(&library, project), ["changed"]);
}

#[test]
fn typing_in_one_go_is_taken_back_at_once_and_kept_apart_in_the_log() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let id = library.example_add(project, None, &content("a"), 1).unwrap();
    let other = library.example_add(project, None, &content("z"), 1).unwrap();
    for (text, merge) in [("ab", false), ("abc", true), ("abcd", true)] {
        library.example_edit(project, id, &content(text), merge, 2).unwrap();
    }
    // Another example in between ends the burst.
    library.example_edit(project, other, &content("zz"), true, 3).unwrap();
    library.example_edit(project, id, &content("abcde"), true, 4).unwrap();

    library.undo(project, 5).unwrap();
    assert_eq!(texts(&library, project), ["abcd", "zz"]);
    library.undo(project, 5).unwrap();
    library.undo(project, 5).unwrap();
    assert_eq!(texts(&library, project), ["a", "z"]);
    let brought_back = library.redo(project, 6).unwrap();
    assert_eq!(texts(&library, project), ["abcd", "z"]);
    assert_eq!(library.history(project).unwrap().undo, brought_back);
    let edits: u64 = library.with_connection(|it| {
        it.query_row("SELECT count(*) FROM operation WHERE kind = 'edit'", [], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(edits, 5);
}

#[test]
fn the_log_can_only_grow() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let id = library.example_add(project, None, &content("a"), 1).unwrap();
    library.example_edit(project, id, &content("b"), false, 2).unwrap();
    library.undo(project, 3).unwrap();
    for statement in [
        "DELETE FROM operation",
        "UPDATE operation SET parent = 0",
        "DELETE FROM operation_content",
        "UPDATE operation_content SET body = ''",
        "DELETE FROM operation_move",
        "UPDATE operation_move SET at_ms = 0",
    ] {
        let refused = library.with_connection(|it| it.execute(statement, []).unwrap_err());
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let before = library.history(project).unwrap();
    let source = SourceInfo { name: "a.csv".into(), bytes: 1, blake3: "00".into() };
    let cancelled = library.import(project, &source, 4, &mut |sink| {
        let content = content("row");
        sink.push(&NewExample { line: None, content: &content }).unwrap();
        sink.leave_out(3, "not_json", "{").unwrap();
        Err("cancelled")
    });
    assert!(matches!(cancelled, Err(ImportError::Fill("cancelled"))));
    assert_eq!(library.history(project).unwrap(), before);
    assert!(texts(&library, project).is_empty());
    assert!(library.left_out(project).unwrap().is_empty());
}

#[test]
fn what_an_import_left_out_goes_and_comes_with_it() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let source = SourceInfo { name: "a.csv".into(), bytes: 1, blake3: "00".into() };
    let imported = library.import::<Infallible>(project, &source, 4, &mut |sink| {
        sink.leave_out(7, "not_json", "{broken").unwrap();
        let content = content("row");
        sink.push(&NewExample { line: Some(8), content: &content }).unwrap();
        Ok(())
    });
    assert_eq!(imported.unwrap().left_out, 1);
    library.example_add(project, None, &content("later"), 5).unwrap();
    let left_out = library.left_out(project).unwrap();
    assert_eq!((left_out[0].line, left_out[0].text.as_str()), (7, "{broken"));
    library.undo(project, 6).unwrap();
    library.undo(project, 6).unwrap();
    assert!(library.left_out(project).unwrap().is_empty());
    library.redo(project, 7).unwrap();
    assert_eq!(library.left_out(project).unwrap(), left_out);
}

#[test]
fn a_change_of_what_is_not_there_is_refused_whole() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let (first, second) = (project(&library), project(&library));
    let mine = library.example_add(first, None, &content("mine"), 1).unwrap();
    let other = library.example_add(second, None, &content("other"), 1).unwrap();
    let before = library.history(first).unwrap();
    let gone = ExampleId(999);
    let missing = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Missing { .. })), "{result:?}");
    };
    missing(library.example_delete(first, &[mine, other], 2).map(|_| ()));
    missing(library.example_delete(first, &[mine, gone], 2).map(|_| ()));
    missing(library.example_delete(first, &[], 2).map(|_| ()));
    missing(library.example_edit(first, other, &content("x"), false, 2).map(|_| ()));
    missing(library.example_add(first, Some(other), &content("x"), 2).map(|_| ()));
    missing(library.example_add(ProjectId(77), None, &content("x"), 2).map(|_| ()));
    missing(library.undo(ProjectId(77), 2).map(|_| ()));
    assert_eq!(library.history(first).unwrap(), before);
    assert_eq!(texts(&library, first), ["mine"]);
    assert_eq!(before, History { redo: None, ..before.clone() });
}

#[test]
fn a_thousand_examples_fit_at_one_place() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    library.with_connection(|it| it.pragma_update(None, "synchronous", "OFF")).unwrap();
    let project = project(&library);
    let first = library.example_add(project, None, &content("first"), 1).unwrap();
    let mut expected = vec!["last".to_owned()];
    let last = library.example_add(project, Some(first), &content("last"), 1).unwrap();
    let binned = library.example_add(project, Some(first), &content("binned"), 1).unwrap();
    library.example_delete(project, &[binned], 1).unwrap();
    for number in 0..1_000 {
        let text = format!("{number}");
        library.example_add(project, Some(first), &content(&text), 2).unwrap();
        expected.insert(0, text);
    }
    expected.insert(0, "first".to_owned());
    assert_eq!(texts(&library, project), expected);
    for _ in 0..1_001 {
        library.undo(project, 3).unwrap();
    }
    assert_eq!(texts(&library, project), ["first", "binned", "last"]);
    assert_eq!(library.examples(&[last, first]).unwrap()[0].id, last);
}
