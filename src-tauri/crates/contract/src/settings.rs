//! The program as a whole: its settings, its library, where the person was.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Failure;

/// Which of the two looks to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the operating system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Whether the desktop tells when a training has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// It tells.
    #[default]
    Yes,
    /// It stays silent.
    No,
}

/// What a person set once for all projects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Light, dark or as the system says.
    pub theme: Theme,
    /// Where the person was last, in the page's own words for its places.
    pub last_place: Option<String>,
    /// Cores that training may use; absent leaves one free.
    pub training_cores: Option<u32>,
    /// Whether the computer stays awake while it trains.
    pub keep_awake: bool,
    /// Whether the desktop tells when a training has ended.
    pub notify: Notify,
}

/// Everything the page needs before it can draw its first screen.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AppState {
    /// The program's version.
    pub version: String,
    /// The settings in force.
    pub settings: Settings,
    /// Cores of this computer that can train.
    pub cores: u32,
    /// Why the library could not be opened; without it nothing but this can be shown.
    pub library_failure: Option<Failure>,
    /// Millionths of a US dollar spent at services since the first of this month; what is not known yet
    /// counts as the most that was agreed to.
    pub spent_this_month_micro_usd: i64,
    /// Whether the time that a person works on examples is counted.
    pub is_work_counted: bool,
}

/// Changes settings; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsChangeRequest {
    /// The look.
    #[ts(optional)]
    pub theme: Option<Theme>,
    /// Where the person is now.
    #[ts(optional)]
    pub last_place: Option<String>,
    /// Cores that training may use; 0 goes back to leaving one free.
    #[ts(optional)]
    pub training_cores: Option<u32>,
    /// Whether the computer stays awake while it trains.
    #[ts(optional)]
    pub keep_awake: Option<bool>,
    /// Whether the desktop tells when a training has ended.
    #[ts(optional)]
    pub notify: Option<Notify>,
}

/// The window was asked to close while a training runs.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// How many trainings are being paused at a saved moment first.
    pub pausing: u64,
}
