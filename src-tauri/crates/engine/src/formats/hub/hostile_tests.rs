//! Broken and hostile files: each ends in one sentence, never in a panic.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::layout::wanted;
use super::testing::{
    GgufFile, config, safetensors_file, safetensors_parts, shape, text, texts, write_folder,
};
use super::*;
use crate::model::llama::weights::TensorSource;

/// Opens a model and reads all of it, in words.
fn shown(path: &Path) -> String {
    let read = || {
        let model = open(path)?;
        let mut source = model.tensors()?;
        for it in wanted(&model.shape) {
            source.tensor(&it.name, it.rows, it.columns)?;
        }
        Ok(())
    };
    read().map_or_else(|error: HubError| error.to_string(), |()| "read".to_owned())
}

fn shown_bytes(bytes: &[u8]) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    shown(&path)
}

#[track_caller]
fn check(change: impl FnOnce(&mut GgufFile), expected: &Expect) {
    let mut file = GgufFile::tiny(true);
    change(&mut file);
    expected.assert_eq(&shown_bytes(&file.bytes()));
}

/// A folder after `change`, in words; the folder's own path is left out.
#[track_caller]
fn check_folder(change: impl FnOnce(&Path), expected: &Expect) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    write_folder(&folder);
    change(&folder);
    let shown = shown(&folder).replace(&folder.display().to_string(), "tiny");
    expected.assert_eq(&shown);
}

fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).unwrap();
}

/// The configuration with one value replaced.
fn changed(name: &str, value: serde_json::Value) -> String {
    let mut config = config();
    config[name] = value;
    config.to_string()
}

#[test]
fn whole_files_are_read() {
    check(|_| {}, &expect!["read"]);
    check(|file| file.version = 2, &expect!["read"]);
    check_folder(|_| {}, &expect!["read"]);
}

#[test]
fn every_shorter_file_is_refused() {
    let bytes = GgufFile::tiny(true).bytes();
    for part in 0..20 {
        let shown = shown_bytes(&bytes[..bytes.len() * part / 20]);
        assert!(shown.starts_with("the file is broken: "), "{part}/20: {shown}");
    }
    let home = tempfile::tempdir().unwrap();
    write_folder(home.path());
    for name in ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"] {
        let whole = fs::read(home.path().join(name)).unwrap();
        for part in 0..20 {
            put(home.path(), name, &whole[..whole.len() * part / 20]);
            let shown = shown(home.path());
            assert!(shown.starts_with("the file is broken: "), "{name} {part}/20: {shown}");
        }
        put(home.path(), name, &whole);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads best whole")]
fn lies_of_a_gguf_file_are_refused() {
    check(
        |file| file.tensors[0].1[1] = u64::MAX,
        &expect!["the file is broken: `token_embd.weight` reaches past its end"],
    );
    check(
        |file| file.tensors[0].1 = vec![1 << 40, 1 << 40],
        &expect!["the file is broken: `token_embd.weight` reaches past its end"],
    );
    check(
        |file| file.tensors[0].1 = vec![],
        &expect!["the file is broken: `token_embd.weight` has 0 dimensions"],
    );
    check(
        |file| file.tensors[0].1 = vec![16, 524],
        &expect!["the file is broken: `token_embd.weight` reaches past its end"],
    );
    check(
        |file| file.tensors[0].3 = u64::MAX,
        &expect!["the file is broken: an offset is too large"],
    );
    check(
        |file| file.tensors[1].3 = 0,
        &expect!["the file is broken: `token_embd.weight` lies over `output_norm.weight`"],
    );
    check(
        |file| file.tensors[1].0 = file.tensors[0].0.clone(),
        &expect!["the file is broken: `token_embd.weight` is there twice"],
    );
    check(
        |file| file.tensors.truncate(5),
        &expect!["the file is broken: `model.layers.0.self_attn.k_proj.weight` is missing"],
    );
    check(
        |file| file.tensors[2].0 = "blk.0.attn_q.bias".to_owned(),
        &expect![
            "this file has a tensor `blk.0.attn_q.bias` of another family; Attune can use the Llama family"
        ],
    );
    check(
        |file| file.metadata.push(file.metadata[0].clone()),
        &expect!["the file is broken: `general.architecture` is there twice"],
    );
    check(
        |file| file.set("general.alignment", 4, vec![0; 4]),
        &expect!["the file is broken: its alignment cannot be"],
    );
    check(
        |file| file.set("a", 8, u64::MAX.to_le_bytes().to_vec()),
        &expect!["the file is broken: a text of it reaches past its end"],
    );
    let list = |kind: u32, count: u64| {
        [kind.to_le_bytes().to_vec(), count.to_le_bytes().to_vec()].concat()
    };
    check(
        |file| file.set("a", 9, list(4, u64::MAX / 2)),
        &expect!["the file is broken: a list of its metadata reaches past its end"],
    );
    check(
        |file| file.set("a", 9, list(8, 1 << 62)),
        &expect!["the file is broken: a list of its metadata reaches past its end"],
    );
    check(
        |file| file.set("a", 9, list(9, 1).repeat(40)),
        &expect!["the file is broken: its metadata have a list of an unknown kind"],
    );
    check(
        |file| file.set("a", 77, vec![]),
        &expect!["the file is broken: its metadata have a value of an unknown kind"],
    );
    let size = |value: u32| value.to_le_bytes().to_vec();
    check(
        |file| file.set("llama.block_count", 4, size(u32::MAX)),
        &expect!["the model's sizes cannot be computed"],
    );
    check(
        |file| file.set("llama.block_count", 4, size(3)),
        &expect!["the file is broken: `model.layers.2.input_layernorm.weight` is missing"],
    );
    check(
        |file| file.set("llama.attention.head_count", 4, size(0)),
        &expect!["the model's sizes cannot be computed"],
    );
    check(
        |file| file.set("llama.feed_forward_length", 4, size(64)),
        &expect![
            "the file is broken: `model.layers.0.mlp.gate_proj.weight` has 32 x 32 numbers instead of 64 x 32"
        ],
    );
    check(
        |file| file.set("llama.context_length", 8, text("long")),
        &expect!["the file is broken: `llama.context_length` is of the wrong kind"],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads best whole")]
fn other_models_are_refused_by_name() {
    check(
        |file| file.set("general.architecture", 8, text("qwen2")),
        &expect!["this file is a qwen2 model; Attune can use the Llama family"],
    );
    check(
        |file| file.set("tokenizer.ggml.model", 8, text("llama")),
        &expect!["this file has a `llama` tokenizer; Attune can use the Llama family"],
    );
    check(
        |file| file.set("tokenizer.ggml.pre", 8, text("tekken")),
        &expect!["this file has a `tekken` tokenizer; Attune can use the Llama family"],
    );
    check(
        |file| file.set("llama.rope.scaling.type", 8, text("yarn")),
        &expect!["this file has yarn rotary scaling; Attune can use the Llama family"],
    );
    check(
        |file| file.set("llama.expert_count", 4, vec![8, 0, 0, 0]),
        &expect!["this file is a mixture of experts; Attune can use the Llama family"],
    );
    check(
        |file| file.tensors[0].2 = 12,
        &expect![
            "this file has Q4_K numbers (tensor `token_embd.weight`), not F32, F16, BF16, Q8_0 or Q4_1; Attune can use the Llama family"
        ],
    );
    check(
        |file| file.tensors[0].2 = 9999,
        &expect![
            "this file has kind 9999 numbers (tensor `token_embd.weight`), not F32, F16, BF16, Q8_0 or Q4_1; Attune can use the Llama family"
        ],
    );
    check(
        |file| file.version = 1,
        &expect!["this file is GGUF of version 1; Attune can use the Llama family"],
    );
    check(
        |file| file.version = 3_u32.swap_bytes(),
        &expect!["this file is a big-endian GGUF file; Attune can use the Llama family"],
    );
    check(
        |file| file.metadata.retain(|it| it.0 != "tokenizer.chat_template"),
        &expect!["the model has no chat template, so nobody knows how to talk to it"],
    );
    let strangers = [
        ("model_type", "qwen2".into()),
        ("architectures", serde_json::json!(["MistralForCausalLM"])),
        ("attention_bias", true.into()),
        ("hidden_act", "gelu".into()),
        ("rope_scaling", serde_json::json!({"rope_type": "yarn", "factor": 2.0})),
    ];
    let all: Vec<String> = strangers
        .into_iter()
        .map(|(name, value)| {
            let home = tempfile::tempdir().unwrap();
            write_folder(home.path());
            put(home.path(), "config.json", changed(name, value));
            shown(home.path())
        })
        .collect();
    expect![[r#"
        this file is a qwen2 model; Attune can use the Llama family
        this file is a `MistralForCausalLM` model; Attune can use the Llama family
        this file is a model with biases; Attune can use the Llama family
        this file is a model with gelu activations; Attune can use the Llama family
        this file has yarn rotary scaling; Attune can use the Llama family"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn broken_tokenizers_are_refused() {
    let pieces = super::testing::pieces();
    let without = |at: usize| {
        let mut fewer = pieces.clone();
        fewer[at] = "other".to_owned();
        fewer
    };
    let tokens = "tokenizer.ggml.tokens";
    check(
        |file| file.set(tokens, 9, texts(&without(3 + 97))),
        &expect!["the file is broken: the tokenizer has no pieces for some plain characters"],
    );
    check(
        |file| file.set(tokens, 9, texts(&pieces[..200])),
        &expect!["the file is broken: the tokenizer's lists have different lengths"],
    );
    check(
        |file| file.set(tokens, 9, texts(&vec!["a"; pieces.len()])),
        &expect!["the file is broken: the tokenizer has a piece twice"],
    );
    check(
        |file| file.set("tokenizer.ggml.merges", 9, texts(&["h q q", "zz zz"])),
        &expect![
            "the file is broken: its tokenizer cannot be read: Merges text file invalid at line 1 at line 1 column 3131"
        ],
    );
    check(
        |file| file.set("tokenizer.ggml.eos_token_id", 4, vec![255, 255, 0, 0]),
        &expect!["the file is broken: a piece that ends answers is not there"],
    );
    check_folder(
        |folder| put(folder, "tokenizer.json", "{}"),
        &expect![
            "the file is broken: its tokenizer cannot be read: Model missing. at line 1 column 2"
        ],
    );
    check_folder(
        |folder| put(folder, "tokenizer.json", "[".repeat(100_000)),
        &expect![
            "the file is broken: its tokenizer cannot be read: invalid type: sequence, expected struct Tokenizer at line 1 column 1"
        ],
    );
    let deep = format!(r#"{{"a":{}"#, "[".repeat(100_000));
    check_folder(
        |folder| put(folder, "config.json", deep),
        &expect![
            "the file is broken: `config.json`: EOF while parsing a list at line 1 column 100005"
        ],
    );
    check_folder(
        |folder| put(folder, "tokenizer_config.json", "{}"),
        &expect!["the model has no chat template, so nobody knows how to talk to it"],
    );
}

#[test]
fn lies_of_a_folder_are_refused() {
    let one = |head: &str| safetensors_parts(head, &[0; 8]);
    let weights = "model.safetensors";
    let huge = r#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#;
    check_folder(
        |folder| put(folder, weights, one(huge)),
        &expect![
            "the file is broken: the head of a file of weights: overflow computing buffer size from shape and/or element type"
        ],
    );
    let past = r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
    check_folder(
        |folder| put(folder, weights, one(past)),
        &expect!["the file is broken: `a` does not fit its file"],
    );
    let over = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    check_folder(
        |folder| put(folder, weights, one(over)),
        &expect![
            "the file is broken: the head of a file of weights: invalid offset for tensor `b`"
        ],
    );
    let eight = r#"{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#;
    check_folder(
        |folder| put(folder, weights, one(eight)),
        &expect![
            "this file has F8_E4M3 numbers (tensor `a`), not F32, F16, BF16, Q8_0 or Q4_1; Attune can use the Llama family"
        ],
    );
    check_folder(
        |folder| put(folder, weights, [255; 64]),
        &expect!["the file is broken: a file of weights has an impossible head"],
    );
    check_folder(
        |folder| put(folder, "config.json", changed("vocab_size", 300.into())),
        &expect![
            "the file is broken: `model.embed_tokens.weight` has 262 x 32 numbers instead of 300 x 32"
        ],
    );
    check_folder(
        |folder| put(folder, "config.json", changed("hidden_size", u64::MAX.into())),
        &expect!["the model's sizes cannot be computed"],
    );
    check_folder(
        |folder| put(folder, "config.json", changed("num_hidden_layers", 400.into())),
        &expect!["the file is broken: `model.layers.2.input_layernorm.weight` is missing"],
    );
    check_folder(
        |folder| fs::remove_file(folder.join(weights)).unwrap(),
        &expect!["`tiny/model.safetensors.index.json` is not there"],
    );
}

#[test]
fn numbers_that_are_none_are_refused_by_the_name_of_their_tensor() {
    for number in [f32::NAN, f32::INFINITY] {
        let tensors: Vec<_> = wanted(&shape())
            .map(|it| {
                let mut bytes = vec![0; it.rows * it.columns * 4];
                if it.name.ends_with("1.mlp.up_proj.weight") {
                    bytes[40..44].copy_from_slice(&number.to_le_bytes());
                }
                (it.name.clone(), it.sizes(), bytes)
            })
            .collect();
        check_folder(
            |folder| put(folder, "model.safetensors", safetensors_file(&tensors)),
            &expect![
                "the file is broken: `model.layers.1.mlp.up_proj.weight` has numbers that are none"
            ],
        );
    }
}

#[test]
fn an_index_cannot_lead_out_of_its_folder() {
    for name in ["../tiny2/a.safetensors", "/etc/passwd", "..", "", "a/b.safetensors"] {
        let home = tempfile::tempdir().unwrap();
        write_folder(home.path());
        fs::remove_file(home.path().join("model.safetensors")).unwrap();
        let index = serde_json::json!({"weight_map": {"model.norm.weight": name}});
        put(home.path(), "model.safetensors.index.json", index.to_string());
        let expected =
            format!("the file is broken: it names a file outside of its folder: `{name}`");
        assert_eq!(shown(home.path()), expected);
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_but_for_the_hubs_own_cache() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("model/snapshots/abc");
    write_folder(&folder);
    let (weights, blobs) = (folder.join("model.safetensors"), home.path().join("model/blobs"));
    fs::create_dir(&blobs).unwrap();
    fs::rename(&weights, blobs.join("1234")).unwrap();
    symlink("../../blobs/1234", &weights).unwrap();
    assert_eq!(shown(&folder), "read");
    fs::rename(blobs.join("1234"), home.path().join("stranger")).unwrap();
    fs::remove_file(&weights).unwrap();
    symlink(home.path().join("stranger"), &weights).unwrap();
    assert_eq!(
        shown(&folder),
        "the file is broken: it names a file outside of its folder: `model.safetensors`"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_gguf_file_never_panics(
        changes in prop::collection::vec((0..8000_usize, any::<u8>()), 1..6),
        cut in prop::option::of(0..60_000_usize),
    ) {
        let mut bytes = GgufFile::tiny(true).bytes();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(cut.unwrap_or(bytes.len()));
        shown_bytes(&bytes);
    }

    #[test]
    fn a_mutated_head_of_safetensors_never_panics(
        changes in prop::collection::vec((0..4000_usize, any::<u8>()), 1..6),
    ) {
        let home = tempfile::tempdir().unwrap();
        write_folder(home.path());
        let path = home.path().join("model.safetensors");
        let mut bytes = fs::read(&path).unwrap();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        fs::write(&path, &bytes).unwrap();
        shown(home.path());
    }
}
