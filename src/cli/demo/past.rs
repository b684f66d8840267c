//! A week that the demo never had, so that the page's drawings show what they are for: a run an hour for each stream, busier by
//! day than by night, and one evening on which a service desk was away. Only the page reads it; not a record is made up.

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};

use crate::app;
use crate::config::Config;
use crate::model::StreamId;
use crate::net;
use crate::status::Problem;
use crate::store::{Db, Outcome, Prints, Store, StoreError, Tally, Worker};

/// Hours before now of the evening: its first and its last.
const AWAY: std::ops::Range<i64> = 50..53;
/// A week.
const HOURS: i64 = 7 * 24;
/// Records that change in an hour, by the hour of the day.
const RHYTHM: [u64; 24] = [
    2, 1, 1, 1, 2, 5, 14, 31, 48, 52, 49, 44, 30, 41, 50, 47, 38, 26, 15, 9, 7, 5, 4, 3,
];

/// Writes it down, before anything else is.
pub(super) async fn make_up(config: &Config, store: &Store, now: DateTime<Utc>) -> anyhow::Result<()> {
    let parts =
        app::Parts::build(config.clone(), store.clone(), None).map_err(|trouble| anyhow::anyhow!(trouble.means))?;
    let sink = app::sink_print(&parts.workspace);
    let streams: Vec<(StreamId, Prints)> = config
        .connections
        .iter()
        .flat_map(|connection| {
            connection.work_items.iter().map(|&kind| {
                let id = StreamId {
                    connection: connection.name.clone(),
                    kind,
                };
                let prints = Prints {
                    source: app::source_print(connection, kind),
                    filter: connection.filter.clone(),
                    sink: sink.clone(),
                };
                (id, prints)
            })
        })
        .collect();
    store
        .call(move |db| {
            for ((id, prints), share) in streams.iter().zip(1..) {
                week(db, id, prints, share, now)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// One stream's week; the larger its share, the fewer records.
fn week(db: &Db<'_>, id: &StreamId, prints: &Prints, share: u64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let stream = db.stream_or_new(id, prints)?.key;
    let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    for ago in (1..=HOURS).rev() {
        let started = hour - TimeDelta::minutes(60 * ago - 5);
        let run = db.begin_run(stream, Worker::Head, &format!("past-{share}-{ago}"), started)?;
        let ended = started + TimeDelta::seconds(1 + ago % 3);
        if share == 1 && AWAY.contains(&ago) {
            let problem = serde_json::to_string(&away()).unwrap_or_default();
            db.end_run(run, ended, Outcome::Failed, Some(&problem), &[], &Tally::default())?;
        } else {
            db.end_run(run, ended, Outcome::Complete, None, &[], &tally(started, ago, share))?;
        }
    }
    Ok(())
}

/// As much as that hour of the day brings, and what the overlap reads again.
fn tally(at: DateTime<Utc>, ago: i64, share: u64) -> Tally {
    let usual = RHYTHM.get(at.hour() as usize).copied().unwrap_or(1);
    let sent = usual * (8 + (ago * 7 % 5).unsigned_abs()) / 10 / share;
    let unchanged = sent / 4 + 1;
    Tally {
        read: sent + unchanged,
        sent,
        unchanged,
        requests: 12 + sent / 10,
        bytes_sent: sent * 640,
        ..Tally::default()
    }
}

fn away() -> Problem {
    Problem {
        code: net::codes::UNREACHABLE.id.to_owned(),
        seen: "the connection was refused".to_owned(),
        means: net::codes::UNREACHABLE.means.to_owned(),
        remedy: net::codes::UNREACHABLE.remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Threads;

    #[tokio::test]
    async fn a_week_has_a_run_every_hour_and_an_evening_that_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("itsmd.toml");
        let text = include_str!("../../../config/demo.toml")
            .replace("{listen}", "127.0.0.1:0")
            .replace("{entra}", "http://127.0.0.1:1")
            .replace("{servicenow}", "http://127.0.0.1:2")
            .replace("{dataverse}", "http://127.0.0.1:3")
            .replace("{workspace}", "http://127.0.0.1:4")
            .replace("{dcr}", "dcr-00000000000000000000000000000000");
        std::fs::write(&path, text).unwrap();
        let config = crate::config::load_with(&path, crate::config::Secrets::Skip)
            .unwrap()
            .config;
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let now = "2026-11-20T10:20:00Z".parse().unwrap();
        make_up(&config, &store, now).await.unwrap();
        let history = app::history(&config, &store, now).await.unwrap();
        assert_eq!(history.hours.len(), 3);
        assert_eq!(history.hours[0].hours.iter().map(|hour| hour.failed).sum::<u64>(), 3);
        assert!(history.hours.iter().all(|stream| stream.hours.len() >= 165));
        assert!(history.errors.iter().all(|error| error.over) && history.errors.len() == 1);
    }
}
