//! What only Attune's own engine can be asked: models of one's own, plans, measurements, exports.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::OpenAiCompatible;
use crate::endpoint::segment;
use crate::remote::{object, text};
use crate::{RefusedReply, RemoteModel, ServiceError};

/// A plan trains nothing and reads the examples once.
const LONGEST_PLAN: Duration = Duration::from_secs(30);
/// A measurement loads the model and tries steps for two seconds.
const LONGEST_MEASUREMENT: Duration = Duration::from_secs(180);
/// Looking through the files of a large model.
const LONGEST_LOOK: Duration = Duration::from_secs(120);

/// What is asked of a plan or a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOrder {
    /// The model to start from.
    pub model: String,
    /// The service's id of the file to learn from.
    pub training_file: String,
    /// The service's id of the file that is only watched.
    pub validation_file: Option<String>,
    /// Settings by the service's names; what is absent is chosen by the service.
    pub hyperparameters: Map<String, Value>,
}

/// What a training would take. What the engine did not tell is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemotePlan {
    /// Numbers of the whole model.
    pub parameters: Option<u64>,
    /// Numbers that would be learnt.
    pub learnt_parameters: Option<u64>,
    /// Memory it needs, computed.
    pub memory_bytes: Option<u64>,
    /// Steps in all.
    pub total_steps: Option<u64>,
    /// Tokens of the examples.
    pub tokens: Option<u64>,
    /// Examples that would be shortened.
    pub shortened: u64,
    /// Every setting as it would be used, in the engine's order.
    pub settings: Vec<(String, f64)>,
    /// Why it would be refused.
    pub refusal: Option<RefusedReply>,
    /// Measured: tokens learnt from per second.
    pub tokens_per_second: Option<f64>,
    /// Measured: seconds the whole training takes.
    pub seconds: Option<f64>,
    /// Measured: the most memory that was held.
    pub peak_memory_bytes: Option<u64>,
}

/// An export as the engine tells of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemoteExport {
    /// The engine's id of it.
    pub id: String,
    /// `writing`, `proving`, `done`, `stopped` or `failed`.
    pub phase: String,
    /// Done so far, 0 to 1.
    pub fraction: f64,
    /// Bytes written.
    pub bytes: u64,
    /// Questions asked of the written files.
    pub asked: u64,
    /// Answers that were the stored ones.
    pub same: u64,
    /// Answers that differ from the stored ones by rounding alone.
    pub rounded: u64,
    /// Why it failed.
    pub error: Option<RefusedReply>,
}

impl OpenAiCompatible {
    /// Tells the engine of a folder or a file of the person's own; it looks through it first.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] with `model_files_missing`, `model_file_broken`,
    /// `model_unsupported` or `model_without_template`.
    pub async fn model_register(&self, path: &Path) -> Result<RemoteModel, ServiceError> {
        let request = self.http.post("/attune/models").json(&json!({ "path": path }));
        let answer = self.http.json("model", request.timeout(LONGEST_LOOK)).await?;
        RemoteModel::read(&answer).ok_or(ServiceError::Garbled { what: "model" })
    }

    /// Takes a model of the person's own off the list; its files stay.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for a model that is not on it.
    pub async fn model_forget(&self, model: &str) -> Result<(), ServiceError> {
        let request = self.http.delete(&format!("/models/{}", segment(model)));
        self.http.json("delete", request).await.map(drop)
    }

    /// What a training would take, computed; nothing is trained.
    ///
    /// # Errors
    /// Failures of the connection; what the engine would refuse is part of the plan.
    pub async fn plan(&self, order: &PlanOrder) -> Result<RemotePlan, ServiceError> {
        self.plan_at("/attune/plans", order, LONGEST_PLAN).await
    }

    /// The same with real steps tried for about two seconds.
    ///
    /// # Errors
    /// Failures of the connection, a refusal with `busy` while a job trains.
    pub async fn measure(&self, order: &PlanOrder) -> Result<RemotePlan, ServiceError> {
        self.plan_at("/attune/measurements", order, LONGEST_MEASUREMENT).await
    }

    async fn plan_at(
        &self,
        path: &str,
        order: &PlanOrder,
        longest: Duration,
    ) -> Result<RemotePlan, ServiceError> {
        let mut body = json!({
            "model": order.model,
            "training_file": order.training_file,
            "hyperparameters": order.hyperparameters,
        });
        if let Some(file) = &order.validation_file {
            body["validation_file"] = Value::from(file.as_str());
        }
        let request = self.http.post(path).json(&body).timeout(longest);
        Ok(read_plan(&self.http.json("plan", request).await?))
    }

    /// Begins to write a trained model out.
    ///
    /// # Errors
    /// Refusals of the engine, failures of the connection.
    pub async fn export_start(
        &self,
        model: &str,
        kind: &str,
        folder: &Path,
    ) -> Result<RemoteExport, ServiceError> {
        let body = json!({ "model": model, "kind": kind, "folder": folder });
        let request = self.http.post("/attune/exports").json(&body).timeout(LONGEST_LOOK);
        read_export(&self.http.json("export", request).await?)
    }

    /// An export as it is now.
    ///
    /// # Errors
    /// Failures of the connection.
    pub async fn export_read(&self, id: &str) -> Result<RemoteExport, ServiceError> {
        let request = self.http.get(&format!("/attune/exports/{}", segment(id)));
        read_export(&self.http.json("export", request).await?)
    }

    /// Stops an export; what was written is removed.
    ///
    /// # Errors
    /// Failures of the connection.
    pub async fn export_stop(&self, id: &str) -> Result<RemoteExport, ServiceError> {
        let request = self.http.post(&format!("/attune/exports/{}/cancel", segment(id)));
        read_export(&self.http.json("export", request.timeout(LONGEST_LOOK)).await?)
    }
}

fn read_plan(answer: &Value) -> RemotePlan {
    let count = |name: &str| answer.get(name).and_then(Value::as_u64);
    let measured = |name: &str| {
        answer.get(name).and_then(Value::as_f64).filter(|it| it.is_finite() && *it >= 0.0)
    };
    let settings = object(answer.get("settings"));
    RemotePlan {
        parameters: count("parameters"),
        learnt_parameters: count("learnt_parameters"),
        memory_bytes: count("memory_bytes"),
        total_steps: count("total_steps"),
        tokens: count("tokens"),
        shortened: count("shortened").unwrap_or(0),
        settings: settings
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_f64()?)))
            .collect(),
        refusal: answer.get("refusal").filter(|it| it.is_object()).map(read_refusal),
        tokens_per_second: measured("tokens_per_second"),
        seconds: measured("seconds"),
        peak_memory_bytes: count("peak_memory_bytes"),
    }
}

fn read_export(answer: &Value) -> Result<RemoteExport, ServiceError> {
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
    let fraction = answer.get("fraction").and_then(Value::as_f64).unwrap_or(0.0);
    Ok(RemoteExport {
        id: text(answer.get("id")).ok_or(ServiceError::Garbled { what: "export" })?,
        phase: text(answer.get("phase")).unwrap_or_default(),
        fraction: if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 },
        bytes: count("bytes"),
        asked: count("asked"),
        same: count("same"),
        rounded: count("rounded"),
        error: answer.get("error").filter(|it| it.is_object()).map(read_refusal),
    })
}

/// A refusal that came inside an answer.
fn read_refusal(value: &Value) -> RefusedReply {
    RefusedReply {
        status: 400,
        code: text(value.get("code")),
        message: text(value.get("message")).unwrap_or_default(),
        needed: value.get("needed").and_then(Value::as_u64),
        free: value.get("free").and_then(Value::as_u64),
        ..RefusedReply::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_leniently() {
        let plan = read_plan(&json!({
            "model": "starter", "parameters": 134_515_008_u64, "memory_bytes": 1_000,
            "settings": {"n_epochs": 3, "adapted_parts": "all", "dropout": 0.05},
            "refusal": {"code": "not_enough_memory", "message": "no", "needed": 9, "free": 6},
        }));
        assert_eq!(plan.parameters, Some(134_515_008));
        assert_eq!(plan.settings, [("n_epochs".to_owned(), 3.0), ("dropout".to_owned(), 0.05)]);
        let refusal = plan.refusal.expect("it is refused");
        assert_eq!((refusal.needed, refusal.free), (Some(9), Some(6)));
        assert_eq!(read_plan(&json!({"refusal": null})), RemotePlan::default());
    }

    #[test]
    fn an_export_without_an_id_is_none() {
        assert!(read_export(&json!({"phase": "done"})).is_err());
        let export = read_export(&json!({"id": "e", "phase": "proving", "fraction": 2.5}));
        assert_eq!(export.map(|it| (it.phase, it.fraction)).ok(), Some(("proving".into(), 1.0)));
    }
}
