//! Journeys in the real window: a person's way through the program, driven over WebDriver on a
//! virtual display. They assert what is stored, not only what is shown.
//!
//! They need programs that were built with the feature `journey`, and they find controls by role
//! and by the catalogue's words, so that a control without a name cannot be used here either.

#[cfg(all(test, target_os = "linux"))]
mod support;
#[cfg(all(test, target_os = "linux"))]
mod kills;
#[cfg(all(test, target_os = "linux"))]
mod steps;
#[cfg(all(test, target_os = "linux"))]
mod undo;
#[cfg(all(test, target_os = "linux"))]
mod whole_way;
