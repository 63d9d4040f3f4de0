//! Which tensors a Llama of some shape has, by their names in Hugging Face's Llama.

use crate::model::llama::adapters::Part;
use crate::model::llama::shape::LlamaShape;

/// A tensor that a model of some shape has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    /// One for the weight of a normalisation, which is a plain list.
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Wanted {
    /// Its sizes as safetensors write them.
    pub(super) fn sizes(&self) -> Vec<usize> {
        if self.rows == 1 { vec![self.columns] } else { vec![self.rows, self.columns] }
    }
}

/// The tensors of a model of `shape`, from its embedding to its output, one at a time: a shape that
/// lies about its blocks makes nobody reserve anything for them.
pub(super) fn wanted(shape: &LlamaShape) -> impl Iterator<Item = Wanted> {
    let of = |name: String, rows: usize, columns: usize| Wanted { name, rows, columns };
    let embedding = of("model.embed_tokens.weight".to_owned(), shape.vocabulary, shape.width);
    let output =
        (!shape.tied).then(|| of("lm_head.weight".to_owned(), shape.vocabulary, shape.width));
    let blocks = (0..shape.layers).flat_map(move |layer| {
        let name = move |part: &str| format!("model.layers.{layer}.{part}.weight");
        let norms = ["input_layernorm", "post_attention_layernorm"];
        let norms = norms.map(|part| of(name(part), 1, shape.width));
        let parts = Part::ALL.map(|part| {
            let [outputs, inputs] = part.size(shape);
            of(name(part.name()), outputs, inputs)
        });
        norms.into_iter().chain(parts)
    });
    let norm = of("model.norm.weight".to_owned(), 1, shape.width);
    [embedding, norm].into_iter().chain(output).chain(blocks)
}
