//! Launches, events, evaluations, chats, settings, projects and prepared files.

use std::io;

use super::{content, open, project, texts};
use crate::{
    AnswerBefore, AnswerRow, LaunchChange, LaunchCounts, LaunchRow, Library, NewEvaluation,
    OPEN_LAUNCH_STATES, ProjectId, RunEvent, StoreError,
};

pub(super) fn launch(project: ProjectId, launch_id: &str, state: &str) -> LaunchRow {
    LaunchRow {
        launch_id: launch_id.to_owned(),
        project,
        service: "here".to_owned(),
        model: "lab".to_owned(),
        state: state.to_owned(),
        job_id: None,
        request_json: "{}".to_owned(),
        request_sha: "ab".to_owned(),
        train_file: "01".to_owned(),
        validate_file: "02".to_owned(),
        test_file: "03".to_owned(),
        recipe_json: "{\"epochs\":3}".to_owned(),
        counts: LaunchCounts { train: 80, validate: 10, test: 10 },
        dataset_version: 7,
        created_at_ms: 100,
        changed_at_ms: 100,
        server_ms: None,
        finished_at_ms: None,
        result_model: None,
        progress_json: None,
        error_json: None,
    }
}

fn with_launch(home: &std::path::Path) -> (Library, ProjectId) {
    let library = open(home);
    let project = project(&library);
    library.launch_insert(&launch(project, "L1", "intent")).unwrap();
    (library, project)
}

#[test]
fn a_project_has_at_most_one_open_launch() {
    let home = tempfile::tempdir().unwrap();
    let (library, first) = with_launch(home.path());
    let conflict = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Conflict { .. })), "{result:?}");
    };
    for state in OPEN_LAUNCH_STATES {
        conflict(library.launch_insert(&launch(first, "L2", state)));
    }
    conflict(library.launch_insert(&launch(first, "L1", "failed")));
    library.launch_insert(&launch(first, "L0", "failed")).unwrap();
    let reopen = LaunchChange { state: Some("running".to_owned()), ..LaunchChange::default() };
    conflict(library.launch_update("L0", &reopen));

    let other = project(&library);
    library.launch_insert(&launch(other, "L3", "queued")).unwrap();
    let open: Vec<_> =
        library.launches_open().unwrap().into_iter().map(|row| row.launch_id).collect();
    assert_eq!(open, ["L3", "L1"]);
    assert_eq!(library.launches_all().unwrap().len(), 3);

    let over = LaunchChange {
        state: Some("succeeded".to_owned()),
        result_model: Some("ft:lab".to_owned()),
        finished_at_ms: Some(900),
        changed_at_ms: 900,
        ..LaunchChange::default()
    };
    library.launch_update("L1", &over).unwrap();
    library.launch_insert(&launch(first, "L2", "intent")).unwrap();
    let expected = LaunchRow {
        state: "succeeded".to_owned(),
        result_model: Some("ft:lab".to_owned()),
        finished_at_ms: Some(900),
        changed_at_ms: 900,
        ..launch(first, "L1", "intent")
    };
    assert_eq!(library.launch("L1").unwrap(), expected);
    assert_eq!(library.launches(first).unwrap().len(), 3);
}

#[test]
fn a_change_is_later_than_all_before_it() {
    let home = tempfile::tempdir().unwrap();
    let (library, _) = with_launch(home.path());
    let changed_at = |now_ms: i64| {
        let change = LaunchChange { changed_at_ms: now_ms, ..LaunchChange::default() };
        library.launch_update("L1", &change).unwrap();
        library.launch("L1").unwrap().changed_at_ms
    };
    // The clock goes on, stands still, and is set back.
    assert_eq!([200, 200, 150, 300].map(changed_at), [200, 201, 202, 300]);
}

#[test]
fn what_belongs_to_nothing_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let missing = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Missing { .. })), "{result:?}");
    };
    missing(library.launch_insert(&launch(ProjectId(9), "L1", "intent")));
    missing(library.launch_update("nope", &LaunchChange::default()));
    missing(library.launch("nope").map(|_| ()));
    missing(library.run_events_append("nope", &[event("e1", "message")]).map(|_| ()));
    missing(library.chat_append(project, "nope", "user", "hello", 1).map(|_| ()));
    missing(library.evaluation_finish(crate::EvaluationId(3), "failed", None, 1));
    missing(library.project(ProjectId(9)).map(|_| ()));
    missing(library.project_rename(ProjectId(9), "x", 1));
}

fn event(event_id: &str, kind: &str) -> RunEvent {
    RunEvent {
        event_id: event_id.to_owned(),
        at_ms: 5,
        kind: kind.to_owned(),
        step: Some(3),
        data_json: "{}".to_owned(),
    }
}

#[test]
fn an_event_told_twice_is_stored_once() {
    let home = tempfile::tempdir().unwrap();
    let (library, _) = with_launch(home.path());
    let events = [event("e1", "metrics"), event("e2", "message")];
    assert_eq!(library.run_events_append("L1", &events).unwrap(), 2);
    let events = [event("e2", "message"), event("e3", "metrics")];
    assert_eq!(library.run_events_append("L1", &events).unwrap(), 1);

    assert_eq!(library.run_event_last("L1").unwrap().as_deref(), Some("e3"));
    assert_eq!(library.run_event_last("L2").unwrap(), None);
    let all = library.run_events("L1", None, 0, 100).unwrap();
    let ids: Vec<_> = all.iter().map(|row| row.event.event_id.as_str()).collect();
    assert_eq!(ids, ["e1", "e2", "e3"]);
    assert_eq!(library.run_events("L1", None, all[0].seq, 1).unwrap(), all[1..2]);
    assert_eq!(library.run_events("L1", Some("metrics"), all[0].seq, 9).unwrap(), all[2..]);
}

#[test]
fn answers_of_an_evaluation() {
    let home = tempfile::tempdir().unwrap();
    let (library, project) = with_launch(home.path());
    assert_eq!(library.evaluation_latest(project).unwrap(), None);
    let new = NewEvaluation {
        project,
        launch_id: "L1".to_owned(),
        kind: "groups".to_owned(),
        examples: 5,
        created_at_ms: 10,
        before_model: Some("starter".to_owned()),
    };
    let id = library.evaluation_create(&new).unwrap();
    let answer = |index: u64| AnswerRow {
        index,
        line: Some(index + 2),
        question: "q".to_owned(),
        expected: "a".to_owned(),
        answer: "a".to_owned(),
        right: index != 1 && index != 3,
        before: (index != 4).then(|| AnswerBefore { answer: "b".to_owned(), right: index == 0 }),
    };
    let answers: Vec<_> = (0..5).map(answer).collect();
    library.evaluation_answers_append(id, &answers[..3]).unwrap();
    assert_eq!(library.evaluation(id).unwrap().done, 3);
    library.evaluation_answers_append(id, &answers[2..]).unwrap();
    library.evaluation_finish(id, "finished", Some("{\"accuracy\":0.6}"), 20).unwrap();

    let row = library.evaluation_latest(project).unwrap().unwrap();
    assert_eq!((row.done, row.state.as_str(), row.finished_at_ms), (5, "finished", Some(20)));
    assert_eq!((row.right, row.before_right), (3, 1));
    assert_eq!(row.before_model.as_deref(), Some("starter"));
    assert_eq!(library.evaluation_latest_of_launch("L1").unwrap(), Some(row));
    assert_eq!(library.answers(id, 1, 2, false).unwrap(), (answers[1..3].to_vec(), 5));
    assert_eq!(library.answers(id, 1, 9, true).unwrap(), (answers[3..4].to_vec(), 2));
}

#[test]
fn chats_settings_and_projects_survive_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let (library, first) = with_launch(home.path());
    library.chat_append(first, "L1", "user", "hello", 1).unwrap();
    library.chat_append(first, "L1", "assistant", "<b>hi</b>", 2).unwrap();
    library.setting_set("theme", "\"dark\"").unwrap();
    library.setting_set("theme", "\"light\"").unwrap();
    library.project_rename(first, "Post", 50).unwrap();
    let second = project(&library);
    library.project_set_deleted(second, true).unwrap();
    drop(library);

    let library = open(home.path());
    let said = library.chat_messages(first, "L1").unwrap();
    assert_eq!(
        said.iter().map(|it| it.content.as_str()).collect::<Vec<_>>(),
        ["hello", "<b>hi</b>"]
    );
    assert_eq!(library.chat_clear(first, "L1").unwrap(), 2);
    assert!(library.chat_messages(first, "L1").unwrap().is_empty());
    assert_eq!(library.setting("theme").unwrap().as_deref(), Some("\"light\""));
    assert_eq!(library.setting("other").unwrap(), None);
    let projects = library.projects().unwrap();
    let names: Vec<_> = projects.iter().map(|it| (it.name.as_str(), it.deleted)).collect();
    assert_eq!(names, [("Post", false), ("Letters", true)]);
    assert_eq!(projects[0].split_seed, u64::MAX);
    library.project_set_deleted(second, false).unwrap();
    assert!(!library.project(second).unwrap().deleted);
}

#[test]
fn prepared_files_are_named_by_their_bytes() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let hash = library.file_put_bytes(b"{}\n").unwrap();
    assert_eq!(hash, blake3::hash(b"{}\n").to_hex().as_str());
    assert_eq!(library.file_put(&mut |file| file.write_all(b"{}\n")).unwrap(), hash);
    let path = library.file_path(&hash).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"{}\n");

    // A damaged copy is made whole by storing the same bytes again.
    std::fs::write(&path, b"{").unwrap();
    library.file_put_bytes(b"{}\n").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"{}\n");

    let failed = library.file_put(&mut |file| {
        file.write_all(b"half")?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    });
    assert!(matches!(failed, Err(StoreError::DiskFull)));
    assert_eq!(std::fs::read_dir(library.files_dir()).unwrap().count(), 1);
    for hash in ["", "../library.db", &"0".repeat(64)] {
        assert!(matches!(library.file_path(hash), Err(StoreError::Missing { .. })), "{hash}");
    }
}

#[test]
fn a_panic_in_the_middle_of_a_change_leaves_nothing_and_the_library_usable() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let again = library.clone();
    let panicked = std::thread::spawn(move || {
        let source = crate::SourceInfo { name: "a".into(), bytes: 0, blake3: String::new() };
        again.import::<StoreError>(project, &source, 1, &mut |sink| {
            sink.push(&crate::NewExample { line: None, content: &content("lost") })?;
            panic!("planted");
        })
    });
    assert!(panicked.join().is_err());
    library.example_add(project, None, &content("kept"), 2).unwrap();
    assert_eq!(texts(&library, project), ["kept"]);
}
