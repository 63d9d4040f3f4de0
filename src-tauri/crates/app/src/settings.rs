//! The program as a whole: what the page needs first, the settings, the end.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::settings::{AppState, Closing, Settings, SettingsChangeRequest};
use attune_contract::{AppEvent, Failure, Nothing};
use attune_store::Library;

use crate::failures::{OrFailure, input_invalid};
use crate::{App, computer, failures, work};

const SETTINGS: &str = "settings";
/// The page's own words for a place are short.
const LONGEST_PLACE: usize = 2_000;
/// Every step of putting things away ends by itself; this only guards against the unforeseen.
const LONGEST_GOODBYE: Duration = Duration::from_secs(60);

impl App {
    /// What the page needs before it can draw its first screen.
    ///
    /// # Errors
    /// Only failures of the library after it was opened.
    pub async fn app_read(self: &Arc<Self>, _: Nothing) -> Result<AppState, Failure> {
        let (settings, spent, is_work_counted, library_failure) = match self.library() {
            Ok(_) => {
                let read = self.on_library(|app, library| {
                    Ok((read(library)?, app.spent(library)?, work::is_counted(library)?))
                });
                let (settings, spent, is_work_counted) = read.await?;
                (settings, spent.this_month.micros(), is_work_counted, None)
            }
            Err(failure) => (Settings::default(), 0, false, Some(failure)),
        };
        Ok(AppState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings,
            cores: u32::try_from(computer::cores()).unwrap_or(u32::MAX),
            library_failure,
            spent_this_month_micro_usd: spent,
            is_work_counted,
        })
    }

    /// Tries again to open a library that could not be opened.
    ///
    /// # Errors
    /// Only failures of the library after it was opened; that it is still closed stands in the
    /// answer.
    pub async fn app_retry(self: &Arc<Self>, nothing: Nothing) -> Result<AppState, Failure> {
        let app = Arc::clone(self);
        let failure = crate::blocking(move || Ok(app.reopen())).await?;
        if failure.is_none() {
            self.recover().await?;
        }
        self.app_read(nothing).await
    }

    /// Puts everything away and ends the program.
    ///
    /// # Errors
    /// None: whatever cannot be put away is written to the log, and the program ends.
    pub async fn app_quit(self: &Arc<Self>, _: Nothing) -> Result<Nothing, Failure> {
        self.put_away().await;
        self.desktop.quit();
        Ok(Nothing {})
    }

    /// Pauses what trains at a checkpoint, tells the page, and ends the engine.
    pub async fn put_away(self: &Arc<Self>) {
        let pausing = self.live_runs();
        if pausing > 0 {
            self.desktop.emit(AppEvent::Closing(Closing { pausing }));
        }
        let goodbye = async {
            self.pause_everything().await;
            self.follow_no_more().await;
            self.end_engine().await;
        };
        if tokio::time::timeout(LONGEST_GOODBYE, goodbye).await.is_err() {
            tracing::error!("the engine did not end in time");
        }
    }

    /// Changes settings; what is absent stays.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn settings_change(
        self: &Arc<Self>,
        request: SettingsChangeRequest,
    ) -> Result<Settings, Failure> {
        if request.last_place.as_ref().is_some_and(|place| place.len() > LONGEST_PLACE) {
            return Err(input_invalid("lastPlace"));
        }
        let most = u32::try_from(computer::cores()).unwrap_or(u32::MAX);
        if request.training_cores.is_some_and(|cores| cores > most) {
            return Err(input_invalid("trainingCores"));
        }
        // Two changes at once must not undo each other.
        let _one_at_a_time = self.settings_write.lock().await;
        let settings = self
            .on_library(move |_, library| {
                let mut settings = read(library)?;
                settings.theme = request.theme.unwrap_or(settings.theme);
                settings.last_place = request.last_place.or(settings.last_place);
                settings.training_cores = match request.training_cores {
                    Some(cores) => Some(cores).filter(|cores| *cores > 0),
                    None => settings.training_cores,
                };
                settings.keep_awake = request.keep_awake.unwrap_or(settings.keep_awake);
                settings.notify = request.notify.unwrap_or(settings.notify);
                let json = serde_json::to_string(&settings)
                    .map_err(|error| failures::internal(error.to_string()))?;
                library.setting_set(SETTINGS, &json).or_failure()?;
                Ok(settings)
            })
            .await?;
        self.mind_sleep();
        Ok(settings)
    }

    /// The settings in force; the usual ones where the library cannot be read.
    pub(crate) fn settings_now(&self) -> Settings {
        self.library().and_then(|library| read(&library)).unwrap_or_default()
    }

    /// A value that only the host understands, such as the window's place.
    ///
    /// # Errors
    /// Failures of the library.
    pub fn host_setting(&self, name: &str) -> Result<Option<String>, Failure> {
        self.library()?.setting(&format!("host.{name}")).or_failure()
    }

    /// Keeps a value that only the host understands.
    ///
    /// # Errors
    /// Failures of the library.
    pub fn set_host_setting(&self, name: &str, json: &str) -> Result<(), Failure> {
        self.library()?.setting_set(&format!("host.{name}"), json).or_failure()
    }
}

/// The settings in force. Settings that cannot be read (written by another version) count as none.
fn read(library: &Library) -> Result<Settings, Failure> {
    let stored = library.setting(SETTINGS).or_failure()?;
    Ok(stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}
