//! When the page's packages count as installed, and that its type check catches mistakes.

use std::fs;
use std::path::Path;

use super::{check_command, is_installed};
use crate::process;
use crate::workspace::Workspace;

const LOCK: &str = r#"{"packages": {
    "": {"name": "page"},
    "node_modules/svelte": {"version": "5.57.3", "integrity": "sha512-a"},
    "node_modules/rolldown-win": {"version": "1.0.0", "integrity": "sha512-b", "optional": true}
}}"#;

fn installed(packages: &str) -> String {
    format!(r#"{{"packages": {{{packages}}}}}"#)
}

#[test]
fn packages_of_the_lock_file_are_installed() {
    let there =
        installed(r#""node_modules/svelte": {"version": "5.57.3", "integrity": "sha512-a"}"#);
    assert!(is_installed(LOCK, &there), "an optional package for another platform may be absent");
}

#[test]
fn anything_else_is_stale() {
    let svelte = r#""node_modules/svelte": {"version": "5.57.3", "integrity": "sha512-a"}"#;
    let older = r#""node_modules/svelte": {"version": "5.57.2", "integrity": "sha512-0"}"#;
    let extra = format!(r#"{svelte}, "node_modules/gone": {{"version": "1.0.0"}}"#);
    for (why, stale) in [
        ("nothing there", String::new()),
        ("an install that was cut off", "{".to_owned()),
        ("a package is missing", installed("")),
        ("an older version", installed(older)),
        ("a package the lock file no longer names", installed(&extra)),
    ] {
        assert!(!is_installed(LOCK, &stale), "{why}");
    }
}

/// A page project of one file in a folder of its own, checked with the real page's settings.
struct Planted {
    folder: tempfile::TempDir,
}

impl Planted {
    fn new(ui: &Path) -> Self {
        let installed = ui.join("node_modules");
        assert!(installed.is_dir(), "run `cargo xtask test page-install` once, then this test");
        // Beside the page, so that its packages are found from there; removed on drop, also when
        // the test panics. A dot folder: no page tool looks into it by itself.
        let folder = tempfile::Builder::new().prefix(".planted-").tempdir_in(ui).unwrap();
        for settings in ["tsconfig.json", "package.json"] {
            fs::copy(ui.join(settings), folder.path().join(settings)).unwrap();
        }
        let compiler = "svelte.config.js";
        if ui.join(compiler).is_file() {
            fs::copy(ui.join(compiler), folder.path().join(compiler)).unwrap();
        }
        fs::create_dir(folder.path().join("src")).unwrap();
        Self { folder }
    }

    fn check(&self, ui: &Path) -> Result<String, String> {
        process::output(&mut check_command(ui, self.folder.path())).map_err(|err| err.to_string())
    }
}

/// Sees a planted file pass or fail; `expected` is a part of the complaint.
#[track_caller]
fn check(file: &str, text: &str, expected: Option<&str>) {
    let ui = Workspace::find().ui();
    let planted = Planted::new(&ui);
    fs::write(planted.folder.path().join("src").join(file), text).unwrap();
    match (planted.check(&ui), expected) {
        (Ok(_), None) => {}
        (Err(complaint), Some(part)) if complaint.contains(part) => {}
        (outcome, _) => panic!("`{file}` should give {expected:?}, gave {outcome:?}"),
    }
}

#[test]
fn a_sound_component_passes_the_type_check() {
    let sound = "<script lang=\"ts\">let rows: number = 3;</script>\n<p>{rows}</p>\n";
    check("Sound.svelte", sound, None);
}

#[test]
fn a_wrong_type_in_a_template_is_caught() {
    let wrong = "<script lang=\"ts\">let rows: number = 3;</script>\n<p>{rows.missing}</p>\n";
    check("Wrong.svelte", wrong, Some("'missing' does not exist"));
}

#[test]
fn a_wrong_type_in_a_script_file_is_caught() {
    check("wrong.ts", "export const rows: number = \"three\";\n", Some("not assignable"));
}

#[test]
fn a_warning_of_the_template_compiler_is_a_failure() {
    check("Unnamed.svelte", "<img src=\"row.png\" />\n", Some("alt"));
}
