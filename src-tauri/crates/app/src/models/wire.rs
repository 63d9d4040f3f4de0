//! What the engine tells of models, plans and exports, as the page sees it.

use attune_contract::models::{ModelReadiness, ShelfModel};
use attune_contract::{Failure, FailureCode, params};
use attune_services::{RefusedReply, RemoteModel};
use serde_json::Value;

/// What a refusal of the engine means to a person; `about` is the model or file it was about.
pub(crate) fn engine_failure(refused: &RefusedReply, about: &str) -> Failure {
    let reason = refused.message.as_str();
    let known = |code, params| Failure::new(code, params).with_detail(reason);
    match (refused.code.as_deref().unwrap_or_default(), refused.needed, refused.free) {
        ("model_files_missing", ..) => {
            known(FailureCode::ModelFilesMissing, params!["model" => about])
        }
        ("model_file_broken", ..) => {
            known(FailureCode::ModelFileBroken, params!["file" => about, "reason" => reason])
        }
        ("base_changed", ..) => known(FailureCode::BaseChanged, params![]),
        ("context_length_exceeded", ..) => known(FailureCode::QuestionTooLong, params![]),
        ("model_unsupported", ..) => {
            known(FailureCode::ModelUnsupported, params!["kind" => reason])
        }
        ("model_without_template", ..) => {
            known(FailureCode::ModelWithoutTemplate, params!["model" => about])
        }
        ("model_not_available" | "model_not_found", ..) => {
            known(FailureCode::ModelMissing, params![])
        }
        ("invalid_hyperparameters", ..) => known(FailureCode::SettingsImpossible, params![reason]),
        ("not_enough_memory", Some(needed), Some(free)) => {
            known(FailureCode::NotEnoughMemory, short(needed, free))
        }
        ("not_enough_memory", ..) => known(FailureCode::OutOfMemory, params![]),
        ("not_enough_disk" | "disk_full", Some(needed), Some(free)) => {
            known(FailureCode::NotEnoughDisk, short(needed, free))
        }
        ("disk_full" | "not_enough_disk", ..) => known(FailureCode::DiskFull, params![]),
        ("loss_not_a_number", ..) => known(FailureCode::TrainingDiverged, params![]),
        ("export_not_proven", ..) => known(FailureCode::ExportNotProven, params![]),
        ("busy", ..) => known(FailureCode::TrainingAlreadyRuns, params![]),
        _ => known(FailureCode::ServiceRefused, params![reason]),
    }
}

/// Values of a failure about room.
pub(super) fn short(needed: u64, free: u64) -> attune_contract::Params {
    use attune_contract::Param::Bytes;
    [("needed".to_owned(), Bytes(needed)), ("free".to_owned(), Bytes(free))].into()
}

/// Figures that the engine tells of a model.
pub(super) fn with_figures(model: ShelfModel, told: &RemoteModel) -> ShelfModel {
    let count = |name: &str| told.engine.get(name).and_then(Value::as_u64);
    let text = |name: &str| told.engine.get(name).and_then(Value::as_str).map(str::to_owned);
    let unusable = told.engine.get("unusable").filter(|it| it.is_object());
    let readiness = match unusable {
        Some(unusable) => {
            let field = |name: &str| unusable.get(name).and_then(Value::as_str);
            let refused = RefusedReply {
                status: 400,
                code: field("code").map(str::to_owned),
                message: field("message").unwrap_or_default().to_owned(),
                ..RefusedReply::default()
            };
            ModelReadiness::Unusable { failure: engine_failure(&refused, &model.title) }
        }
        None => model.readiness,
    };
    ShelfModel {
        readiness,
        parameters: count("parameters").or(model.parameters),
        bytes: count("bytes").or(model.bytes),
        licence: text("licence").or(model.licence),
        context: count("context").or(model.context),
        ..model
    }
}

/// A text that the engine tells of a model.
pub(super) fn told_text<'a>(told: &'a RemoteModel, name: &str) -> Option<&'a str> {
    told.engine.get(name).and_then(Value::as_str)
}
