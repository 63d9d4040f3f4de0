//! The ledger of paid actions: a window of it for the page, all of it as a file.

use std::sync::Arc;

use attune_contract::money::{Ledger, LedgerExported, LedgerRequest};
use attune_contract::{Failure, Nothing};

use super::{export, paid};
use crate::failures::input_invalid;
use crate::{App, blocking, hold};

const MOST_ROWS: u64 = 200;

impl App {
    /// A window of the paid actions, the newest first.
    ///
    /// # Errors
    /// `InputInvalid`; failures of the library.
    pub async fn ledger_read(self: &Arc<Self>, request: LedgerRequest) -> Result<Ledger, Failure> {
        if request.count > MOST_ROWS {
            return Err(input_invalid("count"));
        }
        self.on_library(move |_, library| {
            let all = paid::all(library)?;
            let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let total = all.len() as u64;
            let window = all.into_iter().skip(place(request.start)).take(place(request.count));
            let rows = window.map(|paid| paid.row).collect();
            Ok(Ledger { start: request.start, rows, total })
        })
        .await
    }

    /// Writes all paid actions into a file that the person chooses.
    ///
    /// # Errors
    /// `DiskFull`, `LibraryNoAccess` naming the folder; failures of the library. A file that was
    /// there is still there then, whole.
    pub async fn ledger_export(self: &Arc<Self>, _: Nothing) -> Result<LedgerExported, Failure> {
        let all = self.on_library(|_, library| paid::all(library)).await?;
        let app = Arc::clone(self);
        blocking(move || {
            let suggested = export::suggested_name(app.today());
            let picked = match hold::next_pick() {
                Some(pick) => pick,
                None => app.desktop.pick_save_file(&suggested),
            };
            let Some(path) = picked else { return Ok(LedgerExported { file: None }) };
            let rows: Vec<_> = all.into_iter().map(|paid| paid.row).collect();
            export::write(&path, &rows)?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            Ok(LedgerExported { file: Some(name.to_string_lossy().into_owned()) })
        })
        .await
    }
}
