//! A first look at a table: how many records, the newest, and the environment's clock, in one request.

use chrono::{DateTime, Utc};

use super::answer::{Answered, Ask, Outcome};
use super::{Dataverse, codes, modified};
use crate::net::Lane;
use crate::source::count::{COUNTS_UP_TO, Counted};
use crate::source::{Probe, SourceError};

impl Dataverse {
    pub(super) async fn first_look(&self, from: DateTime<Utc>) -> Result<Probe, SourceError> {
        let answered = self.newest(Lane::Head, from, None).await?;
        Ok(Probe {
            server_time: answered.server_time,
            total: answered.rows.count.filter(|count| *count < COUNTS_UP_TO),
            newest: answered.rows.mapped.first().and_then(modified),
            requests: answered.requests,
        })
    }

    /// The records of a range, if they are few enough to be counted.
    pub(in crate::source) async fn count_range(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Counted, SourceError> {
        let answered = self.newest(Lane::Rest, from, Some(to)).await?;
        Ok(Counted {
            records: answered.rows.count.filter(|count| *count < COUNTS_UP_TO),
            divisible: answered.rows.count.is_some(),
            requests: answered.requests,
        })
    }

    async fn newest(
        &self,
        lane: Lane,
        from: DateTime<Utc>,
        to: Option<DateTime<Utc>>,
    ) -> Result<Answered, SourceError> {
        let url = self.query().newest(from, to);
        let ask = Ask {
            lane,
            url: &url,
            size: 1,
            link: false,
        };
        match self.ask(ask).await? {
            Outcome::Page(answered) => Ok(answered),
            Outcome::LinkRefused { seen, .. } => Err(SourceError::Failed(codes::REFUSED.stop(seen))),
        }
    }
}
