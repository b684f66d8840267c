//! A door for the fuzz targets: an answer read as the client reads it, without a server.

use super::Dataverse;
use super::answer::Answered;
use super::page::Place;
use crate::model::Position;
use crate::net::{Answer, Judgement, Lane};
use crate::source::order::{self, Ties};
use crate::source::{Page, SourceError};

impl Dataverse {
    /// What is made of an answer to a request for `size` rows behind `at`: a page, or what it is judged to be.
    /// `link`: the request followed a continuation link.
    ///
    /// # Errors
    /// The page's rows are out of order or out of range.
    #[doc(hidden)]
    pub fn read_answer(
        &self,
        answer: &Answer,
        at: &Position,
        size: u32,
        link: bool,
    ) -> Result<(Option<Page>, Judgement), SourceError> {
        let (rows, judgement) = self.judge(answer, link);
        let Some(rows) = rows else { return Ok((None, judgement)) };
        order::check(&rows.mapped, at, None, Ties::Free).map_err(|disorder| self.disorder(&disorder))?;
        let place = Place {
            lane: Lane::Head,
            at,
            to: None,
            fallen: false,
            requests: answer.requests,
        };
        Ok((Some(self.page_of(&place, Answered::of(rows, answer), size)), judgement))
    }

    /// The link that reading goes on by behind a position, if it is good for pages of `size`.
    #[doc(hidden)]
    pub fn link_behind(&self, at: &Position, size: u32) -> Option<String> {
        self.links.usable(at, None, size).map(|continuation| continuation.link)
    }
}
