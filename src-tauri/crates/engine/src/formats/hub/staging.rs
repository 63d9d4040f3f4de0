//! A folder that is written beside its place and appears there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::export::ExportError;
use super::layout::Wanted;
use super::numbers::Kept;
use crate::formats::folder::{remove_if_there, sync_folder};

/// Told how many bytes of how many are written; `Break` stops the writing.
pub(crate) type Watch<'a> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'a;

/// A folder in the making. Dropped before [`Staging::finish`], it leaves nothing behind.
pub(super) struct Staging {
    target: PathBuf,
    beside: PathBuf,
}

impl Staging {
    /// Begins a folder that is to be at `target`, where there must be nothing or an empty folder.
    pub(super) fn begin(target: &Path) -> Result<Self, ExportError> {
        let failed = |source| ExportError::Io { path: target.to_path_buf(), source };
        let name = target.file_name().ok_or_else(|| ExportError::NoName { path: target.into() })?;
        match fs::read_dir(target).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Ok(false) => return Err(ExportError::NotEmpty { path: target.to_path_buf() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let beside = target.with_file_name(format!(".{}.tmp", name.to_string_lossy()));
        remove_if_there(&beside).and_then(|()| fs::create_dir_all(&beside)).map_err(failed)?;
        Ok(Self { target: target.to_path_buf(), beside })
    }

    /// Writes a small file.
    pub(super) fn file(&self, name: &str, content: &[u8]) -> Result<(), ExportError> {
        let path = self.beside.join(name);
        let write = || {
            let mut file = File::create(&path)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(|source| ExportError::Io { path: path.clone(), source })
    }

    /// Begins a file of tensors.
    pub(super) fn tensors(
        &self,
        name: &str,
        tensors: &[Wanted],
        kept: Kept,
    ) -> Result<TensorFile, ExportError> {
        TensorFile::begin(self.beside.join(name), tensors, kept)
    }

    /// Makes the folder appear.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let place = || {
            sync_folder(&self.beside)?;
            match fs::remove_dir(&self.target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(&self.beside, &self.target)?;
            self.target.parent().filter(|it| !it.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
        };
        place().map_err(|source| ExportError::Io { path: self.target.clone(), source })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = remove_if_there(&self.beside) {
            tracing::warn!(%error, path = %self.beside.display(), "cannot remove a half export");
        }
    }
}

/// A safetensors file, written one tensor after the other.
pub(super) struct TensorFile {
    path: PathBuf,
    file: BufWriter<File>,
    kept: Kept,
    bytes: Vec<u8>,
    /// Bytes of all tensors together.
    pub(super) total: u64,
}

impl TensorFile {
    fn begin(path: PathBuf, tensors: &[Wanted], kept: Kept) -> Result<Self, ExportError> {
        let (head, total) = head(tensors, kept);
        let failed = |source| ExportError::Io { path: path.clone(), source };
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(failed)?);
        let length = (head.len() as u64).to_le_bytes();
        file.write_all(&length).and_then(|()| file.write_all(&head)).map_err(failed)?;
        Ok(Self { path, file, kept, bytes: Vec::new(), total })
    }

    /// Writes the next tensor and returns its bytes.
    pub(super) fn write(&mut self, numbers: &[f32]) -> Result<u64, ExportError> {
        self.bytes.clear();
        self.kept.encode(numbers, &mut self.bytes);
        let written = self.file.write_all(&self.bytes);
        written.map_err(|source| ExportError::Io { path: self.path.clone(), source })?;
        Ok(self.bytes.len() as u64)
    }

    /// Ends the file.
    pub(super) fn finish(self) -> Result<(), ExportError> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error);
        let synced = file.and_then(|file| file.sync_all());
        synced.map_err(|source| ExportError::Io { path: self.path, source })
    }
}

/// The head of a safetensors file, padded with blanks so that the numbers begin at a multiple of
/// eight, and the bytes of the numbers behind it.
fn head(tensors: &[Wanted], kept: Kept) -> (Vec<u8>, u64) {
    // transformers refuses files that do not say which library their layout is of.
    let mut entries = Map::from_iter([("__metadata__".to_owned(), json!({"format": "pt"}))]);
    let mut end = 0_u64;
    for tensor in tensors {
        let start = end;
        end += (tensor.rows * tensor.columns * kept.width()) as u64;
        entries.insert(
            tensor.name.clone(),
            json!({"dtype": kept.name(), "shape": tensor.sizes(), "data_offsets": [start, end]}),
        );
    }
    let mut head = Value::Object(entries).to_string().into_bytes();
    head.resize(head.len().next_multiple_of(8), b' ');
    (head, end)
}
