//! A display of its own, a session bus of its own, and the driver of the web view on them.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::keeper::Kept;
use super::waiting::{self, Wait};

/// The variable by which programs find their session bus.
pub(super) const SESSION_BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// The rules of a session bus that starts no services by itself: no portals, no keyring, none of
/// what happens to be installed.
const EMPTY_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A virtual display.
pub(crate) struct Screen {
    _server: Kept,
    name: String,
}

impl Screen {
    /// Starts a display of 1280x1024 under a number that is free. It must not begin anew when its
    /// last window closes, or the next one may find it shut.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("Xvfb");
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x1024x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let mut server = Kept::speaking(&command);
        let number = server.first_line().expect("Xvfb is not installed: cargo xtask setup");
        Self { _server: server, name: format!(":{number}") }
    }

    /// Its name, as `DISPLAY` has it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A driver on a session bus; the program under test gets the driver's environment.
pub(crate) struct Driver {
    _processes: Kept,
    pub(crate) port: u16,
}

impl Driver {
    /// Starts a driver on a free port. `home` is the user's home folder, not Attune's; what the
    /// programs say goes into `log`.
    pub(crate) fn start(
        screen: &Screen,
        home: &Path,
        log: &Path,
        variables: &[(&str, String)],
    ) -> Self {
        let port = free_port();
        let driver = ["WebKitWebDriver", "--host=127.0.0.1", &format!("--port={port}")];
        let mut command = on_a_bus(screen, home, variables, &driver.map(OsStr::new));
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        let processes = Kept::logging(&command, log);
        let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok();
        waiting::until(Wait::Usual, answers).unwrap_or_else(|| {
            panic!("WebKitWebDriver does not answer; is it installed? cargo xtask setup")
        });
        Self { _processes: processes, port }
    }
}

/// A program on the display, with a user's folders of its own and, unless the variables name another,
/// a session bus of its own, so that neither the desktop nor the settings of the person who runs the
/// tests play a part.
pub(super) fn on_a_bus(
    screen: &Screen,
    home: &Path,
    variables: &[(&str, String)],
    program: &[&OsStr],
) -> Command {
    let program = &[&in_time(), program].concat();
    let has_bus = variables.iter().any(|(name, _)| *name == SESSION_BUS);
    let mut command = if has_bus {
        let (name, arguments) = program.split_first().expect("a program has a name");
        let mut command = Command::new(name);
        command.args(arguments);
        command
    } else {
        let mut command = Command::new("dbus-run-session");
        command.arg("--config-file").arg(bus_rules(home)).arg("--").args(program);
        command
    };
    command.env("DISPLAY", screen.name()).env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11");
    command.env("NO_AT_BRIDGE", "1").env("GSETTINGS_BACKEND", "memory");
    // Waiting is measured by another clock, which nobody moves.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
    command.env("LANG", "C.UTF-8").env_remove("GTK_THEME");
    at_home(&mut command, home);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// What a program begins with so that it lives on a day when all places still take trainings: they
/// close at dates, of which the first is January 6, 2027. Until some days before, the day is today.
fn in_time() -> Vec<&'static OsStr> {
    /// December 31, 2026, in seconds since 1970.
    const LAST_DAY: u64 = 1_798_675_200;
    static SHIFT: OnceLock<Option<String>> = OnceLock::new();
    let shift = SHIFT.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        now.as_secs().checked_sub(LAST_DAY).map(|seconds| format!("-{seconds}"))
    });
    shift.iter().flat_map(|shift| ["faketime", "-f", shift].map(OsStr::new)).collect()
}

/// Writes down the rules of a bus that starts nothing by itself, and says where.
pub(super) fn bus_rules(home: &Path) -> PathBuf {
    let rules = home.join("bus.conf");
    std::fs::write(&rules, EMPTY_BUS).expect("the temporary folder can be written");
    rules
}

/// Gives a program the folders of a user who lives in `home`, and says where that user's data lie.
pub(super) fn at_home(command: &mut Command, home: &Path) -> PathBuf {
    let folder = |name: &str| home.join(name.to_lowercase());
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home);
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
        command.env(name, folder(name));
    }
    folder("XDG_DATA_HOME")
}

/// A port that nobody listens on and that no other driver of this run is given: of two drivers on
/// one port the second ends, and both windows would talk to the first. The system gives out ports
/// from 32,768 on by itself, so these are below.
fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 10_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Two runs at once, of two checkouts, begin elsewhere.
    let begin = std::process::id().wrapping_mul(101);
    let next = || {
        let at = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        u16::try_from(FIRST + at % COUNT).expect("these are ports")
    };
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(next).take(100).find(is_free).expect("loopback has free ports")
}
