//! OpenAI's official SDKs for Python and Node, in folders of their own under cargo's target, for
//! the flows in `tests/sdk`. Nothing outside these folders is installed.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::console::say;
use crate::page;
use crate::process::{self, ProcessError};
use crate::workspace::{MetadataError, Workspace};

/// Why the SDKs are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SdkError {
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("`{path}` cannot be written")]
    Folder { path: String, source: io::Error },
    #[error(
        "the official Python SDK could not be installed. It needs Python 3.10 or newer with venv \
         (on Debian and Ubuntu: sudo apt-get install -y python3-venv)"
    )]
    Python(#[source] ProcessError),
    #[error("the official Node SDK could not be installed")]
    Node(#[source] ProcessError),
}

/// Installs both SDKs as `tests/sdk` pins them, unless they are there already.
pub(crate) fn install(workspace: &Workspace) -> Result<(), SdkError> {
    let wanted = workspace.root().join("tests").join("sdk");
    let folder = workspace.target_folder()?.join("sdk");
    python(&wanted, &folder.join("python"))?;
    node(&wanted, &folder.join("node"))
}

fn python(wanted: &Path, folder: &Path) -> Result<(), SdkError> {
    let pins = "requirements.txt";
    let installed = folder.join(pins);
    let read = |path: &Path| fs::read(path).unwrap_or_default();
    if read(&installed) == read(&wanted.join(pins)) {
        say("the Python SDK is up to date");
        return Ok(());
    }
    let interpreter = if cfg!(windows) { "python" } else { "python3" };
    process::run(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(folder))
        .map_err(SdkError::Python)?;
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    let own = folder.join(scripts).join(interpreter);
    process::run(Command::new(own).args(quiet).arg(wanted.join(pins))).map_err(SdkError::Python)?;
    copy(&wanted.join(pins), &installed)
}

fn node(wanted: &Path, folder: &Path) -> Result<(), SdkError> {
    let lock = "package-lock.json";
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let installed = read(&folder.join("node_modules").join(".package-lock.json"));
    if page::is_installed(&read(&wanted.join(lock)), &installed) {
        say("the Node SDK is up to date");
        return Ok(());
    }
    let fail = |source| SdkError::Folder { path: folder.display().to_string(), source };
    fs::create_dir_all(folder).map_err(fail)?;
    for name in ["package.json", lock, ".npmrc"] {
        copy(&wanted.join(name), &folder.join(name))?;
    }
    page::install(folder).map_err(SdkError::Node)
}

fn copy(from: &Path, to: &Path) -> Result<(), SdkError> {
    let fail = |source| SdkError::Folder { path: to.display().to_string(), source };
    fs::copy(from, to).map(drop).map_err(fail)
}
