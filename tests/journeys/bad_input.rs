//! Bad input and bad days in the window: each ends with a plain sentence of the catalogue, and
//! nothing is lost.

use std::path::{Path, PathBuf};

use attune_contract::{Params, params};
use attune_testkit::{
    GroupTask, SmallDisk, binary_bytes, broken_jsonl, csv, damage_library, huge_line_jsonl,
    library_file, make_library_newer, make_unreadable,
};

use crate::steps;
use crate::support::{Journey, Wait, Window, say, say_with, until};

const TASK: GroupTask = GroupTask { seed: 81, groups: 3, rows: 30 };

#[test]
fn files_that_cannot_be_brought_in() {
    let journey = Journey::begin("bad_files");
    let window = journey.open();
    steps::wait_route(&window, "welcome");
    let unreadable = journey.equipment.file("loop.csv", "");
    std::fs::remove_file(&unreadable).unwrap();
    make_unreadable(&unreadable).unwrap();
    let gone = journey.equipment.file("gone.csv", "");
    std::fs::remove_file(&gone).unwrap();
    let picture = journey.equipment.file("picture.csv", binary_bytes(50_000));
    let empty = journey.equipment.file("empty.csv", "");
    let named = |file: &Path| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        Params::from([("file".to_owned(), name.into())])
    };
    let cases = [
        (&unreadable, "failure.file_unreadable", named(&unreadable)),
        (&gone, "failure.file_unreadable", named(&gone)),
        (&empty, "failure.file_empty", Params::new()),
        (&picture, "failure.file_unsupported", named(&picture)),
    ];
    for (file, key, values) in cases {
        let words = say_with(key, &values);
        steps::pick(&journey, &window, file);
        is_said_and_put_away(&journey, &window, &words);
        journey.equipment.drop_file(file);
        is_said_and_put_away(&journey, &window, &words);
    }
    assert!(journey.library().projects().unwrap().is_empty(), "nothing was brought in");
    // After all that a good file comes in as if nothing had been.
    let good = journey.equipment.file("good.csv", csv(&TASK.pairs()));
    let project = steps::bring_in(&journey, &window, &good);
    assert_eq!(steps::pairs_of(&journey.library(), project), TASK.pairs());
    window.quit();
}

#[track_caller]
fn is_said_and_put_away(journey: &Journey, window: &Window, words: &str) {
    window.sees(words);
    journey.album.take(window, "refused");
    window.is_accessible();
    window.press("button", &say("action.close"));
    until(Wait::Usual, || (!window.reads(words)).then_some(()))
        .unwrap_or_else(|| window.give_up("the refusal to go away"));
}

#[test]
fn a_half_broken_file_comes_in_with_its_broken_rows_named() {
    let journey = Journey::begin("half_broken");
    let (content, broken) = broken_jsonl(&TASK.pairs());
    let file = journey.equipment.file("half.jsonl", content);
    let window = journey.open();
    steps::pick(&journey, &window, &file);
    steps::wait_route(&window, "import");
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    window.sees(&say_with("import.done.good", &params!["n" => 30_u64]));
    window.sees(&say_with("import.done.left", &params!["n" => 15_u64]));
    for code in ["not_json", "not_an_object", "missing_messages", "message_missing_key"] {
        window.sees(&say(&format!("problem.{code}")));
    }
    journey.album.take(&window, "left-out");
    window.is_accessible();
    let library = journey.library();
    let project = steps::newest_project(&library);
    assert_eq!(steps::pairs_of(&library, project), TASK.pairs());
    let lines: Vec<u64> = library.left_out(project).unwrap().iter().map(|row| row.line).collect();
    assert_eq!(lines, broken, "each broken row is kept with its line");
    window.quit();
}

#[test]
fn a_huge_line_is_left_out_and_the_rest_comes_in() {
    let journey = Journey::begin("huge_line");
    let file = journey.equipment.file("huge.jsonl", huge_line_jsonl(&TASK.pairs(), 40 << 20));
    let window = journey.open();
    steps::pick(&journey, &window, &file);
    steps::wait_route(&window, "import");
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    window.sees(&say("problem.row_too_long"));
    let library = journey.library();
    let project = steps::newest_project(&library);
    assert_eq!(steps::pairs_of(&library, project), TASK.pairs());
    assert_eq!(
        library.left_out(project).unwrap().iter().map(|row| row.line).collect::<Vec<_>>(),
        [16]
    );
    window.quit();
}

/// A home with a library of thirty examples, closed.
#[track_caller]
fn with_examples(journey: &Journey) {
    let window = journey.open();
    let file = journey.equipment.file("good.csv", csv(&TASK.pairs()));
    steps::bring_in(journey, &window, &file);
    window.quit();
}

#[test]
fn a_damaged_or_newer_library_is_left_as_it_is() {
    let journey = Journey::begin("bad_library");
    with_examples(&journey);
    let file = library_file(journey.home());
    let good = std::fs::read(&file).unwrap();
    type Accident = fn(&Path);
    let accidents: [(Accident, &str); 2] =
        [(damage_library, "library_damaged"), (make_library_newer, "library_newer")];
    for (accident, code) in accidents {
        accident(journey.home());
        let accidental = std::fs::read(&file).unwrap();
        let window = journey.open();
        steps::wait_route(&window, "library-failure");
        window.sees(&say("library.title"));
        reads_failure(&window, code, &file);
        journey.album.take(&window, code);
        window.press("button", &say("action.try_again"));
        // Only then is nothing on its way that would read what the person puts back.
        let tried = say_with("library.tried", &params!["when" => "|"]);
        window.sees(tried.split('|').next().unwrap_or_default());
        journey.album.take(&window, "tried");
        assert_eq!(std::fs::read(&file).unwrap(), accidental, "{code}: the file was changed");
        // The person puts the copy back, and the same window goes on.
        std::fs::write(&file, &good).unwrap();
        window.press("button", &say("action.try_again"));
        window.wait_for(
            Wait::Usual,
            "the projects",
            "return document.documentElement.dataset.route !== 'library-failure';",
        );
        assert_eq!(journey.library().projects().unwrap()[0].examples, 30);
        window.quit();
    }
}

/// The words of the failure, whatever name the file goes by in them.
#[track_caller]
fn reads_failure(window: &Window, code: &str, file: &Path) {
    let key = format!("failure.{code}");
    let names = [file.display().to_string(), "library.db".to_owned(), String::new()];
    let versions =
        names.map(|name| say_with(&key, &Params::from([("file".to_owned(), name.into())])));
    let read = || versions.iter().any(|words| window.reads(words)).then_some(());
    until(Wait::Usual, read).unwrap_or_else(|| window.give_up(&format!("the words of `{key}`")));
}

#[test]
fn a_second_start_shows_the_first_window_and_disturbs_nothing() {
    let journey = Journey::begin("second_window");
    let first = journey.open();
    let file = journey.equipment.file("good.csv", csv(&TASK.pairs()));
    let project = steps::bring_in(&journey, &first, &file);
    let second = journey.start_unseen(&[]);
    second.family.wait_gone();
    journey.equipment.wait_told("window.shown");
    drop(second);
    steps::open_row(&first, 0);
    first.fill("textbox", &say("card.answer"), "still mine");
    let answer = || steps::pairs_of(&journey.library(), project)[0].answer.clone();
    steps::wait_saved(&first, "the change", || answer() == "still mine");
    first.quit();
    assert_eq!(answer(), "still mine");
}

#[test]
fn a_full_disk_loses_nothing() {
    let journey = Journey::begin("full_disk");
    let Some(disk) = SmallDisk::mount(24 << 20) else {
        crate::say_past_the_runner("LEFT OUT: this user may not mount a small disk to fill it");
        return;
    };
    let small = journey.equipment.file("small.csv", csv(&TASK.pairs()));
    let large =
        journey.equipment.file("large.csv", csv(&GroupTask { rows: 4_000, ..TASK }.pairs()));
    let window = journey.start(disk.path(), &[]);
    steps::wait_route(&window, "welcome");
    bring_in_at(&journey, &window, &small);
    window.press("button", &say("import.done.see"));
    steps::wait_state(&window, "ready");
    let library = || attune_store::Library::open_reading(disk.path().to_owned()).unwrap();
    let counts =
        || library().projects().unwrap().iter().map(|one| one.examples).collect::<Vec<_>>();
    assert_eq!(counts(), [30]);

    let ballast: PathBuf = disk.fill(0);
    bring_in_at(&journey, &window, &large);
    window.sees(&say("failure.disk_full"));
    journey.album.take(&window, "full");
    window.is_accessible();
    assert_eq!(counts(), [30], "half an import is there");
    library().verify().unwrap();

    std::fs::remove_file(ballast).unwrap();
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    let mut after = counts();
    after.sort_unstable();
    assert_eq!(after, [30, 4_000]);
    window.quit();
}

#[track_caller]
fn bring_in_at(journey: &Journey, window: &Window, file: &Path) {
    steps::to_welcome(window);
    steps::pick(journey, window, file);
    steps::wait_route(window, "import");
    window.press("button", &say("import.start"));
}
