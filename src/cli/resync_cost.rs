//! What a resync costs, from the ledger: an estimate, for what is new since is not counted.

use chrono::{DateTime, Utc};

use super::table::{Align, table};
use crate::config::Connection;
use crate::model::StreamId;
use crate::model::window::{Range, tile};
use crate::status::words::{count, span};
use crate::store::{Db, StoreError};

/// A row as Azure bills it, in bytes; descriptions make some desks' rows several times as large.
const USUAL_ROW: u64 = 1_250;

/// Of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cost {
    stream: StreamId,
    /// `None`: it was never read.
    what: Option<Amounts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amounts {
    since: DateTime<Utc>,
    records: u64,
    slices: u64,
    /// Slices of the backfill whose records are not in the ledger yet, so not counted.
    unread: u64,
    requests: u64,
    seconds: u64,
}

/// Counts what a resync of this stream reads and delivers.
pub(super) fn cost(
    db: &Db<'_>,
    connection: &Connection,
    stream: &StreamId,
    since: Option<DateTime<Utc>>,
) -> Result<Cost, StoreError> {
    let never = Cost {
        stream: stream.clone(),
        what: None,
    };
    let Some(row) = db.stream(stream)? else {
        return Ok(never);
    };
    let Some(window_start) = row.window_start else {
        return Ok(never);
    };
    let since = since.unwrap_or(window_start).max(window_start);
    let slices = db.slices(row.key)?;
    let head = slices.iter().find(|stored| stored.slice.to.is_none());
    let unread = slices
        .iter()
        .filter(|stored| stored.slice.to.is_some() && !stored.complete);
    let unread = unread.count() as u64;
    let to = head.map_or(since, |head| head.slice.at().time);
    let records = db.ledger_records_since(row.key, since)?;
    let slices = tile(Range { from: since, to }, Some(records)).len() as u64;
    let what = Amounts {
        unread,
        ..amounts(
            since,
            records,
            slices,
            connection.page_size,
            connection.requests_per_minute,
        )
    };
    Ok(Cost {
        what: Some(what),
        ..never
    })
}

fn amounts(since: DateTime<Utc>, records: u64, slices: u64, page_size: u32, per_minute: u32) -> Amounts {
    // Each slice ends with a page that is not full.
    let requests = records / u64::from(page_size).max(1) + slices;
    Amounts {
        since,
        records,
        slices,
        unread: 0,
        requests,
        seconds: requests * 60 / u64::from(per_minute).max(1),
    }
}

/// A line a stream, and what all of them come to.
pub(super) fn render(costs: &[Cost]) -> String {
    let headings = [
        ("CONNECTION", Align::Left),
        ("WORK ITEM", Align::Left),
        ("SINCE", Align::Left),
        ("RECORDS", Align::Right),
        ("SLICES", Align::Right),
        ("REQUESTS", Align::Right),
        ("TIME", Align::Right),
        ("TO AZURE", Align::Right),
    ];
    let rows: Vec<[String; 8]> = costs.iter().map(cells).collect();
    let amounts = || costs.iter().filter_map(|cost| cost.what);
    let records: u64 = amounts().map(|amounts| amounts.records).sum();
    let requests: u64 = amounts().map(|amounts| amounts.requests).sum();
    let total = format!(
        "\nabout {} records, {} requests and {} altogether; what was delivered before is kept beside it\n",
        count(records),
        count(requests),
        size(records * USUAL_ROW)
    );
    let unread: u64 = amounts().map(|amounts| amounts.unread).sum();
    let more = match unread {
        0 => String::new(),
        unread => format!(
            "{} slices are not read yet: what lies in them is not counted\n",
            count(unread)
        ),
    };
    table(headings, &rows) + &total + &more
}

fn cells(cost: &Cost) -> [String; 8] {
    let (connection, kind) = (cost.stream.connection.to_string(), cost.stream.kind.to_string());
    let Some(amounts) = cost.what else {
        let nothing = || "-".to_owned();
        return [
            connection,
            kind,
            "never read".to_owned(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
        ];
    };
    [
        connection,
        kind,
        amounts.since.format("%Y-%m-%d %H:%M").to_string(),
        count(amounts.records),
        count(amounts.slices),
        count(amounts.requests),
        span(amounts.seconds),
        size(amounts.records * USUAL_ROW),
    ]
}

/// Decimal units, as Azure bills.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        1_000_000_000.. => {
            let tenths = bytes.div_ceil(100_000_000);
            format!("{}.{} GB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionName, WorkItemKind};

    #[test]
    fn what_it_costs_is_a_table_and_a_sum() {
        let stream = |kind| StreamId {
            connection: ConnectionName::new("contoso"),
            kind,
        };
        let since = "2026-07-24T10:00:00Z".parse().unwrap();
        let costs = [
            Cost {
                stream: stream(WorkItemKind::Incident),
                what: Some(amounts(since, 24_918, 120, 1_000, 60)),
            },
            Cost {
                stream: stream(WorkItemKind::ChangeRequest),
                what: None,
            },
        ];
        let expected = "\
CONNECTION  WORK ITEM       SINCE             RECORDS  SLICES  REQUESTS        TIME  TO AZURE
contoso     incident        2026-07-24 10:00   24,918     120       144  2 min 24 s     32 MB
contoso     change_request  never read              -       -         -           -         -

about 24,918 records, 144 requests and 32 MB altogether; what was delivered before is kept beside it
";
        assert_eq!(render(&costs), expected);
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(
            [0, 1, 1_250_000, 3_020_000_000].map(size),
            ["0 kB", "1 kB", "2 MB", "3.1 GB"]
        );
    }
}
