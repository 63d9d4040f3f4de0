//! Changing how a service is spoken to: what it is called, which account pays, what it can do.
//!
//! Invariant: neither the address nor the key changes here, since a key belongs to its address.

use std::sync::Arc;

use attune_contract::services::{ServiceChangeRequest, ServiceKind, ServiceList};
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_store::{LaunchRow, SentFileRow, ServiceRow};

use super::stored::StoredOptions;
use super::{own_title, wire};
use crate::App;
use crate::failures::{OrFailure, input_invalid};

/// OpenAI's own names have about 30 letters.
const LONGEST_ACCOUNT: usize = 100;

impl App {
    /// Changes how a service is spoken to. Its key stays; where it goes out in another way than
    /// before, it is tried again.
    ///
    /// # Errors
    /// `ServiceMissing`, `InputInvalid`, `ServiceWorks`; failures of the library. Nothing is changed
    /// then.
    pub async fn service_change(
        self: &Arc<Self>,
        request: ServiceChangeRequest,
    ) -> Result<ServiceList, Failure> {
        let _one_at_a_time = self.services_write.lock().await;
        let row = self.service_row(&request.service).await?;
        let mut kept = changed(&row, &request)?;
        let (before, after) = (StoredOptions::of(&row), StoredOptions::of(&kept));
        let is_other_account =
            (&before.organization, &before.project) != (&after.organization, &after.project);
        // What was ordered from one account cannot be found from another.
        if is_other_account {
            self.refuse_while_it_works(&row.name).await?;
            self.refuse_while_it_keeps(&row.name).await?;
        }
        let is_outdated = is_other_account || before.key_header != after.key_header;
        if is_outdated {
            kept.check_json = None;
        }
        self.keep_service(kept.clone()).await?;
        if is_outdated && after.key.is_some() {
            // The change is kept already: a key that is not at hand can be tried another time.
            if let Err(failure) = self.try_again(kept).await {
                tracing::info!(code = failure.code.as_text(), "a key could not be tried again");
            }
            // Trainings there may have waited for it.
            self.follow_far().await?;
        }
        self.service_list(Nothing {}).await
    }
}

impl App {
    /// Refuses while examples may lie at a service, or an order may be there: neither can be found from
    /// another account.
    async fn refuse_while_it_keeps(self: &Arc<Self>, name: &str) -> Result<(), Failure> {
        self.remove_left().await?;
        let name = name.to_owned();
        self.on_library(move |_, library| {
            let files = library.sent_files_at(&name).or_failure()?;
            let is_there =
                |file: &SentFileRow| file.file_id.is_some() || file.upload_json.is_some();
            let is_left = files.iter().any(|file| file.deleted_at_ms.is_none() && is_there(file));
            let all = library.launches_all().or_failure()?;
            let is_lost = |launch: &LaunchRow| launch.service == name && launch.state == "unknown";
            match is_left || all.iter().any(is_lost) {
                true => Err(Failure::new(FailureCode::ServiceWorks, params![])),
                false => Ok(()),
            }
        })
        .await
    }
}

/// The row as it is after the change.
pub(super) fn changed(
    row: &ServiceRow,
    request: &ServiceChangeRequest,
) -> Result<ServiceRow, Failure> {
    let kind = wire::kind(row);
    let is_own = kind == ServiceKind::Compatible;
    let has_account = is_own || kind == ServiceKind::Openai;
    let wished = [
        ("title", request.title.is_some(), is_own),
        ("keyHeader", request.key_header.is_some(), is_own),
        ("organization", request.organization.is_some(), has_account),
        ("project", request.project.is_some(), has_account),
        ("capabilities", request.capabilities.is_some(), is_own),
    ];
    if let Some((field, ..)) = wished.into_iter().find(|&(_, is_wished, can)| is_wished && !can) {
        return Err(input_invalid(field));
    }
    let title = request.title.as_deref().map(own_title).transpose()?;
    let mut options = StoredOptions::of(row);
    if let Some(typed) = &request.organization {
        options.organization = account(typed, "organization")?;
    }
    if let Some(typed) = &request.project {
        options.project = account(typed, "project")?;
    }
    if let Some(header) = request.key_header {
        options.key_header = header;
    }
    if let Some(said) = request.capabilities {
        options.capabilities = Some(wire::stored_capabilities(said));
    }
    Ok(ServiceRow {
        title: title.unwrap_or_else(|| row.title.clone()),
        options_json: options.to_json()?,
        ..row.clone()
    })
}

/// An organisation or a project as a header can carry it; none where nothing is typed.
fn account(typed: &str, field: &'static str) -> Result<Option<String>, Failure> {
    let name = typed.trim();
    let is_sendable =
        name.len() <= LONGEST_ACCOUNT && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_sendable {
        return Err(input_invalid(field));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}
