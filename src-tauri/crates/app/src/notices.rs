//! Good manners towards the desktop: keeping the computer awake while it trains, if that is wished,
//! and telling when a training has ended.

use std::sync::Arc;

use attune_contract::settings::Notify;
use attune_contract::training::{RunDetail, RunState};
use attune_contract::words::{failure_words, words};
use attune_contract::{Params, params};

use crate::App;

impl App {
    /// Keeps the computer awake while something trains, if the person wishes so. Called whenever
    /// one of the two changed.
    pub(crate) fn mind_sleep(&self) {
        self.desktop.keep_awake(self.settings_now().keep_awake && self.live_runs() > 0);
    }

    /// Tells the person that a training has ended, unless they wish to hear nothing.
    pub(crate) fn tell_end(self: &Arc<Self>, detail: &RunDetail) {
        if self.settings_now().notify == Notify::No {
            return;
        }
        let (title, body) = end_words(detail);
        let app = Arc::clone(self);
        // Desktops take their time to answer; nothing waits for them.
        tokio::task::spawn_blocking(move || app.desktop.notify(&title, &body));
    }
}

/// What is said of a training that ended: succeeded, failed, or rests because its engine ended.
fn end_words(detail: &RunDetail) -> (String, String) {
    let plain = |key: &str| words(key, &Params::new());
    let why = || detail.summary.failure.as_ref().map(failure_words);
    match detail.summary.state {
        RunState::Succeeded if detail.summary.failure.is_some() => {
            (plain("notice.done.title"), why().unwrap_or_default())
        }
        RunState::Succeeded if detail.stopped_early => {
            (plain("notice.done.title"), plain("notice.done.early"))
        }
        RunState::Succeeded => (plain("notice.done.title"), plain("notice.done.words")),
        RunState::Paused => {
            (plain("notice.paused.title"), why().unwrap_or_else(|| plain("notice.paused.words")))
        }
        _ => (plain("notice.failed.title"), why().unwrap_or_else(|| plain("notice.failed.words"))),
    }
}

/// What is said when the window hides where no tray shows that the program goes on.
#[must_use]
pub fn hidden_words() -> (String, String) {
    (words("notice.hidden.title", &params![]), words("notice.hidden.words", &params![]))
}

/// What the tray says about the program, for whoever shows one.
#[must_use]
pub fn tray_words(trainings: u64) -> String {
    words("tray.training", &params!["n" => trainings])
}
