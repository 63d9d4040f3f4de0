//! Reading models, held against what transformers makes of them.

use super::*;
use crate::formats::chat_file::{Conversation, Speaker, Turn};
use crate::formats::text::Text;
use crate::model::llama::weights::TensorSource;

fn starter() -> Option<HubModel> {
    let named = std::env::var_os("ATTUNE_STARTER").map(PathBuf::from);
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../target/starter/SmolLM2-135M-Instruct.Q4_1.gguf");
    let path = named.unwrap_or(fetched);
    if !path.is_file() {
        println!("left out: the starter is not here; `cargo xtask starter` fetches it");
        return None;
    }
    Some(open(&path).unwrap())
}

fn said(speaker: Speaker, text: &str, weight: f32) -> Turn {
    Turn { speaker, text: text.to_owned(), weight }
}

#[test]
fn the_starter_is_what_its_makers_say() {
    let Some(model) = starter() else { return };
    assert_eq!(model.shape.parameters(), 134_515_008);
    assert_eq!((model.shape.context, model.shape.rotary_base), (8192, 100_000.0));
    assert_eq!(model.licence.as_deref(), Some("apache-2.0"));
    let mut source = model.tensors().unwrap();
    let norm = source.tensor("model.norm.weight", 1, 576).unwrap();
    assert_eq!(norm.len(), 576);
}

/// Ids from transformers 5.23, `apply_chat_template`.
#[test]
fn a_conversation_of_the_starter_is_written_as_its_template_says() {
    let Some(model) = starter() else { return };
    let turns = vec![said(Speaker::User, "Hi 12", 0.0), said(Speaker::Assistant, "Yes.", 1.0)];
    let row = model.text.training_row(&Conversation { turns }, 512).unwrap();
    println!("{:?}", row.pieces);
    let learned: Vec<u32> = row
        .pieces
        .iter()
        .zip(&row.weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(piece, _)| *piece)
        .collect();
    assert_eq!(learned.last(), Some(&2), "the end mark is learned");
    let text: Vec<u8> =
        learned.iter().flat_map(|piece| model.text.piece_bytes(*piece)).copied().collect();
    assert_eq!(text, b"Yes.");
}
