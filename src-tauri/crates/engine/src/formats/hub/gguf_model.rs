//! A Llama in a GGUF file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::gguf::{Gguf, GgufTensor, Value, read_gguf};
use super::source::{Place, Tensors};
use super::template::Template;
use super::text::HubText;
use super::tokenizer::{PreTokenizer, byte_level_bpe};
use super::{HubError, HubModel};
use crate::model::kernels::rotary::RotaryScaling;
use crate::model::llama::shape::LlamaShape;

/// Opens a GGUF file.
pub(super) fn open(path: &Path) -> Result<HubModel, HubError> {
    let gguf = read_gguf(path)?;
    let head = Head(&gguf);
    let architecture = head.text("general.architecture")?;
    if architecture != "llama" {
        return Err(HubError::Unsupported { what: format!("is a {architecture} model") });
    }
    let mut shape = shape(&head)?;
    shape.check()?;
    if let Some(factors) = gguf.tensors.get(ROTARY_FACTORS) {
        shape.rotary_scaling = Some(rotary_scaling(factors, &shape, path)?);
        shape.check()?;
    }
    let tensors = tensors(&gguf, &shape, path)?;
    let text = text(&head, shape.vocabulary)?;
    let title = gguf.metadata.get("general.name").and_then(Value::as_text);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok(HubModel {
        shape,
        text: Arc::new(text),
        name: title.map(str::to_owned).or(stem).unwrap_or_default(),
        licence: gguf.metadata.get("general.license").and_then(Value::as_text).map(str::to_owned),
        file_bytes: gguf.length,
        sources: vec![path.to_path_buf()],
        tensors,
    })
}

/// By how much each rotary angle is slowed.
const ROTARY_FACTORS: &str = "rope_freqs.weight";

/// What every Llama from 3.1 on has but for its factor, which is that of the slowest angle.
/// llama.cpp writes the factors down, transformers what they follow from.
fn rotary_scaling(
    tensor: &GgufTensor,
    shape: &LlamaShape,
    path: &Path,
) -> Result<RotaryScaling, HubError> {
    let pairs = shape.head_width / 2;
    let bytes = tensor.kind.bytes(pairs).filter(|_| tensor.sizes == [pairs]);
    let bytes = bytes.ok_or_else(|| wrong(ROTARY_FACTORS))?;
    let mut raw = vec![0; bytes];
    let mut file = File::open(path).map_err(|source| HubError::io(path, source))?;
    file.seek(SeekFrom::Start(tensor.start))
        .and_then(|_| file.read_exact(&mut raw))
        .map_err(|source| HubError::io(path, source))?;
    let found: Vec<f64> = tensor.kind.decode(&raw, pairs).into_iter().map(f64::from).collect();
    let factor = found.last().copied().unwrap_or(1.0);
    let scaling = RotaryScaling { factor, low: 1.0, high: 4.0, places: 8_192 };
    let expected = scaling.factors(shape.head_width, shape.rotary_base);
    let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() <= 1e-3 * wanted;
    if found.iter().zip(&expected).all(near) {
        return Ok(scaling);
    }
    Err(HubError::Unsupported { what: "has rotary angles scaled in a way of its own".to_owned() })
}

struct Head<'a>(&'a Gguf);

impl Head<'_> {
    fn get(&self, name: &str) -> Result<&Value, HubError> {
        let found = self.0.metadata.get(name);
        found.ok_or_else(|| HubError::broken(format!("`{name}` is missing")))
    }

    fn text(&self, name: &str) -> Result<&str, HubError> {
        self.get(name)?.as_text().ok_or_else(|| wrong(name))
    }

    fn size(&self, name: &str) -> Result<usize, HubError> {
        self.get(name)?.as_usize().ok_or_else(|| wrong(name))
    }

    fn size_or(&self, name: &str, otherwise: usize) -> Result<usize, HubError> {
        if self.0.metadata.contains_key(name) { self.size(name) } else { Ok(otherwise) }
    }

    fn real_or(&self, name: &str, otherwise: f64) -> Result<f64, HubError> {
        match self.0.metadata.get(name) {
            None => Ok(otherwise),
            Some(value) => value.as_real().ok_or_else(|| wrong(name)),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<&str>, HubError> {
        match self.get(name)? {
            Value::Texts(list) => Ok(list.iter().map(String::as_str).collect()),
            _ => Err(wrong(name)),
        }
    }
}

fn wrong(name: &str) -> HubError {
    HubError::broken(format!("`{name}` is of the wrong kind"))
}

fn shape(head: &Head<'_>) -> Result<LlamaShape, HubError> {
    let width = head.size("llama.embedding_length")?;
    let heads = head.size("llama.attention.head_count")?;
    if let Some(scaling) = head.0.metadata.get("llama.rope.scaling.type")
        && scaling.as_text() != Some("none")
    {
        let what = format!("has {} rotary scaling", scaling.as_text().unwrap_or("unknown"));
        return Err(HubError::Unsupported { what });
    }
    let experts = head.size_or("llama.expert_count", 0)?;
    if experts > 0 {
        return Err(HubError::Unsupported { what: "is a mixture of experts".to_owned() });
    }
    let embedding = head.0.tensors.get("token_embd.weight");
    let rows = embedding.and_then(|tensor| tensor.sizes.get(1).copied());
    let vocabulary = rows.ok_or_else(|| HubError::broken("`token_embd.weight` is missing"))?;
    let head_width =
        head.size_or("llama.attention.key_length", width.checked_div(heads).unwrap_or(0))?;
    for name in ["llama.attention.value_length", "llama.rope.dimension_count"] {
        if head.size_or(name, head_width)? != head_width {
            let what = format!("has heads with parts of their own (`{name}`)");
            return Err(HubError::Unsupported { what });
        }
    }
    Ok(LlamaShape {
        vocabulary,
        width,
        layers: head.size("llama.block_count")?,
        heads,
        key_value_heads: head.size_or("llama.attention.head_count_kv", heads)?,
        head_width,
        hidden: head.size("llama.feed_forward_length")?,
        context: head.size("llama.context_length")?,
        rotary_base: head.real_or("llama.rope.freq_base", 10_000.0)?,
        rotary_scaling: None,
        norm_epsilon: head.real_or("llama.attention.layer_norm_rms_epsilon", 1e-5)?,
        tied: !head.0.tensors.contains_key("output.weight"),
    })
}

/// Names of a block's tensors in GGUF and in Hugging Face's Llama.
const BLOCK_NAMES: [(&str, &str); 9] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

fn hub_name(name: &str) -> Option<String> {
    match name {
        "token_embd.weight" => return Some("model.embed_tokens.weight".to_owned()),
        "output_norm.weight" => return Some("model.norm.weight".to_owned()),
        "output.weight" => return Some("lm_head.weight".to_owned()),
        _ => {}
    }
    let (layer, part) = name.strip_prefix("blk.")?.split_once('.')?;
    let part = part.strip_suffix(".weight")?;
    let (_, part) = BLOCK_NAMES.iter().find(|(known, _)| *known == part)?;
    Some(format!("model.layers.{layer}.{part}.weight"))
}

fn tensors(gguf: &Gguf, shape: &LlamaShape, path: &Path) -> Result<Tensors, HubError> {
    let mut places = std::collections::BTreeMap::new();
    for (name, tensor) in &gguf.tensors {
        if name == ROTARY_FACTORS {
            continue;
        }
        let hub = hub_name(name).ok_or_else(|| HubError::Unsupported {
            what: format!("has a tensor `{name}` of another family"),
        })?;
        let (rows, columns) = match tensor.sizes[..] {
            [columns] => (1, columns),
            [columns, rows] => (rows, columns),
            _ => return Err(HubError::broken(format!("`{name}` has too many dimensions"))),
        };
        let paired_heads = match name.rsplit_once('.').map_or(name.as_str(), |(name, _)| name) {
            name if name.ends_with("attn_q") => shape.heads,
            name if name.ends_with("attn_k") => shape.key_value_heads,
            _ => 0,
        };
        if paired_heads > 0 && !rows.is_multiple_of(2 * paired_heads) {
            return Err(HubError::broken(format!("`{name}` cannot be cut into heads")));
        }
        let (start, kind) = (tensor.start, tensor.kind);
        places.insert(hub, Place { file: 0, start, rows, columns, kind, paired_heads });
    }
    Ok(Tensors { files: vec![path.to_path_buf()], places })
}

fn text(head: &Head<'_>, vocabulary: usize) -> Result<HubText, HubError> {
    let model = head.text("tokenizer.ggml.model")?;
    if model != "gpt2" {
        return Err(HubError::Unsupported { what: format!("has a `{model}` tokenizer") });
    }
    let pre = match head.0.metadata.get("tokenizer.ggml.pre") {
        None => "default",
        Some(value) => value.as_text().ok_or_else(|| wrong("tokenizer.ggml.pre"))?,
    };
    let pieces = head.texts("tokenizer.ggml.tokens")?;
    let kinds = match head.0.metadata.get("tokenizer.ggml.token_type") {
        Some(Value::Wholes(kinds)) => kinds.clone(),
        Some(_) => return Err(wrong("tokenizer.ggml.token_type")),
        None => vec![1; pieces.len()],
    };
    if kinds.len() != pieces.len() {
        return Err(HubError::broken("the tokenizer's lists have different lengths"));
    }
    let merges = head.texts("tokenizer.ggml.merges")?;
    let tokenizer = byte_level_bpe(&pieces, &kinds, &merges, PreTokenizer::named(pre)?)?;
    let piece =
        |name: &str| -> Option<u32> { u32::try_from(head.0.metadata.get(name)?.as_usize()?).ok() };
    let named = |id: Option<u32>| {
        id.and_then(|id| pieces.get(id as usize)).map_or(String::new(), |it| (*it).to_owned())
    };
    let (begin, end) = (piece("tokenizer.ggml.bos_token_id"), piece("tokenizer.ggml.eos_token_id"));
    let source = head.0.metadata.get("tokenizer.chat_template").ok_or(HubError::NoTemplate)?;
    let source = source.as_text().ok_or_else(|| wrong("tokenizer.chat_template"))?;
    let template = Template::new(source, &named(begin), &named(end))?;
    HubText::new(tokenizer, template, end.into_iter().collect(), vocabulary)
}
