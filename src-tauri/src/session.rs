//! The desktop's session bus: notes to the person, and the wish to stay awake.
//!
//! What the desktop does not offer is written to the log and missed by nobody: the window says the
//! same. Calls wait for an answer, so none is made on the thread that draws.

use std::sync::Mutex;

use attune_contract::params;
use attune_contract::words::words;
use gtk::gio::{self, BusType, Cancellable, DBusCallFlags, DBusConnection, DBusSignalFlags};
use gtk::glib::{Error, ToVariant, Variant};

/// Desktops answer within milliseconds; one that hangs must not hold anything up for long.
const LONGEST_ANSWER_MS: i32 = 5_000;
const NOTES: (&str, &str, &str) = (
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.Notifications",
);
/// Who can be asked to keep the computer awake: name, path and interface, the first that answers.
const KEEPERS: [(&str, &str, &str); 2] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver"),
    (
        "org.freedesktop.PowerManagement",
        "/org/freedesktop/PowerManagement/Inhibit",
        "org.freedesktop.PowerManagement.Inhibit",
    ),
];

/// The session bus, if there is one.
pub(crate) fn bus() -> Option<DBusConnection> {
    gio::bus_get_sync(BusType::Session, Cancellable::NONE).ok()
}

fn call(
    bus: &DBusConnection,
    (name, path, interface): (&str, &str, &str),
    method: &str,
    values: &Variant,
) -> Result<Variant, Error> {
    let flags = DBusCallFlags::NONE;
    bus.call_sync(
        Some(name),
        path,
        interface,
        method,
        Some(values),
        None,
        flags,
        LONGEST_ANSWER_MS,
        Cancellable::NONE,
    )
}

/// Shows a note; a press on it opens the window (see [`on_note_pressed`]).
pub(crate) fn notify(title: &str, body: &str) {
    let Some(bus) = bus() else {
        tracing::info!("there is no session bus to tell that a training ended");
        return;
    };
    let hints = gtk::glib::VariantDict::new(None).end();
    let actions = vec!["default".to_owned(), words("tray.open", &params![])];
    let values = Variant::tuple_from_iter([
        "Attune".to_variant(),
        0_u32.to_variant(),
        "attune".to_variant(),
        title.to_variant(),
        body.to_variant(),
        actions.to_variant(),
        hints,
        (-1_i32).to_variant(),
    ]);
    if let Err(error) = call(&bus, NOTES, "Notify", &values) {
        tracing::info!(%error, "the desktop shows no notes");
    }
}

/// Calls `pressed` whenever the person presses a note of this program. Called once, on the thread
/// that draws.
pub(crate) fn on_note_pressed(pressed: impl Fn() + 'static) {
    let Some(bus) = bus() else { return };
    // The desktop names the note by a number; notes of others carry actions of their own names.
    bus.signal_subscribe(
        None,
        Some(NOTES.2),
        Some("ActionInvoked"),
        Some(NOTES.1),
        None,
        DBusSignalFlags::NONE,
        move |_, _, _, _, _, values| {
            if values.try_child_value(1).and_then(|key| key.get::<String>()).as_deref()
                == Some("default")
            {
                pressed();
            }
        },
    );
}

/// The promise of the desktop to stay awake, while there is one.
#[derive(Debug, Default)]
pub(crate) struct Awake(Mutex<Option<(usize, u32)>>);

impl Awake {
    /// Keeps the computer awake from now on, or lets it sleep again.
    pub(crate) fn keep(&self, is_awake: bool) {
        let mut promise = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match (*promise, is_awake) {
            (None, true) => *promise = ask(),
            (Some(kept), false) => {
                give_back(kept);
                *promise = None;
            }
            _ => {}
        }
    }
}

fn ask() -> Option<(usize, u32)> {
    let bus = bus()?;
    let reason = words("tray.training", &params!["n" => 1_u64]);
    let values = ("Attune", reason.as_str()).to_variant();
    for (at, keeper) in KEEPERS.into_iter().enumerate() {
        let promise = call(&bus, keeper, "Inhibit", &values);
        let cookie = promise.ok().and_then(|it| it.try_child_value(0)).and_then(|it| it.get());
        if let Some(cookie) = cookie {
            return Some((at, cookie));
        }
    }
    tracing::info!("nobody here keeps the computer awake");
    None
}

fn give_back((at, cookie): (usize, u32)) {
    let Some(bus) = bus() else { return };
    if let Err(error) = call(&bus, KEEPERS[at], "UnInhibit", &(cookie,).to_variant()) {
        tracing::info!(%error, "the wish to stay awake was not taken back");
    }
}
