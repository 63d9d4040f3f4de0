//! Opening the library and files for a command.

use std::path::PathBuf;
use std::sync::Arc;

use attune_app::{
    App, AppOptions, InstructionsSource, KeyringOptions, SilentDesktop, SourceFile, TableColumns,
    default_home, hold, starter_file, system_clock,
};
use attune_contract::{Failure, FailureCode, Nothing, params};

use crate::arguments::{ColumnArguments, CoreArguments};

/// The program over the library; fails where the library cannot be opened.
pub(crate) async fn app() -> Result<Arc<App>, Failure> {
    app_with(CoreArguments::default()).await
}

/// The same with as many cores as were typed.
pub(crate) async fn app_with(CoreArguments { cores }: CoreArguments) -> Result<Arc<App>, Failure> {
    let options = AppOptions {
        home: home()?,
        engine_program: program()?,
        clock: system_clock,
        starter: starter_file(),
        cores,
        keyring: KeyringOptions::default,
        pauses: hold::pauses(),
    };
    let app = App::open(options, Arc::new(SilentDesktop));
    match app.app_read(Nothing {}).await?.library_failure {
        Some(failure) => Err(failure),
        None => Ok(app),
    }
}

/// A model by what was typed: a name, or the path of a folder or a GGUF file of one's own.
pub(crate) async fn model(app: &Arc<App>, typed: &str) -> Result<String, Failure> {
    let is_name = matches!(typed, "lab" | "starter") || typed.contains(':');
    let path = std::path::Path::new(typed);
    if is_name && !path.exists() || matches!(typed, "lab" | "starter") {
        return Ok(typed.to_owned());
    }
    if !path.exists() {
        return Err(Failure::new(FailureCode::ModelFilesMissing, params!["model" => typed]));
    }
    app.register_model(path).await
}

/// The library's folder.
pub(crate) fn home() -> Result<PathBuf, Failure> {
    let folder = "Attune";
    default_home().ok_or_else(|| Failure::new(FailureCode::LibraryNoAccess, params![folder]))
}

/// This very program is the engine too.
fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::new(FailureCode::EngineMissing, params![]).with_detail(error.to_string())
    })
}

/// A file and its columns: those that were named, else those that look right.
pub(crate) fn source(
    file: PathBuf,
    named: &ColumnArguments,
) -> Result<(SourceFile, TableColumns), Failure> {
    let source = SourceFile::open(file)?;
    let mut columns = source.guessed_columns()?;
    if source.is_table() {
        if let Some(question) = &named.question {
            columns.question = column(&source, question, "question")?;
        }
        if let Some(answer) = &named.answer {
            columns.answer = column(&source, answer, "answer")?;
        }
        if let Some(text) = &named.instructions {
            columns.instructions = Some(InstructionsSource::Text(text.clone()));
        }
    }
    Ok((source, columns))
}

fn column(source: &SourceFile, name: &str, field: &'static str) -> Result<usize, Failure> {
    let table = source.table_preview(1)?;
    let found = table.columns.iter().find(|column| column.name == name);
    let missing = || Failure::new(FailureCode::InputInvalid, params![field]);
    found.map(|column| column.index).ok_or_else(missing)
}
