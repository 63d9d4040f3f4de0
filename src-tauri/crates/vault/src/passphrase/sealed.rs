//! The bytes of a sealed file: a mark, a salt, a nonce, and the keys encrypted and authenticated.
//!
//! The mark names the version, and the version fixes every parameter, so that nobody can weaken a
//! file by editing numbers in it. Mark, salt and nonce are authenticated with the keys.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::Passphrase;
use crate::error::VaultError;

const MARK: &[u8] = b"attune keys 1\n";
const SALT: usize = 16;
const NONCE: usize = 24;
const KEY: usize = 32;
const HEADER: usize = MARK.len() + SALT + NONCE;

/// How dear each guess of a passphrase is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    kibibytes: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// The second recommended choice of RFC 9106, section 4: Argon2id with 64 MiB, three passes and
    /// four lanes.
    pub(crate) const RECOMMENDED: Self = Self { kibibytes: 64 * 1024, passes: 3, lanes: 4 };

    /// As cheap as the algorithm allows, where a test is about something else.
    #[cfg(test)]
    pub(crate) const CHEAPEST: Self = Self { kibibytes: 8, passes: 1, lanes: 1 };
}

/// What opens and closes a file: the key that a passphrase and a salt come to.
pub(super) struct Seal {
    salt: [u8; SALT],
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal(****)")
    }
}

impl Seal {
    /// Works out the key; slow and dear on purpose.
    pub(super) fn new(
        passphrase: &Passphrase,
        salt: [u8; SALT],
        cost: Cost,
    ) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY]);
        let params = Params::new(cost.kibibytes, cost.passes, cost.lanes, Some(KEY));
        params
            .and_then(|params| {
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                argon2.hash_password_into(passphrase.expose_for_sealing(), &salt, &mut *key)
            })
            .map_err(|error| VaultError::File(std::io::Error::other(error.to_string())))?;
        Ok(Self { salt, cipher: XChaCha20Poly1305::new(&Key::from(*key)) })
    }

    /// The keys in a file, if this is its seal.
    pub(super) fn open(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (header, msg) = file.split_at_checked(HEADER).ok_or(VaultError::Garbled)?;
        let nonce = XNonce::try_from(&header[HEADER - NONCE..]).map_err(|_| VaultError::Garbled)?;
        let opened = self.cipher.decrypt(&nonce, Payload { msg, aad: header });
        opened.map(Zeroizing::new).map_err(|_| VaultError::WrongPassphrase)
    }

    /// A file that holds `bytes`. Its nonce is random: with 24 bytes no two are ever the same.
    pub(super) fn close(&self, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE] = random().map_err(VaultError::File)?;
        let mut file = [MARK, &self.salt, &nonce].concat();
        let closed = self.cipher.encrypt(&XNonce::from(nonce), Payload { msg: bytes, aad: &file });
        file.extend(closed.expect("a few kilobytes are not too long for the cipher"));
        Ok(file)
    }
}

/// The salt of a file of ours.
pub(super) fn salt_of(file: &[u8]) -> Result<[u8; SALT], VaultError> {
    let rest = file.strip_prefix(MARK).ok_or(VaultError::Garbled)?;
    rest.first_chunk().copied().ok_or(VaultError::Garbled)
}

/// Bytes that nobody can foresee.
pub(super) fn random<const COUNT: usize>() -> std::io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes)
}
