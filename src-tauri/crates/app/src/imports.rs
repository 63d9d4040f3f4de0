//! Bringing a file in: picked or dropped, looked at, and stored in one transaction.

mod pick;
mod run;
mod source;
mod wire;

use std::sync::Arc;

use attune_contract::imports::ImportDropped;
use attune_contract::imports::{
    ImportHandleRequest, ImportPicked, ImportPreview, ImportResult, ImportStartRequest,
};
use attune_contract::{AppEvent, Failure, Nothing};
use attune_store::{Library, ProjectId};

use crate::failures::OrFailure;
use crate::{App, blocking, hold, projects};

pub(crate) use pick::Picks;
pub(crate) use run::{Destination, bring_in, bring_in_sample};
pub use source::{SourceFile, TableColumns};
pub(crate) use wire::beginning;

impl App {
    /// Opens the file dialog and looks at the chosen file.
    ///
    /// # Errors
    /// Why the file cannot be brought in.
    pub async fn import_pick(self: &Arc<Self>, _: Nothing) -> Result<ImportPicked, Failure> {
        self.library()?;
        let app = Arc::clone(self);
        blocking(move || {
            let path = hold::next_pick().unwrap_or_else(|| app.desktop.pick_import_file());
            let preview = path.map(|path| app.look_at(path)).transpose()?;
            Ok(ImportPicked { preview })
        })
        .await
    }

    /// A file was dropped on the window; the page hears of it by events.
    pub fn dropped(self: &Arc<Self>, path: std::path::PathBuf) {
        self.desktop.emit(AppEvent::ImportDropped(ImportDropped::Reading));
        let looked = self.library().and_then(|_| self.look_at(path));
        self.desktop.emit(AppEvent::ImportDropped(match looked {
            Ok(preview) => ImportDropped::Ready { preview },
            Err(failure) => ImportDropped::Refused { failure },
        }));
    }

    /// Something hangs over the window, or was dragged away again.
    pub fn dragged(&self, is_over: bool) {
        let state = if is_over { ImportDropped::Over } else { ImportDropped::Left };
        self.desktop.emit(AppEvent::ImportDropped(state));
    }

    fn look_at(&self, path: std::path::PathBuf) -> Result<ImportPreview, Failure> {
        let source = SourceFile::open(path)?;
        let preview = wire::preview(&source)?;
        Ok(self.keep_pick(source, preview))
    }

    /// Brings a picked file into a project.
    ///
    /// # Errors
    /// `FileForgotten`, `FileUnreadable`, `ImportNothingUsable`, `ImportStopped`; failures of the
    /// library. Nothing of the file is stored then.
    pub async fn import_start(
        self: &Arc<Self>,
        request: ImportStartRequest,
    ) -> Result<ImportResult, Failure> {
        let pick = self.pick(&request.handle)?;
        let columns = request.columns.as_ref().map(wire::columns);
        let name = projects::valid_name(&request.name)?;
        let project = request.project.map(ProjectId);
        let handle = request.handle.clone();
        let result = self
            .on_library(move |app, library| {
                if let Some(id) = project {
                    projects::live_project(library, id)?;
                }
                let destination = Destination { project, name };
                let outcome =
                    bring_in(app, library, &pick.source, columns, destination, &mut |progress| {
                        app.desktop
                            .emit(AppEvent::ImportProgress(wire::progress(&handle, progress)));
                        !pick.is_stopped()
                    })?;
                wire::result(library, &outcome)
            })
            .await;
        match &result {
            Ok(_) => self.forget_pick(&request.handle),
            // The file stays picked, so that the person can try again at once.
            Err(_) => self.restart_pick(&request.handle),
        }
        result
    }

    /// Stops an import that runs; nothing of it is stored.
    ///
    /// # Errors
    /// None: an import that is over already is left alone.
    pub async fn import_stop(
        self: &Arc<Self>,
        request: ImportHandleRequest,
    ) -> Result<Nothing, Failure> {
        self.stop_pick(&request.handle);
        Ok(Nothing {})
    }

    /// Gives a picked file back.
    ///
    /// # Errors
    /// None.
    pub async fn import_forget(
        self: &Arc<Self>,
        request: ImportHandleRequest,
    ) -> Result<Nothing, Failure> {
        self.forget_pick(&request.handle);
        Ok(Nothing {})
    }
}

/// The examples of a project that came from a file and could not be used, as the page sees them.
pub(crate) fn left_out_rows(
    library: &Library,
    project: ProjectId,
) -> Result<(Vec<attune_contract::imports::LeftOutRow>, u64), Failure> {
    let rows = library.left_out(project).or_failure()?;
    let total = rows.len() as u64;
    Ok((rows.iter().take(wire::SHOWN_LEFT_OUT).map(wire::left_out_row).collect(), total))
}
