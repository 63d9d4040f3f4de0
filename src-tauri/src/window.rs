//! The one window: its place on the screen, what falls on it, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_app::App;
use attune_contract::Nothing;
use serde_json::{Value, json};
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, DragDropEvent, LogicalPosition, LogicalSize, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, Window, WindowEvent,
};

use crate::app_of;

const PLACE: &str = "window";
const FIRST_SIZE: (f64, f64) = (1280.0, 820.0);
const SMALLEST: (f64, f64) = (480.0, 480.0);

/// Opens the window where it was.
pub(crate) fn open(handle: &AppHandle, app: &Arc<App>) -> tauri::Result<()> {
    let place = remembered(app);
    let (width, height) = place.as_ref().map_or(FIRST_SIZE, |place| place.size);
    let window = WebviewWindowBuilder::new(handle, "main", WebviewUrl::default())
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
            close(app_of(window));
        }
        _ => {}
    }
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
