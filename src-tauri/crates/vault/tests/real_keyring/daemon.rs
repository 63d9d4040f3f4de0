//! A session bus and a keyring daemon for one scenario, and what can be done to them.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use attune_vault::{ComputersKeyring, LockState, StoreSource};
use rustix::process::{Pid, Signal, kill_process};
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

use super::Outcome;

/// Names the scenario to the program on the bus.
pub(crate) const SCENARIO: &str = "ATTUNE_REAL_KEYRING_SCENARIO";
/// A scenario that needs no bus.
pub(crate) const WITHOUT_A_BUS: &str = "without_a_bus";

const PASSWORD: &[u8] = b"test-password";
/// Far beyond what a daemon needs to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bus that starts nothing by itself, so that the daemon on it is the scenario's own.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A program that the scenarios need and that is not there.
pub(crate) fn missing_program() -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    ["dbus-run-session", "gnome-keyring-daemon"].into_iter().find(|name| !is_there(name))
}

/// So often a scenario is begun whose daemon ended by itself: that says nothing of the vault.
const MOST_BEGINNINGS: usize = 3;
/// Left in the home where the daemon ended by itself.
const ENDED_MARK: &str = "daemon-ended";

/// Runs a scenario, and once more where its daemon ended by itself in the midst of it.
pub(crate) fn in_a_session(name: &str) -> Outcome {
    for _ in 1..MOST_BEGINNINGS {
        let home = tempfile::tempdir()?;
        let outcome = in_a_home(name, home.path());
        let Ok(ended) = std::fs::read_to_string(home.path().join(ENDED_MARK)) else {
            return outcome;
        };
        let Err(error) = outcome else { return Ok(()) };
        writeln!(std::io::stderr(), "{name}: begun again ({error}): its daemon {ended}")?;
    }
    in_a_home(name, tempfile::tempdir()?.path())
}

/// Runs a scenario with a home of its own: this program again, on a bus of its own.
fn in_a_home(name: &str, home: &Path) -> Outcome {
    let bus = home.join("bus.conf");
    std::fs::write(&bus, BUS)?;
    let program = std::env::current_exe()?;
    let mut command = if name == WITHOUT_A_BUS {
        let mut command = Command::new(program);
        let nowhere = format!("unix:path={}/none", home.display());
        command.env("DBUS_SESSION_BUS_ADDRESS", nowhere);
        command
    } else {
        let mut command = Command::new("dbus-run-session");
        command.arg("--config-file").arg(bus).arg("--").arg(program);
        command
    };
    at_home(&mut command, home)?;
    let status = command.env(SCENARIO, name).status()?;
    if status.success() { Ok(()) } else { Err(format!("ended with {status}").into()) }
}

fn at_home(command: &mut Command, home: &Path) -> Outcome {
    use std::os::unix::fs::DirBuilderExt as _;
    for (variable, folder) in [("XDG_DATA_HOME", "share"), ("XDG_RUNTIME_DIR", "run")] {
        let folder = home.join(folder);
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        command.env(variable, folder);
    }
    command.env("HOME", home).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.env_remove("GNOME_KEYRING_CONTROL");
    Ok(())
}

/// A keyring daemon, ended with this value.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// A daemon whose keyring is open; its password makes the keyring the first time.
    pub(crate) fn unlocked() -> Outcome<Self> {
        let mut daemon = start(&["--foreground", "--components=secrets", "--unlock"])?;
        give_password(&mut daemon)?;
        wait_for(LockState::Unlocked)?;
        Ok(Self(daemon))
    }

    /// A daemon of somebody who never made a keyring.
    pub(crate) fn without_a_keyring() -> Outcome<Self> {
        let daemon = Self(start(&["--foreground", "--components=secrets"])?);
        wait_for(LockState::NoCollection)?;
        Ok(daemon)
    }

    /// Locks the keyring, as a screen lock may.
    pub(crate) fn lock(&self) -> Outcome {
        let connection = Connection::session()?;
        let service = Proxy::new(
            &connection,
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service",
        )?;
        let login = ObjectPath::try_from("/org/freedesktop/secrets/collection/login")?;
        let _: (Vec<OwnedObjectPath>, OwnedObjectPath) = service.call("Lock", &(vec![login],))?;
        wait_for(LockState::Locked)
    }

    /// Makes it hang.
    pub(crate) fn stop(&self) -> Outcome {
        self.send(Signal::STOP)
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) -> Outcome {
        self.send(Signal::CONT)
    }

    fn send(&self, signal: Signal) -> Outcome {
        let pid = Pid::from_raw(i32::try_from(self.0.id())?).ok_or("a process has a number")?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(Some(status)) = self.0.try_wait() {
            let home = std::env::var_os("HOME").unwrap_or_default();
            // Where the mark cannot be left, the scenario counts as failed.
            _ = std::fs::write(Path::new(&home).join(ENDED_MARK), format!("ended with {status}"));
        }
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> Outcome<Child> {
    let mut command = Command::new("gnome-keyring-daemon");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// Writes the password and closes the pipe, which is what the daemon waits for.
fn give_password(daemon: &mut Child) -> Outcome {
    let mut input = daemon.stdin.take().ok_or("its input is a pipe")?;
    Ok(input.write_all(PASSWORD)?)
}

/// Asks until the keyring is in this state.
fn wait_for(wanted: LockState) -> Outcome {
    let start = Instant::now();
    loop {
        let state = ComputersKeyring.lock_state();
        if state == wanted {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("the keyring is {state:?} and not {wanted:?}").into());
        }
    }
}
