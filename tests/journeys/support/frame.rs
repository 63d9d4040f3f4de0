//! The frame that a window manager draws around a window. The virtual display has none, so what
//! its cross sends is sent here (ICCCM, section 4.2.8.1).

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window as Id,
};

/// Presses the cross on every shown window of the process.
#[track_caller]
pub(super) fn press_close(display: &str, process: u32) {
    let (server, screen) = x11rb::connect(Some(display)).expect("the display answers");
    let root = server.setup().roots[screen].root;
    let closed = close_all(&server, root, process).expect("the display answers");
    assert!(closed > 0, "the process {process} shows no window that can be closed");
}

/// Whether the process has a window on the screen.
#[track_caller]
pub(super) fn is_shown(display: &str, process: u32) -> bool {
    let (server, screen) = x11rb::connect(Some(display)).expect("the display answers");
    let root = server.setup().roots[screen].root;
    !shown(&server, root, process).expect("the display answers").is_empty()
}

fn close_all(server: &impl Connection, root: Id, process: u32) -> Result<usize, ReplyError> {
    let [protocols, delete] =
        ["WM_PROTOCOLS", "WM_DELETE_WINDOW"].map(|name| server.intern_atom(false, name.as_bytes()));
    let (protocols, delete) = (protocols?.reply()?.atom, delete?.reply()?.atom);
    let all = shown(server, root, process)?;
    for &window in &all {
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        server.send_event(false, window, EventMask::NO_EVENT, message)?;
    }
    // An answer that comes after them proves that the server has read the messages: without it, one
    // was lost now and then when the connection closed.
    server.get_input_focus()?.reply()?;
    Ok(all.len())
}

/// The windows of the process that are on the screen and can be closed.
fn shown(server: &impl Connection, root: Id, process: u32) -> Result<Vec<Id>, ReplyError> {
    let [protocols, delete, owner] = ["WM_PROTOCOLS", "WM_DELETE_WINDOW", "_NET_WM_PID"]
        .map(|name| server.intern_atom(false, name.as_bytes()));
    let (protocols, delete) = (protocols?.reply()?.atom, delete?.reply()?.atom);
    let owner = owner?.reply()?.atom;
    let mut found = Vec::new();
    for window in server.query_tree(root)?.reply()?.children {
        let is_shown =
            server.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        let understands = values(server, window, protocols, AtomEnum::ATOM)?.contains(&delete);
        let owners = values(server, window, owner, AtomEnum::CARDINAL)?;
        if is_shown && understands && owners.contains(&process) {
            found.push(window);
        }
    }
    Ok(found)
}

fn values(
    server: &impl Connection,
    window: Id,
    property: Atom,
    kind: AtomEnum,
) -> Result<Vec<u32>, ReplyError> {
    let found = server.get_property(false, window, property, kind, 0, 64)?.reply()?;
    Ok(found.value32().map(Iterator::collect).unwrap_or_default())
}
