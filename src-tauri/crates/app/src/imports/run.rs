//! The import itself: rows are read in order, made into examples on every core, and stored in one
//! transaction, so that a crash in the middle leaves nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use attune_contract::{Failure, FailureCode, params};
use attune_dataset::{Example, Problem, RowOutcome, SourceRow};
use attune_store::{ExampleContent, ImportSink, Library, NewExample, ProjectId, SourceInfo};

use super::{SourceFile, TableColumns};
use crate::failures::OrFailure;
use crate::{App, examples, projects};

/// Rows made into examples at a time: enough to keep every core busy, little enough to hold.
const CHUNK_ROWS: usize = 2_048;
const CHUNK_BYTES: usize = 16 << 20;
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Where the examples go.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// An existing project; a new one when absent.
    pub(crate) project: Option<ProjectId>,
    /// The name of the new project.
    pub(crate) name: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) examples: u64,
    pub(crate) bytes_read: u64,
    pub(crate) bytes: u64,
}

/// What came of an import.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) project: ProjectId,
    pub(crate) imported: u64,
    pub(crate) need_look: u64,
    pub(crate) left_out: u64,
    pub(crate) blank: u64,
}

/// Brings a file in. `on_progress` is called now and then; when it says `false` the import stops.
///
/// # Errors
/// `ImportStopped`, `ImportNothingUsable`, `FileUnreadable`; failures of the library. A project made
/// for the import is put into the bin again.
pub(crate) fn bring_in(
    app: &App,
    library: &Library,
    source: &SourceFile,
    columns: Option<TableColumns>,
    destination: Destination,
    on_progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Outcome, Failure> {
    let columns = match columns {
        Some(columns) => columns,
        None => source.guessed_columns()?,
    };
    let info =
        SourceInfo { name: source.name.clone(), bytes: source.bytes, blake3: source.hash()? };
    let project = match destination.project {
        Some(project) => project,
        None => projects::create(app, library, destination.name, Some(source.name.clone()), false)?,
    };
    let stored = store_rows(app, library, source, &columns, project, &info, on_progress);
    if stored.is_err() && destination.project.is_none() {
        library.project_set_deleted(project, true).or_failure()?;
    }
    stored
}

fn store_rows(
    app: &App,
    library: &Library,
    source: &SourceFile,
    columns: &TableColumns,
    project: ProjectId,
    info: &SourceInfo,
    on_progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome { project, imported: 0, need_look: 0, left_out: 0, blank: 0 };
    let bytes_read = Arc::new(AtomicU64::new(0));
    let mut reported = Instant::now();
    library
        .import(project, info, app.now_ms(), &mut |sink| {
            let mut rows = source.rows(columns, &bytes_read)?;
            loop {
                let chunk = next_chunk(&mut rows)?;
                if chunk.is_empty() {
                    break;
                }
                for made in make_examples(chunk) {
                    store_row(sink, made, &mut outcome)?;
                }
                if reported.elapsed() >= PROGRESS_EVERY {
                    reported = Instant::now();
                    let progress = Progress {
                        examples: outcome.imported,
                        bytes_read: bytes_read.load(Ordering::Relaxed).min(source.bytes),
                        bytes: source.bytes,
                    };
                    if !on_progress(progress) {
                        return Err(Failure::new(FailureCode::ImportStopped, params![]));
                    }
                }
            }
            if outcome.imported == 0 {
                let file = source.name.as_str();
                let count = outcome.left_out;
                return Err(Failure::new(FailureCode::ImportNothingUsable, params![file, count]));
            }
            Ok(())
        })
        .or_failure()?;
    Ok(outcome)
}

fn next_chunk(
    rows: &mut impl Iterator<Item = Result<SourceRow, Failure>>,
) -> Result<Vec<SourceRow>, Failure> {
    let mut chunk = Vec::new();
    let mut bytes = 0;
    while chunk.len() < CHUNK_ROWS && bytes < CHUNK_BYTES {
        let Some(row) = rows.next() else { break };
        let row = row?;
        bytes += size_of_row(&row);
        chunk.push(row);
    }
    Ok(chunk)
}

fn size_of_row(row: &SourceRow) -> usize {
    match &row.outcome {
        RowOutcome::Example(example, _) => {
            example.messages.iter().map(|message| message.content.len()).sum()
        }
        RowOutcome::LeftOut { text, .. } => text.len(),
        RowOutcome::Blank => 0,
    }
}

/// A row made ready to be stored.
enum Made {
    Example { line: u64, content: ExampleContent },
    LeftOut { line: u64, problem: Problem, text: String },
    Blank,
}

/// Counting tokens is most of the work, so it is spread over the cores; the order stays.
fn make_examples(chunk: Vec<SourceRow>) -> Vec<Made> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if chunk.len() < 64 || cores == 1 {
        return chunk.into_iter().map(make).collect();
    }
    let share = chunk.len().div_ceil(cores);
    let mut parts: Vec<Vec<SourceRow>> = Vec::new();
    let mut rest = chunk;
    while rest.len() > share {
        let tail = rest.split_off(share);
        parts.push(std::mem::replace(&mut rest, tail));
    }
    parts.push(rest);
    std::thread::scope(|scope| {
        let workers: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(|| part.into_iter().map(make).collect::<Vec<_>>()))
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<Made>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    })
}

fn make(row: SourceRow) -> Made {
    match row.outcome {
        RowOutcome::Example(example, problems) => {
            Made::Example { line: row.line, content: examples::content_with(&example, &problems) }
        }
        RowOutcome::LeftOut { problem, text } => Made::LeftOut { line: row.line, problem, text },
        RowOutcome::Blank => Made::Blank,
    }
}

fn store_row(sink: &mut ImportSink<'_>, made: Made, outcome: &mut Outcome) -> Result<(), Failure> {
    match made {
        Made::Example { line, content } => {
            outcome.imported += 1;
            outcome.need_look += u64::from(!content.problems.is_empty());
            sink.push(&NewExample { line: Some(line), content: &content }).or_failure()?;
        }
        Made::LeftOut { line, problem, text } => {
            outcome.left_out += 1;
            sink.leave_out(line, problem.code.as_str(), &text).or_failure()?;
        }
        Made::Blank => outcome.blank += 1,
    }
    Ok(())
}

/// Brings in the sample that comes with Attune.
///
/// # Errors
/// Failures of the library.
pub(crate) fn bring_in_sample(
    app: &App,
    library: &Library,
    project: ProjectId,
) -> Result<(), Failure> {
    let samples: Vec<Example> = attune_dataset::sample::examples();
    let info = SourceInfo { name: String::new(), bytes: 0, blake3: String::new() };
    library
        .import(project, &info, app.now_ms(), &mut |sink| {
            for example in &samples {
                let content = examples::content_of(example);
                sink.push(&NewExample { line: None, content: &content }).or_failure()?;
            }
            Ok(())
        })
        .or_failure()
        .map(drop)
}
