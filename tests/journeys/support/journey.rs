//! One journey: a home folder, a display, and the windows that are opened on them.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use attune_store::Library;
use attune_testkit::{HomeFolder, Programs};

use super::Wait;
use super::equipment::Equipment;
use super::keeper::Kept;
use super::keyring::Keyring;
use super::pictures::Album;
use super::processes::{Family, WINDOW_MARK};
use super::screen::{Driver, Screen, on_a_bus};
use super::window::Window;
use super::wire::Wire;

/// How many journeys may run at once: a training keeps a core busy.
const AT_ONCE: u32 = 2;

static RUNNING: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

/// One journey. Its home folder and display go away with it; its pictures stay.
pub(crate) struct Journey {
    name: &'static str,
    began: Instant,
    programs: Programs,
    screen: Screen,
    user: tempfile::TempDir,
    home: HomeFolder,
    pub(crate) equipment: Equipment,
    pub(crate) album: Album,
    opened: Cell<u32>,
    /// The last field, so that the next journey begins when all else is gone.
    _place: Place,
}

impl Journey {
    /// Begins with an empty home folder, as soon as there is room for one more journey.
    pub(crate) fn begin(name: &'static str) -> Self {
        let (running, room) = &RUNNING;
        let mut count = running.lock().unwrap_or_else(PoisonError::into_inner);
        while *count >= AT_ONCE {
            count = room.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count += 1;
        drop(count);
        // What fails from here on gives the place back.
        let place = Place;
        let user = tempfile::Builder::new().prefix("attune-user-").tempdir();
        Self {
            name,
            began: Instant::now(),
            programs: Programs::find(),
            screen: Screen::start(),
            user: user.expect("the temporary folder can be written"),
            home: HomeFolder::new(),
            equipment: Equipment::new(),
            album: Album::new(name),
            opened: Cell::new(0),
            _place: place,
        }
    }

    /// Attune's home folder.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The home folder of the user who runs the programs.
    pub(super) fn user(&self) -> &Path {
        self.user.path()
    }

    /// A keyring of that user, open. A window finds it by its variable; one that is opened without has
    /// no keyring, whatever this computer has.
    #[track_caller]
    pub(crate) fn start_keyring(&self) -> Keyring {
        Keyring::start(self.user(), &self.log())
    }

    /// The display's name.
    pub(crate) fn display(&self) -> &str {
        self.screen.name()
    }

    /// The library as a second reader sees it: what is in it now, and nothing that is only shown.
    #[track_caller]
    pub(crate) fn library(&self) -> Library {
        Library::open_reading(self.home().to_owned())
            .expect("the library can be read beside the window")
    }

    /// Opens the window and waits for its first view.
    #[track_caller]
    pub(crate) fn open(&self) -> Window {
        self.open_with(&[])
    }

    /// Opens the window so that the program stands still when it reaches one of the points.
    #[track_caller]
    pub(crate) fn open_holding(&self, points: &str) -> Window {
        self.open_with(&[("ATTUNE_HOLD", points)])
    }

    /// Opens the window with environment variables of its own.
    #[track_caller]
    pub(crate) fn open_with(&self, variables: &[(&'static str, &str)]) -> Window {
        let window = self.start(self.home(), variables);
        const DRAWN: &str = "return document.documentElement.dataset.route ?? null;";
        window.wait_for(Wait::Usual, "the first view", DRAWN);
        window
    }

    /// Starts the program on a home folder and waits for nothing.
    #[track_caller]
    pub(crate) fn start(&self, home: &Path, variables: &[(&'static str, &str)]) -> Window {
        let (family, environment) = self.environment(home, variables);
        let log = self.log();
        let driver = Driver::start(&self.screen, self.user.path(), &log, &environment);
        let wire = Wire::start(driver.port, &self.programs.window().display().to_string());
        let wire = wire.unwrap_or_else(|refusal| {
            panic!("the window does not open: {refusal}; see {}", log.display())
        });
        let last_picture = self.album.folder().join("gave-up.png");
        let window = Window { wire, family, last_picture, _driver: driver };
        window.watch_faults();
        window
    }

    /// Starts the program without a driver, for what happens before there is a window.
    pub(crate) fn start_unseen(&self, variables: &[(&'static str, &str)]) -> Unseen {
        let (family, environment) = self.environment(self.home(), variables);
        let program = self.programs.window();
        let kept = on_a_bus(&self.screen, self.user.path(), &environment, &[program.as_os_str()]);
        Unseen { family, _processes: Kept::logging(&kept, &self.log()) }
    }

    fn log(&self) -> PathBuf {
        self.album.folder().join("program.log")
    }

    fn environment(
        &self,
        home: &Path,
        variables: &[(&'static str, &str)],
    ) -> (Family, Vec<(&'static str, String)>) {
        let number = self.opened.get() + 1;
        self.opened.set(number);
        let mark = format!("{}-{}-{number}", std::process::id(), self.name);
        let mut all = vec![
            ("ATTUNE_HOME", home.display().to_string()),
            ("ATTUNE_JOURNEY_DIR", self.equipment.path().display().to_string()),
            (WINDOW_MARK, mark.clone()),
        ];
        all.extend(variables.iter().map(|&(name, value)| (name, value.to_owned())));
        (Family::new(mark), all)
    }
}

/// A program that has not shown a window yet.
pub(crate) struct Unseen {
    pub(crate) family: Family,
    _processes: Kept,
}

impl Drop for Journey {
    fn drop(&mut self) {
        let seconds = self.began.elapsed().as_secs_f64();
        // Straight to the stream: the test runner keeps what `eprintln` prints.
        let _nobody_listens = writeln!(std::io::stderr(), "journey {}: {seconds:.1} s", self.name);
    }
}

/// The right to run, given back when it goes.
struct Place;

impl Drop for Place {
    fn drop(&mut self) {
        let (running, room) = &RUNNING;
        *running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        room.notify_one();
    }
}
