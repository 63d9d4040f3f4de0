//! Processes that end with the test, however it ends.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Runs `"$@"` and ends its whole process group when standard input ends, so also when the test is
/// killed and nothing of it runs any more.
const KEEPER: &str = r#""$@" </dev/null & read -r _; kill -KILL 0"#;

/// A process and everything it starts in its group.
pub(crate) struct Kept {
    shell: Child,
    lifeline: Option<ChildStdin>,
}

impl Kept {
    /// Starts `command`; everything it says goes into the file `log`.
    pub(crate) fn logging(command: &Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log);
        let file = file.expect("the folder of the pictures can be written");
        let copy = file.try_clone().expect("a file can be opened twice");
        Self::start(command, file.into(), copy.into())
    }

    /// Starts `command`; its standard output is read through [`Kept::first_line`].
    pub(crate) fn speaking(command: &Command) -> Self {
        Self::start(command, Stdio::piped(), Stdio::null())
    }

    fn start(command: &Command, output: Stdio, errors: Stdio) -> Self {
        use std::os::unix::process::CommandExt;
        let mut shell = Command::new("sh");
        shell.args(["-c", KEEPER, "keeper"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.stdin(Stdio::piped()).stdout(output).stderr(errors).process_group(0);
        let mut shell = shell.spawn().expect("every Linux has a shell");
        let lifeline = shell.stdin.take();
        Self { shell, lifeline }
    }

    /// The first line it prints, or nothing when it ends without one. May be asked once.
    pub(crate) fn first_line(&mut self) -> Option<String> {
        let mut line = String::new();
        BufReader::new(self.shell.stdout.take()?).read_line(&mut line).ok()?;
        let line = line.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // The shell ends itself with its group; waiting leaves no zombie behind.
        let _ended = self.shell.wait();
    }
}
