//! `itsmd sync`: one pass in the foreground, or by the daemon if one is running.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::sync_progress::Bars;
use super::{Failure, LAST_EXCHANGE, block_on};
use crate::app::{self, AskedSync, Parts, SyncReport};
use crate::auth::Identities;
use crate::config::{Config, Connection, Deletions};
use crate::sink::Settings;
use crate::status::Outcome;
use crate::store::{Held, Lock, Store, StoreError, Threads};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this connection; may be given more than once
    #[arg(long, value_name = "NAME")]
    connection: Vec<String>,
    /// Also look for what no cursor sees, in the whole window: deletions, updates without a new time stamp, imports
    /// with old dates, changed access rules
    #[arg(long)]
    reconcile: bool,
    /// Mark what is gone as deleted, however much it is
    #[arg(long, requires = "reconcile")]
    accept_deletions: bool,
    /// How long a server may make us wait before that stream fails
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = super::duration)]
    wait: Duration,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: Result<Config, Failure>) -> Result<(), Failure> {
    let config = config?;
    if args.json && matches!(&config.workspace, Settings::File { path } if path.as_os_str() == "-") {
        return Err(Failure::Usage(
            "rows and --json cannot both go to stdout; give the workspace a file as path".to_owned(),
        ));
    }
    let only = super::chosen(&config, &args.connection)?;
    if args.accept_deletions {
        tell_who_marks_nothing(&config, &only);
    }
    let asked = AskedSync {
        connections: only,
        wait: Some(args.wait),
        reconcile: args.reconcile,
        accept_deletions: args.accept_deletions,
    };
    let report = match take_lock(&config)? {
        Some(_held) => here(args, config, &asked)?,
        None => super::ask::follow(&config, &asked)?,
    };
    print(args, &report)?;
    if report.is_well() { Ok(()) } else { Err(Failure::Told) }
}

/// The lock, or nothing if a daemon holds it: then the daemon is asked.
fn take_lock(config: &Config) -> Result<Option<Held>, Failure> {
    match Lock::beside(&config.state).take(&format!("process {}, itsmd sync", std::process::id())) {
        Ok(held) => Ok(Some(held)),
        Err(StoreError::Held { holder, .. }) if super::ask::is_a_daemon(&holder) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tell_who_marks_nothing(config: &Config, only: &BTreeSet<String>) {
    let chosen = |connection: &&Connection| only.is_empty() || only.contains(connection.name.as_str());
    for connection in config.connections.iter().filter(chosen) {
        if connection.deletions == Deletions::Off {
            eprintln!(
                "{}: deletions = \"off\", so nothing is marked as deleted",
                connection.name
            );
        }
    }
}

fn here(args: &Args, config: Config, asked: &AskedSync) -> Result<SyncReport, Failure> {
    let only = &asked.connections;
    let store = Store::open(&config.state, Threads::Blocking)?;
    let parts = Parts::build(config, store, Some(args.wait)).map_err(|trouble| Failure::Usage(trouble.to_string()))?;
    block_on(async {
        parts.take_over()?;
        let cancel = CancellationToken::new();
        tokio::spawn(stop_on_signal(cancel.clone(), parts.identities.clone()));
        if let Some(sweep) = asked.sweep() {
            app::ask_sweeps(&parts, only, sweep).await?;
        }
        let bars = Bars::start(&parts, only, !args.json);
        let report = app::sync(&parts, only, &cancel).await;
        bars.finish();
        parts.settle(LAST_EXCHANGE).await;
        Ok(report)
    })
}

/// The first Ctrl-C finishes the pages in hand; the second ends at once, which loses nothing either but a
/// refresh token that is being exchanged: that is waited for.
async fn stop_on_signal(cancel: CancellationToken, identities: Identities) {
    let Ok(mut signals) = crate::daemon::Signals::listen() else {
        return;
    };
    loop {
        if signals.next().await != crate::daemon::Signal::Stop {
            continue;
        }
        if cancel.is_cancelled() {
            let _ = tokio::time::timeout(LAST_EXCHANGE, identities.exchanged()).await;
            std::process::exit(1);
        }
        super::note("stopping after the pages in hand; once more to stop at once");
        cancel.cancel();
    }
}

fn print(args: &Args, report: &SyncReport) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, report)?;
        writeln!(out)?;
        return Ok(());
    }
    for connection in &report.connections {
        for stream in &connection.streams {
            let name = format!("{}/{}", connection.name, stream.work_item);
            // What did not happen is not worth a word.
            let some = |count: u64, words: String| if count > 0 { words } else { String::new() };
            let deleted = some(
                stream.deleted,
                format!(" ({} of them marked as deleted)", stream.deleted),
            );
            let hidden = some(stream.hidden, format!(", {} not shown to this user", stream.hidden));
            let aside = some(stream.quarantined, format!(", {} set aside", stream.quarantined));
            writeln!(
                out,
                "{name}: {}: {} read, {} sent{deleted}, {} unchanged{hidden}{aside} ({} {})",
                word(stream.outcome),
                stream.read,
                stream.sent,
                stream.unchanged,
                stream.requests,
                if stream.requests == 1 { "request" } else { "requests" }
            )?;
            for warning in &stream.warnings {
                writeln!(out, "  warning: {warning}")?;
            }
            if let Some(error) = &stream.error {
                writeln!(out, "  {}: {}", error.code, error.seen)?;
                writeln!(out, "  that means: {}", error.means)?;
                writeln!(out, "  what to do: {}", error.remedy)?;
            }
            if stream.quarantined > 0 {
                writeln!(out, "  `itsmd quarantine list` shows what was set aside and why")?;
            }
        }
    }
    writeln!(out, "{:.1} s", report.elapsed_seconds)?;
    Ok(())
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "in step",
        Outcome::Failed => "failed",
        Outcome::Interrupted => "interrupted",
        Outcome::Skipped => "skipped (disabled)",
    }
}
