//! Time that somebody worked on the examples of a project.

use std::path::Path;

use rusqlite::Connection;

use super::{open, project};
use crate::{Library, ProjectId, StoreError};

const MONDAY: &str = "2026-11-23";
const TUESDAY: &str = "2026-11-24";

fn seconds_of(library: &Library, project: ProjectId) -> u64 {
    library.worked_seconds(project).unwrap()
}

#[test]
fn time_adds_up_by_day_and_each_project_has_its_own() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let (first, second) = (project(&library), project(&library));
    assert_eq!(seconds_of(&library, first), 0);
    for (day, seconds) in [(MONDAY, 30), (MONDAY, 45), (TUESDAY, 600)] {
        library.worked_add(first, day, seconds).unwrap();
    }
    library.worked_add(second, MONDAY, 7).unwrap();
    assert_eq!((seconds_of(&library, first), seconds_of(&library, second)), (675, 7));
    let days: u64 = library
        .read(|it| {
            let count = "SELECT count(*) FROM worked WHERE project = ?1";
            Ok(it.query_row(count, [first], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(days, 2, "a day is one row, however often it is added to");
    drop(library);
    assert_eq!(seconds_of(&open(home.path()), first), 675);
}

#[test]
fn time_of_no_project_and_no_time_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let nobody = library.worked_add(ProjectId(9), MONDAY, 30);
    assert!(matches!(nobody, Err(StoreError::Missing { .. })), "{nobody:?}");
    let project = project(&library);
    library.worked_add(project, MONDAY, 0).unwrap_err();
    assert_eq!(seconds_of(&library, project), 0);
}

#[test]
fn what_is_forgotten_of_one_project_stays_of_another() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let (first, second) = (project(&library), project(&library));
    for project in [first, second] {
        library.worked_add(project, MONDAY, 30).unwrap();
        library.worked_add(project, TUESDAY, 30).unwrap();
    }
    library.worked_forget(first).unwrap();
    assert_eq!((seconds_of(&library, first), seconds_of(&library, second)), (0, 60));
    library.worked_forget(first).unwrap();
    library.worked_add(first, TUESDAY, 5).unwrap();
    assert_eq!(seconds_of(&library, first), 5, "it may be counted anew");
}

#[test]
fn a_project_that_is_removed_takes_its_time_along() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let (gone, stays) = (project(&library), project(&library));
    library.worked_add(gone, MONDAY, 30).unwrap();
    library.worked_add(stays, MONDAY, 40).unwrap();
    // The bin keeps everything; only what removes a project for good removes its time.
    library.project_set_deleted(gone, true).unwrap();
    assert_eq!(seconds_of(&library, gone), 30);
    library.with_connection(|it| it.execute("DELETE FROM project WHERE id = ?1", [gone])).unwrap();
    assert_eq!((seconds_of(&library, gone), seconds_of(&library, stays)), (0, 40));
    library.verify().unwrap();
}

/// Makes the library in `home` one of the version before there was time.
fn without_time(home: &Path) {
    let old = Connection::open(home.join("library.db")).unwrap();
    old.execute_batch("DROP TABLE worked; DROP TABLE model_tokenizer; PRAGMA user_version = 6;")
        .unwrap();
}

#[test]
fn an_older_library_keeps_its_projects_and_learns_of_time() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    drop(library);
    without_time(home.path());

    let library = open(home.path());
    assert_eq!(library.project(project).unwrap().name, "Letters");
    assert_eq!(seconds_of(&library, project), 0);
    library.worked_add(project, MONDAY, 30).unwrap();
    assert_eq!(seconds_of(&library, project), 30);
    library.verify().unwrap();
    assert!(home.path().join("backups/library-v6-0001.db").is_file(), "a copy was made before");
}
