//! A door for the fuzz targets: an answer read as the client reads it, without a server.

use super::{ServiceNow, page};
use crate::model::Position;
use crate::net::{Answer, Judgement};
use crate::source::order::{self, Ties};
use crate::source::{Page, SourceError};

impl ServiceNow {
    /// What is made of an answer to a request for `size` rows behind `at`: a page, or what it is judged to be.
    ///
    /// # Errors
    /// The page's rows are out of order or out of range.
    #[doc(hidden)]
    pub fn read_answer(
        &self,
        answer: &Answer,
        at: &Position,
        size: u32,
    ) -> Result<(Option<Page>, Judgement), SourceError> {
        let (rows, judgement) = self.judge(answer);
        let Some(rows) = rows else { return Ok((None, judgement)) };
        let last = order::check(&rows.mapped, at, None, Ties::ById).map_err(|disorder| self.disorder(&disorder))?;
        let answered = Self::answered(rows, answer);
        Ok((Some(page(answered, at, last, size)), judgement))
    }
}
