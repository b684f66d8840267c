//! The next page: behind its link if that is good, else from the position's time on.

use chrono::{DateTime, Utc};

use super::answer::{Answered, Ask, Outcome};
use super::link::{Continuation, Progress};
use super::{Dataverse, LARGEST_PAGE, codes, modified};
use crate::model::{Position, Slice, Verdict};
use crate::net::Lane;
use crate::source::order::{self, Disorder, Ties};
use crate::source::{Page, SourceError};

/// Where a page is asked for, and what that took so far.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub lane: Lane,
    pub at: &'a Position,
    pub to: Option<DateTime<Utc>>,
    /// A link was refused since the time last moved.
    pub fallen: bool,
    pub requests: u32,
}

impl Dataverse {
    pub(super) async fn next_page(&self, slice: &Slice, size: u32) -> Result<Page, SourceError> {
        let at = slice.at();
        let size = size.clamp(1, LARGEST_PAGE);
        let mut place = Place {
            lane: if slice.to.is_none() { Lane::Head } else { Lane::Rest },
            at: &at,
            to: slice.to,
            fallen: false,
            requests: 0,
        };
        if let Some(continuation) = self.links.usable(&at, slice.to, size) {
            place.fallen = continuation.progress == Progress::Fallen;
            if let Some(page) = self.follow(&mut place, &continuation).await? {
                return Ok(page);
            }
        }
        let url = self.query().rows(&self.fields(), at.time, slice.to);
        match self.in_order(&mut place, &url, size, false).await? {
            Outcome::Page(answered) => Ok(self.page_of(&place, answered, size)),
            Outcome::LinkRefused { seen, .. } => Err(SourceError::Failed(codes::REFUSED.stop(seen))),
        }
    }

    /// The page behind a link; `None` if the link is refused and reading may begin at the position's time again.
    async fn follow(&self, place: &mut Place<'_>, continuation: &Continuation) -> Result<Option<Page>, SourceError> {
        let outcome = self.in_order(place, &continuation.link, continuation.size, true).await;
        // What only a person can end must not stay tied to this link: the next run begins at the stamp.
        if let Err(error) = &outcome
            && error.trouble().verdict == Verdict::Stop
        {
            self.links.void();
        }
        match outcome? {
            Outcome::Page(answered) if answered.rows.next.as_ref() == Some(&continuation.link) => {
                self.links.void();
                let seen = self.seen("its next link is its own address");
                Err(SourceError::Failed(codes::SAME_LINK.retry(seen)))
            }
            Outcome::Page(answered) => Ok(Some(self.page_of(place, answered, continuation.size))),
            Outcome::LinkRefused { seen, .. } if place.fallen => {
                self.links.void();
                Err(SourceError::Failed(codes::LINK_REFUSED.retry(seen)))
            }
            Outcome::LinkRefused { seen, .. } => {
                tracing::info!(
                    table = self.table(),
                    seen,
                    "a continuation link is refused: reading on from the last stamp"
                );
                place.fallen = true;
                Ok(None)
            }
        }
    }

    /// A page whose rows are in order; asked for once more, for a record may have moved while it was put together.
    async fn in_order(&self, place: &mut Place<'_>, url: &str, size: u32, link: bool) -> Result<Outcome, SourceError> {
        let ask = Ask {
            lane: place.lane,
            url,
            size,
            link,
        };
        let mut first = None;
        loop {
            let outcome = self.ask(ask).await?;
            let answered = match &outcome {
                Outcome::Page(answered) => answered,
                Outcome::LinkRefused { requests, .. } => {
                    place.requests += requests;
                    return Ok(outcome);
                }
            };
            place.requests += answered.requests;
            match (
                order::check(&answered.rows.mapped, place.at, place.to, Ties::Free),
                first,
            ) {
                (Ok(_), _) => return Ok(outcome),
                (Err(disorder), None) => first = Some(disorder),
                (Err(_), Some(disorder)) => {
                    self.lose(place.requests);
                    return Err(self.disorder(&disorder));
                }
            }
        }
    }

    pub(super) fn disorder(&self, disorder: &Disorder) -> SourceError {
        SourceError::Failed(disorder.trouble(self.table(), &codes::OUT_OF_ORDER, &codes::OUT_OF_RANGE))
    }

    pub(super) fn page_of(&self, place: &Place<'_>, answered: Answered, size: u32) -> Page {
        // The rows rise: the last that has a stamp has the newest.
        let last = answered.rows.mapped.iter().rev().find_map(modified);
        let time = last.map_or(place.at.time, |last| last.max(place.at.time));
        let progress = match (time > place.at.time, place.fallen) {
            (true, _) => Progress::Moved,
            (false, false) => Progress::Still,
            (false, true) => Progress::Fallen,
        };
        let rest = answered.rows.next.map(|link| {
            let continuation = Continuation { link, size, progress };
            self.links.write(place.to, &continuation)
        });
        Page {
            end: rest.is_none(),
            at: Position {
                time,
                // Nothing at `time` is known to be through: the second is read again, and that is safe.
                rest: rest.unwrap_or_default(),
            },
            server_time: answered.server_time,
            matching: None,
            bytes: answered.bytes,
            requests: place.requests,
            records: answered.rows.mapped,
        }
    }
}
