//! Services beside this computer: which there are, their keys, and what a key is worth.
//!
//! Invariant: a key goes from a request into a vault and from there into a header; it is in no row,
//! no log and no answer.

mod check;
mod keys;
mod lying;
mod options;
mod refusals;
mod stored;
mod wire;

use std::sync::Arc;

use attune_contract::services::{
    ServiceAddRequest, ServiceKeyHeader, ServiceKind, ServiceList, ServiceName, ServiceRequest,
    ServiceSummary,
};
use attune_contract::{Failure, FailureCode, Nothing, params};
use attune_services::ServiceKey;
use attune_store::{ServiceRow, StoreError};

use crate::App;
use crate::failures::{OrFailure, input_invalid};

pub(crate) use check::{Patience, adapter, capabilities};
pub(crate) use keys::Keys;
pub(crate) use refusals::{failure_of, is_passing, refusal, wish_of};
use stored::StoredOptions;
pub(crate) use stored::check_of;
pub(crate) use wire::{closes_on, kind as kind_of};

const LONGEST_TITLE: usize = 60;
const LONGEST_ADDRESS: usize = 500;

impl App {
    /// The services beside this computer. Nothing is asked of them, and no keyring asks for anything.
    ///
    /// # Errors
    /// Failures of the library.
    pub async fn service_list(self: &Arc<Self>, _: Nothing) -> Result<ServiceList, Failure> {
        let (rows, prices) = self
            .on_library(|app, library| Ok((library.services().or_failure()?, app.prices(library)?)))
            .await?;
        Ok(ServiceList {
            services: rows.iter().map(|row| wire::summary(self, row, &prices)).collect(),
            keyring: self.keyring_state().await?,
            is_sealed: self.has_closed_file_of_keys()?,
        })
    }

    /// Adds a service without a key.
    ///
    /// # Errors
    /// `InputInvalid`, `ServiceAddressUnusable`, `ServiceExists`; failures of the library.
    pub async fn service_add(
        self: &Arc<Self>,
        request: ServiceAddRequest,
    ) -> Result<ServiceList, Failure> {
        let new = new_service(&request, self.now_ms())?;
        let _one_at_a_time = self.services_write.lock().await;
        self.on_library(move |_, library| {
            let known = library.services().or_failure()?;
            if known.iter().any(|it| it.name == new.name || it.base_url == new.base_url) {
                return Err(Failure::new(FailureCode::ServiceExists, params![]));
            }
            library.service_put(&new).or_failure()
        })
        .await?;
        self.service_list(Nothing {}).await
    }

    /// Forgets a service and its key.
    ///
    /// # Errors
    /// `ServiceMissing`, `ServiceWorks`; failures of the keyring and the library.
    pub async fn service_remove(
        self: &Arc<Self>,
        request: ServiceRequest,
    ) -> Result<ServiceList, Failure> {
        let _one_at_a_time = self.services_write.lock().await;
        let row = self.service_row(&request.service).await?;
        let name = request.service;
        // Whether a training is still open is asked before the key is gone.
        self.refuse_while_it_works(&name).await?;
        self.forget_key(&row).await?;
        self.on_library(move |_, library| {
            library.service_remove(&name).map_err(|error| match error {
                StoreError::Conflict { .. } => Failure::new(FailureCode::ServiceWorks, params![]),
                StoreError::Missing { .. } => missing(),
                other => crate::IntoFailure::into_failure(other),
            })
        })
        .await?;
        self.service_list(Nothing {}).await
    }

    pub(crate) async fn service_row(self: &Arc<Self>, name: &str) -> Result<ServiceRow, Failure> {
        let name = name.to_owned();
        self.on_library(move |_, library| library.service(&name).or_failure()?.ok_or_else(missing))
            .await
    }

    /// Refuses what a training at a service that is not over does not allow.
    async fn refuse_while_it_works(self: &Arc<Self>, name: &str) -> Result<(), Failure> {
        let name = name.to_owned();
        self.on_library(move |_, library| {
            let open = library.launches_open().or_failure()?;
            match open.iter().any(|launch| launch.service == name) {
                true => Err(Failure::new(FailureCode::ServiceWorks, params![])),
                false => Ok(()),
            }
        })
        .await
    }

    pub(super) async fn keep_service(self: &Arc<Self>, row: ServiceRow) -> Result<(), Failure> {
        self.on_library(move |_, library| library.service_put(&row).or_failure()).await
    }
}

impl App {
    /// The service that a command line names: one that is known by its name or its address, else a
    /// new one, for a kind that is known or an address.
    ///
    /// # Errors
    /// `ServiceNotKnown`, `ServiceAddressUnusable`; failures of the library.
    pub async fn service_named(self: &Arc<Self>, typed: &str) -> Result<ServiceName, Failure> {
        let typed = typed.trim_end_matches('/').to_owned();
        let rows = self.on_library(|_, library| library.services().or_failure()).await?;
        if let Some(row) = connected(&rows, &typed) {
            return Ok(row.name.clone());
        }
        let request = match wire::kind_named(&typed) {
            Some(kind) => ServiceAddRequest { kind, title: None, address: None, key_header: None },
            None if typed.starts_with("http://") || typed.starts_with("https://") => {
                let title = typed.split('/').nth(2).unwrap_or(&typed).chars().take(LONGEST_TITLE);
                ServiceAddRequest {
                    kind: ServiceKind::Compatible,
                    title: Some(title.collect()),
                    address: Some(typed.clone()),
                    key_header: None,
                }
            }
            None => {
                let service = typed.as_str();
                return Err(Failure::new(FailureCode::ServiceNotKnown, params![service]));
            }
        };
        let list = self.service_add(request).await?;
        let is_it = |it: &ServiceSummary| it.service == typed || it.address == typed;
        let added = list.services.into_iter().find(is_it);
        added.map(|added| added.service).ok_or_else(missing)
    }
}

/// The service of these that somebody means by its name or its address.
fn connected<'a>(rows: &'a [ServiceRow], typed: &str) -> Option<&'a ServiceRow> {
    rows.iter().find(|row| row.name == typed || row.base_url == typed)
}

/// The service that somebody means: one of these, or one that is known by its name and need not be
/// connected.
///
/// # Errors
/// `ServiceNotKnown`.
pub(crate) fn meant(rows: &[ServiceRow], typed: &str) -> Result<ServiceRow, Failure> {
    let typed = typed.trim_end_matches('/');
    if let Some(row) = connected(rows, typed) {
        return Ok(row.clone());
    }
    let not_known = || Failure::new(FailureCode::ServiceNotKnown, params!["service" => typed]);
    let kind = wire::kind_named(typed).ok_or_else(not_known)?;
    new_service(&ServiceAddRequest { kind, title: None, address: None, key_header: None }, 0)
}

/// Whether a name is that of one of these services, or of one that is known without being connected.
pub(crate) fn is_known(rows: &[ServiceRow], name: &str) -> bool {
    wire::kind_named(name).is_some() || rows.iter().any(|row| row.name == name)
}

/// What a person calls the service `name`.
pub(crate) fn title_of(rows: &[ServiceRow], name: &str) -> String {
    let connected = rows.iter().find(|row| row.name == name).map(|row| row.title.as_str());
    let of_kind = || wire::kind_named(name).and_then(known).map(|(_, title, _)| title);
    connected.or_else(of_kind).unwrap_or(name).to_owned()
}

/// Whether a key was given for a service, wherever it lies now.
pub(crate) fn has_key(row: &ServiceRow) -> bool {
    StoredOptions::of(row).key.is_some()
}

fn missing() -> Failure {
    Failure::new(FailureCode::ServiceMissing, params![])
}

/// What the known services are called, and where they are.
fn known(kind: ServiceKind) -> Option<(&'static str, &'static str, &'static str)> {
    match kind {
        ServiceKind::Openai => Some(("openai", "OpenAI", "https://api.openai.com/v1")),
        ServiceKind::Nebius => {
            Some(("nebius", "Nebius Token Factory", "https://api.tokenfactory.nebius.com/v1"))
        }
        ServiceKind::Crusoe => {
            Some(("crusoe", "Crusoe", "https://api.intelligence.crusoecloud.com/v1"))
        }
        ServiceKind::Compatible => None,
    }
}

fn new_service(request: &ServiceAddRequest, now_ms: i64) -> Result<ServiceRow, Failure> {
    let (name, title, base_url) = match known(request.kind) {
        Some((name, title, base_url)) => {
            if request.address.is_some() {
                return Err(input_invalid("address"));
            }
            (name.to_owned(), title.to_owned(), base_url.to_owned())
        }
        None => {
            let title = own_title(request.title.as_deref().unwrap_or_default())?;
            let address = request.address.as_deref().unwrap_or_default().trim();
            if address.len() > LONGEST_ADDRESS {
                return Err(input_invalid("address"));
            }
            let name = format!("own-{}", ulid::Ulid::new().to_string().to_lowercase());
            (name, title, address.trim_end_matches('/').to_owned())
        }
    };
    let options = StoredOptions {
        key_header: request.key_header.unwrap_or(ServiceKeyHeader::Bearer),
        ..StoredOptions::default()
    };
    let row = ServiceRow {
        name,
        kind: wire::kind_name(request.kind),
        title,
        base_url,
        options_json: options.to_json()?,
        check_json: None,
        created_at_ms: now_ms,
    };
    // An address that could not be sent to is found out now, not with the key at hand.
    adapter(&row, ServiceKey::new("none".to_owned()), Patience::AskOnce)?;
    Ok(row)
}

/// What a person calls an address of their own.
fn own_title(typed: &str) -> Result<String, Failure> {
    let title = typed.trim();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        return Err(input_invalid("title"));
    }
    Ok(title.to_owned())
}

#[cfg(test)]
mod tests;
