//! Columns of the profile that the table lacks: all of them. Dataverse refuses the whole query and names the first alone.

use chrono::{DateTime, Utc};

use super::answer::unknown_column;
use super::{Ask, Dataverse, codes};
use crate::net::http::StatusCode;
use crate::net::{Answer, Judgement};
use crate::source::{Absent, SourceError};

/// After so many the rest is told when these are mended.
const MOST: usize = 10;

impl Dataverse {
    /// Each with the place where the configuration names it; none if the table knows all of them.
    pub(in crate::source) async fn absent_columns(&self, from: DateTime<Utc>) -> Result<Absent, SourceError> {
        let mut fields = self.fields();
        let mut found = Absent::default();
        while found.reasons.len() < MOST {
            let url = self.query().rows(&fields, from, None);
            let ask = Ask {
                lane: crate::net::Lane::Head,
                url: &url,
                size: 1,
                link: false,
            };
            let judge = |answer: &Answer| match answer.status {
                StatusCode::BAD_REQUEST => Judgement::Accept,
                _ => self.judge(answer, false).1,
            };
            let request = self.request(&ask);
            let sending = self.client.send(ask.lane, self.credentials.as_ref(), &request, &judge);
            let answer = sending.await?;
            let message = answer.message();
            let Some(column) = unknown_column(&message) else {
                return Ok(found);
            };
            let seen = format!("{}: {}", self.place_of(column), answer.words());
            found.reasons.push(codes::UNKNOWN_COLUMN.stop(self.seen(&seen)));
            let before = fields.len();
            fields.retain(|field| *field != column);
            if fields.len() == before {
                // Not of the profile: the filter names it, and will go on doing so.
                break;
            }
        }
        Ok(found)
    }
}
