//! What opening refuses, and that a refusal changes nothing; migrations and their backups.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use rusqlite::Connection;

use super::{content, open, project, texts};
use crate::{ExtraMigration, Library, LibraryOptions, OpenError, StoreError, ViewQuery};

/// A closed library with one example in the folder `home`.
fn closed_library(home: &Path) {
    let library = open(home);
    let project = project(&library);
    library.example_add(project, None, &content("kept"), 1).unwrap();
}

/// Every file of the folder but the lock, with its bytes.
fn files(home: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file() && !path.ends_with(".lock"))
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect()
}

/// Plants a fault in the file of a library and shows how opening answers; no byte may change by it.
#[track_caller]
fn check_refusal(plant: impl FnOnce(&Path), expected: &Expect) {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    plant(&home.path().join("library.db"));
    let before = files(home.path());
    let refusal = Library::open(LibraryOptions::new(home.path().to_owned())).unwrap_err();
    let shown = refusal.to_string().replace(home.path().to_str().unwrap(), "HOME");
    expected.assert_eq(&shown);
    let reading = Library::open_reading(home.path().to_owned());
    assert!(reading.is_err(), "a reader is refused too");
    assert!(files(home.path()) == before, "a refusal changed a file");
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    check_refusal(
        |file| fs::write(file, b"").unwrap(),
        &expect!["the library file `HOME/library.db` is damaged: it is empty"],
    );
    check_refusal(
        |file| fs::write(file, b"SQLite format 3\0").unwrap(),
        &expect!["the library file `HOME/library.db` is damaged: it is cut off"],
    );
    check_refusal(
        |file| fs::write(file, [b'x'; 9_000]).unwrap(),
        &expect!["the library file `HOME/library.db` is damaged: it is not a library of Attune"],
    );
    check_refusal(
        |file| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() - 5_000]).unwrap();
        },
        &expect!["the library file `HOME/library.db` is damaged: it is cut off"],
    );
    check_refusal(
        |file| {
            fs::remove_file(file).unwrap();
            fs::write(file.with_extension("db-wal"), b"left over").unwrap();
        },
        &expect![
            "the library file `HOME/library.db` is damaged: it is missing while its journal is there"
        ],
    );
    check_refusal(
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
        &expect!["the library file `HOME/library.db` is damaged: it is not a file"],
    );
}

#[test]
fn a_broken_page_is_found_when_the_library_opens() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let file = home.path().join("library.db");
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 8_192;
    for page in 1..pages {
        let mut broken = whole.clone();
        broken[page * 8_192..page * 8_192 + 64].fill(0x5a);
        fs::write(&file, &broken).unwrap();
        let refusal = Library::open(LibraryOptions::new(home.path().to_owned()));
        assert!(matches!(refusal, Err(OpenError::Damaged { .. })), "page {page}: {refusal:?}");
        assert!(fs::read(&file).unwrap() == broken, "page {page}: the refusal changed the file");
    }
}

#[test]
fn another_programs_database_is_refused() {
    check_refusal(
        |file| {
            fs::remove_file(file).unwrap();
            let other = Connection::open(file).unwrap();
            other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
        },
        &expect!["the library file `HOME/library.db` is damaged: it is not a library of Attune"],
    );
}

#[test]
fn a_newer_file_is_refused_with_its_own_error() {
    check_refusal(
        |file| {
            let newer = Connection::open(file).unwrap();
            newer.pragma_update(None, "user_version", 42).unwrap();
        },
        &expect!["the library has version 42, this program knows versions up to 8"],
    );
}

#[test]
fn a_newer_file_that_was_not_closed_is_not_touched_either() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let copy = tempfile::tempdir().unwrap();
    let newer = Connection::open(home.path().join("library.db")).unwrap();
    newer.pragma_update(None, "user_version", 42).unwrap();
    for name in ["library.db", "library.db-wal"] {
        fs::copy(home.path().join(name), copy.path().join(name)).unwrap();
    }
    let bytes = |name: &str| fs::read(copy.path().join(name)).unwrap();
    let before = (bytes("library.db"), bytes("library.db-wal"));
    let refusal = Library::open(LibraryOptions::new(copy.path().to_owned()));
    assert!(matches!(refusal, Err(OpenError::NewerFile { found: 42, known: 8 })), "{refusal:?}");
    assert!((bytes("library.db"), bytes("library.db-wal")) == before);
}

#[test]
fn a_second_opening_is_refused_and_readers_are_not() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let second = Library::open(LibraryOptions::new(home.path().to_owned()));
    assert!(matches!(second, Err(OpenError::AlreadyOpen)), "{second:?}");

    let reading = Library::open_reading(home.path().to_owned()).unwrap();
    library.example_add(project, None, &content("new"), 1).unwrap();
    assert_eq!(texts(&reading, project), ["new"], "a reader sees what was committed");
    let refused = reading.example_add(project, None, &content("x"), 1);
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    assert!(matches!(reading.file_put_bytes(b"x"), Err(StoreError::ReadOnly)));

    let clone = library.clone();
    drop(library);
    let still = Library::open(LibraryOptions::new(home.path().to_owned()));
    assert!(matches!(still, Err(OpenError::AlreadyOpen)), "a handle is left");
    drop(clone);
    open(home.path());
}

#[test]
fn reading_where_there_is_no_library_makes_none() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("nothing");
    let library = Library::open_reading(place.clone()).unwrap();
    assert!(library.projects().unwrap().is_empty());
    assert!(library.launches_open().unwrap().is_empty());
    assert!(matches!(library.setting_set("a", "1"), Err(StoreError::ReadOnly)));
    assert!(!place.exists());
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, b"mine").unwrap();
    for place in [file.clone(), file.join("below")] {
        let refusal = Library::open(LibraryOptions::new(place));
        assert!(matches!(refusal, Err(OpenError::NotAFolder)), "{refusal:?}");
    }
    assert!(matches!(Library::open_reading(file.clone()), Err(OpenError::NotAFolder)));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let home = outer.path().join("deep/home");
    let library = open(&home);
    let hash = library.file_put_bytes(b"x").unwrap();
    let backup = library.back_up().unwrap();
    project(&library);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [&home, &library.files_dir(), &library.engine_dir(), &home.join("backups")] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    let database = home.join("library.db");
    let journal = home.join("library.db-wal");
    let prepared = library.file_path(&hash).unwrap();
    for file in [&database, &journal, &backup, &prepared, &home.join(".lock")] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    drop(library);
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    open(&home);
    assert_eq!(mode(&database), 0o600);
}

#[test]
fn closing_folds_the_journal_into_the_file() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let names: Vec<_> = files(home.path()).into_keys().collect();
    assert_eq!(names, [home.path().join("library.db")]);
    assert_eq!(fs::read(home.path().join(".lock")).unwrap(), b"closed");
}

const SECOND: ExtraMigration = ExtraMigration {
    sql: "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
          INSERT INTO tag (name) SELECT name FROM project;",
};

fn with_second(home: &Path) -> Result<Library, OpenError> {
    let options =
        LibraryOptions { extra_migration: Some(SECOND), ..LibraryOptions::new(home.to_owned()) };
    Library::open(options)
}

#[test]
fn a_migration_stands_behind_a_backup_that_opens() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let library = with_second(home.path()).unwrap();
    let tags: u64 = library
        .read(|it| Ok(it.query_row("SELECT count(*) FROM tag", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(tags, 1);
    drop(library);

    // The program without the second migration refuses the file and runs again with the backup in its place.
    let refusal = Library::open(LibraryOptions::new(home.path().to_owned()));
    assert!(matches!(refusal, Err(OpenError::NewerFile { found: 9, known: 8 })), "{refusal:?}");
    fs::copy(home.path().join("backups/library-v8-0001.db"), home.path().join("library.db"))
        .unwrap();
    let library = open(home.path());
    let project = library.projects().unwrap()[0].id;
    assert_eq!(texts(&library, project), ["kept"]);
    assert!(library.undo(project, 2).unwrap().is_some(), "the history is in the backup too");
    library.verify().unwrap();
    assert_eq!(fs::read_dir(home.path().join("backups")).unwrap().count(), 1);
}

/// The first schema is history: a library that has it is somebody's work.
#[test]
fn the_first_schema_never_changes() {
    let hash = blake3::hash(crate::tables::FIRST_SCHEMA.concat().as_bytes()).to_hex().to_string();
    expect!["7f377e1b2b6cccd46f038e2819d3896d3efdab298b26152c90645e13cd5fd7d4"].assert_eq(&hash);
}

#[test]
fn a_library_of_the_first_schema_keeps_its_tests_and_learns_of_before() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let file = home.path().join("library.db");
    fs::write(&file, b"").unwrap();
    let mut old = crate::connection::open_writer(&file).unwrap();
    old.pragma_update(None, "page_size", 8_192).unwrap();
    old.pragma_update(None, "application_id", crate::connection::APPLICATION_ID).unwrap();
    let transaction = old.transaction().unwrap();
    transaction.execute_batch(&crate::tables::FIRST_SCHEMA.concat()).unwrap();
    transaction.pragma_update(None, "user_version", 1).unwrap();
    transaction.commit().unwrap();
    old.execute_batch(OLD_ROWS).unwrap();
    drop(old);

    let library = open(home.path());
    let test = library.evaluation_latest_of_launch("L1").unwrap().unwrap();
    assert_eq!((test.done, test.right, test.before_model), (2, 1, None));
    let (answers, total) = library.answers(test.id, 0, 9, false).unwrap();
    assert_eq!(total, 2);
    assert!(answers.iter().all(|answer| answer.before.is_none()), "{answers:?}");
    library.verify().unwrap();
    assert!(home.path().join("backups/library-v1-0001.db").is_file(), "a copy was made before");
}

/// A training with a test, as the first schema stored them.
const OLD_ROWS: &str = "
INSERT INTO project (id, name, sample, split_seed, created_at_ms, changed_at_ms)
    VALUES (1, 'Letters', 0, 7, 1, 1);
INSERT INTO launch VALUES ('L1', 1, 'this-computer', 'lab', 'succeeded', 'ftjob-1', '{}', '', '',
    '', '', '{\"hyperparameters\":{},\"seed\":7,\"tokens\":90}', 8, 1, 2, 1, 1, 1, NULL, 2,
    'ft:lab:attune::1', NULL, NULL);
INSERT INTO evaluation VALUES (1, 1, 'L1', 'finished', 'groups', 2, 2, NULL, 3, 4);
INSERT INTO evaluation_answer VALUES (1, 0, 2, 'q', 'a', 'a', 1), (1, 1, 3, 'q', 'a', 'b', 0);
";

#[test]
fn a_migration_that_fails_leaves_the_old_library() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let options = LibraryOptions {
        extra_migration: Some(ExtraMigration {
            sql: "CREATE TABLE tag (name TEXT) STRICT; INSERT INTO nothing VALUES (1);",
        }),
        ..LibraryOptions::new(home.path().to_owned())
    };
    let refusal = Library::open(options);
    assert!(matches!(refusal, Err(OpenError::Sql { .. })), "{refusal:?}");
    let library = open(home.path());
    let project = library.projects().unwrap()[0].id;
    assert_eq!(library.example_ids(project, &ViewQuery::default()).unwrap().len(), 1);
}

#[test]
fn readers_do_not_migrate() {
    let home = tempfile::tempdir().unwrap();
    closed_library(home.path());
    let old = Connection::open(home.path().join("library.db")).unwrap();
    old.pragma_update(None, "user_version", 0).unwrap();
    drop(old);
    let refusal = Library::open_reading(home.path().to_owned());
    assert!(matches!(refusal, Err(OpenError::OlderFile { found: 0, known: 8 })), "{refusal:?}");
}
