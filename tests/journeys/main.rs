//! Journeys in the real window: a person's way through the program, driven over WebDriver on a
//! virtual display. They assert what is stored, not only what is shown.
//!
//! They need programs that were built with the feature `journey`, and they find controls by role
//! and by the catalogue's words, so that a control without a name cannot be used here either.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod amounts;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod banking;
#[cfg(test)]
mod chooser;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod grown;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod killed_order;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod lab_shape;
#[cfg(test)]
mod large_upload;
#[cfg(test)]
mod money;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod places;
#[cfg(test)]
mod real_starter;
#[cfg(test)]
mod refused_key;
#[cfg(test)]
mod spending;
#[cfg(test)]
mod starter;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod stopped_order;
#[cfg(test)]
mod support;
#[cfg(test)]
mod taught_starter;
#[cfg(test)]
mod three_costs;
#[cfg(test)]
mod tokenizer;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod views;
#[cfg(test)]
mod whole_way;

/// Says it past the test runner, which keeps what a passing test prints.
#[cfg(test)]
fn say_past_the_runner(words: &str) {
    use std::io::Write as _;
    let _nobody_listens = writeln!(std::io::stderr(), "{words}");
}
