//! Whether a Node that can build the page is there.

use std::process::Command;

use crate::process;

/// Why the page cannot be built with the Node of this computer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeProblem {
    #[error(
        "Attune's page is built with Node, which is not on this computer. Install Node 20.19 or newer \
         from https://nodejs.org and start again"
    )]
    Missing,
    #[error(
        "Attune's page needs Node 20.19 or newer (in the 22 line: 22.12 or newer); this computer has \
         {found}. Install a newer one from https://nodejs.org and start again"
    )]
    TooOld { found: String },
    #[error("`node --version` says `{said}`, which is no version")]
    Unreadable { said: String },
}

/// Asks the Node on the path for its version.
pub(crate) fn check() -> Result<(), NodeProblem> {
    let said = process::output(Command::new("node").arg("--version"));
    judge(said.ok().as_deref())
}

/// Judges what `node --version` said; the bounds are those of the page's bundler, vite.
pub(crate) fn judge(said: Option<&str>) -> Result<(), NodeProblem> {
    let said = said.ok_or(NodeProblem::Missing)?.trim();
    let Some((major, minor)) = parse(said) else {
        return Err(NodeProblem::Unreadable { said: said.to_owned() });
    };
    let good = (major == 20 && minor >= 19) || (major, minor) >= (22, 12);
    if good { Ok(()) } else { Err(NodeProblem::TooOld { found: said.to_owned() }) }
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
