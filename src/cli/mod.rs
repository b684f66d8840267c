//! The command line: one file a command. Results go to stdout, everything else to stderr.
//!
//! Exit status: 0 all well; 1 something failed (the rest was still done); 2 usage or configuration.

mod ask;
mod run;
mod sync;
mod sync_progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config, Location};
use crate::status::log;

/// Keeps an Azure Log Analytics workspace in step with your service desks.
#[derive(Debug, Parser)]
#[command(name = "itsmd", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// The configuration file [default: $ITSMD_CONFIG, else /etc/itsmd/itsmd.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How log lines are written to stderr
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run as a daemon: sync on schedule, until SIGTERM
    Run,
    /// Sync once, in the foreground
    Sync(sync::Args),
}

/// Why a command ended otherwise than well.
#[derive(Debug)]
pub enum Failure {
    /// Something failed: exit status 1.
    Failed(anyhow::Error),
    /// Usage or configuration: exit status 2.
    Usage(String),
    /// It has been said already: exit status 1.
    Told,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = match cli.log_format {
        LogFormat::Text => log::Format::Text,
        LogFormat::Json => log::Format::Json,
    };
    let level = match cli.command {
        Command::Run => "info",
        Command::Sync(_) => "warn",
    };
    let _ = log::init(format, level);
    let done = match cli.command {
        Command::Run => run::run(load(cli.config.as_deref())),
        Command::Sync(args) => sync::run(&args, load(cli.config.as_deref())),
    };
    exit_code(done)
}

fn exit_code(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Told) => ExitCode::FAILURE,
        Err(Failure::Failed(error)) => {
            eprintln!("itsmd: {error:#}");
            ExitCode::FAILURE
        }
        Err(Failure::Usage(text)) => {
            eprintln!("itsmd: {text}");
            ExitCode::from(2)
        }
    }
}

/// Reads the configuration; its warnings are told at once.
fn load(flag: Option<&std::path::Path>) -> Result<Config, Failure> {
    match config::load(Location::find(flag)) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                eprintln!("warning: {warning}");
            }
            Ok(loaded.config)
        }
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}

/// The runtime of a command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // Each thread has a heap of its own: many would not be faster, only larger.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder
        .worker_threads(threads)
        .max_blocking_threads(4)
        .enable_all()
        .build()?)
}

/// `5m`, `90s`, `1h`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a number and s, m, h or d, e.g. 5m".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "a number and s, m, h or d, e.g. 5m".to_owned())?;
    Ok(std::time::Duration::from_secs(number * seconds))
}

/// The connections of these names; all, if none is named.
fn chosen(config: &Config, names: &[String]) -> Result<std::collections::BTreeSet<String>, Failure> {
    for name in names {
        if config.connection(name).is_none() {
            let known: Vec<&str> = config
                .connections
                .iter()
                .map(|connection| connection.name.as_str())
                .collect();
            return Err(Failure::Usage(format!(
                "no connection {name:?}; there are: {}",
                known.join(", ")
            )));
        }
    }
    Ok(names.iter().cloned().collect())
}
