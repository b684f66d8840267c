//! A first look at a table: its size, the instance's clock, and a canary for the time zone (C5).

use chrono::{DateTime, Utc};

use super::{ServiceNow, codes, query};
use crate::model::{Mapped, Position};
use crate::net::Lane;
use crate::source::{Probe, SourceError};

/// Rows to look at for the newest that the user may read.
const NEWEST: u32 = 50;

/// A record may be updated between two looks: then it is looked for by its new stamp, and no desk updates the same one this
/// often. The next oldest would not do: a bulk update walks through the oldest records faster than anybody can ask.
const CANARY_TRIES: u32 = 3;

impl ServiceNow {
    pub(super) async fn first_look(&self, from: DateTime<Utc>) -> Result<Probe, SourceError> {
        let at = Position::before(from);
        let oldest = super::Part {
            item: self.mapper.item(),
            filter: &self.filter,
            at: &at,
            to: None,
        };
        let fields = self.key_fields();
        let mut requests = 0;
        let mut probe = Probe {
            server_time: None,
            total: None,
            newest: None,
            requests: 0,
        };
        let mut canary: Option<String> = None;
        for attempt in 1..=CANARY_TRIES {
            let known = match &canary {
                Some(canary) => self.seen_again(canary, &mut requests).await?,
                None => None,
            };
            let (id, modified) = match known {
                Some(known) => known,
                None => {
                    let first = self.ask(Lane::Head, self.url(&oldest.encoded(), &fields, 1, 0)).await?;
                    requests += first.requests;
                    probe.server_time = first.server_time;
                    probe.total = first.total;
                    let Some(place) = first.rows.mapped.first().and_then(place) else {
                        break;
                    };
                    place
                }
            };
            probe.newest = Some(modified);
            let again = query::exactly(self.mapper.item(), &id, modified);
            let found = self.ask(Lane::Head, self.url(&again, &fields, 1, 0)).await?;
            requests += found.requests;
            let mut seen = found.rows.mapped.iter().filter_map(place);
            if seen.any(|seen| seen == (id.clone(), modified)) {
                break;
            }
            if attempt == CANARY_TRIES {
                let seen = format!("table {}: {id} of {modified} is not found by its time", self.table());
                return Err(SourceError::Failed(codes::TIME_ZONE.stop(seen)));
            }
            canary = Some(id);
        }
        // The oldest may be hidden alone; and without a clock the newest stamp stands in for it.
        let hidden = probe.newest.is_none() && probe.total.is_some_and(|total| total > 0);
        if hidden || (probe.server_time.is_none() && probe.newest.is_some()) {
            let query = query::newest(self.mapper.item(), &self.filter, from);
            let newest = self.ask(Lane::Head, self.url(&query, &fields, NEWEST, 0)).await?;
            requests += newest.requests;
            probe.newest = newest
                .rows
                .mapped
                .first()
                .and_then(place)
                .map(|(_, modified)| modified)
                .or(probe.newest);
        }
        requests += self.check_filter(probe.total).await?;
        Ok(Probe { requests, ..probe })
    }

    /// A record by its id and the stamp that it bears now; `None` if the user sees it no more.
    async fn seen_again(&self, id: &str, requests: &mut u32) -> Result<Option<(String, DateTime<Utc>)>, SourceError> {
        let query = query::by_ids(self.mapper.item(), &self.filter, &[id]);
        let answered = self.ask(Lane::Head, self.url(&query, &self.key_fields(), 1, 0)).await?;
        *requests += answered.requests;
        // A server that dropped the condition shows another record: it is as good a canary.
        Ok(answered.rows.mapped.first().and_then(place))
    }

    pub(super) fn key_fields(&self) -> String {
        let item = self.mapper.item();
        format!("{},{}", item.id, item.modified)
    }
}

fn place(row: &Mapped) -> Option<(String, DateTime<Utc>)> {
    match row {
        Mapped::Record(record) => Some((record.id.as_str().to_owned(), record.modified)),
        Mapped::SetAside(unmapped) => Some((unmapped.id.as_ref()?.as_str().to_owned(), unmapped.modified?)),
    }
}
