//! `itsmd plan`: what a first sync would cost, and what the service desk will see of it. Nothing is delivered and no
//! state is touched; beside a daemon it may be asked at any time.
//!
//! Each stream's window is counted by the service desk itself, and one page of it is read and encoded as it would be
//! delivered: the size of those rows stands for that of all.

mod text;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::cost::{Cost, Pace, USUAL_ROW};
use super::state::Stateless;
use super::{Failure, block_on, out, settled};
use crate::app::{self, Connected, DeskStream};
use crate::config::Config;
use crate::model::window::{Range, tile, window_start};
use crate::model::{Generation, Mapped, Slice, SliceId, Trouble};
use crate::source::Source;
use crate::sync::Stamp;

/// Rows that are looked at for their size.
const SAMPLE: u32 = 200;

/// Requests beside the pages of slices: a first look takes two, the head one.
const BESIDE: u64 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this connection; may be given more than once
    #[arg(long, value_name = "NAME")]
    connection: Vec<String>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// What there is to do.
#[derive(Debug, Serialize)]
struct Plan {
    connections: Vec<ConnectionPlan>,
}

#[derive(Debug, Serialize)]
struct ConnectionPlan {
    name: String,
    requests_per_minute: u32,
    max_concurrent: u16,
    streams: Vec<StreamPlan>,
}

/// Of one stream; a stream that could not be asked has an error in place of numbers.
#[derive(Debug, Default, Serialize)]
struct StreamPlan {
    work_item: &'static str,
    records: Option<u64>,
    requests: Option<u64>,
    /// At the configured rate.
    minutes: Option<f64>,
    bytes: Option<u64>,
    /// Not all of it could be counted: parts of the window stand for the rest.
    estimated: bool,
    error: Option<String>,
    #[serde(skip)]
    cost: Cost,
}

pub(super) fn run(args: &Args, mut config: Config) -> Result<(), Failure> {
    let chosen = super::chosen(&config, &args.connection)?;
    config
        .connections
        .retain(|c| c.enabled && (chosen.is_empty() || chosen.contains(c.name.as_str())));
    let stateless = Stateless::build(config)?;
    let parts = &stateless.parts;
    let plan = block_on(settled(parts, async {
        let asked = parts.connections.iter().map(connection);
        Ok(Plan {
            connections: futures_util::future::join_all(asked).await,
        })
    }))?;
    if args.json {
        out(&format!("{}\n", serde_json::to_string(&plan)?))?;
    } else {
        out(&text::render(&plan))?;
    }
    let mut streams = plan.connections.iter().flat_map(|connection| &connection.streams);
    if streams.any(|stream| stream.error.is_some()) {
        return Err(Failure::Told);
    }
    Ok(())
}

async fn connection(connected: &Connected) -> ConnectionPlan {
    let settings = &connected.settings;
    let mut streams = Vec::new();
    for stream in &connected.streams {
        let kind = stream.id.kind.as_str();
        let pace = Pace::of(settings);
        let planned = match look(stream, app::now()).await {
            Ok(seen) => StreamPlan::of(seen, pace),
            Err(trouble) => StreamPlan {
                error: Some(trouble.to_string()),
                ..StreamPlan::default()
            },
        };
        streams.push(StreamPlan {
            work_item: kind,
            ..planned
        });
    }
    ConnectionPlan {
        name: settings.name.to_string(),
        requests_per_minute: settings.requests_per_minute,
        max_concurrent: settings.max_concurrent,
        streams,
    }
}

/// What was seen of a stream.
#[derive(Debug, Clone, Copy)]
struct Seen {
    window: Range,
    records: u64,
    estimated: bool,
    /// Bytes of a row, on the average of what was looked at.
    row: Option<u64>,
}

async fn look(stream: &DeskStream, now: DateTime<Utc>) -> Result<Seen, Trouble> {
    let from = window_start(now, stream.settings.sync_days);
    let volume = stream.source.volume(from, now).await;
    let volume = volume.map_err(|error| error.trouble().clone())?;
    let slice = Slice {
        id: SliceId(0),
        generation: Generation(0),
        from,
        to: Some(now),
        position: None,
    };
    let page = stream.source.page(&slice, SAMPLE.min(stream.settings.page_size)).await;
    let page = page.map_err(|error| error.trouble().clone())?;
    let read = page.records.len() as u64;
    Ok(Seen {
        window: Range { from, to: now },
        // A source that does not count shows at least what it shows.
        records: volume.records.unwrap_or(read),
        estimated: volume.estimated || (volume.records.is_none() && !page.end),
        row: average(&page.records, now),
    })
}

fn average(records: &[Mapped], now: DateTime<Utc>) -> Option<u64> {
    let stamp = Stamp::new(now, &app::new_run_id());
    let lengths = records.iter().filter_map(|record| match record {
        // A comma or a bracket goes with each.
        Mapped::Record(record) => Some(stamp.length(record) as u64 + 1),
        Mapped::SetAside(_) => None,
    });
    let (sum, rows) = lengths.fold((0, 0), |(sum, rows), length| (sum + length, rows + 1));
    (rows > 0).then(|| sum / rows)
}

impl StreamPlan {
    fn of(seen: Seen, pace: Pace) -> Self {
        let slices = tile(seen.window, Some(seen.records)).len() as u64;
        let cost = Cost::of(pace, seen.records, slices + BESIDE, seen.row.unwrap_or(USUAL_ROW));
        let tenths = (cost.seconds * 10).div_ceil(60);
        Self {
            records: Some(cost.records),
            requests: Some(cost.requests),
            minutes: Some(tenths as f64 / 10.0),
            bytes: Some(cost.bytes),
            estimated: seen.estimated,
            cost,
            ..Self::default()
        }
    }
}
