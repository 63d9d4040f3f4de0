//! A Python with `PyTorch`, transformers and PEFT in the versions that the figures name.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::bench::SectionError;
use crate::console::say;
use crate::process;
use crate::starter;
use crate::workspace::Workspace;

/// Names a Python that has the packages already.
const PLACE: &str = "ATTUNE_BENCH_PYTHON";
const REQUIREMENTS: &str = "tests/reference/requirements.txt";

/// The named Python, else the environment below `target`, which is made where it is missing or was
/// made from other requirements.
pub(in crate::bench) fn find_or_make(workspace: &Workspace) -> Result<PathBuf, SectionError> {
    if let Some(named) = std::env::var_os(PLACE) {
        return Ok(PathBuf::from(named));
    }
    let folder = workspace.root().join("target/bench-python");
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let python = folder.join(inside);
    let requirements = workspace.root().join(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements)?;
    // Written at the end, so that an install that was cut short starts over.
    let made_from = folder.join("made-from.txt");
    if fs::read_to_string(&made_from).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    let what = || SectionError::NoSubject { what: "Python 3 with pip and venv".to_owned() };
    let system = starter::python().ok_or_else(what)?;
    say("installing PyTorch, transformers and PEFT into target/bench-python; this takes minutes");
    process::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    process::run(install.arg(&requirements))?;
    fs::write(made_from, wanted)?;
    Ok(python)
}
