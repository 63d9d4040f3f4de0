//! Learned adapters as a folder that PEFT reads too (`PeftModel.from_pretrained`): the tensors, their
//! configuration, and beside them what only Attune needs to know.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::saved::{SavedError, read_json, read_tensors, tensors_to_bytes, to_json};
use crate::model::llama::adapters::{AdapterLayout, AdapterShape, Part};
use crate::model::llama::shape::LlamaShape;
use crate::train::session::Files;

const NUMBERS: &str = "adapter_model.safetensors";
const CONFIGURATION: &str = "adapter_config.json";
const ORIGIN: &str = "attune.json";

/// What Attune must know of adapters beside their numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdapterOrigin {
    /// The name of the model that they were learned on.
    pub(crate) base: String,
    /// The sizes of that model: another model under the same name would make noise of them.
    pub(crate) base_shape: LlamaShape,
    /// What that model was; records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_fingerprint: Option<String>,
    /// The adapters.
    pub(crate) adapters: AdapterShape,
    /// Places that a conversation had in training.
    pub(crate) context: usize,
    /// Share of numbers dropped in training; PEFT keeps it too.
    pub(crate) dropout: f32,
}

/// Whether a folder holds adapters.
pub(crate) fn is_adapter_folder(folder: &Path) -> bool {
    folder.join(ORIGIN).is_file() && folder.join(NUMBERS).is_file()
}

/// The files of adapters.
pub(crate) fn adapter_files(
    origin: &AdapterOrigin,
    layout: &AdapterLayout,
    numbers: &[f32],
) -> Result<Files, SavedError> {
    let sized: Vec<_> = layout
        .tensors()
        .iter()
        .map(|it| (it.name.clone(), vec![it.rows, it.columns], &numbers[it.range.clone()]))
        .collect();
    Ok(vec![
        (NUMBERS, tensors_to_bytes(NUMBERS, sized)?),
        (CONFIGURATION, to_json(CONFIGURATION, &configuration(origin))?),
        (ORIGIN, to_json(ORIGIN, origin)?),
    ])
}

/// Reads what is known of adapters beside their numbers.
pub(crate) fn read_origin(folder: &Path) -> Result<AdapterOrigin, SavedError> {
    read_json(&folder.join(ORIGIN))
}

/// Reads the numbers of adapters of `layout`.
pub(crate) fn read_numbers(folder: &Path, layout: &AdapterLayout) -> Result<Vec<f32>, SavedError> {
    let wanted: Vec<_> =
        layout.tensors().iter().map(|it| (it.name.as_str(), it.range.len())).collect();
    Ok(read_tensors(&folder.join(NUMBERS), &wanted)?.concat())
}

/// The configuration in the words of PEFT 0.21.
fn configuration(origin: &AdapterOrigin) -> Value {
    let AdapterShape { rank, alpha, parts, layers } = &origin.adapters;
    let name = |part: Part| part.name().rsplit('.').next().map(str::to_owned);
    let targets: Vec<String> = parts.iter().filter_map(name).collect();
    let mut configuration = json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": origin.base,
        "r": rank, "lora_alpha": alpha, "lora_dropout": origin.dropout,
        "target_modules": targets, "bias": "none", "fan_in_fan_out": false,
        "inference_mode": true, "init_lora_weights": true, "modules_to_save": null,
        "use_rslora": false, "use_dora": false, "rank_pattern": {}, "alpha_pattern": {},
        "layers_to_transform": layers, "layers_pattern": null,
    });
    if layers.is_some() {
        configuration["layers_pattern"] = json!("layers");
    }
    configuration
}
