//! Pictures of the window, kept in `.journeys` of the checkout.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::window::Window;

/// The numbered pictures of one journey.
pub(crate) struct Album {
    folder: PathBuf,
    taken: Cell<u32>,
}

impl Album {
    /// An empty album; what an earlier run left in it goes.
    pub(crate) fn new(journey: &str) -> Self {
        let folder = all_pictures().join(journey);
        let _nothing_there = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the checkout can be written");
        Self { folder, taken: Cell::new(0) }
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes the next picture: `NN-name-theme.png`.
    #[track_caller]
    pub(crate) fn take(&self, window: &Window, name: &str) -> PathBuf {
        let number = self.taken.get() + 1;
        self.taken.set(number);
        let file = self.folder.join(format!("{number:02}-{name}-{}.png", theme(window)));
        write(window, &file);
        file
    }

    /// Takes a picture for `docs/guide`, at 1280x820 and as light as the window is now.
    #[track_caller]
    pub(crate) fn guide_picture(&self, window: &Window, name: &str) {
        let folder = all_pictures().join("guide");
        std::fs::create_dir_all(&folder).expect("the checkout can be written");
        window.resize(1280, 820);
        write(window, &folder.join(format!("{name}.png")));
    }
}

/// The bytes of a picture that came as base64.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[track_caller]
fn write(window: &Window, file: &Path) {
    window.settle();
    let picture = window.must(window.wire.screenshot());
    let bytes = decoded(&picture).expect("the driver sends base64");
    std::fs::write(file, bytes).expect("the checkout can be written");
}

/// The theme the page shows now, whoever chose it.
#[track_caller]
fn theme(window: &Window) -> String {
    const THEME: &str = "return document.documentElement.dataset.theme \
        ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');";
    window.script(THEME, &json!([])).as_str().unwrap_or("light").to_owned()
}

fn all_pictures() -> PathBuf {
    super::checkout().join(".journeys")
}
