//! The command line: one file a command. Results go to stdout, everything else to stderr.
//!
//! Exit status: 0 all well; 1 something failed (the rest was still done); 2 usage or configuration.

mod ask;
mod check;
mod completions;
mod console;
mod cost;
#[cfg(feature = "sim")]
mod demo;
mod discover;
pub mod explain;
mod forget;
mod init;
mod man;
mod no_core;
mod paper;
mod plan;
mod quarantine;
mod resync;
mod resync_cost;
mod run;
mod schema;
mod state;
mod status;
mod sync;
mod sync_progress;
mod table;
mod trace;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What `itsmd check` finds by itself.
pub use self::check::code as check_codes;
use self::console::{confirm, note, out, tell};
use crate::app::Parts;
use crate::config::{self, Config, Location, Secrets};
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
    /// Write a first configuration and its secret files, from questions or from flags
    Init(init::Args),
    /// Test the configuration, every connection and the workspace
    Check(check::Args),
    /// Explain a code: what it means, why it may be so, what to do
    Explain(explain::Args),
    /// Say what a first sync would cost: records, requests, time, gigabytes; nothing is delivered
    Plan(plan::Args),
    /// List the tables and columns of a Dataverse instance (Provance), and draft a profile
    Discover(discover::Args),
    /// Show every stream: position, lag, last run; ends with 1 if one is failing, blocked or late
    Status(status::Args),
    /// Deliver what was delivered before once more
    Resync(resync::Args),
    /// Show what is known of one work item
    Trace(trace::Args),
    /// Look at records that were set aside, try them again, drop them
    Quarantine(quarantine::Args),
    /// Drop all state of a connection
    Forget(forget::Args),
    /// Print an artefact generated for other programs
    Schema(schema::Args),
    /// Print a shell's completion script
    Completions(completions::Args),
    /// Print a page of the manual
    Man(man::Args),
    /// Show it at work: simulated service desks and a workspace on loopback, nothing to configure
    #[cfg(feature = "sim")]
    Demo(demo::Args),
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
    no_core::forbid();
    let cli = Cli::parse();
    let format = match cli.log_format {
        LogFormat::Text => log::Format::Text,
        LogFormat::Json => log::Format::Json,
    };
    let level = match cli.command {
        Command::Run => "info",
        // It says all of it itself, with remedies.
        Command::Check(_) | Command::Plan(_) | Command::Discover(_) => "off",
        // What fails is shown in the result, with its remedy.
        Command::Sync(_) => "warn,itsmd::sync::run=off",
        Command::Status(_)
        | Command::Resync(_)
        | Command::Trace(_)
        | Command::Quarantine(_)
        | Command::Forget(_)
        | Command::Init(_)
        | Command::Schema(_)
        | Command::Explain(_)
        | Command::Completions(_)
        | Command::Man(_) => "warn",
        #[cfg(feature = "sim")]
        Command::Demo(_) => "warn",
    };
    let _ = log::init(format, level);
    exit_code(obey(&cli.command, cli.config.as_deref()))
}

fn obey(command: &Command, config: Option<&Path>) -> Result<(), Failure> {
    match command {
        Command::Run => run::run(load(config)),
        Command::Sync(args) => sync::run(args, load(config)),
        Command::Init(args) => init::run(args, config),
        Command::Check(args) => check::run(args, config),
        Command::Explain(args) => explain::run(args),
        Command::Discover(args) => discover::run(args, load(config)?),
        Command::Plan(args) => plan::run(args, load(config)?),
        Command::Status(args) => status::run(args, &load_without_secrets(config)?),
        Command::Resync(args) => resync::run(args, &load_without_secrets(config)?),
        Command::Trace(args) => trace::run(args, &load_without_secrets(config)?),
        Command::Quarantine(args) => quarantine::run(args, &load_without_secrets(config)?),
        Command::Forget(args) => forget::run(args, &load_without_secrets(config)?),
        Command::Schema(args) => schema::run(args, config),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        #[cfg(feature = "sim")]
        Command::Demo(args) => demo::run(args),
    }
}

fn exit_code(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure);
            match failure {
                Failure::Failed(_) | Failure::Told => ExitCode::FAILURE,
                Failure::Usage(_) => ExitCode::from(2),
            }
        }
    }
}

/// Reads the configuration; its warnings are told at once.
fn load(flag: Option<&Path>) -> Result<Config, Failure> {
    match config::load(Location::find(flag)) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                note(&format!("warning: {warning}"));
            }
            Ok(loaded.config)
        }
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}

/// Reads the configuration for a command that only works on the state file: the secrets, which may be there for the
/// service alone, are not looked for, and warnings are left to `check`, `run` and `sync`.
fn load_without_secrets(flag: Option<&Path>) -> Result<Config, Failure> {
    match config::load_with(Location::find(flag), Secrets::Skip) {
        Ok(loaded) => Ok(loaded.config),
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}

/// The runtime of a command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // Each thread has a heap of its own: many would not be faster, only larger.
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    // Names are looked up on threads that block, and the state file is worked with on such threads. Their number is
    // tokio's own: four servers whose names do not resolve must not keep everybody else waiting.
    Ok(builder.worker_threads(threads).enable_all().build()?)
}

/// Runs a command on a runtime of its own. What its threads still do at the end is not waited for: a state file that
/// another program has locked keeps each of them for seconds, and whatever is not committed does not count.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WORDS);
    done
}

/// Runs what asks service desks, and ends it at Ctrl-C; a refresh token that is being exchanged then is still waited for.
async fn settled<T>(parts: &Parts, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let done = tokio::select! {
        done = work => done,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::Told),
    };
    parts.settle(LAST_EXCHANGE).await;
    done
}

/// How long an exchange of a refresh token may take to its end.
const LAST_EXCHANGE: std::time::Duration = std::time::Duration::from_secs(18);

/// How long a thread that writes to the state file may take to its end.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(500);

/// Longer than anything is waited for, and short enough to be added to any instant.
const LONGEST_SECONDS: u64 = 100 * 365 * 86_400;

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
    match number.checked_mul(seconds) {
        Some(seconds) if seconds <= LONGEST_SECONDS => Ok(std::time::Duration::from_secs(seconds)),
        Some(_) | None => Err("more than a hundred years; a number and s, m, h or d, e.g. 5m".to_owned()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit_and_never_overflows() {
        let seconds = |text: &str| duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2d"), Ok(172_800));
        for huge in ["99999999999999999d", "18446744073709551615s"] {
            assert!(seconds(huge).unwrap_err().contains("hundred years"), "{huge}");
        }
        for bad in ["", "5", "m", "5ü", "-5m", "99999999999999999999d"] {
            assert!(seconds(bad).unwrap_err().contains("e.g. 5m"), "{bad}");
        }
    }
}
