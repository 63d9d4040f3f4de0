//! `attune`: Attune for automation and tests, and the engine's process. Same use cases, same
//! library as the window.
//!
//! Ends 0 when it is done, 1 when the answer is "no", 2 when it cannot run.

mod arguments;
mod ask;
mod check;
mod engine;
mod estimate;
mod evaluate;
mod export;
mod far;
mod jobs;
mod measure;
mod models;
mod open;
mod output;
mod score;
mod services;
mod train;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use output::Ending;

fn main() -> ExitCode {
    start_log();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::from(2);
        }
    };
    let ending = runtime.block_on(run(arguments.command));
    // A blocked read of the standard input must not hold the end up.
    runtime.shutdown_background();
    ending.into()
}

async fn run(command: Command) -> Ending {
    let is_json = command.is_json();
    let result = match command {
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Estimate(arguments) => estimate::run(arguments).await,
        Command::Train(arguments) => train::run(arguments).await,
        Command::Evaluate(arguments) => evaluate::run(arguments).await,
        Command::Score(arguments) => score::run(&arguments),
        Command::Chat(arguments) => ask::run(arguments).await,
        Command::Models(arguments) => models::run(arguments).await,
        Command::Export(arguments) => export::run(arguments).await,
        Command::Jobs(arguments) => jobs::run(&arguments).await,
        Command::Services(arguments) => services::run(&arguments).await,
        Command::Serve(arguments) => engine::serve_people(&arguments).await,
        Command::Measure(arguments) => measure::run(&arguments),
        Command::Engine(arguments) => engine::serve_parent(arguments).await,
    };
    match result {
        Ok(ending) => ending,
        Err(failure) => output::refuse(&failure, is_json),
    }
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ATTUNE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
