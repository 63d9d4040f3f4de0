//! The shell: the only code that names Tauri. It opens the window, hands commands and events
//! through, and decides nothing.

mod commands;
mod desktop;
#[cfg(target_os = "linux")]
mod session;
#[cfg(not(target_os = "linux"))]
#[path = "session_elsewhere.rs"]
mod session;
#[cfg(target_os = "linux")]
mod tray;
mod window;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use attune_app::{
    App, AppOptions, KeyringOptions, call_first_window, default_home, hold, starter_file,
    system_clock,
};
use attune_contract::words::failure_words;
use attune_contract::{Failure, FailureCode, params};
use tauri::Manager;

use desktop::WindowDesktop;

/// Opens the window and runs until it is closed.
#[must_use]
pub fn run() -> ExitCode {
    start_log();
    if !has_display() {
        return refuse(&Failure::new(FailureCode::NoDisplay, params![]));
    }
    let Some(home) = default_home() else {
        let folder = "Attune";
        return refuse(&Failure::new(FailureCode::LibraryNoAccess, params![folder]));
    };
    let desktop = Arc::new(WindowDesktop::default());
    let place = home.clone();
    let options = AppOptions {
        home,
        engine_program: engine_program(),
        clock: system_clock,
        starter: starter_file(),
        cores: None,
        keyring: KeyringOptions::default,
        pauses: hold::pauses(),
    };
    let app = App::open(options, desktop.clone());
    // The library belongs to an earlier start; if that has a window, the person wants to see it.
    if app.is_open_elsewhere() && call_first_window(&place) {
        return ExitCode::SUCCESS;
    }
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Arc::clone(&app))
        .invoke_handler(commands::handler())
        .setup(move |tauri| {
            desktop.attach(tauri.handle().clone());
            window::open(tauri.handle(), &app)?;
            if !app.is_open_elsewhere() {
                window::answer_second_starts(tauri.handle(), &place);
            }
            recover(app);
            Ok(())
        })
        .on_window_event(window::heard)
        .build(tauri::generate_context!());
    match built {
        Ok(tauri) => {
            tauri.run(|_, _| {});
            ExitCode::SUCCESS
        }
        Err(error) => {
            let failure = Failure::new(FailureCode::Internal, params![]);
            refuse(&failure.with_detail(error.to_string()))
        }
    }
}

fn recover(app: Arc<App>) {
    tauri::async_runtime::spawn(async move {
        if let Err(failure) = app.recover().await {
            tracing::error!(code = failure.code.as_text(), "recovery at the start failed");
        }
    });
}

/// The binary `attune` lies beside the window's: one rule for builds, tests and packages.
fn engine_program() -> PathBuf {
    let name = if cfg!(windows) { "attune.exe" } else { "attune" };
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join(name)));
    beside.unwrap_or_else(|| PathBuf::from(name))
}

/// Whether a screen answers. Without one Tauri would end the program with a panic.
#[cfg(target_os = "linux")]
fn has_display() -> bool {
    gtk::init().is_ok()
}

/// Other systems always have a screen for a program that a person starts.
#[cfg(not(target_os = "linux"))]
fn has_display() -> bool {
    true
}

fn refuse(failure: &Failure) -> ExitCode {
    let detail = failure.detail.as_deref().unwrap_or_default();
    tracing::error!(code = failure.code.as_text(), detail, "the window cannot open");
    // Without a terminal nobody reads it, and that is all there is to lose.
    drop(writeln!(std::io::stderr(), "{}", failure_words(failure)));
    ExitCode::from(2)
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ATTUNE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// The page's way to a window's program handle, for the window's own module.
fn app_of(manager: &impl Manager<tauri::Wry>) -> Arc<App> {
    Arc::clone(manager.state::<Arc<App>>().inner())
}
