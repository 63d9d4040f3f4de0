//! Little-endian values from a file, each held against the bytes that are left before it is read.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::HubError;

/// A file that is read from its start.
pub(super) struct Reader<'a> {
    path: &'a Path,
    file: BufReader<File>,
    length: u64,
    at: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, HubError> {
        let failed = |source| HubError::io(path, source);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok(Self { path, file: BufReader::with_capacity(1 << 16, file), length, at: 0 })
    }

    /// Bytes of the whole file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that were read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> u64 {
        self.length - self.at
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], HubError> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|source| self.failed(source))?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, HubError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, HubError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, HubError> {
        self.claim(count)?;
        let count = usize::try_from(count).map_err(|_| cut_off())?;
        let mut bytes = vec![0; count];
        self.file.read_exact(&mut bytes).map_err(|source| self.failed(source))?;
        Ok(bytes)
    }

    /// Leaves `count` bytes out.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), HubError> {
        self.claim(count)?;
        let count = i64::try_from(count).map_err(|_| cut_off())?;
        self.file.seek_relative(count).map_err(|source| self.failed(source))
    }

    fn claim(&mut self, count: u64) -> Result<(), HubError> {
        if count > self.left() {
            return Err(cut_off());
        }
        self.at += count;
        Ok(())
    }

    fn failed(&self, source: io::Error) -> HubError {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => cut_off(),
            _ => HubError::io(self.path, source),
        }
    }
}

fn cut_off() -> HubError {
    HubError::broken("it is cut off")
}
