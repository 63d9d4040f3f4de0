//! What the engine reads and writes: chat files, pieces of text, saved numbers.

pub(crate) mod adapter_files;
pub(crate) mod chat_file;
pub(crate) mod folder;
pub(crate) mod hub;
pub(crate) mod merges;
pub(crate) mod rows;
pub(crate) mod saved;
pub(crate) mod text;
pub(crate) mod tokenizer;
pub(crate) mod words;
