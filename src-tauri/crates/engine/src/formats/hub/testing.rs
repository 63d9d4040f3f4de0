//! A tiny Llama as a GGUF file and as a folder, with a tokenizer whose pieces are single bytes and a
//! few marks; made in memory, so that tests can break it in any way.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::layout::wanted;
use super::tokenizer::{PreTokenizer, byte_level_bpe, character_of_byte};
use crate::model::llama::shape::LlamaShape;

pub(super) const TEMPLATE: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const MARKS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const MERGES: [&str; 3] = ["h e", "Ġ he", "l l"];

pub(super) fn shape() -> LlamaShape {
    LlamaShape {
        vocabulary: 3 + 256 + 3,
        width: 32,
        layers: 2,
        heads: 4,
        key_value_heads: 2,
        head_width: 8,
        hidden: 32,
        context: 128,
        rotary_base: 10_000.0,
        rotary_scaling: None,
        norm_epsilon: 1e-5,
        tied: true,
    }
}

/// Marks, then every byte, then the merges.
pub(super) fn pieces() -> Vec<String> {
    let bytes = (0..=255_u8).map(|byte| character_of_byte(byte).to_string());
    let merged = MERGES.iter().map(|merge| merge.replace(' ', ""));
    MARKS.iter().map(|it| (*it).to_owned()).chain(bytes).chain(merged).collect()
}

/// The number at `place` of a tensor: any numbers that differ.
fn number(name: &str, place: usize) -> f32 {
    let salt: usize = name.bytes().map(usize::from).sum();
    f32::from(u16::try_from((place * 31 + salt * 17) % 251).unwrap()) / 251.0 - 0.5
}

fn numbers(name: &str, count: usize) -> Vec<f32> {
    (0..count).map(|place| number(name, place)).collect()
}

/// Writes the model as a folder.
pub(crate) fn write_folder(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let shape = shape();
    let tensors: Vec<_> = wanted(&shape)
        .map(|it| {
            let bytes = numbers(&it.name, it.rows * it.columns);
            let bytes: Vec<u8> = bytes.iter().flat_map(|number| number.to_le_bytes()).collect();
            (it.name.clone(), it.sizes(), bytes)
        })
        .collect();
    fs::write(folder.join("model.safetensors"), safetensors_file(&tensors)).unwrap();
    let names = pieces();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let kinds: Vec<i64> = (0..names.len()).map(|id| if id < 3 { 3 } else { 1 }).collect();
    let tokenizer = byte_level_bpe(&names, &kinds, &MERGES, PreTokenizer::SmolLm).unwrap();
    let json_files = [
        ("config.json", config()),
        ("tokenizer.json", serde_json::from_str(&tokenizer.to_string(false).unwrap()).unwrap()),
        (
            "tokenizer_config.json",
            json!({"bos_token": "<|im_start|>", "eos_token": {"content": "<|im_end|>"}, "chat_template": TEMPLATE}),
        ),
        ("generation_config.json", json!({"eos_token_id": [0, 2]})),
    ];
    for (name, content) in json_files {
        fs::write(folder.join(name), content.to_string()).unwrap();
    }
    fs::write(folder.join("README.md"), "---\nlicense: apache-2.0\n---\nA model.\n").unwrap();
}

pub(super) fn config() -> Value {
    json!({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 32, "vocab_size": 262, "max_position_embeddings": 128,
        "rope_theta": 10000.0, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
        "hidden_act": "silu", "eos_token_id": 2})
}

/// A safetensors file of `f32`.
pub(super) fn safetensors_file(tensors: &[(String, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let mut head = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, sizes, bytes) in tensors {
        let start = data.len();
        data.extend_from_slice(bytes);
        let offsets = [start, data.len()];
        head.insert(name.clone(), json!({"dtype": "F32", "shape": sizes, "data_offsets": offsets}));
    }
    safetensors_parts(&Value::Object(head).to_string(), &data)
}

pub(super) fn safetensors_parts(head: &str, data: &[u8]) -> Vec<u8> {
    let length = (head.len() as u64).to_le_bytes();
    [&length, head.as_bytes(), data].concat()
}

/// A GGUF file in the making.
#[derive(Clone)]
pub(super) struct GgufFile {
    pub(super) version: u32,
    /// Name, kind and bytes of each entry.
    pub(super) metadata: Vec<(String, u32, Vec<u8>)>,
    /// Name, sizes (innermost first), kind, offset, of each tensor.
    pub(super) tensors: Vec<(String, Vec<u64>, u32, u64)>,
    pub(super) data: Vec<u8>,
}

impl GgufFile {
    /// The tiny model, its matrices in `Q8_0` or F32.
    pub(super) fn tiny(quantised: bool) -> Self {
        let mut file = Self { version: 3, metadata: entries(), tensors: vec![], data: vec![] };
        for it in wanted(&shape()) {
            let name = gguf_name(&it.name);
            let numbers = numbers(&it.name, it.rows * it.columns);
            let kind = if quantised && it.rows > 1 { 8 } else { 0 };
            let sizes = it.sizes().into_iter().rev().map(|size| size as u64).collect();
            file.tensors.push((name, sizes, kind, file.data.len() as u64));
            file.data.extend(if kind == 8 { q8_0(&numbers) } else { f32_bytes(&numbers) });
            file.data.resize(file.data.len().next_multiple_of(32), 0);
        }
        file
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::from(*b"GGUF");
        out.extend(self.version.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.metadata.len() as u64).to_le_bytes());
        for (name, kind, bytes) in &self.metadata {
            out.extend(text(name));
            out.extend(kind.to_le_bytes());
            out.extend(bytes);
        }
        for (name, sizes, kind, start) in &self.tensors {
            out.extend(text(name));
            out.extend(u32::try_from(sizes.len()).unwrap().to_le_bytes());
            out.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(start.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(&self.data);
        out
    }

    /// Replaces or adds an entry.
    pub(super) fn set(&mut self, name: &str, kind: u32, bytes: Vec<u8>) {
        self.metadata.retain(|(it, _, _)| it != name);
        self.metadata.push((name.to_owned(), kind, bytes));
    }
}

pub(super) fn text(text: &str) -> Vec<u8> {
    let mut out = Vec::from((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
    out
}

pub(super) fn texts<Text: AsRef<str>>(list: &[Text]) -> Vec<u8> {
    let mut out = Vec::from(8_u32.to_le_bytes());
    out.extend((list.len() as u64).to_le_bytes());
    list.iter().for_each(|it| out.extend(text(it.as_ref())));
    out
}

fn entries() -> Vec<(String, u32, Vec<u8>)> {
    let shape = shape();
    let size = |value: usize| (4, u32::try_from(value).unwrap().to_le_bytes().to_vec());
    let words = |value: &str| (8, text(value));
    let pieces = pieces();
    let mut kinds = Vec::from(5_u32.to_le_bytes());
    kinds.extend((pieces.len() as u64).to_le_bytes());
    let kind = |id: usize| if id < 3 { 3_i32 } else { 1 };
    (0..pieces.len()).for_each(|id| kinds.extend(kind(id).to_le_bytes()));
    let all = [
        ("general.architecture", words("llama")),
        ("general.name", words("Tiny")),
        ("general.license", words("mit")),
        ("llama.block_count", size(shape.layers)),
        ("llama.context_length", size(shape.context)),
        ("llama.embedding_length", size(shape.width)),
        ("llama.feed_forward_length", size(shape.hidden)),
        ("llama.attention.head_count", size(shape.heads)),
        ("llama.attention.head_count_kv", size(shape.key_value_heads)),
        ("llama.rope.freq_base", (6, 10_000_f32.to_le_bytes().to_vec())),
        ("llama.attention.layer_norm_rms_epsilon", (6, 1e-5_f32.to_le_bytes().to_vec())),
        ("tokenizer.ggml.model", words("gpt2")),
        ("tokenizer.ggml.pre", words("smollm")),
        ("tokenizer.ggml.tokens", (9, texts(&pieces))),
        ("tokenizer.ggml.token_type", (9, kinds)),
        ("tokenizer.ggml.merges", (9, texts(&MERGES))),
        ("tokenizer.ggml.bos_token_id", size(1)),
        ("tokenizer.ggml.eos_token_id", size(2)),
        ("tokenizer.chat_template", words(TEMPLATE)),
    ];
    all.into_iter().map(|(name, (kind, bytes))| (name.to_owned(), kind, bytes)).collect()
}

fn gguf_name(name: &str) -> String {
    let parts = [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("model.layers", "blk"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];
    parts.iter().fold(name.to_owned(), |name, (hub, gguf)| name.replace(hub, gguf))
}

fn f32_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Blocks of 32 with the scale 1/256: numbers between -0.5 and 0.5 in steps of that.
#[expect(clippy::cast_possible_truncation, reason = "rounding to a signed byte is the format")]
fn q8_0(numbers: &[f32]) -> Vec<u8> {
    let scale = half::f16::from_f32(1.0 / 256.0).to_le_bytes();
    let block = |block: &[f32]| {
        let bytes = block.iter().map(|number| ((number * 256.0).round() as i8).cast_unsigned());
        scale.into_iter().chain(bytes).collect::<Vec<u8>>()
    };
    numbers.chunks(32).flat_map(block).collect()
}
