//! Pages that access rules emptied, with more behind them (C6).
//!
//! The limit is applied before access rules: a whole page may be hidden while the count says that there is more. Then
//! the range of time is halved, down to one second, and only inside that frozen second are rows stepped over by offset.

use chrono::{DateTime, TimeDelta, Utc};

use super::ServiceNow;
use crate::model::window::{Range, middle};
use crate::model::{Position, Slice};
use crate::net::Lane;
use crate::source::order::{self, Ties};
use crate::source::{Page, SourceError};

impl ServiceNow {
    pub(super) async fn next_page(&self, lane: Lane, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        let at = slice.at();
        let mut page = self.plain_page(lane, slice, &at, size).await?;
        let mut requests = page.requests;
        if page.at != at || page.end {
            return Ok(page);
        }
        // Nothing that has a place came, and the count says there is more.
        let (server_time, matching) = (page.server_time, page.matching);
        let mut to = slice
            .to
            .or_else(|| server_time.map(|now| now + TimeDelta::seconds(1)))
            .unwrap_or(at.time);
        loop {
            let part = Slice {
                to: Some(to),
                ..slice.clone()
            };
            match middle(Range { from: at.time, to }) {
                Some(half) => to = half,
                None => break,
            }
            page = self
                .plain_page(lane, &Slice { to: Some(to), ..part }, &at, size)
                .await?;
            requests += page.requests;
            if page.at != at || page.end {
                let page = ended(page, &at, to);
                return Ok(Page {
                    matching,
                    requests,
                    ..page
                });
            }
        }
        let page = self.step_over(lane, slice, &at, size).await?;
        Ok(Page {
            matching,
            requests: requests + page.requests,
            ..page
        })
    }

    /// Steps by offset through the position's second, which stands still but for rows that leave it.
    async fn step_over(&self, lane: Lane, slice: &Slice, at: &Position, size: u32) -> Result<Page, SourceError> {
        let query = self.part(at, slice).frozen_second();
        let next_second = at.time + TimeDelta::seconds(1);
        let mut page = Page {
            records: Vec::new(),
            at: Position::before(next_second),
            end: false,
            server_time: None,
            matching: None,
            bytes: 0,
            requests: 0,
        };
        let mut offset = 0;
        loop {
            let answered = self.rows(lane, &query, size, offset).await?;
            let last = order::check(&answered.rows.mapped, at, Some(next_second), Ties::ById)
                .map_err(|disorder| self.disorder(&disorder))?;
            let total = answered.total.unwrap_or(offset);
            page.requests += answered.requests;
            page.server_time = answered.server_time;
            page.bytes += answered.bytes;
            page.records.extend(answered.rows.mapped);
            offset += u64::from(size);
            match last {
                Some(last) => return Ok(Page { at: last, ..page }),
                None if offset >= total => return Ok(page),
                None => {}
            }
        }
    }
}

/// A page of a narrowed range: its end is not the slice's.
fn ended(page: Page, at: &Position, to: DateTime<Utc>) -> Page {
    let through = page.end;
    let place = if through { Position::before(to) } else { page.at };
    debug_assert!(place != *at, "a page must move on");
    Page {
        at: place,
        end: false,
        ..page
    }
}
