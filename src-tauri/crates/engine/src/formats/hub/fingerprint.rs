//! What tells one model from another, whatever its name and its place: a hash of the files that
//! decide its answers.

use std::fs::File;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::{HubError, HubModel};

impl HubModel {
    /// SHA-256 of every file that decides its answers: weights, sizes, tokenizer and chat template.
    /// Reads all of them, which takes about a second for each 500 MB.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn fingerprint(&self) -> Result<String, HubError> {
        let mut hash = Sha256::new();
        let mut bytes = vec![0; 1 << 20];
        for path in &self.sources {
            let failed = |source| HubError::io(path, source);
            let mut file = File::open(path).map_err(failed)?;
            let mut length = 0_u64;
            loop {
                let read = file.read(&mut bytes).map_err(failed)?;
                if read == 0 {
                    break;
                }
                hash.update(&bytes[..read]);
                length += read as u64;
            }
            // Where one file ends and the next begins is part of it.
            hash.update(length.to_le_bytes());
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
