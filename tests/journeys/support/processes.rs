//! The processes behind a window: ending them, closing them, watching them go.

use std::sync::Mutex;

use serde_json::json;

use attune_testkit::{Process, with_environment};

use super::waiting::{self, Wait};
use super::window::Window;

/// The environment variable by which a window's processes are found.
pub(super) const WINDOW_MARK: &str = "ATTUNE_JOURNEY_WINDOW";

/// All processes that one start of the program brought to life.
pub(crate) struct Family {
    mark: String,
    /// Windows and engines that were ever seen: a process that is ending has no environment any more, and
    /// still holds its files.
    seen: Mutex<Vec<Process>>,
}

impl Family {
    /// The family of the processes that were started with this mark.
    pub(super) fn new(mark: String) -> Self {
        Self { mark, seen: Mutex::default() }
    }

    /// The engines that run now.
    pub(crate) fn engines(&self) -> Vec<Process> {
        let mut engines = self.running("attune");
        engines.retain(|one| one.arguments().first().is_some_and(|word| word == "engine"));
        engines
    }

    /// The programs with a window that run now.
    pub(crate) fn programs(&self) -> Vec<Process> {
        self.running("attune-desktop")
    }

    /// All that runs now, the web view's own processes among them.
    pub(super) fn all(&self) -> Vec<Process> {
        with_environment(WINDOW_MARK, &self.mark)
    }

    /// Ends the window's own process at once, as a crash would, and waits until its engine noticed.
    #[track_caller]
    pub(crate) fn kill(&self) {
        let found = || self.running("attune-desktop").into_iter().next();
        let program = waiting::until(Wait::Usual, found).expect("the program to run");
        program.kill();
        self.wait_gone();
    }

    /// Waits until the window and its engine are gone.
    #[track_caller]
    pub(crate) fn wait_gone(&self) {
        let gone = || self.is_gone().then_some(());
        waiting::until(Wait::Usual, gone)
            .unwrap_or_else(|| panic!("still running: {:?}", self.all()));
    }

    /// Whether neither window nor engine runs, to the last thread.
    pub(crate) fn is_gone(&self) -> bool {
        let is_found = ["attune-desktop", "attune"].iter().any(|it| !self.running(it).is_empty());
        !is_found && !self.seen.lock().expect("no test panicked here").iter().any(Process::runs)
    }

    fn running(&self, program: &str) -> Vec<Process> {
        let mut all = self.all();
        all.retain(|one| one.program().file_name().is_some_and(|name| name == program));
        let mut seen = self.seen.lock().expect("no test panicked here");
        for process in &all {
            if !seen.contains(process) {
                seen.push(process.clone());
            }
        }
        all
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for process in self.all() {
            process.kill();
        }
    }
}

impl Window {
    /// The engine that the window started, as soon as it runs.
    #[track_caller]
    pub(crate) fn engine(&self) -> Process {
        let found = || self.family.engines().into_iter().next();
        waiting::until(Wait::Usual, found).unwrap_or_else(|| self.give_up("the engine to run"))
    }

    /// Ends the window at once, as a crash would, and waits until its engine noticed.
    #[track_caller]
    pub(crate) fn kill(self) {
        self.family.kill();
    }

    /// Ends window and engine at once, as a power cut would.
    #[track_caller]
    pub(crate) fn cut_power(self) {
        for engine in self.family.engines() {
            engine.kill();
        }
        self.family.kill();
    }

    /// Closes from inside, as the menu's "Quit" does, and waits until all is gone.
    #[track_caller]
    pub(crate) fn quit(self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "broken in the page itself: {faults:?}");
        const QUIT: &str =
            "window.__TAURI_INTERNALS__.invoke('app_quit', {request: {}}); return true;";
        // Seen once more, so that it is known who has to end; the answer may be lost with the window.
        drop(self.family.programs());
        drop(self.family.engines());
        let _lost = self.wire.script(QUIT, &json!([]));
        self.family.wait_gone();
    }

    /// Presses the cross of the window's frame.
    #[track_caller]
    pub(crate) fn press_close(&self, display: &str) {
        let program = self.family.running("attune-desktop").into_iter().next();
        let program = program.expect("an open window has a process");
        let number = u32::try_from(program.id()).expect("process numbers are positive");
        super::frame::press_close(display, number);
    }

    /// Whether the screen shows the program's window now.
    #[track_caller]
    pub(crate) fn is_on_screen(&self, display: &str) -> bool {
        let program = self.family.programs().into_iter().next();
        let program = program.expect("the window's process");
        let number = u32::try_from(program.id()).expect("process numbers are positive");
        super::frame::is_shown(display, number)
    }
}
