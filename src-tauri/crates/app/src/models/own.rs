//! Models of the person's own: picked in a dialog, looked through by the engine, forgotten again.
//! A path never leaves this side; the page hears the model's name.

use std::path::Path;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::models::{ModelName, ModelPickKind};
use attune_services::ServiceError;

use super::{OWN, wire};
use crate::failures::{OrFailure, input_invalid};
use crate::{App, blocking, hold};

impl App {
    /// Lets the person pick a model; none when they picked nothing.
    pub(super) async fn pick_model(
        self: &Arc<Self>,
        kind: ModelPickKind,
    ) -> Result<Option<ModelName>, Failure> {
        self.library()?;
        let app = Arc::clone(self);
        let picked = blocking(move || {
            Ok(match hold::next_pick() {
                Some(pick) => pick,
                None => app.desktop.pick_model(kind),
            })
        })
        .await?;
        match picked {
            Some(path) => self.register_model(&path).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tells the engine of a model of the person's own; gives its name.
    ///
    /// # Errors
    /// `ModelFilesMissing`, `ModelFileBroken`, `ModelUnsupported`, `ModelWithoutTemplate`; failures
    /// of the engine.
    pub async fn register_model(self: &Arc<Self>, path: &Path) -> Result<ModelName, Failure> {
        let about = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let service = self.engine_service().await?;
        match service.model_register(&absolute).await {
            Ok(model) => Ok(model.id),
            Err(ServiceError::Refused(refused)) => Err(wire::engine_failure(&refused, &about)),
            Err(error) => Err(crate::IntoFailure::into_failure(error)),
        }
    }

    /// Takes a model of the person's own off the shelf.
    pub(super) async fn forget_model(self: &Arc<Self>, model: &str) -> Result<(), Failure> {
        if !model.starts_with(OWN) {
            return Err(input_invalid("model"));
        }
        let service = self.engine_service().await?;
        match service.model_forget(model).await {
            // It is off the list, whoever took it off.
            Err(ServiceError::Refused(refused)) if refused.status == 404 => Ok(()),
            forgotten => forgotten.or_failure(),
        }
    }
}
