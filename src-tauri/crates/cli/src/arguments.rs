//! What can be typed. Nothing is decided here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Teach a language model your own way of answering.
#[derive(Debug, Parser)]
#[command(name = "attune", version, about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look through a file of examples and say what needs a look
    Check(CheckArguments),
    /// Train a model on a file of examples
    Train(TrainArguments),
    /// Ask a model every question of a file and compare its answers with the right ones
    Evaluate(EvaluateArguments),
    /// Figures of answers that are given already
    Score(ScoreArguments),
    /// Ask a model one question
    Chat(ChatArguments),
    /// List all trainings, after finding out about those an earlier process left behind
    Jobs(JobsArguments),
    /// Serve this computer's models to other programs, with a token, on this computer only
    Serve(ServeArguments),
    /// The engine's process, started by Attune itself
    #[command(hide = true)]
    Engine(EngineArguments),
}

impl Command {
    /// Whether failures are to be printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Check(arguments) => arguments.json,
            Self::Train(arguments) => arguments.json,
            Self::Evaluate(arguments) => arguments.json,
            Self::Score(arguments) => arguments.json,
            Self::Chat(arguments) => arguments.json,
            Self::Jobs(arguments) => arguments.json,
            Self::Serve(_) | Self::Engine(_) => true,
        }
    }
}

/// Which columns of a table are what; guessed where absent.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ColumnArguments {
    /// The column with the questions, by its heading
    #[arg(long, value_name = "COLUMN")]
    pub(crate) question: Option<String>,
    /// The column with the answers, by its heading
    #[arg(long, value_name = "COLUMN")]
    pub(crate) answer: Option<String>,
    /// Standing instructions, the same for every example
    #[arg(long, value_name = "TEXT")]
    pub(crate) instructions: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// A table (CSV, TSV) or conversations (chat JSONL)
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// A table (CSV, TSV) or conversations (chat JSONL)
    pub(crate) file: PathBuf,
    /// Examples that are only watched; a tenth of the file when absent
    #[arg(long, value_name = "FILE")]
    pub(crate) validation: Option<PathBuf>,
    /// Where to train
    #[arg(long, default_value = "this-computer")]
    pub(crate) service: String,
    /// The model to start from
    #[arg(long, default_value = "lab")]
    pub(crate) model: String,
    /// How often all examples are read
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// A setting: layers, width or dropout
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    /// Print JSON lines while it trains
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// Questions with their right answers
    pub(crate) file: PathBuf,
    /// The model
    #[arg(long)]
    pub(crate) model: String,
    /// A model to compare with; always the most frequent answer when absent
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArguments {
    /// Lines {"expected","answer","scores":{label: logprob}?}
    pub(crate) file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ChatArguments {
    /// The model
    #[arg(long)]
    pub(crate) model: String,
    /// The question
    pub(crate) prompt: String,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JobsArguments {
    /// Wait at most so many seconds until no training works any more
    #[arg(long, value_name = "SECONDS")]
    pub(crate) wait: Option<u64>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct EngineArguments {
    /// The engine's folder
    #[arg(long)]
    pub(crate) home: PathBuf,
    /// Seconds that a training goes on without a checkpoint; 0 writes one after every step
    #[arg(long, hide = true)]
    pub(crate) checkpoint_seconds: Option<u64>,
}
