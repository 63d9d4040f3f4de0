//! What can be typed. Nothing is decided here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Work out what a training on a file of examples would cost; nothing is sent
    Estimate(EstimateArguments),
    /// Train a model on a file of examples
    Train(TrainArguments),
    /// Ask a model every question of a file and compare its answers with the right ones
    Evaluate(EvaluateArguments),
    /// Figures of answers that are given already
    Score(ScoreArguments),
    /// Ask a model one question
    Chat(ChatArguments),
    /// List the starting models of this computer, or fetch the starter
    Models(ModelsArguments),
    /// Write a trained model out, and prove that the files are it
    Export(ExportArguments),
    /// List all trainings, after finding out about those an earlier process left behind
    Jobs(JobsArguments),
    /// List where a model can be trained: this computer, and the places that were connected
    Services(ServicesArguments),
    /// Serve this computer's models to other programs, with a token, on this computer only
    Serve(ServeArguments),
    /// Measure training and answering for `cargo xtask bench`
    #[command(hide = true)]
    Measure(MeasureArguments),
    /// The engine's process, started by Attune itself
    #[command(hide = true)]
    Engine(EngineArguments),
}

impl Command {
    /// Whether failures are to be printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Check(arguments) => arguments.json,
            Self::Estimate(arguments) => arguments.json,
            Self::Train(arguments) => arguments.json,
            Self::Evaluate(arguments) => arguments.json,
            Self::Score(arguments) => arguments.json,
            Self::Chat(arguments) => arguments.json,
            Self::Models(arguments) => arguments.json,
            Self::Export(arguments) => arguments.json,
            Self::Jobs(arguments) => arguments.json,
            Self::Services(arguments) => arguments.json,
            Self::Serve(_) | Self::Engine(_) | Self::Measure(_) => true,
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

/// How many cores train and answer.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct CoreArguments {
    /// Cores that work; as set in Attune when absent, by itself all but one
    #[arg(long, value_name = "N")]
    pub(crate) cores: Option<usize>,
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
pub(crate) struct EstimateArguments {
    /// A table (CSV, TSV) or conversations (chat JSONL)
    pub(crate) file: PathBuf,
    /// Where to train: openai, nebius, crusoe, or a connected place by its name or its address
    #[arg(long, default_value = "openai")]
    pub(crate) service: String,
    /// The model to start from
    #[arg(long)]
    pub(crate) model: String,
    /// How often all examples are read: a number, or as often as the place would choose
    #[arg(long, value_name = "auto|N", default_value = "auto")]
    pub(crate) epochs: String,
    /// The tokenizer file of an open model (tokenizer.json), which counts its text
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,
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
    /// Where to train: this-computer, openai, nebius, crusoe, or an address that speaks OpenAI's format
    #[arg(long, default_value = "this-computer")]
    pub(crate) service: String,
    /// The most that may be spent, in US dollars; needed where training costs money
    #[arg(long, value_name = "USD")]
    pub(crate) ceiling: Option<String>,
    /// Agree to the price without being asked
    #[arg(long)]
    pub(crate) yes: bool,
    /// The model to start from: lab, starter, a folder, a GGUF file, or one that was trained (ft:…)
    #[arg(long, default_value = "lab")]
    pub(crate) model: String,
    /// How often all examples are read
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u32>,
    /// A setting, such as dial=0, rank=8, dropout=0.1, layers=3 or window=64
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    #[command(flatten)]
    pub(crate) cores: CoreArguments,
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
    /// The most that may be spent, in US dollars; needed where a model answers at a service
    #[arg(long, value_name = "USD")]
    pub(crate) ceiling: Option<String>,
    /// Agree to spend up to the ceiling
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    #[command(flatten)]
    pub(crate) cores: CoreArguments,
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
    /// The most that may be spent, in US dollars; needed for a model that answers at a service
    #[arg(long, value_name = "USD")]
    pub(crate) ceiling: Option<String>,
    /// Agree to the price without being asked
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) cores: CoreArguments,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ModelsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Fetch a model that Attune offers
    Fetch {
        /// Which one: starter
        model: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The trained model (ft:…)
    #[arg(long)]
    pub(crate) model: String,
    /// The folder to write to; it must be new or empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// The add-on alone, or the whole model
    #[arg(long, value_enum, default_value = "adapter")]
    pub(crate) kind: ExportKindArgument,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportKindArgument {
    /// The add-on alone, as PEFT reads it
    Adapter,
    /// The whole model with the add-on worked in
    Merged,
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
pub(crate) struct ServicesArguments {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Cores that train; all but one when absent
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct EngineArguments {
    /// The engine's folder
    #[arg(long)]
    pub(crate) home: PathBuf,
    /// The folder of models that somebody else trained; beside the engine's folder when absent
    #[arg(long)]
    pub(crate) models: Option<PathBuf>,
    /// Cores that train; all but one when absent
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// Seconds that a training goes on without a checkpoint; 0 writes one after every step
    #[arg(long, hide = true)]
    pub(crate) checkpoint_seconds: Option<u64>,
}

/// What `attune measure` measures.
#[derive(Debug, Args)]
pub(crate) struct MeasureArguments {
    /// A model's folder or file
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// A file of batches: {"steps":[[{"pieces":[..],"weights":[..]},..],..]}
    #[arg(long)]
    pub(crate) batches: Option<PathBuf>,
    /// Steps at most
    #[arg(long)]
    pub(crate) steps: Option<usize>,
    /// How weights and activations are kept
    #[arg(long, value_enum, default_value = "bf16")]
    pub(crate) precision: Precision,
    /// Rank of the adapters
    #[arg(long, default_value_t = 8)]
    pub(crate) rank: usize,
    /// Threads that work
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: usize,
    /// Compute activations again instead of keeping them
    #[arg(long)]
    pub(crate) recompute: bool,
    /// A folder for the adapters that were trained
    #[arg(long)]
    pub(crate) save: Option<PathBuf>,
    /// Only the mean loss of all rows
    #[arg(long)]
    pub(crate) loss: bool,
    /// A folder with adapters, for the loss
    #[arg(long)]
    pub(crate) adapter: Option<PathBuf>,
    /// Answer with so many tokens instead of training
    #[arg(long)]
    pub(crate) decode: Option<usize>,
    /// Tokens of the question before that answer
    #[arg(long, default_value_t = 256)]
    pub(crate) prompt_tokens: u32,
    /// Print one JSON document (always done)
    #[arg(long)]
    pub(crate) json: bool,
}

/// How numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Precision {
    /// 16 bits
    Bf16,
    /// 32 bits
    F32,
}
