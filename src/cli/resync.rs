//! `itsmd resync`: deliver the window again, after saying what that costs.

use std::io::IsTerminal;

use chrono::{DateTime, TimeDelta, Utc};

use super::resync_cost::{ResyncCost, cost, render};
use super::{Failure, ask, out, state};
use crate::app;
use crate::config::{Config, Connection};
use crate::model::{StreamId, WorkItemKind, since};
use crate::store::{Db, Store, StoreError};
use crate::sync::{Resync, resync};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this connection
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Only this kind: incident or change_request
    #[arg(long, value_name = "KIND", value_parser = state::kind)]
    work_item: Option<WorkItemKind>,
    /// Only what was modified since then, UTC: 2026-11-01 or 2026-11-01T08:00:00Z [default: the whole window]
    #[arg(long, value_name = "DATE", value_parser = since)]
    since: Option<DateTime<Utc>>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only say what it would cost
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Stop delivering again what is not delivered yet
    #[arg(long, conflicts_with_all = ["since", "yes", "dry_run"])]
    cancel: bool,
}

type Chosen<'a> = Vec<(&'a Connection, StreamId)>;

pub(super) fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    if let Some(since) = args.since.filter(|&since| since > app::now()) {
        return Err(Failure::Usage(format!("--since {since} lies in the future")));
    }
    let connections = state::connections(config, args.connection.as_deref())?;
    let chosen = state::streams(&connections, args.work_item)?;
    let Some(store) = state::existing(config)? else {
        state::tell_there_is_none(config);
        eprintln!("the first run delivers the whole window anyway");
        return Ok(());
    };
    if args.cancel {
        return cancel(config, &store, &chosen);
    }
    let costs = store.call_here(|db| costs(db, &chosen, args.since))?;
    if args.dry_run {
        return out(&render(&costs));
    }
    if !args.yes {
        ask_first(&costs)?;
    }
    lay(args, config, &store, &chosen)
}

fn costs(db: &Db<'_>, chosen: &Chosen<'_>, since: Option<DateTime<Utc>>) -> Result<Vec<ResyncCost>, StoreError> {
    chosen
        .iter()
        .map(|(connection, id)| cost(db, connection, id, since))
        .collect()
}

/// On a terminal a person says yes; without one `--yes` has to.
fn ask_first(costs: &[ResyncCost]) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "this is no terminal to ask on: say --yes to deliver the window again, or --dry-run to see what it would cost"
                .to_owned(),
        ));
    }
    out(&render(costs))?;
    super::confirm("Deliver this again?")
}

fn lay(args: &Args, config: &Config, store: &Store, chosen: &Chosen<'_>) -> Result<(), Failure> {
    let laid = store.call_here(|db| {
        let mut laid = Vec::new();
        for (connection, id) in chosen {
            let overlap = TimeDelta::from_std(connection.overlap).unwrap_or(TimeDelta::minutes(5));
            laid.push(match db.stream(id)? {
                Some(row) => resync(db, &row, args.since, overlap)?,
                None => Resync::NeverRead,
            });
        }
        Ok(laid)
    })?;
    let mut text = String::new();
    for ((connection, id), laid) in chosen.iter().zip(&laid) {
        text.push_str(&format!("{id}: {}\n", words(laid)));
        if !connection.enabled {
            eprintln!("{id} is disabled: it waits until it is enabled");
        }
    }
    out(&text)?;
    if laid.iter().any(|laid| matches!(laid, Resync::Laid { .. })) {
        tell_who_delivers(config, store)?;
    }
    Ok(())
}

fn words(laid: &Resync) -> String {
    match laid {
        Resync::NeverRead => "never read yet: its first run delivers the whole window anyway".to_owned(),
        Resync::Joined => "a resync of this range is under way already: this one is part of it".to_owned(),
        Resync::Laid { slices, since } => {
            let noun = if *slices == 1 { "slice" } else { "slices" };
            format!(
                "{slices} {noun} to deliver again, from {} on",
                since.format("%Y-%m-%d %H:%M UTC")
            )
        }
    }
}

fn tell_who_delivers(config: &Config, store: &Store) -> Result<(), Failure> {
    if ask::ring(config, store, "resync")? {
        eprintln!("the running daemon begins now; `itsmd status` shows how far it is");
    } else {
        eprintln!("no daemon is running: the next run delivers them");
    }
    Ok(())
}

fn cancel(config: &Config, store: &Store, chosen: &Chosen<'_>) -> Result<(), Failure> {
    let cancelled = store.call_here(|db| {
        let mut cancelled = Vec::new();
        for (_, id) in chosen {
            cancelled.push(match db.stream(id)? {
                Some(row) => db.cancel_resync(row.key)?,
                None => 0,
            });
        }
        Ok(cancelled)
    })?;
    let mut text = String::new();
    for ((_, id), slices) in chosen.iter().zip(&cancelled) {
        text.push_str(&match slices {
            0 => format!("{id}: no resync is under way\n"),
            1 => format!("{id}: 1 slice is not delivered again\n"),
            slices => format!("{id}: {slices} slices are not delivered again\n"),
        });
    }
    out(&text)?;
    if cancelled.iter().any(|&slices| slices > 0) {
        eprintln!("they are still read, and what the workspace lacks of them is delivered");
        ask::ring(config, store, "resync")?;
    }
    Ok(())
}
