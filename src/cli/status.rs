//! `itsmd status`: how every stream is, from the daemon if one runs, else from the state file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::{Failure, out, runtime, state};
use crate::app::{self, Live};
use crate::config::Config;
use crate::net::{Anonymous, Answer, Client, ClientSettings, Judgement, Lane, Request};
use crate::status::{ConnectionReport, Problem, Report, StreamReport, render};
use crate::store::{Lock, StoreError};

/// The daemon is on this machine: it answers at once or not at all.
const DAEMON_ANSWERS_WITHIN: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End with 1 if a stream is later than this [default: three of its own intervals]
    #[arg(long, value_name = "DURATION", value_parser = super::duration)]
    max_lag: Option<Duration>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let report = report(config)?;
    if args.json {
        out(&format!("{}\n", serde_json::to_string(&report)?))?;
    } else {
        out(&render(&report))?;
    }
    if report.is_well(args.max_lag) {
        return Ok(());
    }
    let late = report.streams().filter(|(_, stream)| stream.is_late(args.max_lag));
    for (connection, stream) in late {
        eprintln!("{}/{} is late", connection.name, stream.work_item);
    }
    Err(Failure::Told)
}

fn report(config: &Config) -> Result<Report, Failure> {
    // Only the daemon knows which servers make it wait, and it answers those too who may not read its state.
    if let Some(address) = config.http.filter(|_| a_daemon_may_run(config))
        && let Some(report) = runtime()?.block_on(ask(address))
    {
        return Ok(report);
    }
    match state::existing(config)? {
        Some(store) => {
            // Nobody is at work: what has no end was killed.
            if Lock::beside(&config.state).holder().is_none() {
                store.call_here(|db| db.interrupt_open_runs())?;
            }
            let runtime = runtime()?;
            let live = Live {
                // What cannot be written down leaves no word of itself in the file.
                unwritten: runtime
                    .block_on(store.has_room())
                    .err()
                    .map_or_else(BTreeMap::new, |error| of_every_stream(config, &error)),
                ..Live::default()
            };
            Ok(runtime.block_on(app::report(config, &store, live, app::now()))?)
        }
        None => {
            state::tell_there_is_none(config);
            eprintln!("`itsmd check` tests the configuration; `itsmd sync` or the service then begins");
            Ok(never_ran(config))
        }
    }
}

fn of_every_stream(config: &Config, error: &StoreError) -> BTreeMap<String, Problem> {
    let problem = Problem::from(&error.trouble());
    let names = config.connections.iter().flat_map(|connection| {
        let kinds = connection.work_items.iter();
        kinds.map(|kind| format!("{}/{kind}", connection.name))
    });
    names.map(|name| (name, problem.clone())).collect()
}

fn a_daemon_may_run(config: &Config) -> bool {
    let hidden = || File::open(&config.state).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    super::ask::a_daemon_runs(config) || hidden()
}

/// The daemon's own report; `None` if it does not give one: then the state file tells most of it.
async fn ask(listening: SocketAddr) -> Option<Report> {
    let server = format!("http://{}", reachable(listening));
    let mut settings = ClientSettings::new(&server, app::now);
    settings.request_timeout = DAEMON_ANSWERS_WITHIN;
    settings.attempts = 1;
    settings.patience = Some(Duration::ZERO);
    let client = Client::new(settings).ok()?;
    let judge = |_: &Answer| Judgement::Accept;
    let request = Request::get(format!("{server}/api/status"));
    let answer = client.send(Lane::Head, &Anonymous, &request, &judge).await.ok()?;
    let report = serde_json::from_slice(&answer.body).ok();
    report.filter(|_| answer.status.is_success())
}

/// Who listens everywhere is asked over loopback.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

fn never_ran(config: &Config) -> Report {
    let connections = config.connections.iter().map(|connection| ConnectionReport {
        name: connection.name.to_string(),
        partner: connection.partner,
        streams: connection
            .work_items
            .iter()
            .map(|&kind| StreamReport::unread(kind, connection.enabled))
            .collect(),
    });
    Report {
        at: app::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        connections: connections.collect(),
        refused_sign_ins: Vec::new(),
        credentials: Vec::new(),
        refused_reload: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_listens_everywhere_is_asked_over_loopback() {
        let asked = |listening: &str| reachable(listening.parse().unwrap()).to_string();
        assert_eq!(asked("0.0.0.0:9477"), "127.0.0.1:9477");
        assert_eq!(asked("[::]:9477"), "[::1]:9477");
        assert_eq!(asked("127.0.0.2:1"), "127.0.0.2:1");
    }
}
