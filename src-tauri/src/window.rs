//! The one window: its place on the screen, what falls on it, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_app::{App, hold};
#[cfg(target_os = "linux")]
use attune_app::{hidden_words, tray_words};
use attune_contract::Nothing;
use serde_json::{Value, json};
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, DragDropEvent, LogicalPosition, LogicalSize, Manager, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, Window, WindowEvent,
};

use crate::app_of;
#[cfg(target_os = "linux")]
use crate::{
    session,
    tray::{Pressed, Tray},
};

const MAIN: &str = "main";
const PLACE: &str = "window";
const FIRST_SIZE: (f64, f64) = (1280.0, 820.0);
const SMALLEST: (f64, f64) = (480.0, 480.0);

/// Opens the window where it was.
pub(crate) fn open(handle: &AppHandle, app: &Arc<App>) -> tauri::Result<()> {
    let place = remembered(app);
    let (width, height) = place.as_ref().map_or(FIRST_SIZE, |place| place.size);
    let window = WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::default())
        .title("Attune")
        .inner_size(width, height)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    if let Some((x, y)) = place.and_then(|place| place.position) {
        put_if_visible(&window, x, y)?;
    }
    #[cfg(feature = "journey")]
    watch_drops(Arc::clone(app));
    Ok(())
}

/// The page never leaves its own origin.
fn is_ours(url: &tauri::Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

/// What happens to the window.
pub(crate) fn heard(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { .. }) => app_of(window).dragged(true),
        WindowEvent::DragDrop(DragDropEvent::Leave) => app_of(window).dragged(false),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            let (app, path) = (app_of(window), paths.first().cloned());
            tauri::async_runtime::spawn_blocking(move || match path {
                Some(path) => app.dropped(path),
                None => app.dragged(false),
            });
        }
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            remember(window);
            let app = app_of(window);
            match app.live_runs() {
                0 => close(app),
                trainings => hide(window, trainings),
            }
        }
        _ => {}
    }
}

/// Hides the window while something trains: into the tray, or behind the session bus, through which
/// a second start finds it; where there is neither, it only becomes small.
#[cfg(target_os = "linux")]
fn hide(window: &Window, trainings: u64) {
    let handle = window.app_handle().clone();
    let on_press = handle.clone();
    let tray = Tray::show(tray_words(trainings), move |pressed| match pressed {
        Pressed::Open => show(&on_press),
        Pressed::Quit => close(app_of(&on_press)),
    });
    let is_in_tray = tray.is_some();
    TRAY.set(tray);
    if !is_in_tray && session::bus().is_none() {
        return minimise(window);
    }
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "the window cannot be hidden");
        return minimise(window);
    }
    if !is_in_tray {
        let (title, words) = hidden_words();
        tauri::async_runtime::spawn_blocking(move || session::notify(&title, &words));
    }
    hold::tell(if is_in_tray { "window.tray" } else { "window.hidden" });
}

/// Makes the window small while something trains: the tray is built for Linux only so far.
#[cfg(not(target_os = "linux"))]
fn hide(window: &Window, _: u64) {
    minimise(window);
}

fn minimise(window: &Window) {
    if let Err(error) = window.minimize() {
        tracing::warn!(%error, "the window cannot be made small");
    }
    hold::tell("window.minimised");
}

/// Brings the window back.
pub(crate) fn show(handle: &AppHandle) {
    let Some(window) = handle.get_webview_window(MAIN) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window cannot be shown");
    }
    #[cfg(target_os = "linux")]
    drop(handle.run_on_main_thread(|| TRAY.set(None)));
    hold::tell("window.shown");
}

/// Whether the person looks at the window now.
pub(crate) fn is_seen(handle: &AppHandle) -> bool {
    let Some(window) = handle.get_webview_window(MAIN) else { return false };
    let is = |answer: tauri::Result<bool>| answer.unwrap_or(false);
    is(window.is_visible()) && is(window.is_focused()) && !is(window.is_minimized())
}

/// Shows the window when the program is started again, or a note of it is pressed.
pub(crate) fn answer_second_starts(handle: &AppHandle, home: &std::path::Path) {
    let called = handle.clone();
    if let Err(error) = attune_app::answer_second_starts(home, move || show(&called)) {
        tracing::warn!(%error, "a second start will not find this window");
    }
    #[cfg(target_os = "linux")]
    {
        let pressed = handle.clone();
        session::on_note_pressed(move || show(&pressed));
    }
}

#[cfg(target_os = "linux")]
thread_local! {
    /// The tray's entry while the window is hidden; it belongs to the thread that draws.
    static TRAY: std::cell::Cell<Option<Tray>> = const { std::cell::Cell::new(None) };
}

/// Puts everything away, then ends. A second press changes nothing.
fn close(app: Arc<App>) {
    static CLOSING: AtomicBool = AtomicBool::new(false);
    if CLOSING.swap(true, Ordering::Relaxed) {
        return;
    }
    tauri::async_runtime::spawn(async move {
        if let Err(failure) = app.app_quit(Nothing {}).await {
            tracing::error!(code = failure.code.as_text(), "the end failed");
        }
    });
}

/// Where the window was, in logical pixels.
struct Place {
    size: (f64, f64),
    position: Option<(f64, f64)>,
}

fn remembered(app: &App) -> Option<Place> {
    let stored: Value = serde_json::from_str(&app.host_setting(PLACE).ok()??).ok()?;
    let number = |name: &str| stored.get(name).and_then(Value::as_f64).filter(|it| it.is_finite());
    let size = (number("width")?.max(SMALLEST.0), number("height")?.max(SMALLEST.1));
    Some(Place { size, position: number("x").zip(number("y")) })
}

/// A window's place is a convenience: where it cannot be kept, the next start uses the first size.
fn remember(window: &Window) {
    let Ok(scale) = window.scale_factor() else { return };
    let (Ok(size), position) = (window.inner_size(), window.outer_position()) else { return };
    let size = size.to_logical::<f64>(scale);
    let position = position.ok().map(|position| position.to_logical::<f64>(scale));
    let place = json!({
        "width": size.width,
        "height": size.height,
        "x": position.map(|position| position.x),
        "y": position.map(|position| position.y),
    });
    if let Err(failure) = app_of(window).set_host_setting(PLACE, &place.to_string()) {
        tracing::warn!(code = failure.code.as_text(), "the window's place was not kept");
    }
}

/// Puts the window where it was, unless that screen is gone.
fn put_if_visible(window: &WebviewWindow, x: f64, y: f64) -> tauri::Result<()> {
    let is_visible = window.available_monitors()?.iter().any(|monitor| {
        let corner = monitor.position().to_logical::<f64>(monitor.scale_factor());
        let size: LogicalSize<f64> = monitor.size().to_logical(monitor.scale_factor());
        (corner.x..corner.x + size.width - 100.0).contains(&x)
            && (corner.y..corner.y + size.height - 100.0).contains(&y)
    });
    if is_visible { window.set_position(LogicalPosition::new(x, y)) } else { Ok(()) }
}

/// Lets a test drop a file: WebDriver cannot drag one in from outside.
#[cfg(feature = "journey")]
fn watch_drops(app: Arc<App>) {
    std::thread::spawn(move || {
        loop {
            if let Some(path) = attune_app::hold::next_drop() {
                app.dropped(path);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    });
}
