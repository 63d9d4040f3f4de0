//! The tray entry while the window is hidden: Open and Quit. It speaks the freedesktop protocol
//! (`StatusNotifierItem` and its menu) over the session bus; a desktop without a tray has no watcher,
//! and then there is none.

use std::sync::Arc;

use attune_contract::params;
use attune_contract::words::words;
use gtk::gio::DBusMethodInvocation;
use gtk::gio::{Cancellable, DBusCallFlags, DBusConnection, DBusNodeInfo, RegistrationId};
use gtk::glib::{Error, ToVariant, Variant, VariantDict, VariantTy};

use crate::session;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM_PATH: &str = "/StatusNotifierItem";
const MENU_PATH: &str = "/StatusNotifierItem/menu";
const LONGEST_ANSWER_MS: i32 = 3_000;
const OPEN: i32 = 1;
const QUIT: i32 = 2;

/// What the tray asks of the item, and of its menu.
const INTERFACES: &str = r#"<node>
<interface name="org.kde.StatusNotifierItem">
<method name="Activate"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="SecondaryActivate"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="ContextMenu"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="Scroll"><arg type="i" direction="in"/><arg type="s" direction="in"/></method>
<property name="Category" type="s" access="read"/><property name="Id" type="s" access="read"/>
<property name="Title" type="s" access="read"/><property name="Status" type="s" access="read"/>
<property name="IconName" type="s" access="read"/>
<property name="IconPixmap" type="a(iiay)" access="read"/>
<property name="ItemIsMenu" type="b" access="read"/><property name="Menu" type="o" access="read"/>
</interface>
<interface name="com.canonical.dbusmenu">
<method name="GetLayout"><arg type="i" direction="in"/><arg type="i" direction="in"/>
<arg type="as" direction="in"/><arg type="u" direction="out"/>
<arg type="(ia{sv}av)" direction="out"/></method>
<method name="GetGroupProperties"><arg type="ai" direction="in"/><arg type="as" direction="in"/>
<arg type="a(ia{sv})" direction="out"/></method>
<method name="GetProperty"><arg type="i" direction="in"/><arg type="s" direction="in"/>
<arg type="v" direction="out"/></method>
<method name="Event"><arg type="i" direction="in"/><arg type="s" direction="in"/>
<arg type="v" direction="in"/><arg type="u" direction="in"/></method>
<method name="AboutToShow"><arg type="i" direction="in"/><arg type="b" direction="out"/></method>
<property name="Version" type="u" access="read"/><property name="Status" type="s" access="read"/>
</interface></node>"#;

/// What a press in the tray asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// Show the window.
    Open,
    /// Save, pause and end.
    Quit,
}

/// The entry; it is gone with this value.
pub(crate) struct Tray {
    bus: DBusConnection,
    registered: Vec<RegistrationId>,
}

impl Tray {
    /// Puts an entry into the tray, if the desktop has one. Called on the thread that draws, which
    /// then answers what the tray asks.
    pub(crate) fn show(
        title: String,
        pressed: impl Fn(Pressed) + Send + Sync + 'static,
    ) -> Option<Self> {
        let bus = session::bus()?;
        let node = DBusNodeInfo::for_xml(INTERFACES).ok()?;
        let pressed: Arc<dyn Fn(Pressed) + Send + Sync> = Arc::new(pressed);
        let mut tray = Self { bus: bus.clone(), registered: Vec::new() };
        let item = node.lookup_interface("org.kde.StatusNotifierItem")?;
        let on_item = Arc::clone(&pressed);
        let registered = bus.register_object(
            ITEM_PATH,
            &item,
            move |_, _, _, _, method, _, answer: DBusMethodInvocation| {
                if matches!(method, "Activate" | "SecondaryActivate") {
                    on_item(Pressed::Open);
                }
                answer.return_value(None);
            },
            move |_, _, _, _, property| item_property(property, &title),
            |_, _, _, _, _, _| false,
        );
        tray.registered.push(registered.ok()?);
        let menu = node.lookup_interface("com.canonical.dbusmenu")?;
        let registered = bus.register_object(
            MENU_PATH,
            &menu,
            move |_, _, _, _, method, values, answer: DBusMethodInvocation| {
                answer.return_value(menu_answer(method, &values, &*pressed).as_ref());
            },
            |_, _, _, _, property| match property {
                "Version" => 3_u32.to_variant(),
                _ => "normal".to_variant(),
            },
            |_, _, _, _, _, _| false,
        );
        tray.registered.push(registered.ok()?);
        tray.announce().ok()?;
        Some(tray)
    }

    /// Tells the tray's watcher; without one the call fails.
    fn announce(&self) -> Result<(), Error> {
        let name = self.bus.unique_name().unwrap_or_default();
        self.bus
            .call_sync(
                Some(WATCHER),
                "/StatusNotifierWatcher",
                WATCHER,
                "RegisterStatusNotifierItem",
                Some(&(name.as_str(),).to_variant()),
                None,
                DBusCallFlags::NONE,
                LONGEST_ANSWER_MS,
                Cancellable::NONE,
            )
            .map(drop)
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        // The watcher takes an item away whose program says that it is gone.
        drop(self.bus.emit_signal(
            None,
            ITEM_PATH,
            "org.kde.StatusNotifierItem",
            "NewStatus",
            Some(&("Passive",).to_variant()),
        ));
        for registered in self.registered.drain(..) {
            drop(self.bus.unregister_object(registered));
        }
    }
}

fn item_property(name: &str, title: &str) -> Variant {
    match name {
        "Category" => "ApplicationStatus".to_variant(),
        "Id" => "attune".to_variant(),
        "Title" => title.to_variant(),
        "Status" => "Active".to_variant(),
        "IconPixmap" => icon(),
        "ItemIsMenu" => false.to_variant(),
        "Menu" => gtk::glib::variant::ObjectPath::try_from(MENU_PATH)
            .map_or_else(|_| "/".to_variant(), |path| path.to_variant()),
        // No theme has our picture; the pixels below are shown instead.
        _ => "".to_variant(),
    }
}

/// The program's picture: width, height, and pixels as alpha, red, green, blue.
fn icon() -> Variant {
    let picture = tauri::include_image!("src-tauri/icons/32x32.png");
    let pixels: Vec<u8> = picture
        .rgba()
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]])
        .collect();
    let side = |length: u32| i32::try_from(length).unwrap_or(0);
    vec![(side(picture.width()), side(picture.height()), pixels)].to_variant()
}

fn menu_answer(method: &str, values: &Variant, pressed: &dyn Fn(Pressed)) -> Option<Variant> {
    match method {
        "GetLayout" => {
            let entries: Vec<Variant> = [OPEN, QUIT].map(|id| layout(id, &[]).to_variant()).into();
            Some(Variant::tuple_from_iter([1_u32.to_variant(), layout(0, &entries)]))
        }
        "GetGroupProperties" => {
            let all: Vec<(i32, Variant)> = [OPEN, QUIT].map(|id| (id, properties(id))).into();
            let rows = all.iter().map(|(id, properties)| {
                Variant::tuple_from_iter([id.to_variant(), properties.clone()])
            });
            let kind = VariantTy::new("(ia{sv})").ok()?;
            Some(Variant::tuple_from_iter([Variant::array_from_iter_with_type(kind, rows)]))
        }
        "GetProperty" => {
            let id = values.try_child_value(0).and_then(|id| id.get::<i32>()).unwrap_or(0);
            let label = label(id).to_variant().to_variant();
            Some(Variant::tuple_from_iter([label]))
        }
        "AboutToShow" => Some((false,).to_variant()),
        "Event" => {
            let id = values.try_child_value(0).and_then(|id| id.get::<i32>());
            let kind = values.try_child_value(1).and_then(|kind| kind.get::<String>());
            match (id, kind.as_deref()) {
                (Some(OPEN), Some("clicked")) => pressed(Pressed::Open),
                (Some(QUIT), Some("clicked")) => pressed(Pressed::Quit),
                _ => {}
            }
            None
        }
        _ => None,
    }
}

fn layout(id: i32, inside: &[Variant]) -> Variant {
    Variant::tuple_from_iter([id.to_variant(), properties(id), inside.to_variant()])
}

fn properties(id: i32) -> Variant {
    let properties = VariantDict::new(None);
    if id == 0 {
        properties.insert("children-display", "submenu");
    } else {
        properties.insert("label", label(id));
    }
    properties.end()
}

fn label(id: i32) -> String {
    words(if id == QUIT { "action.quit" } else { "tray.open" }, &params![])
}
