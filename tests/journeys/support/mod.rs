//! What every journey stands on: a display, a driver, a window, the equipment, pictures.
//!
//! It must know nothing of single views: what is pressed and asserted stands in the journeys.

mod audit;
mod canary;
mod equipment;
mod frame;
mod journey;
mod keeper;
mod keyring;
mod notes;
mod pictures;
mod processes;
mod screen;
mod waiting;
mod web;
mod window;
mod wire;

pub(crate) use equipment::Equipment;
pub(crate) use journey::Journey;
pub(crate) use notes::Recorder;
pub(crate) use waiting::{Wait, until};
pub(crate) use web::Web;
pub(crate) use window::{Window, key};

use std::path::Path;

use attune_contract::{Params, words};

/// The catalogue's words of `key`.
#[track_caller]
pub(crate) fn say(key: &str) -> String {
    say_with(key, &Params::new())
}

/// The catalogue's words of `key` with values filled in.
#[track_caller]
pub(crate) fn say_with(key: &str, params: &Params) -> String {
    assert!(words::has(key), "the catalogue has no `{key}`");
    without_links(&words::words(key, params))
}

/// The words of a text whose links to the glossary, `[[entry|words]]`, are written out.
fn without_links(text: &str) -> String {
    let mut parts = text.split("[[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, rest) = part.split_once("]]").unwrap_or((part, ""));
        plain += link.split_once('|').map_or(link, |(_, words)| words);
        plain += rest;
    }
    plain
}

/// The folder of the checkout.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` lies in the checkout")
}
