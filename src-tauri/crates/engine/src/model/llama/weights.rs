//! Where the numbers of a model come from, whatever the file.

/// Tensors by their names in Hugging Face's Llama (`model.layers.0.self_attn.q_proj.weight`).
pub(crate) trait TensorSource {
    /// Why a tensor cannot be had.
    type Error;

    /// The tensor `name` as rows of `f32`, `[outputs, inputs]`, already de-quantised and with
    /// rotary pairs as Hugging Face has them. A normalisation's weight has one row.
    ///
    /// # Errors
    /// When it is missing, has another size, or cannot be read.
    fn tensor(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, Self::Error>;
}
