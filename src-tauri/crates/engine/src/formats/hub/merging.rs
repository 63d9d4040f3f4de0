//! Weights with learned adapters folded in: `W + scale · B · A` (LoRA, Hu et al. 2021, section 4.1).

use super::HubError;
use crate::model::llama::adapters::AdapterLayout;
use crate::model::llama::weights::TensorSource;

/// The tensors of a model with adapters folded into them.
pub(crate) struct Merged<'a, Base> {
    base: Base,
    layout: &'a AdapterLayout,
    numbers: &'a [f32],
}

impl<'a, Base> Merged<'a, Base> {
    /// Folds adapters of `layout` with these `numbers` into the tensors of `base`.
    pub(crate) fn new(base: Base, layout: &'a AdapterLayout, numbers: &'a [f32]) -> Self {
        assert_eq!(numbers.len(), layout.length(), "numbers of this layout");
        Self { base, layout, numbers }
    }

    /// The small products `A` and `B` of the tensor `name`, and the rank between them.
    fn adapter(&self, name: &str) -> Option<(&'a [f32], &'a [f32], usize)> {
        let stem = name.strip_suffix(".weight")?;
        let find = |matrix: &str| {
            let name = format!("base_model.model.{stem}.{matrix}.weight");
            self.layout.tensors().iter().find(|tensor| tensor.name == name)
        };
        let (down, up) = (find("lora_A")?, find("lora_B")?);
        Some((&self.numbers[down.range.clone()], &self.numbers[up.range.clone()], down.rows))
    }
}

impl<Base: TensorSource<Error = HubError>> TensorSource for Merged<'_, Base> {
    type Error = HubError;

    fn tensor(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, HubError> {
        let mut weights = self.base.tensor(name, rows, columns)?;
        let Some((down, up, rank)) = self.adapter(name) else { return Ok(weights) };
        for (row, factors) in weights.chunks_exact_mut(columns).zip(up.chunks_exact(rank)) {
            for (factor, below) in factors.iter().zip(down.chunks_exact(columns)) {
                let factor = factor * self.layout.scale;
                row.iter_mut().zip(below).for_each(|(weight, it)| *weight += factor * it);
            }
        }
        Ok(weights)
    }
}
