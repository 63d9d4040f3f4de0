//! The judge is judged: every reply against OpenAI's own document, every bill against real ones.

mod bills;
mod client;
mod faults;
mod files;
mod jobs;
mod lines;
mod models;
mod orders;
mod schemas;
mod sequences;
