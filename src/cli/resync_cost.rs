//! What a resync costs, from the ledger: an estimate, for what is new since is not counted.

use chrono::{DateTime, Utc};

use super::cost::{Cost, Pace, USUAL_ROW, size};
use super::table::{Align, table};
use crate::config::Connection;
use crate::model::StreamId;
use crate::model::window::{Range, tile};
use crate::status::words::{count, span};
use crate::store::{Db, StoreError};

/// Of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResyncCost {
    stream: StreamId,
    /// `None`: it was never read.
    what: Option<Amounts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amounts {
    since: DateTime<Utc>,
    /// Slices of the backfill whose records are not in the ledger yet, so not counted.
    unread: u64,
    cost: Cost,
}

/// Counts what a resync of this stream reads and delivers.
pub(super) fn cost(
    db: &Db<'_>,
    connection: &Connection,
    stream: &StreamId,
    since: Option<DateTime<Utc>>,
) -> Result<ResyncCost, StoreError> {
    let never = ResyncCost {
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
    let cost = Cost::of(Pace::of(connection), records, slices, USUAL_ROW);
    Ok(ResyncCost {
        what: Some(Amounts { since, unread, cost }),
        ..never
    })
}

/// A line a stream, and what all of them come to.
pub(super) fn render(costs: &[ResyncCost]) -> String {
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
    let all: Cost = amounts().map(|amounts| amounts.cost).sum();
    let total = format!(
        "\nabout {} records, {} requests and {} altogether; what was delivered before is kept beside it\n",
        count(all.records),
        count(all.requests),
        size(all.bytes)
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

fn cells(cost: &ResyncCost) -> [String; 8] {
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
        count(amounts.cost.records),
        count(amounts.cost.slices),
        count(amounts.cost.requests),
        span(amounts.cost.seconds),
        size(amounts.cost.bytes),
    ]
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
        let pace = Pace {
            page_size: 1_000,
            requests_per_minute: 60,
        };
        let costs = [
            ResyncCost {
                stream: stream(WorkItemKind::Incident),
                what: Some(Amounts {
                    since,
                    unread: 0,
                    cost: Cost::of(pace, 24_918, 120, USUAL_ROW),
                }),
            },
            ResyncCost {
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
}
