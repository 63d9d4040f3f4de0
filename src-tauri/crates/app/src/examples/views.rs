//! Lists as vectors of ids, kept by the backend; the page asks for windows of them.

use std::sync::Arc;

use attune_contract::Failure;
use attune_store::{ExampleId, ProjectId};

use crate::failures::input_invalid;
use crate::{App, locked};

/// The lists that are shown. A page shows one at a time; a few more cover the moment of a change.
#[derive(Debug, Default)]
pub(crate) struct Views {
    next: u64,
    kept: Vec<View>,
}

#[derive(Debug)]
struct View {
    number: u64,
    project: ProjectId,
    ids: Arc<Vec<ExampleId>>,
}

const KEPT_PER_PROJECT: usize = 2;

impl App {
    /// Keeps a list and gives its number; the oldest of the same project is forgotten.
    pub(super) fn keep_view(&self, project: ProjectId, ids: Vec<ExampleId>) -> u64 {
        let mut views = locked(&self.views);
        views.next += 1;
        let number = views.next;
        let is_same = |view: &View| view.project == project;
        if views.kept.iter().filter(|view| is_same(view)).count() >= KEPT_PER_PROJECT
            && let Some(oldest) = views.kept.iter().position(is_same)
        {
            views.kept.remove(oldest);
        }
        views.kept.push(View { number, project, ids: Arc::new(ids) });
        number
    }

    /// The ids of a window of a list.
    pub(super) fn view_window(
        &self,
        number: u64,
        start: u64,
        count: u64,
    ) -> Result<Vec<ExampleId>, Failure> {
        let views = locked(&self.views);
        let view = views.kept.iter().find(|view| view.number == number);
        let ids = Arc::clone(&view.ok_or_else(|| input_invalid("view"))?.ids);
        drop(views);
        let at = |row: u64| usize::try_from(row).unwrap_or(usize::MAX).min(ids.len());
        Ok(ids[at(start)..at(start.saturating_add(count))].to_vec())
    }
}
