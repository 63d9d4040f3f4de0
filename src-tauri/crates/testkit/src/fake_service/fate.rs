//! What becomes of a job, where it is not to succeed.

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fate {
    /// It ends as its file deserves.
    #[default]
    Ordinary,
    /// The files are refused with this code and these words.
    RefusedFile {
        /// `error.code`, for example `unsafe_file`.
        code: String,
        /// `error.message`.
        message: String,
    },
    /// It fails after a number of steps, which are billed.
    FailsAfter {
        /// Steps that are done; one at least.
        steps: u64,
        /// `error.code`, for example `server_error`.
        code: String,
        /// `error.message`.
        message: String,
    },
    /// It waits for a machine for ever.
    StuckInQueue,
}
