//! A stub of the desktop's notification service on the session bus of a window
//! (specifications.freedesktop.org/notification-spec, 1.3): it keeps what it is told to show.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use gtk::gio::{
    Cancellable, DBusCallFlags, DBusConnection, DBusConnectionFlags, DBusMethodInvocation,
    DBusNodeInfo,
};
use gtk::glib::{Error, MainContext, MainLoop, ToVariant, Variant};

use super::waiting::{self, Wait};
use super::window::Window;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const LONGEST_ANSWER_MS: i32 = 5_000;
const INTERFACE: &str = r#"<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
<arg type="u" direction="out"/></method></interface></node>"#;

/// A note's title and words.
type Notes = Arc<Mutex<Vec<(String, String)>>>;

/// The stub; it is gone with this value.
pub(crate) struct Recorder {
    notes: Notes,
    answering: MainLoop,
}

impl Recorder {
    /// Owns the service's name on the window's bus from now on.
    #[track_caller]
    pub(crate) fn beside(window: &Window) -> Self {
        let bus = address(window);
        let notes = Notes::default();
        let kept = Arc::clone(&notes);
        let (ready, waits) = mpsc::channel();
        std::thread::spawn(move || {
            let context = MainContext::new();
            let answering = MainLoop::new(Some(&context), false);
            let ran = context.with_thread_default(|| {
                let owned = own(&bus, kept);
                let is_owned = owned.as_ref().map(|_| answering.clone()).map_err(Error::to_string);
                if ready.send(is_owned).is_ok() && owned.is_ok() {
                    answering.run();
                }
            });
            ran.expect("a new context belongs to nobody");
        });
        let answering = waits.recv().expect("the stub starts").expect("the bus gives the name");
        Self { notes, answering }
    }

    /// Waits for a note with this title and gives its words.
    #[track_caller]
    pub(crate) fn wait_note(&self, title: &str) -> String {
        let told = || {
            let notes = self.notes();
            notes.into_iter().find(|(heading, _)| heading == title).map(|(_, words)| words)
        };
        waiting::until(Wait::Training, told)
            .unwrap_or_else(|| panic!("no note `{title}`, only {:?}", self.notes()))
    }

    /// All notes so far: titles and words.
    pub(crate) fn notes(&self) -> Vec<(String, String)> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.answering.quit();
    }
}

/// Where the window's own session bus listens, as its process was told.
#[track_caller]
fn address(window: &Window) -> String {
    let program = window.family.programs().into_iter().next().expect("the window's process");
    let environment = std::fs::read(format!("/proc/{}/environ", program.id())).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let mut variables = environment.split('\0');
    let bus = variables.find_map(|one| one.strip_prefix("DBUS_SESSION_BUS_ADDRESS="));
    bus.expect("the window has a session bus").to_owned()
}

fn own(address: &str, notes: Notes) -> Result<DBusConnection, Error> {
    let flags =
        DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    let bus = DBusConnection::for_address_sync(address, flags, None, Cancellable::NONE)?;
    let node = DBusNodeInfo::for_xml(INTERFACE)?;
    let interface = node.lookup_interface(NAME).expect("the interface stands in the text");
    let keep = move |values: &Variant| {
        let text = |at: usize| values.try_child_value(at)?.get::<String>();
        let note = (text(3).unwrap_or_default(), text(4).unwrap_or_default());
        let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(note);
        u32::try_from(notes.len()).unwrap_or(u32::MAX)
    };
    let registered = bus.register_object(
        PATH,
        &interface,
        move |_, _, _, _, _, values, answer: DBusMethodInvocation| {
            answer.return_value(Some(&(keep(&values),).to_variant()));
        },
        |_, _, _, _, _| 0_u32.to_variant(),
        |_, _, _, _, _, _| false,
    );
    registered?;
    bus.call_sync(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "RequestName",
        Some(&(NAME, 0_u32).to_variant()),
        None,
        DBusCallFlags::NONE,
        LONGEST_ANSWER_MS,
        Cancellable::NONE,
    )?;
    Ok(bus)
}
