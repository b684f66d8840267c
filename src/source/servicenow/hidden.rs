//! Pages that access rules emptied, with more behind them (C6).
//!
//! The limit is applied before access rules: a whole page may be hidden while the count says that there is more. Then
//! the range of time is halved, down to one second, and only inside that frozen second are rows stepped over by offset.
//! What is passed in one walk costs about a request for each page of hidden rows.

use chrono::{DateTime, TimeDelta, Utc};

use super::ServiceNow;
use crate::model::window::{Range, middle};
use crate::model::{Position, Slice};
use crate::net::Lane;
use crate::source::order::{self, Ties};
use crate::source::{Page, SourceError};

/// Requests after which a walk rests, so that what it has passed is committed.
const MOST: u32 = 20;

impl ServiceNow {
    pub(super) async fn next_page(&self, lane: Lane, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        let at = slice.at();
        let page = self.plain_page(lane, slice, &at, size).await?;
        if page.at != at || page.end {
            return Ok(page);
        }
        // Nothing that has a place came, and the count says there is more.
        let (matching, requests) = (page.matching, page.requests);
        let page = self.walk(lane, slice, at, size, page.server_time).await?;
        Ok(Page {
            matching,
            requests: requests + page.requests,
            ..page
        })
    }

    /// Goes on in stretches of time until a row comes: one in which more match than a page holds is halved, and behind
    /// one that is through the next is twice as long.
    async fn walk(
        &self,
        lane: Lane,
        slice: &Slice,
        mut at: Position,
        size: u32,
        server_time: Option<DateTime<Utc>>,
    ) -> Result<Page, SourceError> {
        let now = server_time.map(|now| now + TimeDelta::seconds(1));
        let end = slice.to.or(now).unwrap_or(at.time);
        let mut passed = nothing(&at, server_time);
        let mut to = middle(Range { from: at.time, to: end });
        while let Some(until) = to {
            let part = Slice {
                to: Some(until),
                ..slice.clone()
            };
            let page = self.plain_page(lane, &part, &at, size).await?;
            let (moved, through) = (page.at != at, page.end);
            let place = if through {
                Position::before(until)
            } else {
                page.at.clone()
            };
            passed = joined(passed, page, place);
            let width = until - at.time;
            if moved || (through && (until >= end || passed.requests >= MOST)) {
                return Ok(passed);
            }
            if through {
                at = passed.at.clone();
                to = Some((until + width * 2).min(end));
            } else {
                to = middle(Range {
                    from: at.time,
                    to: until,
                });
            }
        }
        let page = self.step_over(lane, slice, &at, size).await?;
        let place = page.at.clone();
        Ok(joined(passed, page, place))
    }

    /// Steps by offset through the position's second, which stands still but for rows that leave it.
    async fn step_over(&self, lane: Lane, slice: &Slice, at: &Position, size: u32) -> Result<Page, SourceError> {
        let query = self.part(at, slice).frozen_second();
        let next_second = at.time + TimeDelta::seconds(1);
        let mut page = nothing(&Position::before(next_second), None);
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

fn nothing(at: &Position, server_time: Option<DateTime<Utc>>) -> Page {
    Page {
        records: Vec::new(),
        at: at.clone(),
        end: false,
        server_time,
        matching: None,
        bytes: 0,
        requests: 0,
    }
}

/// What was passed and the page behind it, read up to `at`; the end of a stretch is not the slice's.
fn joined(mut passed: Page, page: Page, at: Position) -> Page {
    passed.records.extend(page.records);
    Page {
        records: passed.records,
        at,
        end: false,
        server_time: page.server_time.or(passed.server_time),
        matching: None,
        bytes: passed.bytes + page.bytes,
        requests: passed.requests + page.requests,
    }
}
