//! A person's keyring: a real daemon on a session bus of its own. Both outlive the windows that use
//! them, and nobody else's keyring is touched.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::Command;

use gtk::gio::{Cancellable, DBusCallFlags, DBusConnection, DBusConnectionFlags};
use gtk::glib::{Error, ToVariant, Variant};

use super::keeper::Kept;
use super::screen::{SESSION_BUS, at_home, bus_rules};
use super::waiting::{self, Wait};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
/// The keyring that a daemon opens at the login.
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const LONGEST_ANSWER_MS: i32 = 5_000;
const PASSWORD: &str = "the password of a login";
/// The daemon takes the password from its input, and makes the keyring with it the first time.
const UNLOCKED: &str =
    r#"printf %s "$0" | exec gnome-keyring-daemon --foreground --components=secrets --unlock"#;

/// A keyring that is open, until [`Keyring::lock`]. Bus and daemon end with this value.
pub(crate) struct Keyring {
    connection: DBusConnection,
    address: String,
    _daemon: Kept,
    _bus: Kept,
}

impl Keyring {
    /// Starts a bus and, on it, the keyring of the user whose folders are below `home`. What the daemon
    /// says goes into `log`.
    #[track_caller]
    pub(super) fn start(home: &Path, log: &Path) -> Self {
        let mut bus = Kept::speaking(&bus(home));
        let address = bus.first_line().expect("dbus-daemon is not installed: cargo xtask setup");
        let daemon = Kept::logging(&daemon(home, &address), log);
        let connection = connect(&address).expect("the bus answers");
        let keyring = Self { connection, address, _daemon: daemon, _bus: bus };
        keyring.wait(false);
        keyring
    }

    /// The variable by which a window finds the bus.
    pub(crate) fn variable(&self) -> (&'static str, &str) {
        (SESSION_BUS, &self.address)
    }

    /// Locks it, as a desktop may. Nobody is asked for the password then: this bus has no program that
    /// could ask.
    #[track_caller]
    pub(crate) fn lock(&self) {
        let login = Variant::parse(None, &format!("([objectpath '{LOGIN}'],)"));
        let login = login.expect("the path is written as D-Bus wants it");
        let locked = self.call(SERVICE, "org.freedesktop.Secret.Service", "Lock", &login);
        locked.expect("the daemon locks");
        self.wait(true);
    }

    /// Waits until it is locked, or open.
    #[track_caller]
    fn wait(&self, locked: bool) {
        waiting::until(Wait::Usual, || (self.is_locked()? == locked).then_some(()))
            .unwrap_or_else(|| panic!("no keyring that is locked: {locked}; cargo xtask setup"));
    }

    /// Nothing where the daemon does not answer yet.
    fn is_locked(&self) -> Option<bool> {
        let property = ("org.freedesktop.Secret.Collection", "Locked").to_variant();
        let answer = self.call(LOGIN, "org.freedesktop.DBus.Properties", "Get", &property).ok()?;
        answer.try_child_value(0)?.as_variant()?.get()
    }

    fn call(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        values: &Variant,
    ) -> Result<Variant, Error> {
        self.connection.call_sync(
            Some(NAME),
            path,
            interface,
            method,
            Some(values),
            None,
            DBusCallFlags::NONE,
            LONGEST_ANSWER_MS,
            Cancellable::NONE,
        )
    }
}

/// A bus that stays until it is ended; the first line it says is its address.
fn bus(home: &Path) -> Command {
    let mut command = Command::new("dbus-daemon");
    command.args(["--nofork", "--nopidfile", "--print-address"]);
    command.arg(format!("--config-file={}", bus_rules(home).display()));
    command
}

/// A daemon without a display, so that it opens no window of its own.
fn daemon(home: &Path, address: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", UNLOCKED, PASSWORD]).env(SESSION_BUS, address);
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(name);
    }
    let data = at_home(&mut command, home);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.expect("the temporary folder can be written");
    command
}

fn connect(address: &str) -> Result<DBusConnection, Error> {
    let flags =
        DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    DBusConnection::for_address_sync(address, flags, None, Cancellable::NONE)
}
