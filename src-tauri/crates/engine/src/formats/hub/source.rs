//! The weights of a model, one tensor at a time, under the names of Hugging Face's Llama.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::HubError;
use super::layout::wanted;
use super::numbers::NumberKind;
use crate::model::llama::shape::LlamaShape;
use crate::model::llama::weights::TensorSource;

/// Where one tensor lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Which file.
    pub(super) file: usize,
    pub(super) start: u64,
    /// Rows and columns; one row for a plain list.
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) kind: NumberKind,
    /// Heads whose rotary pairs stand apart, as GGUF has them; 0 for none.
    pub(super) paired_heads: usize,
}

/// Where every tensor of a model lies.
#[derive(Debug, Clone)]
pub(super) struct Tensors {
    pub(super) files: Vec<PathBuf>,
    pub(super) places: BTreeMap<String, Place>,
}

impl Tensors {
    /// Refuses a model whose tensors are missing or of another size than its shape says.
    pub(super) fn check(&self, shape: &LlamaShape) -> Result<(), HubError> {
        let check = |name: &str, rows: usize, columns: usize| {
            let place = self.places.get(name);
            let place = place.ok_or_else(|| HubError::broken(format!("`{name}` is missing")))?;
            if (place.rows, place.columns) == (rows, columns) {
                return Ok(());
            }
            Err(HubError::broken(format!(
                "`{name}` has {} x {} numbers instead of {rows} x {columns}",
                place.rows, place.columns
            )))
        };
        wanted(shape).try_for_each(|it| check(&it.name, it.rows, it.columns))
    }

    pub(super) fn open(&self) -> Result<Source, HubError> {
        let open = |path: &PathBuf| File::open(path).map_err(|source| HubError::io(path, source));
        let files = self.files.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Source { files, tensors: self.clone(), bytes: Vec::new() })
    }
}

/// Reads tensors one at a time.
pub(crate) struct Source {
    files: Vec<File>,
    tensors: Tensors,
    bytes: Vec<u8>,
}

impl TensorSource for Source {
    type Error = HubError;

    fn tensor(&mut self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, HubError> {
        let place = self.tensors.places.get(name);
        let place = place.ok_or_else(|| HubError::broken(format!("`{name}` is missing")))?;
        if (place.rows, place.columns) != (rows, columns) {
            return Err(HubError::broken(format!("`{name}` has another size")));
        }
        let path: &Path = &self.tensors.files[place.file];
        let count = place.kind.bytes(rows * columns);
        let count = count.ok_or_else(|| HubError::broken(format!("`{name}` cannot be counted")))?;
        self.bytes.resize(count, 0);
        let file = &mut self.files[place.file];
        file.seek(SeekFrom::Start(place.start))
            .and_then(|_| file.read_exact(&mut self.bytes))
            .map_err(|source| HubError::io(path, source))?;
        let numbers = place.kind.decode(&self.bytes, rows * columns);
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err(HubError::broken(format!("`{name}` has numbers that are none")));
        }
        Ok(match place.paired_heads {
            0 => numbers,
            heads => unpaired(&numbers, heads, columns),
        })
    }
}

/// Brings rows from "pairs side by side" (GGUF) to "halves one below the other" (Hugging Face):
/// the inverse of llama.cpp's `permute`.
fn unpaired(numbers: &[f32], heads: usize, columns: usize) -> Vec<f32> {
    let rows = numbers.len() / columns;
    let (head, half) = (rows / heads, rows / heads / 2);
    let mut out = Vec::with_capacity(numbers.len());
    for row in 0..rows {
        let (first, inside) = (row / head * head, row % head);
        let from = first + 2 * (inside % half) + inside / half;
        out.extend_from_slice(&numbers[from * columns..(from + 1) * columns]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unpaired;

    #[test]
    fn pairs_become_halves() {
        let rows: Vec<f32> = (0..8_u8).map(f32::from).collect();
        assert_eq!(unpaired(&rows, 2, 1), [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
    }
}
