//! Test equipment that the integration tests and the journeys share.
//!
//! It makes temporary libraries, invented examples, broken files, small disks, and finds and ends
//! processes. It must never be linked into a program, and it holds no rule of the product: what is
//! right is written in the tests. It panics with a sentence where a test could not go on anyway.

mod examples;
#[cfg(feature = "fake-service")]
pub mod fake_service;
mod files;
mod home;
mod programs;
mod reference;
// Here because it needs a crate that only this feature brings along.
#[cfg(feature = "fake-service")]
mod secrets;
mod seeded;
pub mod tasks;

#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod small_disk;

pub use examples::{GroupTask, Pair, csv, groups_of};
pub use files::{
    binary_bytes, broken_jsonl, chat_jsonl, huge_line_jsonl, make_unreadable, utf16_csv,
};
pub use home::{HomeFolder, damage_library, library_file, make_library_newer};
pub use programs::Programs;
pub use reference::{Banking, LEFT_OUT_WORDS, reference_folder};
#[cfg(feature = "fake-service")]
pub use secrets::SecretTraces;
pub use seeded::Seeded;

#[cfg(target_os = "linux")]
pub use processes::{Process, with_argument, with_environment};
#[cfg(target_os = "linux")]
pub use small_disk::SmallDisk;

#[cfg(test)]
mod tests;
