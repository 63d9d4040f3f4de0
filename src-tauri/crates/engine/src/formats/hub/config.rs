//! `config.json` of a Hugging Face folder.

use serde::Deserialize;
use serde_json::Value;

use super::HubError;
use crate::model::kernels::rotary::RotaryScaling;
use crate::model::llama::shape::LlamaShape;

#[derive(Deserialize)]
pub(super) struct Config {
    #[serde(default)]
    architectures: Vec<String>,
    model_type: Option<String>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    rope_theta: Option<f64>,
    rope_parameters: Option<Value>,
    rope_scaling: Option<Value>,
    rms_norm_eps: Option<f64>,
    tie_word_embeddings: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    hidden_act: Option<String>,
    pub(super) eos_token_id: Option<Value>,
}

impl Config {
    /// The model's sizes, or why it is none of ours.
    pub(super) fn shape(&self) -> Result<LlamaShape, HubError> {
        self.refuse_strangers()?;
        let heads = self.num_attention_heads;
        let theta = self.rope_parameters.as_ref().and_then(|it| it.get("rope_theta")?.as_f64());
        Ok(LlamaShape {
            vocabulary: self.vocab_size,
            width: self.hidden_size,
            layers: self.num_hidden_layers,
            heads,
            key_value_heads: self.num_key_value_heads.unwrap_or(heads),
            head_width: self
                .head_dim
                .unwrap_or_else(|| self.hidden_size.checked_div(heads).unwrap_or(0)),
            hidden: self.intermediate_size,
            context: self.max_position_embeddings,
            rotary_base: self.rope_theta.or(theta).unwrap_or(10_000.0),
            rotary_scaling: self.rotary_scaling()?,
            norm_epsilon: self.rms_norm_eps.unwrap_or(1e-6),
            tied: self.tie_word_embeddings.unwrap_or(false),
        })
    }

    /// How the angles were slowed; of the many ways, only that of Llama 3.1 and later is known.
    fn rotary_scaling(&self) -> Result<Option<RotaryScaling>, HubError> {
        let mut found = None;
        for scaling in [&self.rope_scaling, &self.rope_parameters].into_iter().flatten() {
            let kind = scaling.get("rope_type").or_else(|| scaling.get("type"));
            match kind.and_then(Value::as_str).unwrap_or("default") {
                "default" => {}
                "llama3" => found = Some(llama3(scaling)?),
                kind => {
                    let what = format!("has {kind} rotary scaling");
                    return Err(HubError::Unsupported { what });
                }
            }
        }
        Ok(found)
    }

    fn refuse_strangers(&self) -> Result<(), HubError> {
        let refuse = |what: String| Err(HubError::Unsupported { what });
        let kind = self.model_type.as_deref().unwrap_or("nameless");
        if kind != "llama" {
            return refuse(format!("is a {kind} model"));
        }
        if let Some(other) = self.architectures.iter().find(|it| *it != "LlamaForCausalLM") {
            return refuse(format!("is a `{other}` model"));
        }
        if self.attention_bias == Some(true) || self.mlp_bias == Some(true) {
            return refuse("is a model with biases".to_owned());
        }
        match self.hidden_act.as_deref() {
            None | Some("silu") => Ok(()),
            Some(other) => refuse(format!("is a model with {other} activations")),
        }
    }
}

fn llama3(scaling: &Value) -> Result<RotaryScaling, HubError> {
    let missing = |name: &str| HubError::broken(format!("its rotary scaling has no `{name}`"));
    let number =
        |name: &str| scaling.get(name).and_then(Value::as_f64).ok_or_else(|| missing(name));
    let name = "original_max_position_embeddings";
    let places = scaling.get(name).and_then(Value::as_u64);
    Ok(RotaryScaling {
        factor: number("factor")?,
        low: number("low_freq_factor")?,
        high: number("high_freq_factor")?,
        places: places.and_then(|it| usize::try_from(it).ok()).ok_or_else(|| missing(name))?,
    })
}

/// The pieces that a value like `2` or `[2, 0]` names.
pub(super) fn piece_ids(value: Option<&Value>) -> Vec<u32> {
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(id).collect(),
        Some(value) => id(value).into_iter().collect(),
        None => Vec::new(),
    }
}
