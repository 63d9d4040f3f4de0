//! Counts the tokens of every text in a file of conversations, for `cargo xtask bench counting`.
//!
//!     cargo run --release --package attune-cost --example count -- FILE ENCODING THREADS
//!
//! Prints `{"bytes","tokens","seconds"}`; reading and parsing are not in the time.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use attune_cost::{Encoding, bulk_counter};
use serde_json::{Value, json};

/// Texts that a thread takes at once.
const BATCH: usize = 256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("FILE ENCODING THREADS");
    let (file, encoding, threads) = (next()?, next()?, next()?.parse()?);
    let encoding = match encoding.as_str() {
        "cl100k_base" => Encoding::Cl100k,
        "o200k_base" => Encoding::O200k,
        _ => return Err("an encoding that nobody knows".into()),
    };
    let texts = texts(&std::fs::read_to_string(file)?)?;
    // The vocabulary is read before the time begins, there as here.
    bulk_counter(encoding).count("warm");
    let begun = Instant::now();
    let tokens = count(&texts, encoding, threads);
    let seconds = begun.elapsed().as_secs_f64();
    let bytes: usize = texts.iter().map(String::len).sum();
    let said = json!({ "bytes": bytes, "tokens": tokens, "seconds": seconds });
    writeln!(io::stdout(), "{said}")?;
    Ok(())
}

fn texts(lines: &str) -> serde_json::Result<Vec<String>> {
    let mut texts = Vec::new();
    for line in lines.lines() {
        let example: Value = serde_json::from_str(line)?;
        let messages = example["messages"].as_array().into_iter().flatten();
        texts.extend(messages.filter_map(|it| it["content"].as_str().map(str::to_owned)));
    }
    Ok(texts)
}

fn count(texts: &[String], encoding: Encoding, threads: usize) -> u64 {
    let next = AtomicUsize::new(0);
    let work = || {
        let counter = bulk_counter(encoding);
        let mut tokens = 0;
        while let Some(batch) = texts.chunks(BATCH).nth(next.fetch_add(1, Ordering::Relaxed)) {
            tokens += batch.iter().map(|text| counter.count(text)).sum::<u64>();
        }
        tokens
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).sum()
    })
}
