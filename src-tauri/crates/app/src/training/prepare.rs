//! Dealing the examples and writing the files a training uses.

use std::ops::ControlFlow;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::checks::SplitCounts;
use attune_dataset::split::{Part, Shares, assign};
use attune_dataset::{ContentKey, RowOutcome};
use attune_store::{LaunchCounts, Library, ProjectId, ProjectRow, StoreError};

use super::quote::Stuff;
use crate::failures::OrFailure;
use crate::{App, SourceFile, TableColumns, checks, examples, locked, projects};

/// How the examples of a project are dealt: one part for each usable example, in their order.
pub(super) struct Dealt {
    parts: Vec<Part>,
    /// Tokens of the usable examples.
    pub(super) tokens: u64,
    /// Examples that are only watched and come from a file of their own.
    pub(super) watched_elsewhere: u64,
}

impl Dealt {
    pub(super) fn usable(&self) -> u64 {
        self.parts.len() as u64
    }

    pub(super) fn counts(&self) -> SplitCounts {
        let counts = checks::count_parts(&self.parts);
        SplitCounts { validate: counts.validate + self.watched_elsewhere, ..counts }
    }
}

/// How the examples of a launch are dealt, as the library keeps it.
pub(super) fn launch_counts(counts: &SplitCounts) -> LaunchCounts {
    LaunchCounts { train: counts.train, validate: counts.validate, test: counts.test }
}

/// The prepared files, by the BLAKE3 hash of their bytes in hex.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) train: String,
    pub(super) validate: String,
    pub(super) test: String,
}

/// A project as a training would take it, kept until its examples change.
#[derive(Debug, Clone)]
pub(crate) struct PreparedProject {
    project: ProjectId,
    version: u64,
    usable: u64,
    pub(super) counts: SplitCounts,
    pub(super) tokens: u64,
    files: Files,
}

impl PreparedProject {
    /// The files to learn from and to watch.
    pub(crate) fn files(&self) -> [&str; 2] {
        [&self.files.train, &self.files.validate]
    }

    /// How many examples are learned from.
    pub(crate) fn learned_from(&self) -> u64 {
        self.counts.train
    }

    pub(crate) fn has_validation(&self) -> bool {
        self.counts.validate > 0
    }

    /// The same for an order at a service; `in_the_way` is why nothing can be ordered now.
    pub(super) fn stuff(&self, in_the_way: Option<Failure>, seed: u64) -> Stuff {
        Stuff {
            project: self.project,
            dataset_version: self.version,
            counts: self.counts.clone(),
            files: self.files.clone(),
            tokens: self.tokens,
            seed,
            refusal: in_the_way.or_else(|| self.refusal()),
        }
    }

    /// Why nothing can be learnt from it.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        super::too_few(self.usable)
    }
}

impl App {
    /// A project as a training would take it now.
    pub(crate) async fn prepared_project(
        self: &Arc<Self>,
        project: i64,
    ) -> Result<PreparedProject, Failure> {
        self.on_library(move |app, library| {
            let row = projects::live_project(library, ProjectId(project))?;
            let version = library.history(row.id).or_failure()?.version;
            let known = locked(&app.prepared).clone();
            if let Some(known) = known.filter(|it| (it.project, it.version) == (row.id, version)) {
                return Ok(known);
            }
            let dealt = deal(library, &row, Shares::default())?;
            let prepared = PreparedProject {
                project: row.id,
                version,
                usable: dealt.usable(),
                counts: dealt.counts(),
                tokens: dealt.tokens,
                files: write(library, &row, &dealt)?,
            };
            *locked(&app.prepared) = Some(prepared.clone());
            Ok(prepared)
        })
        .await
    }
}

/// Deals the usable examples of a project.
pub(super) fn deal(
    library: &Library,
    project: &ProjectRow,
    shares: Shares,
) -> Result<Dealt, Failure> {
    let mut keys: Vec<ContentKey> = Vec::new();
    let mut tokens = 0;
    library
        .scan(project.id, &mut |row| {
            if !examples::has_errors(&row.content.problems) {
                keys.push(row.content.key);
                tokens += u64::from(row.content.tokens_total);
            }
            ControlFlow::Continue(())
        })
        .or_failure()?;
    Ok(Dealt { parts: assign(project.split_seed, &keys, shares), tokens, watched_elsewhere: 0 })
}

/// Writes the three files. The same examples give the same bytes, and so the same files.
pub(super) fn write(
    library: &Library,
    project: &ProjectRow,
    dealt: &Dealt,
) -> Result<Files, Failure> {
    let file = |part: Part| write_part(library, project, &dealt.parts, part).or_failure();
    Ok(Files {
        train: file(Part::Train)?,
        validate: file(Part::Validate)?,
        test: file(Part::Test)?,
    })
}

fn write_part(
    library: &Library,
    project: &ProjectRow,
    parts: &[Part],
    wanted: Part,
) -> Result<String, StoreError> {
    let mut scanned = Ok(());
    let file = library.file_put(&mut |file| {
        let mut written = Ok(());
        let mut dealt = parts.iter();
        scanned = library.scan(project.id, &mut |row| {
            if examples::has_errors(&row.content.problems) {
                return ControlFlow::Continue(());
            }
            if dealt.next() == Some(&wanted) {
                written = writeln!(file, "{}", row.content.body);
            }
            if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        written
    });
    scanned?;
    file
}

/// Writes the usable examples of a file as a prepared file; gives its hash and how many they are.
pub(super) fn write_file(
    library: &Library,
    source: &SourceFile,
    columns: &TableColumns,
) -> Result<(String, u64), Failure> {
    let mut rows = source.rows(columns, &Arc::default())?;
    let mut count = 0;
    let mut unread = Ok(());
    let hash = library
        .file_put(&mut |file| {
            for row in rows.by_ref() {
                let row = match row {
                    Ok(row) => row,
                    Err(failure) => {
                        unread = Err(failure);
                        return Ok(());
                    }
                };
                if let RowOutcome::Example(example, _) = row.outcome {
                    let content = examples::content_of(&example);
                    if !examples::has_errors(&content.problems) {
                        writeln!(file, "{}", content.body)?;
                        count += 1;
                    }
                }
            }
            Ok(())
        })
        .or_failure()?;
    unread?;
    Ok((hash, count))
}
