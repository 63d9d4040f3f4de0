//! Bad input and bad days by command: each ends with a plain sentence, and nothing is lost.

use attune_contract::{Params, words::words};
use attune_store::{Library, LibraryOptions};
use attune_testkit::{
    GroupTask, binary_bytes, csv, damage_library, library_file, make_library_newer, make_unreadable,
};

use crate::support::{Shell, text};

const TASK: GroupTask = GroupTask { seed: 31, groups: 3, rows: 30 };

#[test]
fn files_that_cannot_be_read_are_refused() {
    let shell = Shell::new();
    let unreadable = shell.path("loop.csv");
    make_unreadable(&unreadable).unwrap();
    let cases = [
        (shell.path("nowhere.csv"), "file_unreadable"),
        (unreadable, "file_unreadable"),
        (shell.file("empty.csv", ""), "file_empty"),
        (shell.file("picture.csv", binary_bytes(5_000)), "file_unsupported"),
    ];
    for (file, code) in cases {
        for command in ["check", "train"] {
            let ended = shell.run(&[command, text(&file), "--json"]);
            assert_eq!(ended.code, Some(2), "{command} {}: {ended:?}", file.display());
            let last = ended.last();
            assert_eq!(last["failure"]["code"], code, "{command} {}: {last}", file.display());
            crate::support::is_plain(&last["failure"], code);
        }
    }
}

#[test]
fn an_unknown_service_or_model_is_refused() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    let ended =
        shell.run(&["train", text(&file), "--service", "the-moon", "--model", "lab", "--json"]);
    assert_eq!(
        (ended.code, &ended.last()["failure"]["code"]),
        (Some(2), &"service_not_known".into())
    );
    let ended = shell.run(&["chat", "--model", "ft:lab:attune:never:made", "--json", "Hello"]);
    ended.is_refused("model_missing");
}

#[test]
fn while_the_library_is_open_elsewhere_only_readers_run() {
    let shell = Shell::new();
    let file = shell.file("task.csv", csv(&TASK.pairs()));
    let _open = Library::open(LibraryOptions::new(shell.home().to_owned())).unwrap();
    let ended = shell.train(&file);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.last()["failure"]["code"], "library_open_elsewhere", "{ended:?}");
    assert_eq!(shell.run(&["check", text(&file), "--json"]).code, Some(0));
    assert_eq!(shell.run(&["jobs", "--json"]).code, Some(0));
}

#[test]
fn a_damaged_or_newer_library_is_refused_and_left_as_it_is() {
    type Accident = fn(&std::path::Path);
    let accidents: [(Accident, &str); 2] =
        [(damage_library, "library_damaged"), (make_library_newer, "library_newer")];
    for (accident, code) in accidents {
        let shell = Shell::new();
        drop(Library::open(LibraryOptions::new(shell.home().to_owned())).unwrap());
        accident(shell.home());
        let before = std::fs::read(library_file(shell.home())).unwrap();
        let file = shell.file("task.csv", csv(&TASK.pairs()));
        let ended = shell.train(&file);
        assert_eq!(ended.code, Some(2), "{code}: {ended:?}");
        assert_eq!(ended.last()["failure"]["code"], code, "{ended:?}");
        assert_eq!(before, std::fs::read(library_file(shell.home())).unwrap(), "{code}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_screen_the_window_says_so() {
    let programs = attune_testkit::Programs::find();
    // None at all, and one that nobody is behind.
    for display in [None, Some(":64321")] {
        let shell = Shell::new();
        let mut window = std::process::Command::new(programs.window());
        window.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        window.envs(display.map(|name| ("DISPLAY", name))).env("ATTUNE_HOME", shell.home());
        let output = window.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{display:?}: {said}");
        let words = words("failure.no_display", &Params::new());
        assert!(said.contains(&words), "{display:?}: {said}");
        assert!(!said.contains("panicked"), "{display:?}: {said}");
    }
}

#[test]
fn a_command_that_does_not_exist_is_explained() {
    let shell = Shell::new();
    for wrong in [&["fly"][..], &["train"], &["check"], &["serve", "--port", "many"]] {
        let ended = shell.run(wrong);
        assert_eq!(ended.code, Some(2), "{wrong:?}: {ended:?}");
        assert!(ended.err.contains("--help"), "{wrong:?}: {ended:?}");
        assert!(!ended.err.contains("panicked"), "{wrong:?}: {ended:?}");
    }
}
