//! What a person is shown while an operation is open.

/// Whether the vault waits for the keyring, which may be waiting for the person's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// No operation is open.
    Idle,
    /// An operation is open: "waiting for your keyring" is true, though mostly for an instant.
    WaitingForKeyring,
}
