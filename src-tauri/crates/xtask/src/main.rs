//! The program behind `cargo xtask`. Everything is in the library, so that it can be tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
