//! What is written is read again with the same numbers, and half a folder never appears.

use std::fs;
use std::ops::ControlFlow;

use super::export::{ExportError, write_adapter, write_model};
use super::testing::{GgufFile, shape, write_folder};
use super::*;
use crate::formats::adapter_files::{AdapterOrigin, read_numbers};
use crate::formats::chat_file::{Conversation, Speaker, Turn};
use crate::formats::text::Text;
use crate::model::llama::adapters::{AdapterLayout, AdapterShape, Parts};
use crate::model::llama::weights::TensorSource;

fn adapters() -> AdapterShape {
    AdapterShape { rank: 2, alpha: 4.0, parts: Parts::ALL, layers: None }
}

fn ones(count: usize) -> Vec<f32> {
    vec![1.0; count]
}

fn question() -> Conversation {
    let text = "hell 12 é🦀\n".to_owned();
    Conversation { turns: vec![Turn { speaker: Speaker::User, text, weight: 0.0 }] }
}

#[test]
fn a_merged_model_is_read_again_with_adapters_folded_in() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("tiny.gguf");
    fs::write(&file, GgufFile::tiny(false).bytes()).unwrap();
    let base = open(&file).unwrap();
    let layout = AdapterLayout::new(&base.shape, Some(&adapters()));
    let numbers = ones(layout.length());
    let target = home.path().join("merged");
    let mut told = Vec::new();
    let mut weights = Merged::new(base.tensors().unwrap(), &layout, &numbers);
    let bytes = write_model(&target, &base, &mut weights, Kept::F32, &mut |written, total| {
        told.push((written, total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(bytes, 4 * shape().parameters() as u64);
    assert_eq!((told[0], told.last().copied()), ((0, bytes), Some((bytes, bytes))));

    let again = open(&target).unwrap();
    assert_eq!((&again.shape, again.name.as_str()), (&base.shape, "merged"));
    let name = "model.layers.1.self_attn.q_proj.weight";
    let before = base.tensors().unwrap().tensor(name, 32, 32).unwrap();
    let after = again.tensors().unwrap().tensor(name, 32, 32).unwrap();
    // B · A is 2 everywhere (rank 2, all ones), and the scale is alpha / rank = 2.
    assert!(before.iter().zip(&after).all(|(before, after)| (before + 4.0 - after).abs() < 1e-6));
    let norm = "model.layers.0.input_layernorm.weight";
    let norms = [&base, &again].map(|it| it.tensors().unwrap().tensor(norm, 1, 32).unwrap());
    assert_eq!(norms[0], norms[1]);
    let rows = [&base, &again].map(|it| it.text.question_row(&question(), 100).unwrap());
    assert_eq!(rows[0], rows[1]);
}

#[test]
fn bf16_rounds_to_the_nearest() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    write_folder(&folder);
    let base = open(&folder).unwrap();
    let target = home.path().join("half");
    let go_on = &mut |_, _| ControlFlow::Continue(());
    write_model(&target, &base, &mut base.tensors().unwrap(), Kept::Bf16, go_on).unwrap();
    let name = "model.embed_tokens.weight";
    let read = |model: &HubModel| model.tensors().unwrap().tensor(name, 262, 32).unwrap();
    let (before, after) = (read(&base), read(&open(&target).unwrap()));
    assert!(before.iter().zip(&after).all(|(it, near)| (it - near).abs() <= it.abs() / 256.0));
    assert_ne!(before, after);
}

#[test]
fn a_stopped_export_leaves_nothing_and_a_full_folder_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    write_folder(&folder);
    let base = open(&folder).unwrap();
    let target = home.path().join("out");
    let write = |stop_at: u64| {
        let watch = &mut |written: u64, _| {
            if written >= stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        write_model(&target, &base, &mut base.tensors().unwrap(), Kept::F32, watch)
    };
    assert!(matches!(write(9000), Err(ExportError::Stopped)));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    fs::create_dir(&target).unwrap();
    write(u64::MAX).unwrap();
    assert!(matches!(write(u64::MAX), Err(ExportError::NotEmpty { .. })));
    assert!(open(&target).is_ok());
}

#[test]
fn adapters_are_written_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let layout = AdapterLayout::new(&shape(), Some(&adapters()));
    let numbers = layout.fresh(1);
    let (base, base_shape) = ("tiny".to_owned(), shape());
    let (context, dropout) = (128, 0.05);
    let base_fingerprint = None;
    let adapters = adapters();
    let origin = AdapterOrigin { base, base_shape, base_fingerprint, adapters, context, dropout };
    let target = home.path().join("adapter");
    let go_on = &mut |_, _| ControlFlow::Continue(());
    write_adapter(&target, &origin, &layout, &numbers, go_on).unwrap();
    assert_eq!(read_numbers(&target, &layout).unwrap(), numbers);
    assert!(target.join("adapter_config.json").is_file());
}
