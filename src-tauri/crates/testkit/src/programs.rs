//! Where the built programs are.

use std::path::{Path, PathBuf};

/// The window's program and the command line, both built into the folder of the running test.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs beside the test that runs: `target/PROFILE/deps/TEST` -> `target/PROFILE`.
    ///
    /// # Panics
    /// With the command that builds them, where one is missing.
    #[must_use]
    pub fn find() -> Self {
        let test = std::env::current_exe().expect("a running program has a path");
        let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
        let programs = Self { folder: folder.to_owned() };
        for program in [programs.window(), programs.command_line()] {
            assert!(program.is_file(), "{}", how_to_build(&program));
        }
        programs
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> PathBuf {
        self.folder.join(format!("attune-desktop{}", std::env::consts::EXE_SUFFIX))
    }

    /// The command line, which is the engine's process too.
    #[must_use]
    pub fn command_line(&self) -> PathBuf {
        self.folder.join(format!("attune{}", std::env::consts::EXE_SUFFIX))
    }
}

fn how_to_build(program: &Path) -> String {
    format!(
        "The program {} is not built. `cargo xtask test` builds it, or: \
         cargo build --workspace --features journey",
        program.display()
    )
}
