//! `cargo xtask bench`: measures and writes the figures into `docs/measurements.md`.
//!
//! Figures are never asserted and never typed by hand: each stands between its own markers, with
//! the hardware and the date. What cannot be measured is said, and its older figures stay.

mod bundle;
mod corpus;
mod counting;
mod engine;
mod hardware;
mod lab;
mod markers;
mod prepare;
mod tasks;
mod timing;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::console::{complain, say};
use crate::process::{self, ProcessError};
use crate::starter::StarterError;
use crate::workspace::{MetadataError, Workspace};

const MEASUREMENTS: &str = "docs/measurements.md";

/// Why nothing could be measured or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("`{name}` is no section; the sections are: {}", names().join(" "))]
    UnknownSection { name: String },
    #[error("`{}` cannot be read or written", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Why one section has no figures this time. The others go on.
#[derive(Debug, thiserror::Error)]
enum SectionError {
    #[error("{what} does not exist yet")]
    NoSubject { what: String },
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Starter(#[from] StarterError),
    #[error("a file of the measurement cannot be read or written")]
    File(#[from] io::Error),
    #[error("the program under measurement said something unexpected: {said}")]
    Unexpected { said: String },
}

/// A section of the measurements: its marker's name and what fills it.
struct Section {
    name: &'static str,
    measure: fn(&Workspace) -> Result<String, SectionError>,
}

const SECTIONS: [Section; 6] = [
    Section { name: "page-size", measure: bundle::measure },
    Section { name: "prepare", measure: prepare::measure },
    Section { name: "counting", measure: counting::measure },
    Section { name: "lab", measure: lab::measure },
    Section { name: "engine", measure: engine::measure },
    Section { name: "starter", measure: tasks::measure },
];

/// Measures the named sections, or all. Ends 0 when each has figures, else 1.
pub(crate) fn run(workspace: &Workspace, wanted: &[String]) -> Result<u8, BenchError> {
    if let Some(name) = wanted.iter().find(|wanted| !names().contains(&wanted.as_str())) {
        return Err(BenchError::UnknownSection { name: name.clone() });
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut missing = 0;
    for Section { name, measure } in SECTIONS.iter().filter(|section| is_wanted(section.name)) {
        match measure(workspace) {
            Ok(figures) => {
                let figures = format!("{}\n\n{figures}", hardware::line());
                say(format!("== {name}\n{figures}\n"));
                keep(&workspace.root().join(MEASUREMENTS), name, &figures)?;
            }
            Err(error) => {
                complain(format!(
                    "== {name}: not measured: {}",
                    crate::console::with_causes(&error)
                ));
                missing += 1;
            }
        }
    }
    Ok(u8::from(missing > 0))
}

fn names() -> Vec<&'static str> {
    SECTIONS.iter().map(|section| section.name).collect()
}

fn keep(path: &Path, name: &str, figures: &str) -> Result<(), BenchError> {
    let failed = |source| BenchError::File { path: path.to_owned(), source };
    let before = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "# Measurements\n".to_owned(),
        Err(error) => return Err(failed(error)),
    };
    fs::write(path, markers::replace(&before, name, figures)).map_err(failed)
}

/// The command line's program with all optimisations. Nothing here needs the window, whose libraries
/// would double the time of this build.
fn release_program(workspace: &Workspace) -> Result<PathBuf, SectionError> {
    say("building `attune` with all optimisations; the first time takes minutes");
    let mut build = workspace.cargo();
    process::run(build.args(["build", "--release", "--package", "attune-cli"]))?;
    let name = format!("attune{}", std::env::consts::EXE_SUFFIX);
    let program = workspace.target_folder()?.join("release").join(name);
    if program.is_file() {
        return Ok(program);
    }
    Err(SectionError::NoSubject { what: "the program `attune`".to_owned() })
}

/// The folder with references to measure against: `ATTUNE_REFERENCE`, else `shared` beside the
/// checkout.
fn reference_folder(workspace: &Workspace) -> Option<PathBuf> {
    let named = std::env::var_os("ATTUNE_REFERENCE").map(PathBuf::from);
    let beside = workspace.root().parent().map(|parent| parent.join("shared"));
    named.or(beside).filter(|folder| folder.is_dir())
}

#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod tests;
