//! The folder through which a test talks to a program that was built with the feature `journey`:
//! files to pick and drop, commands to fail or hold, points at which the program stands still.

use std::fs;
use std::path::{Path, PathBuf};

use super::waiting::{self, Wait};

/// One folder, as `ATTUNE_JOURNEY_DIR` names it.
pub(crate) struct Equipment(tempfile::TempDir);

impl Equipment {
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("attune-equipment-").tempdir();
        Self(folder.expect("the temporary folder can be written"))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that can be picked or dropped, and gives its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let folder = self.path().join("files");
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let file = folder.join(name);
        fs::write(&file, content).expect("the temporary folder can be written");
        file
    }

    /// The file dialog will give this file the next time.
    pub(crate) fn will_pick(&self, file: &Path) {
        let earlier = fs::read_to_string(self.path().join("picks")).unwrap_or_default();
        self.write("picks", &format!("{earlier}{}\n", file.display()));
    }

    /// Drops this file on the window.
    pub(crate) fn drop_file(&self, file: &Path) {
        self.write("drop", &format!("{}\n", file.display()));
    }

    /// These commands fail from now on.
    pub(crate) fn fail_commands(&self, names: &[&str]) {
        self.write("fail", &names.join("\n"));
    }

    /// These commands do not answer from now on, until others are named.
    pub(crate) fn hold_commands(&self, names: &[&str]) {
        self.write("hold", &names.join("\n"));
    }

    /// Waits until the program told of something that the page does not show, and forgets it.
    #[track_caller]
    pub(crate) fn wait_told(&self, what: &str) {
        let sign = self.path().join(format!("told-{what}"));
        let told = super::waiting::until(super::Wait::Usual, || sign.exists().then_some(()));
        assert!(told.is_some(), "the program never told of `{what}`");
        let _there_it_is = fs::remove_file(&sign);
    }

    /// Waits until the program stands still at `point`.
    #[track_caller]
    pub(crate) fn wait_held(&self, point: &str) {
        let sign = self.path().join(format!("held-{point}"));
        let reached = || sign.exists().then_some(());
        waiting::until(Wait::Training, reached)
            .unwrap_or_else(|| panic!("the program did not come to the point `{point}`"));
        let _there_it_is = fs::remove_file(&sign);
    }

    /// Whole or not at all, because the program may read at any moment.
    fn write(&self, name: &str, content: &str) {
        let draft = self.path().join(format!("{name}.draft"));
        fs::write(&draft, content).expect("the temporary folder can be written");
        fs::rename(&draft, self.path().join(name)).expect("the temporary folder can be written");
    }
}
