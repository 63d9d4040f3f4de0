//! The window as the use cases' desktop: dialogs, events, the end.

use std::path::PathBuf;
use std::sync::OnceLock;

use attune_app::Desktop;
use attune_contract::AppEvent;
use attune_contract::models::ModelPickKind;
use attune_contract::params;
use attune_contract::words::words;
use tauri::{AppHandle, Emitter};
use tauri_plugin_dialog::DialogExt;

use crate::{session, window};

/// The window's side. Before the window stands, events have no listener and are dropped.
#[derive(Debug, Default)]
pub(crate) struct WindowDesktop {
    handle: OnceLock<AppHandle>,
    awake: session::Awake,
}

impl WindowDesktop {
    pub(crate) fn attach(&self, handle: AppHandle) {
        // Attached once, in the one set-up of the program.
        drop(self.handle.set(handle));
    }
}

impl Desktop for WindowDesktop {
    fn pick_import_file(&self) -> Option<PathBuf> {
        let handle = self.handle.get()?;
        let kinds = words("dialog.import.kinds", &params![]);
        let dialog = handle
            .dialog()
            .file()
            .set_title(words("dialog.import.title", &params![]))
            .add_filter(kinds, &["csv", "tsv", "txt", "jsonl", "json", "ndjson"]);
        dialog.blocking_pick_file()?.into_path().ok()
    }

    fn pick_model(&self, kind: ModelPickKind) -> Option<PathBuf> {
        let dialog = self.handle.get()?.dialog().file();
        let picked = match kind {
            ModelPickKind::Folder => {
                let title = words("dialog.model.folder", &params![]);
                dialog.set_title(title).blocking_pick_folder()
            }
            ModelPickKind::File => {
                let kinds = words("dialog.model.kinds", &params![]);
                let title = words("dialog.model.file", &params![]);
                dialog.set_title(title).add_filter(kinds, &["gguf"]).blocking_pick_file()
            }
        };
        picked?.into_path().ok()
    }

    fn pick_export_folder(&self) -> Option<PathBuf> {
        let dialog = self.handle.get()?.dialog().file();
        let title = words("dialog.export.folder", &params![]);
        dialog.set_title(title).blocking_pick_folder()?.into_path().ok()
    }

    fn pick_tokenizer_file(&self) -> Option<PathBuf> {
        let dialog = self.handle.get()?.dialog().file();
        let title = words("dialog.tokenizer.title", &params![]);
        let kinds = words("dialog.tokenizer.kinds", &params![]);
        let dialog = dialog.set_title(title).add_filter(kinds, &["json"]);
        dialog.blocking_pick_file()?.into_path().ok()
    }

    fn pick_save_file(&self, suggested: &str) -> Option<PathBuf> {
        let dialog = self.handle.get()?.dialog().file();
        let title = words("dialog.save.title", &params![]);
        let kinds = words("dialog.save.kinds", &params![]);
        let dialog = dialog.set_title(title).add_filter(kinds, &["csv"]).set_file_name(suggested);
        dialog.blocking_save_file()?.into_path().ok()
    }

    fn notify(&self, title: &str, body: &str) {
        let is_seen = self.handle.get().is_some_and(window::is_seen);
        if !is_seen {
            session::notify(title, body);
        }
    }

    fn keep_awake(&self, is_awake: bool) {
        self.awake.keep(is_awake);
    }

    fn emit(&self, event: AppEvent) {
        if let Some(handle) = self.handle.get()
            && let Err(error) = handle.emit(event.name(), &event)
        {
            tracing::warn!(%error, event = event.name(), "the page was not told");
        }
    }

    fn quit(&self) {
        if let Some(handle) = self.handle.get() {
            handle.exit(0);
        }
    }
}
