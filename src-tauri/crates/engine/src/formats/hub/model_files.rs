//! The small files beside a model's weights, as transformers reads them.

use serde_json::{Map, Value, json};

use super::numbers::Kept;
use super::{HubError, HubModel};
use crate::model::llama::shape::LlamaShape;

/// The configuration, the tokenizer with its template, and how answers end.
pub(super) fn model_files(
    model: &HubModel,
    kept: Kept,
) -> Result<Vec<(&'static str, Vec<u8>)>, HubError> {
    let text = &model.text;
    Ok(vec![
        ("config.json", pretty(&config(&model.shape, text.ends(), kept))),
        ("generation_config.json", pretty(&json!({"eos_token_id": text.ends()}))),
        ("tokenizer.json", text.tokenizer_json()?.into_bytes()),
        ("tokenizer_config.json", pretty(&tokenizer_config(model))),
    ])
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn config(shape: &LlamaShape, ends: &[u32], kept: Kept) -> Value {
    let mut config = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": false,
        "attention_dropout": 0.0,
        "mlp_bias": false,
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_value_heads,
        "head_dim": shape.head_width,
        "intermediate_size": shape.hidden,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_theta": shape.rotary_base,
        "tie_word_embeddings": shape.tied,
        "bos_token_id": null,
        "eos_token_id": ends,
        // The name up to transformers 4.55, then the one after it.
        "torch_dtype": torch_name(kept),
        "dtype": torch_name(kept),
    });
    if let Some(scaling) = &shape.rotary_scaling {
        config["rope_scaling"] = json!({
            "rope_type": "llama3",
            "factor": scaling.factor,
            "low_freq_factor": scaling.low,
            "high_freq_factor": scaling.high,
            "original_max_position_embeddings": scaling.places,
        });
    }
    config
}

fn torch_name(kept: Kept) -> &'static str {
    match kept {
        Kept::F32 => "float32",
        Kept::Bf16 => "bfloat16",
    }
}

fn tokenizer_config(model: &HubModel) -> Value {
    let template = model.text.template();
    let mut config = Map::from_iter([
        ("tokenizer_class".to_owned(), json!("PreTrainedTokenizerFast")),
        ("model_max_length".to_owned(), json!(model.shape.context)),
        ("clean_up_tokenization_spaces".to_owned(), json!(false)),
        ("chat_template".to_owned(), json!(template.source())),
    ]);
    for (name, mark) in [("bos_token", template.begin()), ("eos_token", template.end())] {
        if !mark.is_empty() {
            config.insert(name.to_owned(), json!(mark));
        }
    }
    Value::Object(config)
}
