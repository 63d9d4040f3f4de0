//! Canaries: the secrets of a journey stand in nothing that the window showed, was started with or
//! left behind, in whatever form a program may have written them down.

use std::fs;

use attune_testkit::SecretTraces;

use super::journey::Journey;
use super::window::Window;

impl Journey {
    /// Quits, as [`Window::quit`]; there is no trace of the secrets before and after.
    #[track_caller]
    pub(crate) fn quit_without_trace(&self, window: Window, secrets: &[&str]) {
        for secret in secrets {
            window.tells_nobody(secret);
        }
        window.quit();
        self.finds_no_trace(secrets);
    }

    /// Looks for secrets in every file that a program of this journey may have written: Attune's home
    /// with the library and its log of writes, the user's folders with those of the web view, the
    /// equipment, and what the programs said.
    #[track_caller]
    pub(crate) fn finds_no_trace(&self, secrets: &[&str]) {
        let folders = [self.home(), self.user(), self.equipment.path(), self.album.folder()];
        for secret in secrets {
            let traces = SecretTraces::of(secret);
            for folder in folders {
                let found = traces.below(folder);
                assert!(found.is_empty(), "a secret lies in {found:?}");
            }
        }
    }
}

impl Window {
    /// Neither the page nor what the program and its children were started with has the secret.
    #[track_caller]
    fn tells_nobody(&self, secret: &str) {
        let traces = SecretTraces::of(secret);
        assert_eq!(traces.find(self.text().as_bytes()), None, "the page says a secret");
        for process in self.family.all() {
            for part in ["environ", "cmdline"] {
                // One that ended meanwhile tells nothing.
                let told = fs::read(format!("/proc/{}/{part}", process.id())).unwrap_or_default();
                let program = process.program().display();
                assert_eq!(traces.find(&told), None, "`{program}` was started with a secret");
            }
        }
    }
}
