//! What itsmd signs in with and ends one day is announced 30, 7 and 1 days before, and when it is over.
//!
//! Each threshold is said once in the log and once in `ServiceDeskLog_CL`, also if the program is started again in between;
//! after a start the log says it again, at most once a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::build::Parts;
use super::crew::Crew;
use crate::auth::codes;
use crate::config::{Config, Expiry, Used};
use crate::model::Trouble;
use crate::sink::{Sink, Workspace};
use crate::store::{Announced, Store, StoreError};
use crate::sync::{LogRow, LogType};

const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// Days before the end.
const THRESHOLDS: [u16; 3] = [1, 7, 30];

/// What ends within 30 days or has ended, as troubles: for `check`, and what is announced.
pub fn ending(config: &Config, now: DateTime<Utc>) -> Vec<(Expiry, Trouble)> {
    let near = config.expiries().into_iter();
    near.filter_map(|expiry| {
        let trouble = trouble(&expiry, threshold(expiry.at, now)?, now);
        Some((expiry, trouble))
    })
    .collect()
}

/// The threshold that is passed; `None`: none yet. 0 is the end itself.
pub(super) fn threshold(ends: DateTime<Utc>, now: DateTime<Utc>) -> Option<u16> {
    if ends <= now {
        return Some(0);
    }
    THRESHOLDS
        .into_iter()
        .find(|&days| ends - now <= TimeDelta::days(days.into()))
}

fn trouble(expiry: &Expiry, threshold: u16, now: DateTime<Utc>) -> Trouble {
    let Expiry { what, at, .. } = expiry;
    let whose = expiry.connection.as_ref().map_or("the workspace", |name| name.as_str());
    let day = at.format("%Y-%m-%d");
    if threshold == 0 {
        let seen = format!("{whose}: {what} ended on {day}");
        let renewed = "if it was renewed already";
        return renewing(codes::ENDED.stop(seen), expiry, renewed);
    }
    let left = match (*at - now).num_days() {
        0 => "in less than a day".to_owned(),
        1 => "in a day".to_owned(),
        days => format!("in {days} days"),
    };
    let seen = format!("{whose}: {what} ends on {day}, {left}");
    renewing(codes::ENDING.stop(seen), expiry, "if the configuration names the day")
}

/// The remedy for this one thing, of all that the code tells.
fn renewing(trouble: Trouble, expiry: &Expiry, dated: &str) -> Trouble {
    let place = match expiry.used {
        Used::NextSignIn => "make a new one and put it into its file: it is read again at each sign-in",
        Used::Reload => {
            "make a new one, put certificate and key into their files, then reload (`systemctl reload itsmd`): they are read \
             only then"
        }
        Used::Restart => {
            "make a new one and put it in its place, then restart (`systemctl restart itsmd`): systemd's credentials and the \
             environment are those of the start"
        }
    };
    let day = match expiry.used {
        Used::NextSignIn | Used::Restart => format!("; {dated}, set the new one in `expires` and reload"),
        Used::Reload => String::new(),
    };
    Trouble {
        remedy: format!("{place}{day}"),
        ..trouble
    }
}

/// What is to be said of it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    log: bool,
    row: bool,
}

/// `started`: the first look of this process.
fn due(ends: DateTime<Utc>, threshold: u16, known: Option<&Announced>, now: DateTime<Utc>, started: bool) -> Due {
    match known.filter(|known| known.ends == ends && known.threshold == threshold) {
        None => Due { log: true, row: true },
        Some(known) => Due {
            log: started && (now - known.told).abs() >= TimeDelta::days(1),
            row: !known.written,
        },
    }
}

/// Looks at once and then every hour, until `stop`: at what is configured then.
pub(super) async fn announce_hourly(crews: watch::Receiver<Arc<Crew>>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut started = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let crew = Arc::clone(&crews.borrow());
        tokio::select! {
            () = stop.cancelled() => return,
            () = announce(&crew.parts, started) => {}
        }
        started = false;
    }
}

/// Looks at all there is, and says what is due.
pub(super) async fn announce(parts: &Parts, started: bool) {
    let now = super::now();
    for (expiry, trouble) in ending(&parts.config, now) {
        let Some(threshold) = threshold(expiry.at, now) else {
            continue;
        };
        if let Err(error) = announce_one(&parts.store, &parts.workspace, &expiry, &trouble, threshold, started).await {
            tracing::warn!(%error, "what was announced could not be written down; it is said again");
        }
    }
}

async fn announce_one(
    store: &Store,
    workspace: &Workspace,
    expiry: &Expiry,
    trouble: &Trouble,
    threshold: u16,
    started: bool,
) -> Result<(), StoreError> {
    let now = super::now();
    let owner = expiry.connection.as_ref().map(ToString::to_string).unwrap_or_default();
    let (asked, what) = (owner.clone(), expiry.what.clone());
    let known = store.call(move |db| db.announced(&asked, &what)).await?;
    let due = due(expiry.at, threshold, known.as_ref(), now, started);
    if due.log {
        tracing::warn!(code = trouble.code, "{trouble}");
    }
    let written = !due.row || !workspace.has_log() || write(workspace, &owner, trouble, now).await;
    if !due.log && !due.row {
        return Ok(());
    }
    let told = known.as_ref().filter(|_| !due.log).map_or(now, |known| known.told);
    let said = Announced {
        owner,
        what: expiry.what.clone(),
        ends: expiry.at,
        threshold,
        told,
        written,
    };
    store.call(move |db| db.keep_announced(&said)).await
}

/// Whether the workspace took it; else it is tried at the next look.
async fn write(workspace: &Workspace, connection: &str, trouble: &Trouble, now: DateTime<Utc>) -> bool {
    let row = LogRow {
        log_type: LogType::Warning,
        connection,
        kind: None,
        message: &trouble.seen,
        exception: &trouble.to_string(),
        at: now,
        run_id: "",
        read: 0,
        sent: 0,
        lag_seconds: None,
    };
    let delivered = workspace.deliver(&row.batch()).await;
    if let Err(error) = &delivered {
        tracing::warn!(%error, "the connector's log could not be written");
    }
    delivered.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().unwrap()
    }

    #[test]
    fn thresholds_are_30_7_and_1_days_and_the_end_itself() {
        let ends = at("2027-01-31T00:00");
        for (now, expected) in [
            ("2026-12-31T23:59", None),
            ("2027-01-01T00:00", Some(30)),
            ("2027-01-23T23:59", Some(30)),
            ("2027-01-24T00:00", Some(7)),
            ("2027-01-30T00:00", Some(1)),
            ("2027-01-31T00:00", Some(0)),
            ("2027-06-01T00:00", Some(0)),
        ] {
            assert_eq!(threshold(ends, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn the_remedy_tells_when_a_new_one_is_used() {
        let remedy = |used, now| {
            let expiry = Expiry {
                connection: None,
                what: "the certificate /etc/itsmd/desk.pem".to_owned(),
                at: at("2027-01-31T00:00"),
                used,
            };
            trouble(&expiry, threshold(expiry.at, at(now)).unwrap(), at(now)).remedy
        };
        for now in ["2027-01-30T12:00", "2027-02-01T12:00"] {
            let file = remedy(Used::NextSignIn, now);
            assert!(file.contains("read again at each sign-in"), "{file}");
            let tls = remedy(Used::Reload, now);
            assert!(tls.contains("then reload") && !tls.contains("at each sign-in"), "{tls}");
            let credential = remedy(Used::Restart, now);
            assert!(
                credential.contains("then restart") && !credential.contains("at each sign-in"),
                "{credential}"
            );
        }
    }

    #[test]
    fn each_threshold_is_said_once_and_after_a_start_once_a_day() {
        let ends = at("2027-01-31T00:00");
        let known = Announced {
            owner: String::new(),
            what: "the client secret".to_owned(),
            ends,
            threshold: 30,
            told: at("2027-01-05T10:00"),
            written: true,
        };
        let said = |threshold, now, started| due(ends, threshold, Some(&known), at(now), started);
        let (both, neither) = (Due { log: true, row: true }, Due { log: false, row: false });
        assert_eq!(due(ends, 30, None, at("2027-01-05T10:00"), false), both);
        assert_eq!(said(30, "2027-01-20T10:00", false), neither);
        assert_eq!(said(30, "2027-01-06T09:00", true), neither);
        assert_eq!(said(30, "2027-01-06T10:00", true), Due { log: true, row: false });
        assert_eq!(said(7, "2027-01-24T10:00", false), both);
        let unwritten = Announced {
            written: false,
            ..known.clone()
        };
        assert_eq!(
            due(ends, 30, Some(&unwritten), at("2027-01-05T11:00"), false),
            Due { log: false, row: true }
        );
        assert_eq!(
            due(at("2027-02-28T00:00"), 30, Some(&known), at("2027-02-01T10:00"), false),
            both
        );
    }
}
